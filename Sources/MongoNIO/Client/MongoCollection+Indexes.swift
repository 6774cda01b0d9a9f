// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/index-management/index-management.md

public import MongoBSON

extension MongoCollection {
    /// Creates an index. One that is there already, with the same keys and options, is no error.
    ///
    /// - Parameters:
    ///   - keys: The fields and their order, for example `["name": 1, "age": -1]`.
    ///   - indexOptions: What else there is to say about the index.
    ///   - options: How to create it.
    ///   - session: The session that it belongs to.
    /// - Returns: The index's name.
    /// - Throws: ``MongoError``.
    @discardableResult
    public func createIndex(
        _ keys: BSONDocument,
        indexOptions: IndexOptions = IndexOptions(),
        options: CreateIndexOptions = CreateIndexOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> String {
        try await createIndex(IndexModel(keys, options: indexOptions), options: options, session: session)
    }

    /// Creates an index. One that is there already, with the same keys and options, is no error.
    ///
    /// - Parameters:
    ///   - model: The index.
    ///   - options: How to create it.
    ///   - session: The session that it belongs to.
    /// - Returns: The index's name.
    /// - Throws: ``MongoError``.
    @discardableResult
    public func createIndex(
        _ model: IndexModel,
        options: CreateIndexOptions = CreateIndexOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> String {
        try await createIndexes([model], options: options, session: session)
        return model.name
    }

    /// Creates indexes, in one pass over the documents.
    ///
    /// - Parameters:
    ///   - models: The indexes; at least one.
    ///   - options: How to create them.
    ///   - session: The session that it belongs to.
    /// - Returns: The indexes' names.
    /// - Throws: ``MongoError``.
    @discardableResult
    public func createIndexes(
        _ models: [IndexModel],
        options: CreateIndexOptions = CreateIndexOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> [String] {
        guard !models.isEmpty else {
            throw MongoError(.invalidArgument, "createIndexes needs at least one index")
        }
        _ = try await execute(
            AdministrationOperation.createIndexes(namespace, models, options),
            session: session,
            timeout: options.timeout
        )
        return models.map(\.name)
    }

    /// Lists the indexes, each as a document as the server has it.
    ///
    /// - Parameters:
    ///   - options: How to list them.
    ///   - session: The session that it belongs to.
    /// - Returns: A cursor, without documents when there is no such collection.
    /// - Throws: ``MongoError``.
    public func listIndexes(
        options: ListIndexesOptions = ListIndexesOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> MongoCursor<BSONDocument> {
        // Only the primary can be trusted to know them all.
        let settings = settings.replaced(by: CollectionOptions(readPreference: .primary))
        let plan = try CursorPlan(
            settings,
            timeout: options.timeout,
            mode: options.timeoutMode,
            batchSize: options.batchSize,
            comment: options.comment
        )
        let operation = try CursorCommandOperation.listIndexes(namespace, options)
        return try await plan.open(operation, client.executor, settings, session: session)
    }

    /// Lists the indexes' names.
    ///
    /// - Parameters:
    ///   - options: How to list them.
    ///   - session: The session that it belongs to.
    /// - Throws: ``MongoError``.
    public func listIndexNames(
        options: ListIndexesOptions = ListIndexesOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> [String] {
        let cursor = try await listIndexes(options: options, session: session)
        return try await cursor.toArray().compactMap { $0.string(forKey: "name") }
    }

    /// Removes an index.
    ///
    /// - Parameters:
    ///   - name: The index's name. `*` is refused: ``dropIndexes(options:session:)`` removes all.
    ///   - options: A comment, limits and more.
    ///   - session: The session that it belongs to.
    /// - Throws: ``MongoError``, of the kind `command` when the collection has no such index.
    public func dropIndex(
        _ name: String,
        options: DropIndexOptions = DropIndexOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) {
        guard name != "*" else {
            throw MongoError(.invalidArgument, "dropIndex removes one index, and * means all: use dropIndexes")
        }
        try await dropIndexes(.string(name), options, session)
    }

    /// Removes an index.
    ///
    /// - Parameters:
    ///   - keys: The index's keys.
    ///   - options: A comment, limits and more.
    ///   - session: The session that it belongs to.
    /// - Throws: ``MongoError``, of the kind `command` when the collection has no such index.
    public func dropIndex(
        keys: BSONDocument,
        options: DropIndexOptions = DropIndexOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) {
        try await dropIndexes(.document(keys), options, session)
    }

    /// Removes all indexes but that of `_id`.
    ///
    /// - Parameters:
    ///   - options: A comment, limits and more.
    ///   - session: The session that it belongs to.
    /// - Throws: ``MongoError``.
    public func dropIndexes(
        options: DropIndexOptions = DropIndexOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) {
        try await dropIndexes("*", options, session)
    }

    private func dropIndexes(
        _ index: BSON,
        _ options: DropIndexOptions,
        _ session: ClientSession?
    ) async throws(MongoError) {
        _ = try await execute(
            AdministrationOperation.dropIndexes(namespace, index, options),
            session: session,
            timeout: options.timeout
        )
    }
}
