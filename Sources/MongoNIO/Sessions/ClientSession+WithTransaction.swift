// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/transactions-convenient-api/transactions-convenient-api.md

import Synchronization

extension ClientSession {
    /// Runs the body in a transaction and commits it. Both are tried again when they fail for a reason that passes, for 120
    /// seconds or as long as the timeout allows.
    ///
    /// ```swift
    /// try await session.withTransaction { session in
    ///     try await accounts.updateOne(["_id": 1], ["$inc": ["balance": -10]], session: session)
    ///     try await accounts.updateOne(["_id": 2], ["$inc": ["balance": 10]], session: session)
    /// }
    /// ```
    ///
    /// The body **may be called several times**, so what it does besides the transaction's own operations has to bear that.
    /// It must throw the errors of its operations again: after most of them the server has aborted the transaction, and to
    /// try to commit it nevertheless would begin all over. When it commits or aborts the transaction by itself, nothing
    /// more is done.
    ///
    /// With a timeout, operations that are given the session end in time, too; they must not have timeouts of their own.
    /// Operations of the body without the session know nothing of it.
    ///
    /// - Parameters:
    ///   - options: Read and write concern and more; what is not given is taken from the session's default, then from the
    ///     client.
    ///   - timeout: How long all of it may take; by default what the session's options say. Zero: without limit.
    ///   - body: Works in the transaction.
    /// - Returns: What the body returned.
    /// - Throws: The body's error, or ``MongoError`` of the commit; of the kind `timeout` when there was no time for
    ///   another attempt.
    @discardableResult
    public func withTransaction<Result>(
        options: TransactionOptions? = nil,
        timeout: Duration? = nil,
        _ body: (ClientSession) async throws -> Result
    ) async throws -> Result {
        client.executor.running.enter()
        defer { client.executor.running.leave() }
        let timeout = timeout ?? self.options.defaultTimeout ?? client.options.timeout
        let hasTimeout = timeout != nil
        let deadline = Deadline(after: hasTimeout ? timeout.flatMap { $0 == .zero ? nil : $0 } : .seconds(120))
        if hasTimeout { state.withLock { $0.deadline = deadline } }
        defer { if hasTimeout { state.withLock { $0.deadline = nil } } }

        var retry = TransactionRetry()
        while true {
            if let (delay, error) = retry.backoff(jitter: client.executor.retries.jitter()) {
                guard Deadline(after: delay) < deadline else { throw Self.timedOut(error) }
                try await client.executor.pause(delay)
            }
            try startTransaction(options: options)
            let result: Result
            do {
                result = try await body(self)
            } catch {
                if isInTransaction {
                    // With the whole of its time: what is left may be nothing.
                    state.withLock { $0.deadline = nil }
                    try? await abortTransaction(timeout: timeout)
                    if hasTimeout { state.withLock { $0.deadline = deadline } }
                }
                guard let failure = error as? MongoError, failure.hasLabel(.transientTransactionError) else {
                    throw error
                }
                if deadline.hasPassed() { throw Self.timedOut(failure) }
                retry.failed(failure)
                continue
            }
            guard isInTransaction else { return result }
            if try await commit(until: deadline, &retry) { return result }
        }
    }

    /// - Returns: Whether the transaction was committed; otherwise it is to be done again.
    private func commit(until deadline: Deadline, _ retry: inout TransactionRetry) async throws(MongoError) -> Bool {
        var previous: MongoError?
        while true {
            do throws(MongoError) {
                try await commitTransaction()
                return true
            } catch {
                // The result may be unknown, but nobody waits for it any more.
                if error.code == .cancelled || error.code == .clientClosed { throw error }
                if error.hasLabel(.unknownTransactionCommitResult), !error.isMaxTimeExpired {
                    if deadline.hasPassed() { throw Self.timedOut(error) }
                    previous = error
                    continue
                }
                // The time was over before it was sent again: what is not known is still not known.
                if let previous, error.code == .timeout { throw Self.timedOut(previous) }
                guard error.hasLabel(.transientTransactionError) else { throw error }
                retry.failed(error)
                return false
            }
        }
    }

    /// There is no time for another attempt.
    private static func timedOut(_ error: MongoError) -> MongoError {
        guard error.code != .timeout else { return error }
        return MongoError(
            .timeout,
            "the transaction could not be finished in time: \(error)",
            labels: error.labels,
            server: error.server,
            underlying: error
        )
    }
}

/// How long to wait before a transaction is tried again. Pure.
struct TransactionRetry: Sendable {
    private var attempts = 0
    private var lastError: MongoError?

    mutating func failed(_ error: MongoError) {
        attempts += 1
        lastError = error
    }

    /// - Parameter jitter: At random, from 0 to 1.
    /// - Returns: The pause, and why there is one; `nil` before the first attempt.
    func backoff(jitter: Double) -> (Duration, MongoError)? {
        guard let lastError else { return nil }
        var milliseconds = 5.0
        for _ in 0..<attempts where milliseconds < 500 { milliseconds *= 1.5 }
        return (.microseconds(Int64(jitter * min(milliseconds, 500) * 1000)), lastError)
    }
}
