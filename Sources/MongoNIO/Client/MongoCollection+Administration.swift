// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON

extension MongoCollection {
    /// Removes the collection with its documents and indexes. One that does not exist is no error.
    ///
    /// - Parameters:
    ///   - options: A comment and a timeout.
    ///   - session: The session that it belongs to.
    /// - Throws: ``MongoError``.
    public func drop(
        options: DropCollectionOptions = DropCollectionOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) {
        _ = try await execute(
            AdministrationOperation.drop(namespace, comment: options.comment),
            session: session,
            timeout: options.timeout
        )
    }

    /// Gives the collection another name. Handles with the old name stay with the old name.
    ///
    /// - Parameters:
    ///   - newName: The new name, in the same database.
    ///   - options: Whether a collection that has the name already is removed, and more.
    ///   - session: The session that it belongs to.
    /// - Returns: The collection with its new name.
    /// - Throws: ``MongoError``.
    @discardableResult
    public func rename(
        to newName: String,
        options: RenameCollectionOptions = RenameCollectionOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> MongoCollection {
        let newNamespace = MongoNamespace(database: namespace.database, collection: newName)
        return try await rename(to: newNamespace, options: options, session: session)
    }

    /// Gives the collection another name, perhaps in another database: the server then copies it.
    ///
    /// - Parameters:
    ///   - newNamespace: The new database and name.
    ///   - options: Whether a collection that has the name already is removed, and more.
    ///   - session: The session that it belongs to.
    /// - Returns: The collection with its new name.
    /// - Throws: ``MongoError``.
    @discardableResult
    public func rename(
        to newNamespace: MongoNamespace,
        options: RenameCollectionOptions = RenameCollectionOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> MongoCollection {
        _ = try await execute(
            AdministrationOperation.rename(namespace, to: newNamespace, options),
            session: session,
            timeout: options.timeout
        )
        return MongoCollection(client: client, namespace: newNamespace, settings: settings)
    }
}
