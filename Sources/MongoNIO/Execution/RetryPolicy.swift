// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// Decides after each failure of an operation whether it is tried again, after which pause, and which of its errors the
/// user gets in the end. Pure: no clock, no chance but what it is told.
///
/// - SeeAlso: [Retryable Reads](https://github.com/mongodb/specifications/blob/master/source/retryable-reads/retryable-reads.md),
///   [Retryable Writes](https://github.com/mongodb/specifications/blob/master/source/retryable-writes/retryable-writes.md),
///   [Client Backpressure](https://github.com/mongodb/specifications/blob/master/source/client-backpressure/client-backpressure.md)
struct RetryPolicy: Sendable {
    /// How far an attempt came.
    enum Stage: Hashable, Sendable {
        /// No server fitted.
        case selection
        /// There was no connection, so nothing was sent.
        case checkOut
        /// The command may have reached the server.
        case exchange
    }

    /// What there is to be retried.
    struct Subject: Hashable, Sendable {
        /// Which rules apply; `never` when the operation, the client or the transaction does not allow any.
        var retryability = Retryability.never
        /// Whether what an overloaded server refused is tried again.
        var retriesOverload = true
        /// Whether the operation has a timeout, within which it may be tried as often as there is time.
        var hasTimeout = false
    }

    enum Decision: Sendable {
        /// Give up.
        ///
        /// - Parameter isLatest: Whether the error for the user is that of the last attempt.
        case fail(MongoError, isLatest: Bool)
        /// Try again.
        ///
        /// - Parameters:
        ///   - pause: How long to wait first.
        ///   - avoidServer: Whether another server is preferred.
        case retry(pause: Duration?, avoidServer: Bool)
    }

    var subject: Subject
    private let options: RetryOptions
    private var retries = 0
    private var limit: Int
    /// The error for the user, as far as is known.
    private var kept: MongoError?
    /// Whether an attempt failed otherwise than by being refused by an overloaded server: a commit that is sent again has to
    /// be acknowledged by a majority then.
    private(set) var isInDoubt = false

    init(_ subject: Subject, _ options: RetryOptions) {
        self.subject = subject
        self.options = options
        limit = subject.hasTimeout ? .max : 1
    }

    /// The error of the attempts so far; `nil` before the first failure.
    var previousError: MongoError? { kept }

    /// An attempt failed.
    ///
    /// - Parameters:
    ///   - isSharded: Whether the server was a mongos.
    ///   - timeLeft: How long another attempt may wait and take; `nil` when there is no timeout.
    ///   - jitter: At random, from 0 to 1.
    mutating func failed(
        _ error: MongoError,
        at stage: Stage,
        isSharded: Bool = false,
        timeLeft: Duration? = nil,
        jitter: Double = 1
    ) -> Decision {
        if error.code == .cancelled || error.code == .clientClosed { return .fail(error, isLatest: true) }
        let isOverload = error.hasLabel(.systemOverloaded)
        let isRefusal = isOverload && error.hasLabel(.retryable)
        if !isRefusal { isInDoubt = true }
        let isLatest = keep(error, wasAttempted: stage == .exchange && !error.hasLabel(.noWritesPerformed))
        let final = kept ?? error
        guard stage != .selection, timeLeft.map({ $0 > .zero }) ?? true,
            isRetryable(error) || isRefusal && subject.retriesOverload
        else {
            return .fail(final, isLatest: isLatest)
        }
        if isOverload { limit = options.maxAdaptiveRetries }
        retries += 1
        guard retries <= limit else { return .fail(final, isLatest: isLatest) }
        let pause = isOverload ? Self.pause(beforeRetry: retries, base: error.baseBackoff) * jitter : nil
        if let pause, let timeLeft, pause >= timeLeft { return .fail(final, isLatest: isLatest) }
        return .retry(
            pause: pause,
            avoidServer: isSharded || isOverload && options.enableOverloadRetargeting
        )
    }

    /// An error that says that something may have been done counts more than one that says the opposite; among equals,
    /// the last of the former and the first of the latter.
    private mutating func keep(_ error: MongoError, wasAttempted: Bool) -> Bool {
        guard wasAttempted || kept == nil else { return false }
        kept = error
        return true
    }

    private func isRetryable(_ error: MongoError) -> Bool {
        switch subject.retryability {
        case .never: false
        case .read: error.isConnectionFailure || error.hasRetryableCode
        case .write: error.hasLabel(.retryableWriteError)
        }
    }

    /// How long to wait at most before a retry; the first one is number 1.
    static func pause(beforeRetry number: Int, base: Duration = .milliseconds(100)) -> Duration {
        var pause = base
        for _ in 0..<number where pause < .seconds(10) { pause *= 2 }
        return min(pause, .seconds(10))
    }
}

/// What a client's options say about retries.
struct RetryOptions: Sendable {
    var retryReads = true
    var retryWrites = true
    var maxAdaptiveRetries = 2
    var enableOverloadRetargeting = false
    /// From 0 to 1, at random.
    var jitter: @Sendable () -> Double = { Double.random(in: 0..<1) }
}

extension RetryOptions {
    init(_ options: MongoClientOptions) {
        retryReads = options.retryReads
        retryWrites = options.retryWrites
        maxAdaptiveRetries = options.maxAdaptiveRetries
        enableOverloadRetargeting = options.enableOverloadRetargeting
    }
}

extension MongoError {
    /// Whether a connection could not be made, was lost, or was given up.
    var isConnectionFailure: Bool {
        switch code {
        case .network, .tls, .poolCleared: true
        // A connection that could not be made in time has the label; a wait for a place in the pool has not.
        case .timeout: hasLabel(.systemOverloaded)
        default: false
        }
    }

    /// Whether the server refused for a reason that passes: it is no primary any more, shuts down, or cannot reach others.
    var hasRetryableCode: Bool {
        // Also while the connection logged in.
        guard code == .command || code == .authentication, let server else { return false }
        return Self.retryableCodes.contains(server.code) || server.code == 134  // ReadConcernMajorityNotAvailableYet
    }

    /// The codes that servers before 4.4 leave to the driver to know.
    static let retryableCodes: Set<Int> = [
        6, 7, 89, 91, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436,
    ]

    /// What an overloaded server wants the pauses to begin with.
    fileprivate var baseBackoff: Duration {
        guard let milliseconds = server?.reply?.number(forKey: "baseBackoffMS"), milliseconds > 0 else {
            return .milliseconds(100)
        }
        return .microseconds(Int64(min(milliseconds, 10_000) * 1000))
    }
}
