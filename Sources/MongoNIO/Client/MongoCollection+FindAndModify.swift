// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/crud/crud.md#find-and-modify

public import MongoBSON

extension MongoCollection {
    /// Finds the first document that matches, and deletes it.
    ///
    /// - Parameters:
    ///   - filter: What it has to match.
    ///   - options: Order, projection and more.
    ///   - session: The session that it belongs to.
    /// - Returns: The document; `nil` when none matched.
    /// - Throws: ``MongoError``.
    @discardableResult
    public func findOneAndDelete(
        _ filter: BSONDocument,
        options: FindOneAndDeleteOptions = FindOneAndDeleteOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> Document? {
        try await findAndModify(filter, nil, FindOneAndUpdateOptions(options), session)
    }

    /// Finds the first document that matches, and puts another in its place.
    ///
    /// - Parameters:
    ///   - filter: What it has to match.
    ///   - replacement: The document to put there.
    ///   - options: Order, projection and more.
    ///   - session: The session that it belongs to.
    /// - Returns: The document as it was before, or after with `returnDocument`; `nil` when none matched.
    /// - Throws: ``MongoError``.
    @discardableResult
    public func findOneAndReplace(
        _ filter: BSONDocument,
        _ replacement: Document,
        options: FindOneAndReplaceOptions = FindOneAndReplaceOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> Document? {
        try await findAndModify(
            filter,
            .replacement(try DocumentCoding.encode(replacement)),
            FindOneAndUpdateOptions(options),
            session
        )
    }

    /// Finds the first document that matches, and changes it.
    ///
    /// - Parameters:
    ///   - filter: What it has to match.
    ///   - update: How to change it: operators, for example `["$set": ["color": "gray"]]`.
    ///   - options: Order, projection and more.
    ///   - session: The session that it belongs to.
    /// - Returns: The document as it was before, or after with `returnDocument`; `nil` when none matched.
    /// - Throws: ``MongoError``.
    @discardableResult
    public func findOneAndUpdate(
        _ filter: BSONDocument,
        _ update: BSONDocument,
        options: FindOneAndUpdateOptions = FindOneAndUpdateOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> Document? {
        try await findAndModify(filter, .operators(update), options, session)
    }

    /// Finds the first document that matches, and changes it by the stages of an aggregation.
    ///
    /// - Parameters:
    ///   - filter: What it has to match.
    ///   - pipeline: The stages, for example `["$set": ["total": ["$sum": "$scores"]]]`.
    ///   - options: Order, projection and more.
    ///   - session: The session that it belongs to.
    /// - Returns: The document as it was before, or after with `returnDocument`; `nil` when none matched.
    /// - Throws: ``MongoError``.
    @discardableResult
    public func findOneAndUpdate(
        _ filter: BSONDocument,
        _ pipeline: [BSONDocument],
        options: FindOneAndUpdateOptions = FindOneAndUpdateOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> Document? {
        try await findAndModify(filter, .pipeline(pipeline), options, session)
    }

    private func findAndModify(
        _ filter: BSONDocument,
        _ modification: Modification?,
        _ options: FindOneAndUpdateOptions,
        _ session: ClientSession?
    ) async throws(MongoError) -> Document? {
        try modification?.validate()
        let operation = FindAndModifyOperation(
            namespace: namespace,
            filter: filter,
            modification: modification,
            options: options
        )
        let found = try await execute(operation, session: session, timeout: options.timeout)
        // The server answers, but who wants no acknowledgment is promised no document. A transaction has its own concern.
        guard let document = found, settings.writeConcern.isAcknowledged || session?.isInTransaction == true else {
            return nil
        }
        return try DocumentCoding.decode(Document.self, from: document)
    }
}
