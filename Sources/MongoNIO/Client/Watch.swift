// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/change-streams/change-streams.md#helper-method

public import MongoBSON

extension MongoCollection {
    /// Watches the changes of the collection.
    ///
    /// - Parameters:
    ///   - pipeline: Stages that the changes go through, for example `["$match": ["operationType": "insert"]]`.
    ///   - options: From when on, what of the documents to show, and more.
    ///   - session: The session that it belongs to.
    /// - Returns: A stream of the changes from now on, unless the options say otherwise.
    /// - Throws: ``MongoError``.
    public func watch(
        _ pipeline: [BSONDocument] = [],
        options: ChangeStreamOptions = ChangeStreamOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> ChangeStream<ChangeStreamDocument<Document>> {
        try await watch(pipeline, as: ChangeStreamDocument<Document>.self, options: options, session: session)
    }

    /// Watches the changes of the collection, in a form that the pipeline gave them.
    ///
    /// - Parameters:
    ///   - pipeline: Stages that the changes go through, for example `["$match": ["operationType": "insert"]]`.
    ///   - type: What the changes are decoded to.
    ///   - options: From when on, what of the documents to show, and more.
    ///   - session: The session that it belongs to.
    /// - Returns: A stream of the changes from now on, unless the options say otherwise.
    /// - Throws: ``MongoError``.
    public func watch<Element: Decodable & Sendable>(
        _ pipeline: [BSONDocument] = [],
        as type: Element.Type,
        options: ChangeStreamOptions = ChangeStreamOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> ChangeStream<Element> {
        let request = ChangeStreamRequest(subject: .collection(namespace), pipeline: pipeline, options: options)
        return ChangeStream(try await ChangeStreamCore.open(request, client.executor, settings, session: session))
    }
}

extension MongoDatabase {
    /// Watches the changes of all collections of the database, those of the system apart.
    ///
    /// - Parameters:
    ///   - pipeline: Stages that the changes go through, for example `["$match": ["operationType": "insert"]]`.
    ///   - options: From when on, what of the documents to show, and more.
    ///   - session: The session that it belongs to.
    /// - Returns: A stream of the changes from now on, unless the options say otherwise.
    /// - Throws: ``MongoError``.
    public func watch(
        _ pipeline: [BSONDocument] = [],
        options: ChangeStreamOptions = ChangeStreamOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> ChangeStream<ChangeStreamDocument<BSONDocument>> {
        try await watch(pipeline, as: ChangeStreamDocument<BSONDocument>.self, options: options, session: session)
    }

    /// Watches the changes of all collections of the database, those of the system apart, in a form that the pipeline gave them.
    ///
    /// - Parameters:
    ///   - pipeline: Stages that the changes go through, for example `["$match": ["operationType": "insert"]]`.
    ///   - type: What the changes are decoded to.
    ///   - options: From when on, what of the documents to show, and more.
    ///   - session: The session that it belongs to.
    /// - Returns: A stream of the changes from now on, unless the options say otherwise.
    /// - Throws: ``MongoError``.
    public func watch<Element: Decodable & Sendable>(
        _ pipeline: [BSONDocument] = [],
        as type: Element.Type,
        options: ChangeStreamOptions = ChangeStreamOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> ChangeStream<Element> {
        let request = ChangeStreamRequest(subject: .database(name), pipeline: pipeline, options: options)
        return ChangeStream(try await ChangeStreamCore.open(request, client.executor, settings, session: session))
    }
}

extension MongoClient {
    /// Watches the changes of all collections of the deployment, those of the system and of the databases `admin`, `config` and
    /// `local` apart.
    ///
    /// - Parameters:
    ///   - pipeline: Stages that the changes go through, for example `["$match": ["operationType": "insert"]]`.
    ///   - options: From when on, what of the documents to show, and more.
    ///   - session: The session that it belongs to.
    /// - Returns: A stream of the changes from now on, unless the options say otherwise.
    /// - Throws: ``MongoError``.
    public func watch(
        _ pipeline: [BSONDocument] = [],
        options: ChangeStreamOptions = ChangeStreamOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> ChangeStream<ChangeStreamDocument<BSONDocument>> {
        try await watch(pipeline, as: ChangeStreamDocument<BSONDocument>.self, options: options, session: session)
    }

    /// Watches the changes of all collections of the deployment, those of the system and of the databases `admin`, `config` and
    /// `local` apart, in a form that the pipeline gave them.
    ///
    /// - Parameters:
    ///   - pipeline: Stages that the changes go through, for example `["$match": ["operationType": "insert"]]`.
    ///   - type: What the changes are decoded to.
    ///   - options: From when on, what of the documents to show, and more.
    ///   - session: The session that it belongs to.
    /// - Returns: A stream of the changes from now on, unless the options say otherwise.
    /// - Throws: ``MongoError``.
    public func watch<Element: Decodable & Sendable>(
        _ pipeline: [BSONDocument] = [],
        as type: Element.Type,
        options: ChangeStreamOptions = ChangeStreamOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> ChangeStream<Element> {
        let request = ChangeStreamRequest(subject: .deployment, pipeline: pipeline, options: options)
        return ChangeStream(try await ChangeStreamCore.open(request, executor, settings, session: session))
    }
}
