// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/find_getmore_killcursors_commands/find_getmore_killcursors_commands.md

import MongoBSON

/// What a command that makes or continues a cursor is answered with.
struct CursorReply: Sendable {
    /// The cursor's number on the server; 0 when there is nothing more.
    var id: Int64
    /// Where to ask for more.
    var namespace: MongoNamespace
    /// The documents, views of the received bytes.
    var batch: CursorBatch
    /// Where a change stream goes on after the batch; only change streams have it.
    var postBatchResumeToken: BSONDocument?
    /// The whole reply.
    var reply: BSONDocument
    /// What the cursor's following commands are executed in: the session, the server and, behind a load balancer, the
    /// connection. To be let go when the cursor is at its end.
    var continuation = OperationContext()
    /// The newest version of the wire protocol that the server speaks.
    var maxWireVersion = 0

    /// - Throws: `MongoError` when the reply holds no cursor.
    init(_ reply: BSONDocument, batchField: String, _ context: ReplyContext) throws(MongoError) {
        guard let cursor = reply.document(forKey: "cursor"),
            let id = cursor.integer(forKey: "id"),
            let batch = cursor.array(forKey: batchField),
            let name = cursor.string(forKey: "ns"), let namespace = MongoNamespace(name)
        else {
            throw MongoError(.invalidResponse, "\(context.server.address): the server's reply holds no cursor")
        }
        self.id = id
        self.namespace = namespace
        self.batch = CursorBatch(batch)
        self.postBatchResumeToken = cursor.document(forKey: "postBatchResumeToken")
        self.reply = reply
        self.continuation = id == 0 ? OperationContext() : context.continuation
        if context.continuation.clientSession?.isInTransaction != true {
            continuation.connection?.lease.keep(for: .cursor)
        }
        self.maxWireVersion = context.maxWireVersion
    }

    /// A cursor without documents, for a collection that does not exist.
    init(empty namespace: MongoNamespace) {
        id = 0
        self.namespace = namespace
        batch = CursorBatch([:])
        reply = [:]
    }

    /// The time of the cluster at which the command was carried out, when the server keeps one.
    var operationTime: BSONTimestamp? { reply["operationTime"]?.timestampValue }
}

extension TimeLimit {
    /// What a command that makes a cursor tells the server of a timeout.
    static func ofCursor(_ type: CursorType, _ mode: CursorTimeoutMode?) -> TimeLimit {
        switch type {
        case .nonTailable: mode == .iteration ? .driverOnly : .wholeCommand
        // The server would take the time for that of all that is to come.
        case .tailable: .driverOnly
        case .tailableAwait: .wholeCommand
        }
    }
}
