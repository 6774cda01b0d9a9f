// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/find_getmore_killcursors_commands/find_getmore_killcursors_commands.md

import MongoBSON

/// `find`: the first batch of a query.
struct FindOperation: Operation {
    var namespace: MongoNamespace
    var filter: BSONDocument
    var options: FindOptions

    var commandName: String { "find" }
    var database: String { namespace.database }
    var purpose: ServerSelector.Purpose { .read }
    var retryability: Retryability { .read }
    var accepts: CommandSettings.Fields { [.readConcern, .readPreference] }
    var maxTime: Duration? { options.maxTime }

    func encode(into command: inout BSONWriter) {
        command.append("find", namespace.collection)
        command.append("filter", filter)
        if let sort = options.sort { command.append("sort", sort) }
        if let projection = options.projection { command.append("projection", projection) }
        if let skip = options.skip { command.append("skip", Int64(skip)) }
        // A negative limit is the old way to ask for a single batch.
        if let limit = options.limit, limit != 0 {
            command.append("limit", Int64(limit.magnitude))
            if limit < 0 { command.append("singleBatch", true) }
        }
        if let batchSize = firstBatchSize { command.append("batchSize", Int64(batchSize)) }
        if let collation = options.collation { command.append("collation", collation) }
        command.append("comment", ifPresent: options.comment)
        command.append("hint", ifPresent: options.hint)
        if let variables = options.variables { command.append("let", variables) }
        if let min = options.min { command.append("min", min) }
        if let max = options.max { command.append("max", max) }
        if let allowDiskUse = options.allowDiskUse { command.append("allowDiskUse", allowDiskUse) }
        if let returnKey = options.returnKey { command.append("returnKey", returnKey) }
        if let showRecordID = options.showRecordID { command.append("showRecordId", showRecordID) }
        if let noCursorTimeout = options.noCursorTimeout { command.append("noCursorTimeout", noCursorTimeout) }
    }

    /// A batch as large as the limit would leave an empty cursor open: one more closes it at once.
    private var firstBatchSize: Int? {
        guard let batchSize = options.batchSize else { return nil }
        if let limit = options.limit, limit > 0, limit == batchSize, batchSize < Int(Int32.max) { return batchSize + 1 }
        return batchSize
    }

    func decode(_ reply: BSONDocument, _ context: ReplyContext) throws(MongoError) -> CursorReply {
        try CursorReply(reply, batchField: "firstBatch", context)
    }
}

/// What a command that makes or continues a cursor is answered with.
struct CursorReply: Sendable {
    /// The cursor's number on the server; 0 when there is nothing more.
    var id: Int64
    /// Where to ask for more.
    var namespace: MongoNamespace
    /// The documents, views of the received bytes.
    var batch: CursorBatch
    /// The server that has the cursor.
    var server: Server
    /// What the cursor's following commands are executed in: the session, the server and, behind a load balancer, the
    /// connection. To be let go when the cursor is at its end.
    var continuation: OperationContext

    init(_ reply: BSONDocument, batchField: String, _ context: ReplyContext) throws(MongoError) {
        let server = context.server
        guard let cursor = reply.document(forKey: "cursor"),
            let id = cursor.integer(forKey: "id"),
            let batch = cursor.array(forKey: batchField),
            let name = cursor.string(forKey: "ns"), let namespace = MongoNamespace(name)
        else {
            throw MongoError(.invalidResponse, "\(server.address): the server's reply holds no cursor")
        }
        self.id = id
        self.namespace = namespace
        self.batch = CursorBatch(batch)
        self.server = server
        self.continuation = id == 0 ? OperationContext() : context.continuation
    }
}
