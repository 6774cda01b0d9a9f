// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/retryable-reads/retryable-reads.md#unsupported-read-operations
// https://github.com/mongodb/specifications/blob/master/source/read-write-concern/read-write-concern.md#via-code

import MongoBSON

/// `mapReduce`: a read when its results come back, a write when they go to a collection. It is never retried.
struct MapReduceOperation: Operation {
    var namespace: MongoNamespace
    var map: BSONCode
    var reduce: BSONCode
    var output: MapReduceOutput
    var options: MapReduceOptions

    var commandName: String { "mapReduce" }
    var database: String { namespace.database }
    var collectionName: String? { namespace.collection }
    var purpose: ServerSelector.Purpose { output == .inline ? .read : .write }
    var accepts: CommandSettings.Fields { output == .inline ? [.readConcern, .readPreference] : .writeConcern }
    var maxTime: Duration? { options.maxTime }

    func encode(into command: inout BSONWriter) {
        command.append("mapReduce", namespace.collection)
        command.append("map", .code(map))
        command.append("reduce", .code(reduce))
        command.append("finalize", ifPresent: options.finalize.map(BSON.code))
        let out: BSONDocument =
            switch output {
            case .inline: ["inline": 1]
            case .replace(let name): ["replace": .string(name)]
            case .merge(let name): ["merge": .string(name)]
            case .reduce(let name): ["reduce": .string(name)]
            }
        command.append("out", out)
        command.append("query", ifPresent: options.filter)
        command.append("sort", ifPresent: options.sort)
        command.append("limit", ifPresent: options.limit)
        command.append("scope", ifPresent: options.scope)
        command.append("collation", ifPresent: options.collation)
        command.append("comment", ifPresent: options.comment)
        command.append("bypassDocumentValidation", ifPresent: options.bypassDocumentValidation)
    }

    func decode(_ reply: BSONDocument, _ context: ReplyContext) throws(MongoError) -> [BSONDocument] {
        guard output == .inline else { return [] }
        let results = reply["results"]?.arrayValue
        guard let documents = results?.compactMap(\.documentValue), documents.count == results?.count else {
            throw MongoError(.invalidResponse, "\(context.server.address): the server's reply holds no results")
        }
        return documents
    }
}
