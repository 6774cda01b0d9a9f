// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

public import MongoBSON

/// A database of a deployment. A small value: make it where it is needed.
public struct MongoDatabase: Sendable {
    /// The client that it belongs to.
    public let client: MongoClient
    let settings: CommandSettings
    /// The database's name.
    public let name: String

    init(client: MongoClient, name: String, settings: CommandSettings) {
        self.client = client
        self.name = name
        self.settings = settings
    }

    /// How consistent the data of reads has to be.
    public var readConcern: ReadConcern { settings.readConcern }
    /// Which members of a replica set answer reads.
    public var readPreference: ReadPreference { settings.readPreference }
    /// Who has to acknowledge writes.
    public var writeConcern: WriteConcern { settings.writeConcern }

    /// The same database with other settings.
    public func withOptions(_ options: DatabaseOptions) -> MongoDatabase {
        MongoDatabase(client: client, name: name, settings: settings.replaced(by: options))
    }

    /// A collection of plain documents. Nothing is sent; a collection that does not exist is made by the first write.
    ///
    /// - Parameters:
    ///   - name: The collection's name.
    ///   - options: What its operations inherit instead of what the database says.
    public func collection(
        _ name: String,
        options: CollectionOptions = CollectionOptions()
    ) -> MongoCollection<BSONDocument> {
        collection(name, of: BSONDocument.self, options: options)
    }

    /// A collection of documents of a type. Nothing is sent; a collection that does not exist is made by the first write.
    ///
    /// - Parameters:
    ///   - name: The collection's name.
    ///   - type: What its documents are encoded from and decoded to.
    ///   - options: What its operations inherit instead of what the database says.
    public func collection<Document: Codable & Sendable>(
        _ name: String,
        of type: Document.Type,
        options: CollectionOptions = CollectionOptions()
    ) -> MongoCollection<Document> {
        MongoCollection(
            client: client,
            namespace: MongoNamespace(database: self.name, collection: name),
            settings: settings.replaced(by: options)
        )
    }

    func execute<O: Operation>(
        _ operation: O,
        session: ClientSession?,
        timeout: Duration?
    ) async throws(MongoError) -> O.Output {
        try await client.executor.execute(operation, settings, session: session, timeout: timeout)
    }
}
