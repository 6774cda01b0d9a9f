// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON

/// A command that changes collections, indexes or databases and answers with nothing but success: `create`, `drop`,
/// `collMod`, `createIndexes` and their kin. What they say is written by the extensions of this type.
struct AdministrationOperation: Operation {
    var commandName: String
    var database: String
    /// The command's own fields, its name first.
    var fields: BSONDocument
    var accepts: CommandSettings.Fields = .writeConcern
    var maxTime: Duration?
    var rawData: Bool?
    /// The oldest version of the wire protocol that knows what the command says, and what that is.
    var needs: (wireVersion: Int, what: String)?
    /// A refusal that means that what was wanted is so already.
    var forgivenCode: Int?

    var collectionName: String? { fields[commandName]?.stringValue }
    var purpose: ServerSelector.Purpose { .write }

    /// - Parameters:
    ///   - commandName: The command's name, which becomes the first field.
    ///   - subject: What the command is about: a collection's name, or 1 for the whole database.
    ///   - body: Writes the other fields.
    /// - Throws: `MongoError` of the kind `bson`.
    init(
        _ commandName: String,
        _ subject: BSON,
        in database: String,
        _ body: (inout BSONWriter) -> Void = { _ in }
    ) throws(MongoError) {
        self.commandName = commandName
        self.database = database
        fields = try .written { command in
            command.append(commandName, subject)
            body(&command)
        }
    }

    func check(_ target: CommandTarget) throws(MongoError) {
        guard let needs, target.maxWireVersion < needs.wireVersion else { return }
        throw MongoError(.unsupported, "the server is too old for \(needs.what)")
    }

    func encode(into command: inout BSONWriter) {
        command.appendFields(of: fields)
    }

    func decode(_ reply: BSONDocument, _ context: ReplyContext) throws(MongoError) -> BSONDocument {
        if let error = WriteReply(reply, context).error { throw error }
        return reply
    }

    func recover(from error: MongoError) throws(MongoError) -> BSONDocument {
        guard let forgivenCode, error.server?.code == forgivenCode else { throw error }
        return error.server?.reply ?? [:]
    }

    /// The server's code for a collection that does not exist.
    static let namespaceNotFound = 26
}
