// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

public import MongoBSON

/// A collection of documents of one type. A small value: make it where it is needed.
///
/// The type is any `Codable & Sendable`, or `BSONDocument`.
public struct MongoCollection<Document: Codable & Sendable>: Sendable {
    let client: MongoClient
    let settings: CommandSettings
    /// The full name.
    public let namespace: MongoNamespace

    init(client: MongoClient, namespace: MongoNamespace, settings: CommandSettings) {
        self.client = client
        self.namespace = namespace
        self.settings = settings
    }

    /// The collection's own name.
    public var name: String { namespace.collection }

    func execute<O: Operation>(_ operation: O) async throws(MongoError) -> O.Output {
        try await client.executor.execute(operation, settings)
    }

    /// Removes the collection with its documents and indexes. One that does not exist is no error.
    ///
    /// - Parameter comment: A note for the server's log and profiler.
    /// - Throws: ``MongoError``.
    public func drop(comment: BSON? = nil) async throws(MongoError) {
        try await execute(DropCollectionOperation(namespace: namespace, comment: comment))
    }
}
