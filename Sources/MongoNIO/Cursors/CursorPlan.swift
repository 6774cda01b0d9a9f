// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/client-side-operations-timeout/client-side-operations-timeout.md#cursors

import MongoBSON

/// How a cursor is going to be read. Pure.
struct CursorPlan: Sendable {
    var type = CursorType.nonTailable
    var batchSize: Int?
    /// The comment of the commands that fetch more.
    var comment: BSON?
    /// How long the server waits for documents at the end.
    var maxAwaitTime: Duration?
    /// What the caller said of this cursor; `nil` inherits.
    var callersTimeout: Duration?
    /// Whether the time is for each step, rather than for the cursor's life.
    var timesEachStep = false

    /// - Throws: `MongoError` when options contradict each other.
    init(
        _ settings: CommandSettings,
        timeout: Duration?,
        mode: CursorTimeoutMode? = nil,
        type: CursorType = .nonTailable,
        batchSize: Int? = nil,
        comment: BSON? = nil,
        maxAwaitTime: Duration? = nil
    ) throws(MongoError) {
        if let batchSize, !(0...Int(Int32.max)).contains(batchSize) {
            throw MongoError(.invalidArgument, "batchSize must be a 32-bit number of at least 0")
        }
        let limit = timeout ?? settings.timeout
        if mode != nil, limit == nil {
            throw MongoError(.invalidArgument, "timeoutMode says what timeout is for: it needs one")
        }
        if type != .nonTailable, mode == .cursorLifetime {
            throw MongoError(.invalidArgument, "the life of a tailable cursor has no end: use timeoutMode iteration")
        }
        if type == .tailableAwait, let maxAwaitTime, let limit, limit != .zero, maxAwaitTime >= limit {
            throw MongoError(.invalidArgument, "maxAwaitTime must be less than timeout")
        }
        self.type = type
        self.batchSize = batchSize
        self.comment = comment
        self.maxAwaitTime = type == .tailableAwait ? maxAwaitTime : nil
        callersTimeout = timeout
        timesEachStep = mode == .iteration || type != .nonTailable
    }

    /// What `getMore` tells the server of time.
    var timeLimit: TimeLimit {
        type == .tailableAwait || maxAwaitTime != nil ? .await(maxAwaitTime) : .driverOnly
    }

    /// Carries out the command that makes the cursor.
    func open<O: Operation, Element: Decodable & Sendable>(
        _ operation: O,
        _ executor: OperationExecutor,
        _ settings: CommandSettings,
        session: ClientSession?
    ) async throws(MongoError) -> MongoCursor<Element> where O.Output == CursorReply {
        let series = try CommandSeries(executor, settings, session: session, timeout: callersTimeout)
        let reply = try await series.execute(operation)
        return MongoCursor(reply, plan: self, series)
    }
}

extension AggregateOperation {
    /// Carries the aggregation out.
    func open<Element: Decodable & Sendable>(
        _ executor: OperationExecutor,
        _ settings: CommandSettings,
        session: ClientSession?
    ) async throws(MongoError) -> MongoCursor<Element> {
        if writes, options.timeoutMode == .iteration {
            throw MongoError(.invalidArgument, "timeoutMode iteration does not go together with $out and $merge")
        }
        var plan = try CursorPlan(
            settings,
            timeout: options.timeout,
            mode: options.timeoutMode,
            batchSize: options.batchSize,
            comment: options.comment
        )
        // Only a pipeline that follows a capped collection waits; the others ignore it.
        plan.maxAwaitTime = options.maxAwaitTime
        if let maxAwaitTime = options.maxAwaitTime, let limit = options.timeout ?? settings.timeout, limit != .zero,
            maxAwaitTime >= limit
        {
            throw MongoError(.invalidArgument, "maxAwaitTime must be less than timeout")
        }
        return try await plan.open(self, executor, settings, session: session)
    }
}
