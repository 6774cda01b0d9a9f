// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/index-management/index-management.md

import MongoBSON

extension AdministrationOperation {
    /// `createIndexes`.
    static func createIndexes(
        _ namespace: MongoNamespace,
        _ models: [IndexModel],
        _ options: CreateIndexOptions
    ) throws(MongoError) -> Self {
        var operation = try Self("createIndexes", .string(namespace.collection), in: namespace.database) { command in
            command.beginArray("indexes")
            for model in models {
                command.beginDocument()
                model.encode(into: &command)
                command.endDocument()
            }
            command.endArray()
            switch options.commitQuorum {
            case .nodes(let count): command.append("commitQuorum", Int32(clamping: count))
            case .tag(let name): command.append("commitQuorum", name)
            case nil: break
            }
            command.append("comment", ifPresent: options.comment)
        }
        operation.maxTime = options.maxTime
        operation.rawData = options.rawData
        // MongoDB 4.4; older servers would ignore the quorum without a word.
        if options.commitQuorum != nil { operation.needs = (9, "the option commitQuorum") }
        return operation
    }

    /// `dropIndexes`.
    ///
    /// - Parameter index: The index's name or keys; `"*"` means all but that of `_id`.
    static func dropIndexes(
        _ namespace: MongoNamespace,
        _ index: BSON,
        _ options: DropIndexOptions
    ) throws(MongoError) -> Self {
        var operation = try Self("dropIndexes", .string(namespace.collection), in: namespace.database) { command in
            command.append("index", index)
            command.append("comment", ifPresent: options.comment)
        }
        operation.maxTime = options.maxTime
        operation.rawData = options.rawData
        operation.forgivenCode = namespaceNotFound
        return operation
    }
}

/// Search indexes live outside of the collection: read and write concern mean nothing to them and are not sent.
extension AdministrationOperation {
    static func createSearchIndexes(
        _ namespace: MongoNamespace,
        _ models: [SearchIndexModel]
    ) throws(MongoError) -> Self {
        var operation = try Self("createSearchIndexes", .string(namespace.collection), in: namespace.database) {
            $0.beginArray("indexes")
            for model in models {
                $0.beginDocument()
                $0.append("name", ifPresent: model.name)
                $0.append("type", ifPresent: model.type)
                $0.append("definition", model.definition)
                $0.endDocument()
            }
            $0.endArray()
        }
        operation.accepts = []
        return operation
    }

    static func updateSearchIndex(
        _ namespace: MongoNamespace,
        name: String,
        definition: BSONDocument
    ) throws(MongoError) -> Self {
        var operation = try Self("updateSearchIndex", .string(namespace.collection), in: namespace.database) {
            $0.append("name", name)
            $0.append("definition", definition)
        }
        operation.accepts = []
        return operation
    }

    static func dropSearchIndex(_ namespace: MongoNamespace, name: String) throws(MongoError) -> Self {
        var operation = try Self("dropSearchIndex", .string(namespace.collection), in: namespace.database) {
            $0.append("name", name)
        }
        operation.accepts = []
        operation.forgivenCode = namespaceNotFound
        return operation
    }
}
