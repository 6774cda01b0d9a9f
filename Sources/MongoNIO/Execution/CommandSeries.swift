// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Several commands that make one operation: they share its session and the time that it may take in all.
struct CommandSeries: Sendable {
    let executor: OperationExecutor
    let settings: CommandSettings
    var session: ClientSession?
    /// What the caller said of this one operation; `nil` inherits.
    private let callersTimeout: Duration?
    private let deadline: Deadline

    init(
        _ executor: OperationExecutor,
        _ settings: CommandSettings,
        session: ClientSession?,
        timeout: Duration?
    ) {
        self.executor = executor
        self.settings = settings
        self.session = session
        callersTimeout = timeout
        // Zero is "without limit".
        deadline = Deadline(after: (timeout ?? settings.timeout).flatMap { $0 == .zero ? nil : $0 })
    }

    /// - Throws: `MongoError`, of the kind `timeout` when the time is over.
    func execute<O: Operation>(_ operation: O, on server: Server? = nil) async throws(MongoError) -> O.Output {
        var settings = settings
        var timeout = callersTimeout
        if !deadline.isNever {
            let left = Duration.nanoseconds(deadline.remaining().nanoseconds)
            guard left > .zero else {
                throw MongoError(.timeout, "the time for the operation was over before \(operation.commandName)")
            }
            if timeout == nil { settings.timeout = left } else { timeout = left }
        }
        return try await executor.execute(operation, settings, session: session, on: server, timeout: timeout)
    }

    /// The same with all the time that it had at first.
    func begunAnew() -> CommandSeries {
        begunAnew(session: session, timeout: nil)
    }

    /// The same for another session, with all the time that it had at first, or the time given.
    func begunAnew(session: ClientSession?, timeout: Duration?) -> CommandSeries {
        CommandSeries(executor, settings, session: session, timeout: timeout ?? callersTimeout)
    }

    /// The same, with a limit where there is none.
    func orWithin(_ limit: Duration) -> CommandSeries {
        guard deadline.isNever else { return self }
        return CommandSeries(executor, settings, session: session, timeout: limit)
    }
}
