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
    ///   - session: The session that it belongs to.
    /// - Returns: The document's `_id`.
    /// - Throws: ``MongoError``, of the kind `write` when the server refused the document.
    @discardableResult
    public func insertOne(
        _ document: Document,
        options: InsertOneOptions = InsertOneOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> InsertOneResult {
        let (encoded, id) = try DocumentCoding.encodeForInsert(document)
        let operation = WriteBatchOperation(
            namespace: namespace,
            kind: .insert,
            statements: [encoded],
            ordered: true,
            options: WriteCommandOptions(
                bypassDocumentValidation: options.bypassDocumentValidation,
                comment: options.comment,
                rawData: options.rawData
            )
        )
        let (_, reply) = try await execute(operation, session: session, timeout: options.timeout)
        if let error = reply.refusal { throw error }
        return InsertOneResult(isAcknowledged: reply.isAcknowledged, insertedID: id)
    }

    /// Changes the first document that matches.
    ///
    /// - Parameters:
    ///   - filter: What it has to match.
    ///   - update: How to change it: operators, for example `["$set": ["color": "gray"]]`.
    ///   - options: Whether to insert a document when none matches, and more.
    ///   - session: The session that it belongs to.
    /// - Returns: How many documents were matched and changed.
    /// - Throws: ``MongoError``, of the kind `write` when the server refused the change.
    @discardableResult
    public func updateOne(
        _ filter: BSONDocument,
        _ update: BSONDocument,
        options: UpdateOptions = UpdateOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> UpdateResult {
        try await change(filter, .operators(update), multi: false, options, session)
    }

    /// Changes the first document that matches, by the stages of an aggregation.
    ///
    /// - Parameters:
    ///   - filter: What it has to match.
    ///   - pipeline: The stages, for example `["$set": ["total": ["$sum": "$scores"]]]`.
    ///   - options: Whether to insert a document when none matches, and more.
    ///   - session: The session that it belongs to.
    /// - Returns: How many documents were matched and changed.
    /// - Throws: ``MongoError``, of the kind `write` when the server refused the change.
    @discardableResult
    public func updateOne(
        _ filter: BSONDocument,
        _ pipeline: [BSONDocument],
        options: UpdateOptions = UpdateOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> UpdateResult {
        try await change(filter, .pipeline(pipeline), multi: false, options, session)
    }

    /// Changes every document that matches.
    ///
    /// - Parameters:
    ///   - filter: What they have to match; empty means all.
    ///   - update: How to change them: operators, for example `["$inc": ["age": 1]]`.
    ///   - options: Whether to insert a document when none matches, and more.
    ///   - session: The session that it belongs to.
    /// - Returns: How many documents were matched and changed.
    /// - Throws: ``MongoError``, of the kind `write` when the server refused the change.
    @discardableResult
    public func updateMany(
        _ filter: BSONDocument,
        _ update: BSONDocument,
        options: UpdateOptions = UpdateOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> UpdateResult {
        try await change(filter, .operators(update), multi: true, options, session)
    }

    /// Changes every document that matches, by the stages of an aggregation.
    ///
    /// - Parameters:
    ///   - filter: What they have to match; empty means all.
    ///   - pipeline: The stages, for example `["$set": ["total": ["$sum": "$scores"]]]`.
    ///   - options: Whether to insert a document when none matches, and more.
    ///   - session: The session that it belongs to.
    /// - Returns: How many documents were matched and changed.
    /// - Throws: ``MongoError``, of the kind `write` when the server refused the change.
    @discardableResult
    public func updateMany(
        _ filter: BSONDocument,
        _ pipeline: [BSONDocument],
        options: UpdateOptions = UpdateOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> UpdateResult {
        try await change(filter, .pipeline(pipeline), multi: true, options, session)
    }

    /// Puts a document in the place of the first that matches, whose `_id` stays.
    ///
    /// - Parameters:
    ///   - filter: What it has to match.
    ///   - replacement: The document.
    ///   - options: Whether to insert the document when none matches, and more.
    ///   - session: The session that it belongs to.
    /// - Returns: How many documents were matched and changed.
    /// - Throws: ``MongoError``, of the kind `write` when the server refused the change.
    @discardableResult
    public func replaceOne(
        _ filter: BSONDocument,
        _ replacement: Document,
        options: ReplaceOptions = ReplaceOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> UpdateResult {
        try await change(
            filter,
            .replacement(try DocumentCoding.encode(replacement)),
            multi: false,
            UpdateOptions(options),
            session
        )
    }

    private func change(
        _ filter: BSONDocument,
        _ modification: Modification,
        multi: Bool,
        _ options: UpdateOptions,
        _ session: ClientSession?
    ) async throws(MongoError) -> UpdateResult {
        try modification.validate()
        let operation = UpdateOperation(
            namespace: namespace,
            statement: UpdateStatement(
                filter: filter,
                modification: modification,
                multi: multi,
                upsert: options.upsert,
                arrayFilters: options.arrayFilters,
                collation: options.collation,
                hint: options.hint,
                sort: options.sort
            ),
            options: WriteCommandOptions(
                bypassDocumentValidation: options.bypassDocumentValidation,
                comment: options.comment,
                variables: options.let,
                rawData: options.rawData
            )
        )
        return try await execute(operation, session: session, timeout: options.timeout)
    }

    /// Deletes the first document that matches.
    ///
    /// - Parameters:
    ///   - filter: What it has to match.
    ///   - options: Collation and more.
    ///   - session: The session that it belongs to.
    /// - Returns: How many documents were deleted.
    /// - Throws: ``MongoError``.
    @discardableResult
    public func deleteOne(
        _ filter: BSONDocument,
        options: DeleteOptions = DeleteOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> DeleteResult {
        try await delete(filter, multi: false, options, session)
    }

    /// Deletes every document that matches.
    ///
    /// - Parameters:
    ///   - filter: What they have to match; empty means all.
    ///   - options: Collation and more.
    ///   - session: The session that it belongs to.
    /// - Returns: How many documents were deleted.
    /// - Throws: ``MongoError``.
    @discardableResult
    public func deleteMany(
        _ filter: BSONDocument,
        options: DeleteOptions = DeleteOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> DeleteResult {
        try await delete(filter, multi: true, options, session)
    }

    private func delete(
        _ filter: BSONDocument,
        multi: Bool,
        _ options: DeleteOptions,
        _ session: ClientSession?
    ) async throws(MongoError) -> DeleteResult {
        let operation = DeleteOperation(
            namespace: namespace,
            statement: DeleteStatement(
                filter: filter,
                multi: multi,
                collation: options.collation,
                hint: options.hint
            ),
            options: WriteCommandOptions(
                comment: options.comment,
                variables: options.let,
                rawData: options.rawData
            )
        )
        return try await execute(operation, session: session, timeout: options.timeout)
    }
}

extension UpdateOptions {
    init(_ options: ReplaceOptions) {
        self.init(
            bypassDocumentValidation: options.bypassDocumentValidation,
            collation: options.collation,
            comment: options.comment,
            hint: options.hint,
            let: options.let,
            rawData: options.rawData,
            sort: options.sort,
            timeout: options.timeout,
            upsert: options.upsert
        )
    }
}
