// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/crud/crud.md#find-and-modify

import MongoBSON

/// `findAndModify`: changes or deletes one document, and answers it.
struct FindAndModifyOperation: Operation {
    var namespace: MongoNamespace
    var filter: BSONDocument
    /// How to change the document; `nil` deletes it.
    var modification: Modification?
    var options: FindOneAndUpdateOptions

    var commandName: String { "findAndModify" }
    var database: String { namespace.database }
    var collectionName: String? { namespace.collection }
    var purpose: ServerSelector.Purpose { .write }
    var retryability: Retryability { .write }
    var accepts: CommandSettings.Fields { .writeConcern }
    var maxTime: Duration? { options.maxTime }
    var rawData: Bool? { options.rawData }

    func check(_ target: CommandTarget) throws(MongoError) {
        try HintRule.check(options.hint, since: HintRule.deleteWireVersion, target)
    }

    func encode(into command: inout BSONWriter) {
        command.append("findAndModify", namespace.collection)
        command.append("query", filter)
        if let modification {
            modification.encode("update", into: &command)
        } else {
            command.append("remove", true)
        }
        if let returned = options.returnDocument { command.append("new", returned == .after) }
        command.append("fields", ifPresent: options.projection)
        command.append("sort", ifPresent: options.sort)
        command.append("upsert", ifPresent: options.upsert)
        command.append("arrayFilters", ifPresent: options.arrayFilters)
        command.append("bypassDocumentValidation", ifPresent: options.bypassDocumentValidation)
        command.append("collation", ifPresent: options.collation)
        command.append("hint", ifPresent: options.hint)
        command.append("comment", ifPresent: options.comment)
        command.append("let", ifPresent: options.let)
    }

    /// The document; `nil` when none matched.
    func decode(_ reply: BSONDocument, _ context: ReplyContext) throws(MongoError) -> BSONDocument? {
        if let error = WriteReply(reply, context).error { throw error }
        // Nobody is told of what was done without acknowledgment, though the server answers this command.
        guard context.isAcknowledged else { return nil }
        return reply.document(forKey: "value")
    }
}

extension FindOneAndUpdateOptions {
    init(_ options: FindOneAndReplaceOptions) {
        self.init(
            bypassDocumentValidation: options.bypassDocumentValidation,
            collation: options.collation,
            comment: options.comment,
            hint: options.hint,
            let: options.let,
            maxTime: options.maxTime,
            projection: options.projection,
            rawData: options.rawData,
            returnDocument: options.returnDocument,
            sort: options.sort,
            timeout: options.timeout,
            upsert: options.upsert
        )
    }

    init(_ options: FindOneAndDeleteOptions) {
        self.init(
            collation: options.collation,
            comment: options.comment,
            hint: options.hint,
            let: options.let,
            maxTime: options.maxTime,
            projection: options.projection,
            rawData: options.rawData,
            sort: options.sort,
            timeout: options.timeout
        )
    }
}
