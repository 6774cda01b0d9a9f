// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/crud/crud.md#read

public import MongoBSON

extension MongoCollection {
    /// Finds the documents that match.
    ///
    /// - Parameters:
    ///   - filter: What they have to match; empty means all.
    ///   - options: Order, limits and more.
    /// - Returns: A cursor over the documents; the first batch is there already.
    /// - Throws: ``MongoError``.
    public func find(
        _ filter: BSONDocument = [:],
        options: FindOptions = FindOptions()
    ) async throws(MongoError) -> MongoCursor<Document> {
        try await find(filter, options: options, as: Document.self)
    }

    /// Finds the documents that match, as another type than the collection's: for projections.
    ///
    /// - Parameters:
    ///   - filter: What they have to match; empty means all.
    ///   - options: Order, limits and more.
    ///   - type: What the documents are decoded to.
    /// - Returns: A cursor over the documents; the first batch is there already.
    /// - Throws: ``MongoError``.
    public func find<Element: Decodable & Sendable>(
        _ filter: BSONDocument = [:],
        options: FindOptions = FindOptions(),
        as type: Element.Type
    ) async throws(MongoError) -> MongoCursor<Element> {
        let reply = try await execute(FindOperation(namespace: namespace, filter: filter, options: options))
        return MongoCursor(
            reply,
            executor: client.executor,
            settings: settings,
            batchSize: options.batchSize,
            comment: options.comment
        )
    }

    /// Finds the first document that matches.
    ///
    /// - Parameters:
    ///   - filter: What it has to match; empty means any.
    ///   - options: Order and more; `limit` and `batchSize` are of no meaning here.
    /// - Returns: The document; `nil` when none matches.
    /// - Throws: ``MongoError``.
    public func findOne(
        _ filter: BSONDocument = [:],
        options: FindOptions = FindOptions()
    ) async throws(MongoError) -> Document? {
        var options = options
        options.limit = -1
        options.batchSize = nil
        var batch = try await execute(FindOperation(namespace: namespace, filter: filter, options: options)).batch
        guard let document = batch.next() else { return nil }
        return try DocumentCoding.decode(Document.self, from: document)
    }

    /// Counts the documents that match, exactly.
    ///
    /// - Parameters:
    ///   - filter: What they have to match; empty means all.
    ///   - options: Limits and more.
    /// - Throws: ``MongoError``.
    public func countDocuments(
        _ filter: BSONDocument = [:],
        options: CountDocumentsOptions = CountDocumentsOptions()
    ) async throws(MongoError) -> Int {
        try await execute(CountDocumentsOperation(namespace: namespace, filter: filter, options: options))
    }
}
