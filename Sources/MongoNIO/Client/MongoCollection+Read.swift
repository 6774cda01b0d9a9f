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
    ///   - session: The session that it belongs to.
    /// - Returns: A cursor over the documents; the first batch is there already.
    /// - Throws: ``MongoError``.
    public func find(
        _ filter: BSONDocument = [:],
        options: FindOptions = FindOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> MongoCursor<Document> {
        try await find(filter, as: Document.self, options: options, session: session)
    }

    /// Finds the documents that match, as another type than the collection's: for projections.
    ///
    /// - Parameters:
    ///   - filter: What they have to match; empty means all.
    ///   - type: What the documents are decoded to.
    ///   - options: Order, limits and more.
    ///   - session: The session that it belongs to.
    /// - Returns: A cursor over the documents; the first batch is there already.
    /// - Throws: ``MongoError``.
    public func find<Element: Decodable & Sendable>(
        _ filter: BSONDocument = [:],
        as type: Element.Type,
        options: FindOptions = FindOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> MongoCursor<Element> {
        let plan = try CursorPlan(
            settings,
            timeout: options.timeout,
            mode: options.timeoutMode,
            type: options.cursorType,
            batchSize: options.batchSize,
            comment: options.comment,
            maxAwaitTime: options.maxAwaitTime
        )
        let operation = FindOperation(namespace: namespace, filter: filter, options: options)
        return try await plan.open(operation, client.executor, settings, session: session)
    }

    /// Finds the first document that matches.
    ///
    /// - Parameters:
    ///   - filter: What it has to match; empty means any.
    ///   - options: Order and more.
    ///   - session: The session that it belongs to.
    /// - Returns: The document; `nil` when none matches.
    /// - Throws: ``MongoError``.
    public func findOne(
        _ filter: BSONDocument = [:],
        options: FindOneOptions = FindOneOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> Document? {
        try await findOne(filter, as: Document.self, options: options, session: session)
    }

    /// Finds the first document that matches, as another type than the collection's: for projections.
    ///
    /// - Parameters:
    ///   - filter: What it has to match; empty means any.
    ///   - type: What the document is decoded to.
    ///   - options: Order and more.
    ///   - session: The session that it belongs to.
    /// - Returns: The document; `nil` when none matches.
    /// - Throws: ``MongoError``.
    public func findOne<Element: Decodable & Sendable>(
        _ filter: BSONDocument = [:],
        as type: Element.Type,
        options: FindOneOptions = FindOneOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> Element? {
        let operation = FindOperation(namespace: namespace, filter: filter, options: FindOptions(options))
        var batch = try await execute(operation, session: session, timeout: options.timeout).batch
        guard let document = batch.next() else { return nil }
        return try DocumentCoding.decode(Element.self, from: document)
    }

    /// Runs the documents through the stages of a pipeline.
    ///
    /// - Parameters:
    ///   - pipeline: The stages, for example `["$group": ["_id": "$color", "count": ["$sum": 1]]]`. With `$out` or
    ///     `$merge` as the last one, the documents are stored and the cursor is empty.
    ///   - options: Batches, limits and more.
    ///   - session: The session that it belongs to.
    /// - Returns: A cursor over what comes out; the first batch is there already.
    /// - Throws: ``MongoError``.
    public func aggregate(
        _ pipeline: [BSONDocument],
        options: AggregateOptions = AggregateOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> MongoCursor<BSONDocument> {
        try await aggregate(pipeline, as: BSONDocument.self, options: options, session: session)
    }

    /// Runs the documents through the stages of a pipeline, and decodes what comes out.
    ///
    /// - Parameters:
    ///   - pipeline: The stages.
    ///   - type: What the documents are decoded to.
    ///   - options: Batches, limits and more.
    ///   - session: The session that it belongs to.
    /// - Returns: A cursor over what comes out; the first batch is there already.
    /// - Throws: ``MongoError``.
    public func aggregate<Element: Decodable & Sendable>(
        _ pipeline: [BSONDocument],
        as type: Element.Type,
        options: AggregateOptions = AggregateOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> MongoCursor<Element> {
        let operation = AggregateOperation(
            database: namespace.database,
            collection: namespace.collection,
            pipeline: pipeline,
            options: options
        )
        return try await operation.open(client.executor, settings, session: session)
    }

    /// Counts the documents that match, exactly.
    ///
    /// It is an aggregation with `$match`: `$where` and `$near` cannot be used in the filter, see
    /// [its restrictions](https://www.mongodb.com/docs/manual/reference/operator/aggregation/match/#restrictions).
    ///
    /// - Parameters:
    ///   - filter: What they have to match; empty means all.
    ///   - options: Limits and more.
    ///   - session: The session that it belongs to.
    /// - Throws: ``MongoError``.
    public func countDocuments(
        _ filter: BSONDocument = [:],
        options: CountDocumentsOptions = CountDocumentsOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> Int {
        let operation = CountDocumentsOperation(namespace: namespace, filter: filter, options: options)
        return try await execute(operation, session: session, timeout: options.timeout)
    }

    /// How many documents there are by the collection's own books: fast, and not exact after an unclean shutdown and in
    /// sharded clusters.
    ///
    /// It is the command [`count`](https://www.mongodb.com/docs/manual/reference/command/count/#behavior) without a query.
    /// Servers 5.0.0 to 5.0.8 left it out of version 1 of the Stable API by mistake: with `strict` they refuse it. Use a
    /// newer server, or do without `strict`.
    ///
    /// - Parameters:
    ///   - options: Limits and more.
    ///   - session: The session that it belongs to.
    /// - Throws: ``MongoError``.
    public func estimatedDocumentCount(
        options: EstimatedDocumentCountOptions = EstimatedDocumentCountOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> Int {
        let operation = CountOperation(namespace: namespace, options: CountDocumentsOptions(options))
        return try await execute(operation, session: session, timeout: options.timeout)
    }

    /// Finds the values of a field, each once.
    ///
    /// - Parameters:
    ///   - fieldName: The field, for example `color`, or `owner.name` within another.
    ///   - filter: What the documents have to match; empty means all.
    ///   - options: Collation and more.
    ///   - session: The session that it belongs to.
    /// - Returns: The values. They arrive in one reply: together they must not be larger than a document may be.
    /// - Throws: ``MongoError``.
    public func distinct(
        _ fieldName: String,
        _ filter: BSONDocument = [:],
        options: DistinctOptions = DistinctOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> [BSON] {
        try await distinct(fieldName, filter, as: BSON.self, options: options, session: session)
    }

    /// Finds the values of a field, each once, as values of one type.
    ///
    /// - Parameters:
    ///   - fieldName: The field, for example `color`, or `owner.name` within another.
    ///   - filter: What the documents have to match; empty means all.
    ///   - type: What each value is decoded to, for example `String.self`; with an optional type, `null` is a value, too.
    ///   - options: Collation and more.
    ///   - session: The session that it belongs to.
    /// - Returns: The values. They arrive in one reply: together they must not be larger than a document may be.
    /// - Throws: ``MongoError``; of the kind ``MongoError/Code/bson`` when a value is of another type.
    public func distinct<Value: Decodable & Sendable>(
        _ fieldName: String,
        _ filter: BSONDocument = [:],
        as type: Value.Type,
        options: DistinctOptions = DistinctOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> [Value] {
        let operation = DistinctOperation(
            namespace: namespace,
            fieldName: fieldName,
            filter: filter,
            options: options
        )
        let values = try await execute(operation, session: session, timeout: options.timeout)
        return try DocumentCoding.decode(Value.self, fromEach: values)
    }
}
