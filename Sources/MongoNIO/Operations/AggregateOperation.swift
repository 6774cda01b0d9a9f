// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/crud/crud.md#read

import MongoBSON

/// `aggregate`: the first batch of what a pipeline makes of a collection, or of a database without one.
struct AggregateOperation: Operation {
    var database: String
    /// `nil` for stages that need no collection, for example `$currentOp`.
    var collection: String?
    var pipeline: [BSONDocument]
    var options: AggregateOptions

    var commandName: String { "aggregate" }
    var collectionName: String? { collection }
    var purpose: ServerSelector.Purpose { writes ? .readAndWrite : .read }
    var retryability: Retryability { writes ? .never : .read }
    var accepts: CommandSettings.Fields {
        writes ? [.readConcern, .readPreference, .writeConcern] : [.readConcern, .readPreference]
    }
    var maxTime: Duration? { options.maxTime }
    var timeLimit: TimeLimit { .ofCursor(.nonTailable, options.timeoutMode) }
    var rawData: Bool? { options.rawData }

    /// Whether the last stage stores the documents instead of answering them.
    var writes: Bool {
        guard let stage = pipeline.last?.keys.first else { return false }
        return stage == "$out" || stage == "$merge"
    }

    func encode(into command: inout BSONWriter) {
        if let collection {
            command.append("aggregate", collection)
        } else {
            command.append("aggregate", Int32(1))
        }
        command.append("pipeline", pipeline)
        command.beginDocument("cursor")
        // A first batch of no documents would keep a pipeline that stores documents from running.
        if let batchSize = options.batchSize, !writes { command.append("batchSize", Int64(batchSize)) }
        command.endDocument()
        command.append("allowDiskUse", ifPresent: options.allowDiskUse)
        command.append("bypassDocumentValidation", ifPresent: options.bypassDocumentValidation)
        command.append("collation", ifPresent: options.collation)
        command.append("comment", ifPresent: options.comment)
        command.append("hint", ifPresent: options.hint)
        command.append("let", ifPresent: options.let)
    }

    func decode(_ reply: BSONDocument, _ context: ReplyContext) throws(MongoError) -> CursorReply {
        // Nobody is told of documents that were stored without acknowledgment.
        guard context.isAcknowledged else {
            return CursorReply(empty: MongoNamespace(database: database, collection: collection ?? "$cmd.aggregate"))
        }
        return try CursorReply(reply, batchField: "firstBatch", context)
    }
}
