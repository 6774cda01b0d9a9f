// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/crud/crud.md#insert-update-replace-delete-and-bulk-writes

public import MongoBSON

extension MongoCollection {
    /// Inserts a document. One without an `_id` gets a new `BSONObjectID`.
    ///
    /// - Parameters:
    ///   - document: What to insert.
    ///   - options: Validation and more.
    /// - Returns: The document's `_id`.
    /// - Throws: ``MongoError``, of the kind `write` when the server refused the document.
    @discardableResult
    public func insertOne(
        _ document: Document,
        options: InsertOneOptions = InsertOneOptions()
    ) async throws(MongoError) -> InsertOneResult {
        let (encoded, id) = try DocumentCoding.encodeForInsert(document)
        var manyOptions = InsertManyOptions()
        manyOptions.bypassDocumentValidation = options.bypassDocumentValidation
        manyOptions.comment = options.comment
        let operation = InsertOperation(namespace: namespace, documents: [encoded], options: manyOptions)
        let (_, reply) = try await execute(operation)
        if let error = reply.error { throw error }
        return InsertOneResult(insertedID: id)
    }

    /// Inserts documents, in as few messages as the server's limits allow. Those without an `_id` get a new
    /// `BSONObjectID`.
    ///
    /// - Parameters:
    ///   - documents: What to insert; at least one.
    ///   - options: Whether to stop at the first refusal, and more.
    /// - Returns: The `_id` of each document, by its place.
    /// - Throws: ``MongoError``, of the kind `write` when the server refused documents: `server.writeErrors` then names
    ///   their places.
    @discardableResult
    public func insertMany(
        _ documents: [Document],
        options: InsertManyOptions = InsertManyOptions()
    ) async throws(MongoError) -> InsertManyResult {
        guard !documents.isEmpty else {
            throw MongoError(.invalidArgument, "insertMany needs at least one document")
        }
        var encoded: [BSONDocument] = []
        var ids: [Int: BSON] = [:]
        encoded.reserveCapacity(documents.count)
        ids.reserveCapacity(documents.count)
        for (index, document) in documents.enumerated() {
            let (bytes, id) = try DocumentCoding.encodeForInsert(document)
            encoded.append(bytes)
            ids[index] = id
        }

        var rest = encoded[...]
        var errors = InsertErrors()
        while !rest.isEmpty {
            let operation = InsertOperation(namespace: namespace, documents: rest, options: options)
            let (count, reply) = try await execute(operation)
            if let error = reply.error {
                errors.add(error, batchStart: rest.startIndex)
                if options.ordered, !(error.server?.writeErrors.isEmpty ?? true) { break }
            }
            guard count > 0 else {
                throw MongoError(.invalidResponse, "no document of the batch was sent")
            }
            rest = rest.dropFirst(count)
        }
        if let error = errors.combined { throw error }
        return InsertManyResult(insertedIDs: ids)
    }

    /// Changes the first document that matches.
    ///
    /// - Parameters:
    ///   - filter: What it has to match.
    ///   - update: How to change it: operators, for example `["$set": ["color": "gray"]]`.
    ///   - options: Whether to insert a document when none matches, and more.
    /// - Returns: How many documents were matched and changed.
    /// - Throws: ``MongoError``, of the kind `write` when the server refused the change.
    @discardableResult
    public func updateOne(
        _ filter: BSONDocument,
        _ update: BSONDocument,
        options: UpdateOptions = UpdateOptions()
    ) async throws(MongoError) -> UpdateResult {
        try await self.update(filter, update, multi: false, options)
    }

    /// Changes every document that matches.
    ///
    /// - Parameters:
    ///   - filter: What they have to match; empty means all.
    ///   - update: How to change them: operators, for example `["$inc": ["age": 1]]`.
    ///   - options: Whether to insert a document when none matches, and more.
    /// - Returns: How many documents were matched and changed.
    /// - Throws: ``MongoError``, of the kind `write` when the server refused the change.
    @discardableResult
    public func updateMany(
        _ filter: BSONDocument,
        _ update: BSONDocument,
        options: UpdateOptions = UpdateOptions()
    ) async throws(MongoError) -> UpdateResult {
        try await self.update(filter, update, multi: true, options)
    }

    private func update(
        _ filter: BSONDocument,
        _ update: BSONDocument,
        multi: Bool,
        _ options: UpdateOptions
    ) async throws(MongoError) -> UpdateResult {
        // Without an operator the server would take the update for a replacement of the whole document.
        guard let first = update.elements.first(where: { _ in true }), first.key.hasPrefix("$") else {
            throw MongoError(.invalidArgument, "an update has to begin with an operator, for example $set")
        }
        return try await execute(
            UpdateOperation(namespace: namespace, filter: filter, update: update, multi: multi, options: options)
        )
    }

    /// Deletes the first document that matches.
    ///
    /// - Parameters:
    ///   - filter: What it has to match.
    ///   - options: Collation and more.
    /// - Returns: How many documents were deleted.
    /// - Throws: ``MongoError``.
    @discardableResult
    public func deleteOne(
        _ filter: BSONDocument,
        options: DeleteOptions = DeleteOptions()
    ) async throws(MongoError) -> DeleteResult {
        try await execute(DeleteOperation(namespace: namespace, filter: filter, multi: false, options: options))
    }

    /// Deletes every document that matches.
    ///
    /// - Parameters:
    ///   - filter: What they have to match; empty means all.
    ///   - options: Collation and more.
    /// - Returns: How many documents were deleted.
    /// - Throws: ``MongoError``.
    @discardableResult
    public func deleteMany(
        _ filter: BSONDocument,
        options: DeleteOptions = DeleteOptions()
    ) async throws(MongoError) -> DeleteResult {
        try await execute(DeleteOperation(namespace: namespace, filter: filter, multi: true, options: options))
    }
}

/// The refusals of several messages as one error, with the places that the caller knows.
private struct InsertErrors {
    private(set) var combined: MongoError?

    mutating func add(_ error: MongoError, batchStart: Int) {
        var error = error
        if let writeErrors = error.server?.writeErrors {
            error.server?.writeErrors = writeErrors.map { writeError in
                var writeError = writeError
                writeError.index += batchStart
                return writeError
            }
        }
        guard var combined else {
            self.combined = error
            return
        }
        combined.labels.formUnion(error.labels)
        combined.server?.writeErrors += error.server?.writeErrors ?? []
        if combined.server?.writeConcernError == nil {
            combined.server?.writeConcernError = error.server?.writeConcernError
        }
        if let count = combined.server?.writeErrors.count {
            combined.message = "\(count) writes were refused (the first with code \(combined.server?.code ?? 0))"
        }
        self.combined = combined
    }
}
