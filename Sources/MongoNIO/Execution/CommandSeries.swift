// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Several commands that make one operation: they share its session and the time that it may take in all.
struct CommandSeries: Sendable {
    let executor: OperationExecutor
    let settings: CommandSettings
    var context: OperationContext
    /// What the caller said of this one operation; `nil` inherits.
    private let callersTimeout: Duration?

    /// - Throws: `MongoError` when a transaction's timeout already says how long it may take.
    init(
        _ executor: OperationExecutor,
        _ settings: CommandSettings,
        session: ClientSession?,
        timeout: Duration?
    ) throws(MongoError) {
        self.executor = executor
        self.settings = settings
        callersTimeout = timeout
        context = try executor.context(settings, session: session, timeout: timeout)
        if executor.observer.isActive { context.operationID = OperationID.next() }
    }

    /// - Throws: `MongoError`, of the kind `timeout` when the time is over.
    func execute<O: Operation>(_ operation: O) async throws(MongoError) -> O.Output {
        if let deadline = context.deadline, deadline.hasPassed() {
            throw MongoError(.timeout, "the time for the operation was over before \(operation.commandName)")
        }
        return try await executor.execute(operation, settings, in: context)
    }

    /// What the user is told of writes that were refused.
    func judged(_ refusal: MongoError) -> MongoError {
        OperationExecutor.judged(refusal, hasTimeout: context.deadline != nil)
    }

    /// The same with all the time that it had at first.
    ///
    /// - Parameters:
    ///   - continuation: What the commands of a cursor have in common with the one that made it.
    ///   - timeout: Another time.
    func begunAnew(in continuation: OperationContext? = nil, timeout: Duration? = nil) -> CommandSeries {
        var copy = self
        if let continuation {
            copy.context.session = continuation.session
            copy.context.server = continuation.server
            copy.context.connection = continuation.connection
        }
        // In withTransaction the session's time counts, which is one for all.
        if copy.context.clientSession?.state.withLock({ $0.deadline }) == nil {
            copy.context.deadline = Deadline(timeout: timeout ?? callersTimeout ?? settings.timeout)
        }
        copy.context.operationID = executor.observer.isActive ? OperationID.next() : nil
        return copy
    }

    /// The same for the commands of a cursor, with the time that is left.
    func continued(in continuation: OperationContext) -> CommandSeries {
        var copy = self
        copy.context.session = continuation.session
        copy.context.server = continuation.server
        copy.context.connection = continuation.connection
        return copy
    }

    /// The same, with a limit where there is none.
    func orWithin(_ limit: Duration) -> CommandSeries {
        guard context.deadline == nil || context.deadline == .never else { return self }
        var copy = self
        copy.context.deadline = Deadline(after: limit)
        return copy
    }
}
