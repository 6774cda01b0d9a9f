// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON

/// `killCursors`: frees a cursor that nobody will read to its end.
struct KillCursorsOperation: Operation {
    var cursorID: Int64
    var namespace: MongoNamespace

    var commandName: String { "killCursors" }
    var database: String { namespace.database }
    var collectionName: String? { namespace.collection }
    var purpose: ServerSelector.Purpose { .read }
    var isSessionless: Bool { true }

    func encode(into command: inout BSONWriter) {
        command.append("killCursors", namespace.collection)
        command.beginArray("cursors")
        command.append(.int64(cursorID))
        command.endArray()
    }

    func decode(_ reply: BSONDocument, _ context: ReplyContext) throws(MongoError) {}
}
