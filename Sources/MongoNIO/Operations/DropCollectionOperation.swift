// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON

/// `drop`: removes a collection with its indexes.
struct DropCollectionOperation: Operation {
    var namespace: MongoNamespace
    var comment: BSON?

    var commandName: String { "drop" }
    var database: String { namespace.database }
    var purpose: ServerSelector.Purpose { .write }
    var accepts: CommandSettings.Fields { .writeConcern }

    func encode(into command: inout BSONWriter) {
        command.append("drop", namespace.collection)
        command.append("comment", ifPresent: comment)
    }

    func decode(_ reply: BSONDocument, _ context: ReplyContext) throws(MongoError) {}

    func recover(from error: MongoError) throws(MongoError) {
        // NamespaceNotFound: servers before 7.0 refuse to drop what is not there. It is not there: that was wanted.
        guard error.server?.code == 26 else { throw error }
    }
}
