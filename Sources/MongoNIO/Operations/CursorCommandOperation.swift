// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/run-command/run-command.md#runcursorcommand

import MongoBSON

/// Any command that is answered with a cursor: `listCollections`, `listIndexes`, and those of the caller.
struct CursorCommandOperation: Operation {
    var database: String
    /// The command's own fields, its name first.
    var fields: BSONDocument
    var retryability = Retryability.read
    var timeLimit = TimeLimit.wholeCommand
    var rawData: Bool?
    /// A collection that does not exist is answered with an empty cursor.
    var forgivesMissingCollection = false

    /// Whether it is a command of the caller's.
    var isGeneric = false

    var commandName: String { fields.firstKey ?? "" }
    var collectionName: String? { isGeneric ? nil : fields[commandName]?.stringValue }
    var purpose: ServerSelector.Purpose { .read }
    var accepts: CommandSettings.Fields { .readPreference }

    func encode(into command: inout BSONWriter) {
        command.appendFields(of: fields)
    }

    func decode(_ reply: BSONDocument, _ context: ReplyContext) throws(MongoError) -> CursorReply {
        try CursorReply(reply, batchField: "firstBatch", context)
    }

    func recover(from error: MongoError) throws(MongoError) -> CursorReply {
        guard forgivesMissingCollection, error.server?.code == AdministrationOperation.namespaceNotFound else {
            throw error
        }
        return CursorReply(empty: MongoNamespace(database: database, collection: "$cmd.\(commandName)"))
    }
}
