// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/crud/crud.md#count-api-details

import MongoBSON

/// `countDocuments`: counts by an aggregation, so that the number is right also after an unclean shutdown and in sharded
/// clusters.
struct CountDocumentsOperation: Operation {
    var namespace: MongoNamespace
    var filter: BSONDocument
    var options: CountDocumentsOptions

    var commandName: String { "aggregate" }
    var database: String { namespace.database }
    var collectionName: String? { namespace.collection }
    var purpose: ServerSelector.Purpose { .read }
    var retryability: Retryability { .read }
    var accepts: CommandSettings.Fields { [.readConcern, .readPreference] }
    var maxTime: Duration? { options.maxTime }
    var rawData: Bool? { options.rawData }

    func encode(into command: inout BSONWriter) {
        command.append("aggregate", namespace.collection)
        command.beginArray("pipeline")
        stage("$match", .document(filter), into: &command)
        if let skip = options.skip { stage("$skip", .int64(Int64(skip)), into: &command) }
        if let limit = options.limit { stage("$limit", .int64(Int64(limit)), into: &command) }
        stage("$group", ["_id": 1, "n": ["$sum": 1]], into: &command)
        command.endArray()
        command.beginDocument("cursor")
        command.endDocument()
        command.append("collation", ifPresent: options.collation)
        command.append("comment", ifPresent: options.comment)
        command.append("hint", ifPresent: options.hint)
    }

    private func stage(_ name: String, _ value: BSON, into command: inout BSONWriter) {
        command.beginDocument()
        command.append(name, value)
        command.endDocument()
    }

    func decode(_ reply: BSONDocument, _ context: ReplyContext) throws(MongoError) -> Int {
        var batch = try CursorReply(reply, batchField: "firstBatch", context).batch
        // No document matches: the group has no member, and there is no group.
        guard let group = batch.next() else { return 0 }
        return try context.count(in: group)
    }
}

/// `count`: what the collection's own books say, without looking at the documents; or, with a filter, the deprecated way to
/// count.
struct CountOperation: Operation {
    var namespace: MongoNamespace
    /// `nil`: all documents, and nothing that would make the server look at them.
    var filter: BSONDocument?
    var options: CountDocumentsOptions

    var commandName: String { "count" }
    var database: String { namespace.database }
    var collectionName: String? { namespace.collection }
    var purpose: ServerSelector.Purpose { .read }
    var retryability: Retryability { .read }
    var accepts: CommandSettings.Fields { [.readConcern, .readPreference] }
    var maxTime: Duration? { options.maxTime }
    var rawData: Bool? { options.rawData }

    func encode(into command: inout BSONWriter) {
        command.append("count", namespace.collection)
        command.append("query", ifPresent: filter)
        command.append("skip", ifPresent: options.skip)
        command.append("limit", ifPresent: options.limit)
        command.append("collation", ifPresent: options.collation)
        command.append("comment", ifPresent: options.comment)
        command.append("hint", ifPresent: options.hint)
    }

    func decode(_ reply: BSONDocument, _ context: ReplyContext) throws(MongoError) -> Int {
        try context.count(in: reply)
    }
}

extension CountDocumentsOptions {
    init(_ options: EstimatedDocumentCountOptions) {
        self.init(
            comment: options.comment,
            maxTime: options.maxTime,
            rawData: options.rawData,
            timeout: options.timeout
        )
    }
}

extension ReplyContext {
    /// The number of documents that the field `n` tells.
    fileprivate func count(in document: BSONDocument) throws(MongoError) -> Int {
        guard let count = document.integer(forKey: "n"), let count = Int(exactly: count) else {
            throw MongoError(.invalidResponse, "\(server.address): the server's count is not a number")
        }
        return count
    }
}
