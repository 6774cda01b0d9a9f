// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/unified-test-format/unified-test-format.md#collection-operations

import MongoBSON
import MongoNIO

extension Scene {
    func collection(
        _ name: String,
        _ collection: MongoCollection<BSONDocument>,
        _ arguments: Arguments
    ) async throws -> OperationResult {
        let collection = try collection.withOptions(arguments.handleOptions())
        switch name {
        case "find", "findOne", "createFindCursor", "aggregate", "distinct", "count", "countDocuments",
            "estimatedDocumentCount", "createChangeStream", "watch", "mapReduce":
            return try await read(name, collection, arguments)
        case "insertOne", "insertMany", "updateOne", "updateMany", "replaceOne", "deleteOne", "deleteMany",
            "findOneAndDelete", "findOneAndReplace", "findOneAndUpdate", "bulkWrite":
            return try await write(name, collection, arguments)
        default:
            return try await manage(name, collection, arguments)
        }
    }

    private func read(
        _ name: String,
        _ collection: MongoCollection<BSONDocument>,
        _ arguments: Arguments
    ) async throws -> OperationResult {
        let session = try arguments.session()
        switch name {
        case "find":
            // The format's own examples leave it out.
            let filter = try arguments.document("filter") ?? [:]
            let options = try FindOptions(test: arguments)
            try arguments.finish()
            return .documents(try await collection.find(filter, options: options, session: session).toArray())
        case "createFindCursor":
            let filter = try arguments.required("filter", Arguments.document)
            let options = try FindOptions(test: arguments)
            try arguments.finish()
            let cursor = try await collection.find(filter, options: options, session: session)
            return .entity(.cursor(CursorEntity(cursor)))
        case "findOne":
            let filter = try arguments.required("filter", Arguments.document)
            let options = try FindOneOptions(test: arguments)
            try arguments.finish()
            return .document(try await collection.findOne(filter, options: options, session: session))
        case "aggregate":
            let pipeline = try arguments.required("pipeline", Arguments.documents)
            let options = try AggregateOptions(test: arguments)
            try arguments.finish()
            return .documents(try await collection.aggregate(pipeline, options: options, session: session).toArray())
        case "createChangeStream", "watch":
            let pipeline = try arguments.required("pipeline", Arguments.documents)
            let options = try ChangeStreamOptions(test: arguments)
            try arguments.finish()
            return .entity(
                .cursor(
                    CursorEntity(
                        try await collection.watch(pipeline, as: BSONDocument.self, options: options, session: session)
                    )
                )
            )
        case "distinct":
            let field = try arguments.required("fieldName", Arguments.string)
            let filter = try arguments.document("filter") ?? [:]
            let options = try DistinctOptions(test: arguments)
            try arguments.finish()
            return .value(.array(try await collection.distinct(field, filter, options: options, session: session)))
        case "countDocuments":
            let filter = try arguments.required("filter", Arguments.document)
            let options = try CountDocumentsOptions(test: arguments)
            try arguments.finish()
            return .count(try await collection.countDocuments(filter, options: options, session: session))
        case "estimatedDocumentCount":
            let options = try EstimatedDocumentCountOptions(test: arguments)
            try arguments.finish()
            return .count(try await collection.estimatedDocumentCount(options: options, session: session))
        default:
            return try await readTheOldWay(name, collection, arguments, session)
        }
    }

    private func readTheOldWay(
        _ name: String,
        _ collection: any DeprecatedVerbs,
        _ arguments: Arguments,
        _ session: ClientSession?
    ) async throws -> OperationResult {
        switch name {
        case "count":
            let filter = try arguments.required("filter", Arguments.document)
            let options = try CountDocumentsOptions(test: arguments)
            try arguments.finish()
            return .count(try await collection.count(filter, options: options, session: session))
        case "mapReduce":
            let map = try arguments.required("map", Arguments.code)
            let reduce = try arguments.required("reduce", Arguments.code)
            let output = try arguments.mapReduceOutput()
            let options = try MapReduceOptions(test: arguments)
            try arguments.finish()
            return .documents(
                try await collection.mapReduce(
                    map: map,
                    reduce: reduce,
                    output: output,
                    options: options,
                    session: session
                )
            )
        default:
            throw unknown(name, of: "collection")
        }
    }

    private func manage(
        _ name: String,
        _ collection: MongoCollection<BSONDocument>,
        _ arguments: Arguments
    ) async throws -> OperationResult {
        let session = try arguments.session()
        switch name {
        case "createIndex":
            let keys = try arguments.required("keys", Arguments.document)
            let model = IndexModel(keys, options: try IndexOptions(test: arguments))
            let options = try CreateIndexOptions(test: arguments)
            try arguments.finish()
            return .value(.string(try await collection.createIndex(model, options: options, session: session)))
        case "createIndexes":
            let models = try arguments.required("models", Arguments.documents).map { fields in
                let nested = arguments.nested(fields, "models")
                let keys = try nested.required("keys", Arguments.document)
                let options = try IndexOptions(test: nested)
                try nested.finish()
                return IndexModel(keys, options: options)
            }
            let options = try CreateIndexOptions(test: arguments)
            try arguments.finish()
            return .strings(try await collection.createIndexes(models, options: options, session: session))
        case "dropIndex":
            let keys = try arguments.document("keys")
            let name = try keys == nil ? arguments.required("name", Arguments.string) : ""
            let options = try DropIndexOptions(test: arguments)
            try arguments.finish()
            if let keys {
                try await collection.dropIndex(keys: keys, options: options, session: session)
            } else {
                try await collection.dropIndex(name, options: options, session: session)
            }
            return .nothing
        case "dropIndexes":
            let options = try DropIndexOptions(test: arguments)
            try arguments.finish()
            try await collection.dropIndexes(options: options, session: session)
            return .nothing
        case "listIndexes":
            let options = try ListIndexesOptions(test: arguments)
            try arguments.finish()
            return .documents(try await collection.listIndexes(options: options, session: session).toArray())
        case "listIndexNames":
            let options = try ListIndexesOptions(test: arguments)
            try arguments.finish()
            return .strings(try await collection.listIndexNames(options: options, session: session))
        case "rename":
            let target = try arguments.required("to", Arguments.string)
            var options = RenameCollectionOptions()
            options.comment = arguments.value("comment")
            options.dropTarget = try arguments.bool("dropTarget")
            options.timeout = try arguments.milliseconds("timeoutMS")
            try arguments.finish()
            _ = try await collection.rename(to: target, options: options, session: session)
            return .nothing
        case "drop":
            let options = try DropCollectionOptions(test: arguments)
            try arguments.finish()
            try await collection.drop(options: options, session: session)
            return .nothing
        case "createSearchIndex", "createSearchIndexes", "dropSearchIndex", "listSearchIndexes", "updateSearchIndex":
            return try await manageSearch(name, collection, arguments)
        default:
            throw unknown(name, of: "collection")
        }
    }

    private func manageSearch(
        _ name: String,
        _ collection: MongoCollection<BSONDocument>,
        _ arguments: Arguments
    ) async throws -> OperationResult {
        func model(_ fields: BSONDocument) throws -> SearchIndexModel {
            let arguments = arguments.nested(fields, "model")
            let definition = try arguments.required("definition", Arguments.document)
            let name = try arguments.string("name")
            let type = try arguments.string("type")
            try arguments.finish()
            return SearchIndexModel(definition, name: name, type: type)
        }
        switch name {
        case "createSearchIndex":
            let model = try model(arguments.required("model", Arguments.document))
            try arguments.finish()
            return .value(.string(try await collection.createSearchIndex(model)))
        case "createSearchIndexes":
            let models = try arguments.required("models", Arguments.documents).map(model)
            try arguments.finish()
            return .strings(try await collection.createSearchIndexes(models))
        case "dropSearchIndex":
            let name = try arguments.required("name", Arguments.string)
            try arguments.finish()
            try await collection.dropSearchIndex(name)
            return .nothing
        case "updateSearchIndex":
            let name = try arguments.required("name", Arguments.string)
            let definition = try arguments.required("definition", Arguments.document)
            try arguments.finish()
            try await collection.updateSearchIndex(name, definition: definition)
            return .nothing
        default:
            let name = try arguments.string("name")
            let fields = try arguments.document("aggregationOptions") ?? [:]
            try arguments.finish()
            let nested = arguments.nested(fields, "aggregationOptions")
            let options = try AggregateOptions(test: nested)
            try nested.finish()
            return .documents(try await collection.listSearchIndexes(name: name, options: options).toArray())
        }
    }
}

/// Verbs that are called here on purpose, although they are deprecated: through a protocol nobody is warned of them.
private protocol DeprecatedVerbs: Sendable {
    func count(
        _ filter: BSONDocument,
        options: CountDocumentsOptions,
        session: ClientSession?
    ) async throws(MongoError) -> Int

    func mapReduce(
        map: BSONCode,
        reduce: BSONCode,
        output: MapReduceOutput,
        options: MapReduceOptions,
        session: ClientSession?
    ) async throws(MongoError) -> [BSONDocument]
}

extension MongoCollection: DeprecatedVerbs {}
