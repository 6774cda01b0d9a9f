// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/enumerate-databases/enumerate-databases.md

public import MongoBSON

/// A database as the server lists it.
public struct DatabaseInfo: Sendable, Hashable {
    /// The database's name.
    public var name: String
    /// What it takes on the disk, in bytes.
    public var sizeOnDisk: Int64
    /// Whether it holds nothing.
    public var isEmpty: Bool
    /// All that the server says.
    public var document: BSONDocument
}

extension MongoClient {
    /// Lists the databases with their sizes.
    ///
    /// - Parameters:
    ///   - options: Which of them.
    ///   - session: The session that it belongs to.
    /// - Throws: ``MongoError``.
    public func listDatabases(
        options: ListDatabasesOptions = ListDatabasesOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> [DatabaseInfo] {
        try await listDatabases(options, nameOnly: false, session).compactMap { document in
            guard let name = document.string(forKey: "name") else { return nil }
            return DatabaseInfo(
                name: name,
                sizeOnDisk: document.integer(forKey: "sizeOnDisk") ?? 0,
                isEmpty: document.element(forKey: "empty")?.truth ?? false,
                document: document
            )
        }
    }

    /// Lists the databases' names.
    ///
    /// - Parameters:
    ///   - options: Which of them.
    ///   - session: The session that it belongs to.
    /// - Throws: ``MongoError``.
    public func listDatabaseNames(
        options: ListDatabasesOptions = ListDatabasesOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> [String] {
        try await listDatabases(options, nameOnly: true, session).compactMap { $0.string(forKey: "name") }
    }

    private func listDatabases(
        _ options: ListDatabasesOptions,
        nameOnly: Bool,
        _ session: ClientSession?
    ) async throws(MongoError) -> [BSONDocument] {
        try await executor.execute(
            ListDatabasesOperation(options: options, nameOnly: nameOnly),
            // Only the primary can be trusted to know them all.
            settings.replaced(by: DatabaseOptions(readPreference: .primary)),
            session: session,
            timeout: options.timeout
        )
    }
}
