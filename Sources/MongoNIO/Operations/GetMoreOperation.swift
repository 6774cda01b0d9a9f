// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/find_getmore_killcursors_commands/find_getmore_killcursors_commands.md#getmore

import MongoBSON

/// `getMore`: the next batch of a cursor, from the server that has it.
struct GetMoreOperation: Operation {
    var cursorID: Int64
    var namespace: MongoNamespace
    var batchSize: Int?
    var comment: BSON?
    /// What the server is told of time: a cursor that waits for documents says how long.
    var timeLimit = TimeLimit.driverOnly

    var commandName: String { "getMore" }
    var database: String { namespace.database }
    var collectionName: String? { namespace.collection }
    var purpose: ServerSelector.Purpose { .read }

    /// The first version of the wire protocol whose `getMore` takes a comment: that of MongoDB 4.4.
    private static let commentWireVersion = 9

    func encode(into command: inout BSONWriter) {
        command.append("getMore", cursorID)
        command.append("collection", namespace.collection)
        if let batchSize, batchSize > 0 { command.append("batchSize", Int64(batchSize)) }
        command.append("comment", ifPresent: comment)
    }

    func decode(_ reply: BSONDocument, _ context: ReplyContext) throws(MongoError) -> CursorReply {
        try CursorReply(reply, batchField: "nextBatch", context)
    }

    /// The comment to send to a server: older ones refuse it.
    static func comment(_ comment: BSON?, maxWireVersion: Int) -> BSON? {
        maxWireVersion >= commentWireVersion ? comment : nil
    }
}
