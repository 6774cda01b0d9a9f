// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON

/// `update`: one statement that changes one document, or all that match.
struct UpdateOperation: Operation {
    var namespace: MongoNamespace
    var statement: UpdateStatement
    var options: WriteCommandOptions

    var commandName: String { "update" }
    var database: String { namespace.database }
    var collectionName: String? { namespace.collection }
    var purpose: ServerSelector.Purpose { .write }
    // A statement for many documents has no number by which the server could tell its second attempt.
    var retryability: Retryability { statement.multi ? .never : .write }
    var accepts: CommandSettings.Fields { .writeConcern }
    var rawData: Bool? { options.rawData }

    func check(_ target: CommandTarget) throws(MongoError) {
        try HintRule.check(statement.hint, since: HintRule.updateWireVersion, target)
    }

    func encode(into command: inout BSONWriter) {
        command.append("update", namespace.collection)
        command.append("ordered", true)
        command.beginArray("updates")
        command.beginDocument()
        statement.encode(into: &command)
        command.endDocument()
        command.endArray()
        options.encode(into: &command)
    }

    func decode(_ reply: BSONDocument, _ context: ReplyContext) throws(MongoError) -> UpdateResult {
        let reply = WriteReply(reply, context)
        if let error = reply.error { throw error }
        let upserted = reply.upserted.first?.id
        return UpdateResult(
            isAcknowledged: context.isAcknowledged,
            // The server counts a document that was inserted as matched; the specification does not.
            matchedCount: upserted == nil ? reply.count : 0,
            modifiedCount: reply.modifiedCount ?? 0,
            upsertedID: upserted
        )
    }
}

/// What the commands insert, update and delete say beside their statements.
struct WriteCommandOptions: Sendable {
    var bypassDocumentValidation: Bool?
    var comment: BSON?
    var variables: BSONDocument?
    var rawData: Bool?

    func encode(into command: inout BSONWriter) {
        command.append("bypassDocumentValidation", ifPresent: bypassDocumentValidation)
        command.append("comment", ifPresent: comment)
        command.append("let", ifPresent: variables)
    }
}
