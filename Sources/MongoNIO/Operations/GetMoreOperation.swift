// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON

/// `getMore`: the next batch of a cursor, from the server that has it.
struct GetMoreOperation: Operation {
    var cursorID: Int64
    var namespace: MongoNamespace
    var batchSize: Int?
    var comment: BSON?

    var commandName: String { "getMore" }
    var database: String { namespace.database }
    var purpose: ServerSelector.Purpose { .read }
    var timeLimit: TimeLimit { .driverOnly }

    func encode(into command: inout BSONWriter) {
        command.append("getMore", cursorID)
        command.append("collection", namespace.collection)
        if let batchSize, batchSize > 0 { command.append("batchSize", Int64(batchSize)) }
        command.append("comment", ifPresent: comment)
    }

    func decode(_ reply: BSONDocument, _ context: ReplyContext) throws(MongoError) -> CursorReply {
        try CursorReply(reply, batchField: "nextBatch", context)
    }
}
