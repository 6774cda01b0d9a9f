// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/run-command/run-command.md

public import MongoBSON

extension MongoDatabase {
    /// Runs any command on the database.
    ///
    /// The command is sent as it is given: read and write concerns are not added. It is tried again only when the server
    /// refused it because it was overloaded. What the driver adds to every command (`$db`, `lsid`, `$clusterTime`,
    /// `$readPreference`, `maxTimeMS` with a timeout) must not be in it: which of the two the server sees is undefined.
    ///
    /// - Parameters:
    ///   - command: The command, its name first, for example `["ping": 1]`.
    ///   - options: Where it may go, and how long it may take.
    ///   - session: The session that it belongs to.
    /// - Returns: The server's reply.
    /// - Throws: ``MongoError``, of the kind `command` when the server refused.
    @discardableResult
    public func runCommand(
        _ command: BSONDocument,
        options: RunCommandOptions = RunCommandOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> BSONDocument {
        try await client.executor.execute(
            RunCommandOperation(database: name, command: command),
            settings(for: options.readPreference),
            session: session,
            timeout: options.timeout
        )
    }

    /// Runs any command that is answered with a cursor.
    ///
    /// The command is sent as it is given, and once; see ``runCommand(_:options:session:)``. What the options say of the
    /// cursor's type has to be what the command says.
    ///
    /// - Parameters:
    ///   - command: The command, its name first, for example `["checkMetadataConsistency": 1]`.
    ///   - type: What the documents are decoded to.
    ///   - options: How to read the cursor, where the command may go, and how long it may take.
    ///   - session: The session that it belongs to.
    /// - Returns: A cursor; the first batch is there already.
    /// - Throws: ``MongoError``, of the kind `invalidResponse` when the reply holds no cursor.
    public func runCursorCommand<Element: Decodable & Sendable>(
        _ command: BSONDocument,
        as type: Element.Type = BSONDocument.self,
        options: RunCursorCommandOptions = RunCursorCommandOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> MongoCursor<Element> {
        let settings = settings(for: options.readPreference)
        var plan = try CursorPlan(
            settings,
            timeout: options.timeout,
            mode: options.timeoutMode,
            type: options.cursorType,
            batchSize: options.batchSize,
            comment: options.comment
        )
        if options.maxTime != nil, options.timeout != nil {
            throw MongoError(.invalidArgument, "maxTime does not go together with timeout")
        }
        plan.maxAwaitTime = options.maxTime
        let operation = CursorCommandOperation(
            database: name,
            fields: command,
            retryability: .never,
            timeLimit: .ofCursor(options.cursorType, options.timeoutMode),
            isGeneric: true
        )
        return try await plan.open(operation, client.executor, settings, session: session)
    }

    /// Runs the stages of a pipeline that need no collection, for example `$currentOp` on the database `admin`.
    ///
    /// - Parameters:
    ///   - pipeline: The stages.
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

    /// Runs the stages of a pipeline that need no collection, and decodes what comes out.
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
        let operation = AggregateOperation(database: name, collection: nil, pipeline: pipeline, options: options)
        return try await operation.open(client.executor, settings, session: session)
    }

    /// A command goes to the primary unless the caller says otherwise: what the database says is for reads.
    private func settings(for readPreference: ReadPreference?) -> CommandSettings {
        var settings = settings.replaced(by: DatabaseOptions(readPreference: readPreference ?? .primary))
        if readPreference != nil { settings.explicit.insert(.readPreference) }
        return settings
    }
}
