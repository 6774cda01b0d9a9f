// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON

/// `delete`: one statement that deletes one document, or all that match.
struct DeleteOperation: Operation {
    var namespace: MongoNamespace
    var statement: DeleteStatement
    var options: WriteCommandOptions

    var commandName: String { "delete" }
    var database: String { namespace.database }
    var collectionName: String? { namespace.collection }
    var purpose: ServerSelector.Purpose { .write }
    // A statement for many documents has no number by which the server could tell its second attempt.
    var retryability: Retryability { statement.multi ? .never : .write }
    var accepts: CommandSettings.Fields { .writeConcern }
    var rawData: Bool? { options.rawData }

    func check(_ target: CommandTarget) throws(MongoError) {
        try HintRule.check(statement.hint, since: HintRule.deleteWireVersion, target)
    }

    func encode(into command: inout BSONWriter) {
        command.append("delete", namespace.collection)
        command.append("ordered", true)
        command.beginArray("deletes")
        command.beginDocument()
        statement.encode(into: &command)
        command.endDocument()
        command.endArray()
        options.encode(into: &command)
    }

    func decode(_ reply: BSONDocument, _ context: ReplyContext) throws(MongoError) -> DeleteResult {
        let reply = WriteReply(reply, context)
        if let error = reply.error { throw error }
        return DeleteResult(isAcknowledged: context.isAcknowledged, deletedCount: reply.count)
    }
}
