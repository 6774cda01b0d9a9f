// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/crud/crud.md#insert-update-replace-delete-and-bulk-writes

import MongoBSON

extension MongoCollection {
    /// Carries out many writes, in as few messages as their order and the server's limits allow.
    ///
    /// - Parameters:
    ///   - requests: The writes; at least one.
    ///   - options: Whether to stop at the first refusal, and more.
    ///   - session: The session that it belongs to.
    /// - Returns: What was inserted, changed and deleted.
    /// - Throws: ``MongoError``; what was done until then is in ``MongoError/bulkWriteResult``. It is of the kind `write`
    ///   when the server refused writes: `server.writeErrors` names their places.
    @discardableResult
    public func bulkWrite(
        _ requests: [WriteModel<Document>],
        options: BulkWriteOptions = BulkWriteOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> BulkWriteResult {
        guard !requests.isEmpty else {
            throw MongoError(.invalidArgument, "bulkWrite needs at least one write")
        }
        var writes: [EncodedWrite] = []
        writes.reserveCapacity(requests.count)
        for request in requests { writes.append(try request.encoded()) }
        let execution = BulkWriteExecution(
            namespace: namespace,
            ordered: options.ordered,
            options: WriteCommandOptions(
                bypassDocumentValidation: options.bypassDocumentValidation,
                comment: options.comment,
                variables: options.let,
                rawData: options.rawData
            ),
            series: try CommandSeries(client.executor, settings, session: session, timeout: options.timeout)
        )
        return try await execution.run(BulkWritePlan(writes, ordered: options.ordered))
    }

    /// Inserts documents, in as few messages as the server's limits allow. Those without an `_id` get a new
    /// `BSONObjectID`.
    ///
    /// - Parameters:
    ///   - documents: What to insert; at least one.
    ///   - options: Whether to stop at the first refusal, and more.
    ///   - session: The session that it belongs to.
    /// - Returns: The `_id` of each document, by its place.
    /// - Throws: ``MongoError``; what was done until then is in ``MongoError/bulkWriteResult``. It is of the kind `write`
    ///   when the server refused documents: `server.writeErrors` names their places.
    @discardableResult
    public func insertMany(
        _ documents: [Document],
        options: InsertManyOptions = InsertManyOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> InsertManyResult {
        guard !documents.isEmpty else {
            throw MongoError(.invalidArgument, "insertMany needs at least one document")
        }
        var writes: [EncodedWrite] = []
        writes.reserveCapacity(documents.count)
        for document in documents {
            let (bytes, id) = try DocumentCoding.encodeForInsert(document)
            writes.append(EncodedWrite(kind: .insert, statement: bytes, insertedID: id))
        }
        let execution = BulkWriteExecution(
            namespace: namespace,
            ordered: options.ordered,
            options: WriteCommandOptions(
                bypassDocumentValidation: options.bypassDocumentValidation,
                comment: options.comment,
                rawData: options.rawData
            ),
            series: try CommandSeries(client.executor, settings, session: session, timeout: options.timeout),
            operationName: "insert"
        )
        let result = try await execution.run(BulkWritePlan(writes, ordered: options.ordered))
        return InsertManyResult(
            isAcknowledged: result.isAcknowledged,
            insertedIDs: Dictionary(
                uniqueKeysWithValues: writes.enumerated().compactMap { place, write in
                    write.insertedID.map { (place, $0) }
                }
            )
        )
    }
}
