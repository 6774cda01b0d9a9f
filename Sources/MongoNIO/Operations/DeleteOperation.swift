// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON

/// `delete`: one statement that deletes one document, or all that match.
struct DeleteOperation: Operation {
    var namespace: MongoNamespace
    var filter: BSONDocument
    /// Whether all documents that match are deleted, or the first.
    var multi: Bool
    var options: DeleteOptions

    var commandName: String { "delete" }
    var database: String { namespace.database }
    var purpose: ServerSelector.Purpose { .write }
    var accepts: CommandSettings.Fields { .writeConcern }

    func encode(into command: inout BSONWriter) {
        command.append("delete", namespace.collection)
        command.beginArray("deletes")
        command.beginDocument()
        command.append("q", filter)
        // For the server 0 means "all that match".
        command.append("limit", Int32(multi ? 0 : 1))
        if let collation = options.collation { command.append("collation", collation) }
        command.append("hint", ifPresent: options.hint)
        command.endDocument()
        command.endArray()
        command.append("comment", ifPresent: options.comment)
        if let variables = options.variables { command.append("let", variables) }
    }

    func decode(_ reply: BSONDocument, _ context: ReplyContext) throws(MongoError) -> DeleteResult {
        let reply = WriteReply(reply, context)
        if let error = reply.error { throw error }
        return DeleteResult(deletedCount: reply.count)
    }
}
