// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/collection-management/tests/README.md

import MongoBSON

extension AdministrationOperation {
    /// `create`: a collection or a view.
    static func create(_ namespace: MongoNamespace, _ options: CreateCollectionOptions) throws(MongoError) -> Self {
        try Self("create", .string(namespace.collection), in: namespace.database) { command in
            command.append("capped", ifPresent: options.capped)
            command.append("size", ifPresent: options.size)
            command.append("max", ifPresent: options.max)
            command.append("storageEngine", ifPresent: options.storageEngine)
            command.append("validator", ifPresent: options.validator)
            command.append("validationLevel", ifPresent: options.validationLevel)
            command.append("validationAction", ifPresent: options.validationAction)
            command.append("indexOptionDefaults", ifPresent: options.indexOptionDefaults)
            command.append("viewOn", ifPresent: options.viewOn)
            command.append("pipeline", ifPresent: options.pipeline)
            command.append("collation", ifPresent: options.collation)
            command.append("timeseries", ifPresent: options.timeseries)
            command.append("expireAfterSeconds", ifPresent: options.expireAfterSeconds)
            command.append("clusteredIndex", ifPresent: options.clusteredIndex)
            command.append("changeStreamPreAndPostImages", ifPresent: options.changeStreamPreAndPostImages)
            command.append("encryptedFields", ifPresent: options.encryptedFields)
            command.append("comment", ifPresent: options.comment)
        }
    }

    /// `collMod`: other settings for a collection.
    static func modify(_ namespace: MongoNamespace, _ options: ModifyCollectionOptions) throws(MongoError) -> Self {
        try Self("collMod", .string(namespace.collection), in: namespace.database) { command in
            command.append("index", ifPresent: options.index)
            command.append("validator", ifPresent: options.validator)
            command.append("validationLevel", ifPresent: options.validationLevel)
            command.append("validationAction", ifPresent: options.validationAction)
            command.append("viewOn", ifPresent: options.viewOn)
            command.append("pipeline", ifPresent: options.pipeline)
            command.append("timeseries", ifPresent: options.timeseries)
            command.append("expireAfterSeconds", ifPresent: options.expireAfterSeconds)
            command.append("changeStreamPreAndPostImages", ifPresent: options.changeStreamPreAndPostImages)
            command.append("cappedSize", ifPresent: options.cappedSize)
            command.append("cappedMax", ifPresent: options.cappedMax)
            command.append("comment", ifPresent: options.comment)
        }
    }

    /// `drop`: removes a collection with its indexes. Servers before 7.0 refuse to drop what is not there; it is not
    /// there, and that was wanted.
    static func drop(_ namespace: MongoNamespace, comment: BSON?) throws(MongoError) -> Self {
        var operation = try Self("drop", .string(namespace.collection), in: namespace.database) { command in
            command.append("comment", ifPresent: comment)
        }
        operation.forgivenCode = namespaceNotFound
        return operation
    }

    /// `dropDatabase`: removes a database with its collections.
    static func dropDatabase(_ name: String, comment: BSON?) throws(MongoError) -> Self {
        try Self("dropDatabase", .int32(1), in: name) { command in
            command.append("comment", ifPresent: comment)
        }
    }

    /// `renameCollection`: another name, in the same database or in another.
    static func rename(
        _ namespace: MongoNamespace,
        to newNamespace: MongoNamespace,
        _ options: RenameCollectionOptions
    ) throws(MongoError) -> Self {
        try Self("renameCollection", .string(namespace.description), in: "admin") { command in
            command.append("to", newNamespace.description)
            command.append("dropTarget", ifPresent: options.dropTarget)
            command.append("comment", ifPresent: options.comment)
        }
    }
}

extension CursorCommandOperation {
    /// `listCollections`: what collections and views a database has.
    ///
    /// - SeeAlso: [Enumerating Collections](https://github.com/mongodb/specifications/blob/master/source/enumerate-collections/enumerate-collections.md)
    static func listCollections(
        in database: String,
        _ options: ListCollectionsOptions,
        nameOnly: Bool
    ) throws(MongoError) -> Self {
        let fields = try BSONDocument.written { command in
            command.append("listCollections", Int32(1))
            command.append("filter", ifPresent: options.filter)
            if nameOnly { command.append("nameOnly", true) }
            command.append("authorizedCollections", ifPresent: options.authorizedCollections)
            command.appendCursor(batchSize: options.batchSize)
            command.append("comment", ifPresent: options.comment)
        }
        return Self(
            database: database,
            fields: fields,
            timeLimit: .ofCursor(.nonTailable, options.timeoutMode),
            rawData: options.rawData
        )
    }

    /// `listIndexes`: what indexes a collection has.
    static func listIndexes(_ namespace: MongoNamespace, _ options: ListIndexesOptions) throws(MongoError) -> Self {
        let fields = try BSONDocument.written { command in
            command.append("listIndexes", namespace.collection)
            command.appendCursor(batchSize: options.batchSize)
            command.append("comment", ifPresent: options.comment)
        }
        return Self(
            database: namespace.database,
            fields: fields,
            timeLimit: .ofCursor(.nonTailable, options.timeoutMode),
            rawData: options.rawData,
            forgivesMissingCollection: true
        )
    }
}

extension BSONWriter {
    /// The field `cursor`, which asks for a cursor.
    fileprivate mutating func appendCursor(batchSize: Int?) {
        beginDocument("cursor")
        append("batchSize", ifPresent: batchSize)
        endDocument()
    }
}

/// `listDatabases`: what databases a deployment has.
///
/// - SeeAlso: [Enumerating Databases](https://github.com/mongodb/specifications/blob/master/source/enumerate-databases/enumerate-databases.md)
struct ListDatabasesOperation: Operation {
    var options: ListDatabasesOptions
    /// Whether to leave out what takes the server time: sizes.
    var nameOnly: Bool

    var commandName: String { "listDatabases" }
    var database: String { "admin" }
    var purpose: ServerSelector.Purpose { .read }
    var retryability: Retryability { .read }
    var accepts: CommandSettings.Fields { .readPreference }

    func encode(into command: inout BSONWriter) {
        command.append("listDatabases", Int32(1))
        command.append("filter", ifPresent: options.filter)
        if nameOnly { command.append("nameOnly", true) }
        command.append("authorizedDatabases", ifPresent: options.authorizedDatabases)
        command.append("comment", ifPresent: options.comment)
    }

    func decode(_ reply: BSONDocument, _ context: ReplyContext) throws(MongoError) -> [BSONDocument] {
        guard let databases = reply.array(forKey: "databases") else {
            throw MongoError(.invalidResponse, "\(context.server.address): the server's reply names no databases")
        }
        return databases.elements.compactMap(\.document)
    }
}
