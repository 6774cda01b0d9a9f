// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/run-command/run-command.md

import MongoBSON

/// Any command, as the caller wrote it: nothing is added to it that the caller may have meant differently.
struct RunCommandOperation: Operation {
    var database: String
    var command: BSONDocument

    var commandName: String { command.keys.first ?? "" }
    var purpose: ServerSelector.Purpose { .read }
    var accepts: CommandSettings.Fields { [.readPreference] }
    var isGeneric: Bool { true }
    // What the server does is as the caller wrote it, a write concern included.
    var canBeUnacknowledged: Bool { false }

    func encode(into writer: inout BSONWriter) {
        writer.appendFields(of: command)
    }

    func decode(_ reply: BSONDocument, _ context: ReplyContext) throws(MongoError) -> BSONDocument {
        reply
    }
}
