// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

public import MongoBSON

/// A database of a deployment. A small value: make it where it is needed.
public struct MongoDatabase: Sendable {
    let client: MongoClient
    let settings: CommandSettings
    /// The database's name.
    public let name: String

    init(client: MongoClient, name: String, settings: CommandSettings) {
        self.client = client
        self.name = name
        self.settings = settings
    }

    /// A collection of plain documents. Nothing is sent; a collection that does not exist is made by the first write.
    public func collection(_ name: String) -> MongoCollection<BSONDocument> {
        collection(name, of: BSONDocument.self)
    }

    /// A collection of documents of a type. Nothing is sent; a collection that does not exist is made by the first write.
    ///
    /// - Parameters:
    ///   - name: The collection's name.
    ///   - type: What its documents are encoded from and decoded to.
    public func collection<Document: Codable & Sendable>(
        _ name: String,
        of type: Document.Type
    ) -> MongoCollection<Document> {
        MongoCollection(
            client: client,
            namespace: MongoNamespace(database: self.name, collection: name),
            settings: settings
        )
    }

    /// Runs any command on the database.
    ///
    /// The command is sent as it is given: read and write concerns are not added.
    ///
    /// - Parameters:
    ///   - command: The command, its name first, for example `["ping": 1]`.
    ///   - timeout: How long it may take in all; by default what the client's options say.
    /// - Returns: The server's reply.
    /// - Throws: ``MongoError``, of the kind `command` when the server refused.
    @discardableResult
    public func runCommand(_ command: BSONDocument, timeout: Duration? = nil) async throws(MongoError) -> BSONDocument {
        try await client.executor.execute(
            RunCommandOperation(database: name, command: command),
            settings,
            timeout: timeout
        )
    }
}
