// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON

/// `update`: one statement that changes one document, or all that match.
struct UpdateOperation: Operation {
    var namespace: MongoNamespace
    var filter: BSONDocument
    var update: BSONDocument
    var multi: Bool
    var options: UpdateOptions

    var commandName: String { "update" }
    var database: String { namespace.database }
    var purpose: ServerSelector.Purpose { .write }
    var accepts: CommandSettings.Fields { .writeConcern }

    func encode(into command: inout BSONWriter) {
        command.append("update", namespace.collection)
        command.beginArray("updates")
        command.beginDocument()
        command.append("q", filter)
        command.append("u", update)
        if multi { command.append("multi", true) }
        if let upsert = options.upsert { command.append("upsert", upsert) }
        if let arrayFilters = options.arrayFilters { command.append("arrayFilters", arrayFilters) }
        if let collation = options.collation { command.append("collation", collation) }
        command.append("hint", ifPresent: options.hint)
        command.endDocument()
        command.endArray()
        if let bypass = options.bypassDocumentValidation { command.append("bypassDocumentValidation", bypass) }
        command.append("comment", ifPresent: options.comment)
        if let variables = options.variables { command.append("let", variables) }
    }

    func decode(_ reply: BSONDocument, _ context: ReplyContext) throws(MongoError) -> UpdateResult {
        let reply = WriteReply(reply, context)
        if let error = reply.error { throw error }
        let upserted = reply.upserted.first?.id
        return UpdateResult(
            // The server counts a document that was inserted as matched; the specification does not.
            matchedCount: upserted == nil ? reply.count : 0,
            modifiedCount: reply.modifiedCount ?? 0,
            upsertedID: upserted
        )
    }
}
