// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/index-management/index-management.md#search-indexes
// Search indexes are of deployments that have them (Atlas), which build them in the background: what was asked for shows in
// the list some time later.

public import MongoBSON

extension MongoCollection {
    /// Asks for a search index.
    ///
    /// - Parameters:
    ///   - model: The index.
    ///   - timeout: How long it may take in all, instead of what the collection says.
    ///   - session: The session that it belongs to.
    /// - Returns: The index's name.
    /// - Throws: ``MongoError``.
    @discardableResult
    public func createSearchIndex(
        _ model: SearchIndexModel,
        timeout: Duration? = nil,
        session: ClientSession? = nil
    ) async throws(MongoError) -> String {
        let names = try await createSearchIndexes([model], timeout: timeout, session: session)
        guard let name = names.first else {
            throw MongoError(.invalidResponse, "the server's reply names no search index")
        }
        return name
    }

    /// Asks for search indexes.
    ///
    /// - Parameters:
    ///   - models: The indexes.
    ///   - timeout: How long it may take in all, instead of what the collection says.
    ///   - session: The session that it belongs to.
    /// - Returns: The indexes' names.
    /// - Throws: ``MongoError``.
    @discardableResult
    public func createSearchIndexes(
        _ models: [SearchIndexModel],
        timeout: Duration? = nil,
        session: ClientSession? = nil
    ) async throws(MongoError) -> [String] {
        let operation = try AdministrationOperation.createSearchIndexes(namespace, models)
        let reply = try await execute(operation, session: session, timeout: timeout)
        let created = reply.array(forKey: "indexesCreated")?.elements.compactMap(\.document) ?? []
        return created.compactMap { $0.string(forKey: "name") }
    }

    /// Lists the search indexes.
    ///
    /// - Parameters:
    ///   - name: Only the one of this name.
    ///   - options: How to list them: it is an aggregation.
    ///   - session: The session that it belongs to.
    /// - Throws: ``MongoError``.
    public func listSearchIndexes(
        name: String? = nil,
        options: AggregateOptions = AggregateOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> MongoCursor<BSONDocument> {
        var stage: BSONDocument = [:]
        if let name { stage["name"] = .string(name) }
        // Search indexes live outside of the collection: read concerns mean nothing to them, and servers refuse them.
        let collection = withOptions(CollectionOptions(readConcern: .serverDefault))
        return try await collection.aggregate(
            [["$listSearchIndexes": .document(stage)]],
            options: options,
            session: session
        )
    }

    /// Gives a search index another definition.
    ///
    /// - Parameters:
    ///   - name: The index's name.
    ///   - definition: The new definition.
    ///   - timeout: How long it may take in all, instead of what the collection says.
    ///   - session: The session that it belongs to.
    /// - Throws: ``MongoError``.
    public func updateSearchIndex(
        _ name: String,
        definition: BSONDocument,
        timeout: Duration? = nil,
        session: ClientSession? = nil
    ) async throws(MongoError) {
        let operation = try AdministrationOperation.updateSearchIndex(namespace, name: name, definition: definition)
        _ = try await execute(operation, session: session, timeout: timeout)
    }

    /// Removes a search index. A collection that does not exist is no error.
    ///
    /// - Parameters:
    ///   - name: The index's name.
    ///   - timeout: How long it may take in all, instead of what the collection says.
    ///   - session: The session that it belongs to.
    /// - Throws: ``MongoError``.
    public func dropSearchIndex(
        _ name: String,
        timeout: Duration? = nil,
        session: ClientSession? = nil
    ) async throws(MongoError) {
        let operation = try AdministrationOperation.dropSearchIndex(namespace, name: name)
        _ = try await execute(operation, session: session, timeout: timeout)
    }
}
