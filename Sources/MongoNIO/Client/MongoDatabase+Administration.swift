// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/enumerate-collections/enumerate-collections.md

public import MongoBSON

extension MongoDatabase {
    /// Makes a collection. That is needed only to give it options: a collection without is made by the first write.
    ///
    /// - Parameters:
    ///   - name: The collection's name.
    ///   - options: What kind of collection it is to be.
    ///   - session: The session that it belongs to.
    /// - Returns: The collection.
    /// - Throws: ``MongoError``, of the kind `command` when it exists already.
    @discardableResult
    public func createCollection(
        _ name: String,
        options: CreateCollectionOptions = CreateCollectionOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> MongoCollection<BSONDocument> {
        let namespace = MongoNamespace(database: self.name, collection: name)
        _ = try await execute(
            AdministrationOperation.create(namespace, options),
            session: session,
            timeout: options.timeout
        )
        return collection(name)
    }

    /// Makes a view: what a pipeline makes of a collection, made anew for each reader.
    ///
    /// - Parameters:
    ///   - name: The view's name.
    ///   - source: The collection or view that it is a view of.
    ///   - pipeline: The stages.
    ///   - options: Collation and more.
    ///   - session: The session that it belongs to.
    /// - Returns: The view.
    /// - Throws: ``MongoError``, of the kind `command` when it exists already.
    @discardableResult
    public func createView(
        _ name: String,
        on source: String,
        pipeline: [BSONDocument],
        options: CreateViewOptions = CreateViewOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> MongoCollection<BSONDocument> {
        try await createCollection(
            name,
            options: CreateCollectionOptions(
                collation: options.collation,
                comment: options.comment,
                pipeline: pipeline,
                timeout: options.timeout,
                viewOn: source
            ),
            session: session
        )
    }

    /// Changes settings of a collection or a view: the command `collMod`.
    ///
    /// - Parameters:
    ///   - name: The collection's name.
    ///   - options: What to change.
    ///   - session: The session that it belongs to.
    /// - Returns: The server's reply, which names old and new values of some settings.
    /// - Throws: ``MongoError``.
    @discardableResult
    public func modifyCollection(
        _ name: String,
        options: ModifyCollectionOptions,
        session: ClientSession? = nil
    ) async throws(MongoError) -> BSONDocument {
        let namespace = MongoNamespace(database: self.name, collection: name)
        return try await execute(
            AdministrationOperation.modify(namespace, options),
            session: session,
            timeout: options.timeout
        )
    }

    /// Lists the collections and views, each as a document with `name`, `type`, `options` and `info`.
    ///
    /// - Parameters:
    ///   - options: Which of them, and how.
    ///   - session: The session that it belongs to.
    /// - Throws: ``MongoError``.
    public func listCollections(
        options: ListCollectionsOptions = ListCollectionsOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> MongoCursor<BSONDocument> {
        var options = options
        options.authorizedCollections = nil
        return try await listCollections(options, nameOnly: false, session)
    }

    /// Lists the names of the collections and views.
    ///
    /// - Parameters:
    ///   - options: Which of them, and how.
    ///   - session: The session that it belongs to.
    /// - Throws: ``MongoError``.
    public func listCollectionNames(
        options: ListCollectionsOptions = ListCollectionsOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> [String] {
        // A filter by more than the name needs more than the name.
        let nameOnly = options.filter.map { $0.keys.allSatisfy { $0 == "name" } } ?? true
        let cursor = try await listCollections(options, nameOnly: nameOnly, session)
        return try await cursor.toArray().compactMap { $0.string(forKey: "name") }
    }

    private func listCollections(
        _ options: ListCollectionsOptions,
        nameOnly: Bool,
        _ session: ClientSession?
    ) async throws(MongoError) -> MongoCursor<BSONDocument> {
        // Only the primary can be trusted to know them all.
        let settings = settings.replaced(by: DatabaseOptions(readPreference: .primary))
        // The server passes the comment on to getMore by itself.
        let plan = try CursorPlan(
            settings,
            timeout: options.timeout,
            mode: options.timeoutMode,
            batchSize: options.batchSize
        )
        let operation = try CursorCommandOperation.listCollections(in: name, options, nameOnly: nameOnly)
        return try await plan.open(operation, client.executor, settings, session: session)
    }

    /// Removes the database with its collections. One that does not exist is no error.
    ///
    /// - Parameters:
    ///   - options: A comment and a timeout.
    ///   - session: The session that it belongs to.
    /// - Throws: ``MongoError``.
    public func drop(
        options: DropDatabaseOptions = DropDatabaseOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) {
        _ = try await execute(
            AdministrationOperation.dropDatabase(name, comment: options.comment),
            session: session,
            timeout: options.timeout
        )
    }
}
