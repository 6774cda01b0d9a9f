// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/crud/crud.md#read

import MongoBSON

/// `distinct`: the values of a field, each once.
struct DistinctOperation: Operation {
    var namespace: MongoNamespace
    var fieldName: String
    var filter: BSONDocument
    var options: DistinctOptions

    var commandName: String { "distinct" }
    var database: String { namespace.database }
    var collectionName: String? { namespace.collection }
    var purpose: ServerSelector.Purpose { .read }
    var retryability: Retryability { .read }
    var accepts: CommandSettings.Fields { [.readConcern, .readPreference] }
    var maxTime: Duration? { options.maxTime }
    var rawData: Bool? { options.rawData }

    func encode(into command: inout BSONWriter) {
        command.append("distinct", namespace.collection)
        command.append("key", fieldName)
        command.append("query", filter)
        command.append("collation", ifPresent: options.collation)
        command.append("comment", ifPresent: options.comment)
        command.append("hint", ifPresent: options.hint)
    }

    func decode(_ reply: BSONDocument, _ context: ReplyContext) throws(MongoError) -> [BSON] {
        guard let values = reply["values"]?.arrayValue else {
            throw MongoError(.invalidResponse, "\(context.server.address): the server's reply holds no values")
        }
        return values
    }
}
