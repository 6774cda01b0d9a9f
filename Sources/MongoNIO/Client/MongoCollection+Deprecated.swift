// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/crud/crud.md#count-api-details

public import MongoBSON

extension MongoCollection {
    /// Counts the documents that match, by the command
    /// [`count`](https://www.mongodb.com/docs/manual/reference/command/count/#behavior).
    ///
    /// With an empty filter it is what the collection's own books say; with another one it can be wrong in a sharded
    /// cluster. It knows `$where` and `$near`, which ``countDocuments(_:options:session:)`` does not.
    ///
    /// - Parameters:
    ///   - filter: What they have to match; empty means all.
    ///   - options: Limits and more. A limit of 0 means none.
    ///   - session: The session that it belongs to. The command cannot be part of a transaction.
    /// - Throws: ``MongoError``.
    @available(*, deprecated, message: "Use countDocuments or estimatedDocumentCount")
    public func count(
        _ filter: BSONDocument = [:],
        options: CountDocumentsOptions = CountDocumentsOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> Int {
        let operation = CountOperation(namespace: namespace, filter: filter, options: options)
        return try await execute(operation, session: session, timeout: options.timeout)
    }

    /// Runs the documents through two functions in JavaScript, by the command
    /// [`mapReduce`](https://www.mongodb.com/docs/manual/reference/command/mapReduce/).
    ///
    /// It is never tried again: the server would go on with the first attempt, whose connection is gone.
    ///
    /// - Parameters:
    ///   - map: Called with each document as `this`; calls `emit(key, value)`.
    ///   - reduce: Called with a key and its values; answers one value.
    ///   - output: Where the results go.
    ///   - options: Filter, order and more.
    ///   - session: The session that it belongs to. The command cannot be part of a transaction.
    /// - Returns: The results, `_id` and `value`; none when they go to a collection.
    /// - Throws: ``MongoError``.
    @available(*, deprecated, message: "Use aggregate")
    public func mapReduce(
        map: BSONCode,
        reduce: BSONCode,
        output: MapReduceOutput = .inline,
        options: MapReduceOptions = MapReduceOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> [BSONDocument] {
        let operation = MapReduceOperation(
            namespace: namespace,
            map: map,
            reduce: reduce,
            output: output,
            options: options
        )
        return try await execute(operation, session: session, timeout: options.timeout)
    }
}
