// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON

/// A collection of documents of one type. A small value: make it where it is needed.
///
/// The type is any `Codable & Sendable`, or `BSONDocument`.
public struct MongoCollection<Document: Codable & Sendable>: Sendable {
    /// The client that it belongs to.
    public let client: MongoClient
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

    /// How consistent the data of reads has to be.
    public var readConcern: ReadConcern { settings.readConcern }
    /// Which members of a replica set answer reads.
    public var readPreference: ReadPreference { settings.readPreference }
    /// Who has to acknowledge writes.
    public var writeConcern: WriteConcern { settings.writeConcern }

    /// The same collection with other settings.
    public func withOptions(_ options: CollectionOptions) -> MongoCollection {
        MongoCollection(client: client, namespace: namespace, settings: settings.replaced(by: options))
    }

    /// The same collection with documents of another type.
    public func withType<Other: Codable & Sendable>(_ type: Other.Type) -> MongoCollection<Other> {
        MongoCollection<Other>(client: client, namespace: namespace, settings: settings)
    }

    func execute<O: Operation>(
        _ operation: O,
        session: ClientSession?,
        timeout: Duration?
    ) async throws(MongoError) -> O.Output {
        try await client.executor.execute(operation, settings, session: session, timeout: timeout)
    }
}

extension CommandSettings {
    /// The settings with those that are given anew.
    func replaced(by options: DatabaseOptions) -> CommandSettings {
        CommandSettings(
            readConcern: options.readConcern ?? readConcern,
            writeConcern: options.writeConcern ?? writeConcern,
            readPreference: options.readPreference ?? readPreference,
            timeout: options.timeout ?? timeout
        )
    }
}
