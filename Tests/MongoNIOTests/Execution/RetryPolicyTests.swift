// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MongoNIO

@Suite("When an operation is tried again")
struct RetryPolicyTests {
    private static let network = MongoError(.network, "lost")
    private static let refused = MongoError(
        .command,
        "duplicate",
        server: .init(code: 11000, codeName: nil, message: "")
    )
    private static let notPrimary = MongoError(
        .command,
        "moved",
        server: .init(code: 10107, codeName: nil, message: "")
    )

    private static func retryable(_ message: String, _ labels: MongoError.Label...) -> MongoError {
        MongoError(.network, message, labels: Set(labels.map(\.rawValue) + ["RetryableWriteError"]))
    }

    private static func overload(_ message: String = "busy", _ labels: MongoError.Label...) -> MongoError {
        MongoError(
            .command,
            message,
            labels: Set(labels.map(\.rawValue) + ["SystemOverloadedError", "RetryableError"]),
            server: .init(code: 462, codeName: nil, message: "")
        )
    }

    private func policy(
        _ retryability: Retryability,
        hasTimeout: Bool = false,
        retriesOverload: Bool = true,
        _ options: RetryOptions = RetryOptions()
    ) -> RetryPolicy {
        RetryPolicy(
            .init(retryability: retryability, retriesOverload: retriesOverload, hasTimeout: hasTimeout),
            options
        )
    }

    /// The decisions in a row, as text: `retry`, `retry elsewhere`, `retry ≤ 0.2 s`, or `fail: message`.
    private func trace(
        _ policy: RetryPolicy,
        _ failures: (MongoError, RetryPolicy.Stage)...,
        isSharded: Bool = false,
        expired: Set<Int> = [],
        timeLeft: Duration? = nil
    ) -> [String] {
        var policy = policy
        return failures.enumerated().map { index, failure in
            switch policy.failed(
                failure.0,
                at: failure.1,
                isSharded: isSharded,
                timeLeft: expired.contains(index) ? .zero : timeLeft
            ) {
            case .fail(let error, _): return "fail: \(error.message)"
            case .retry(let pause, let avoids):
                return "retry" + (avoids ? " elsewhere" : "") + (pause.map { " ≤ \($0.wholeMilliseconds) ms" } ?? "")
            }
        }
    }

    @Test("A read is tried once more after a broken connection, a given up pool, and a server that stepped down")
    func readOnce() {
        for error in [Self.network, MongoError(.poolCleared, "cleared"), Self.notPrimary] {
            #expect(
                trace(policy(.read), (error, .exchange), (error, .exchange)) == ["retry", "fail: \(error.message)"]
            )
        }
    }

    @Test("Nothing else is tried again: refusals, timeouts, cancellation, failed selection")
    func notRetried() {
        #expect(trace(policy(.read), (Self.refused, .exchange)) == ["fail: duplicate"])
        #expect(trace(policy(.read), (MongoError(.timeout, "late"), .exchange)) == ["fail: late"])
        #expect(trace(policy(.read), (MongoError(.cancelled, "cancelled"), .exchange)) == ["fail: cancelled"])
        #expect(trace(policy(.read), (MongoError(.serverSelection, "none"), .selection)) == ["fail: none"])
        #expect(trace(policy(.never), (Self.network, .exchange)) == ["fail: lost"])
    }

    @Test("A write is tried again because of the label, whatever the error")
    func writeByLabel() {
        #expect(trace(policy(.write), (Self.network, .exchange)) == ["fail: lost"])
        #expect(trace(policy(.write), (Self.notPrimary, .exchange)) == ["fail: moved"])
        #expect(trace(policy(.write), (Self.retryable("one"), .exchange)) == ["retry"])
    }

    @Test("Without a timeout there is one retry, with one there are as many as there is time for")
    func byTime() {
        let error = Self.network
        #expect(
            trace(policy(.read, hasTimeout: true), (error, .exchange), (error, .exchange), (error, .exchange))
                == ["retry", "retry", "retry"]
        )
        #expect(
            trace(policy(.read, hasTimeout: true), (error, .exchange), (error, .exchange), expired: [1])
                == ["retry", "fail: lost"]
        )
    }

    @Test("Of several errors the last that may have written counts, else the first")
    func whichError() {
        let written = Self.retryable("written")
        let again = Self.retryable("again")
        let nothing = Self.retryable("nothing", .noWritesPerformed)
        let nothingAgain = Self.retryable("nothing again", .noWritesPerformed)
        #expect(trace(policy(.write), (written, .exchange), (again, .exchange)).last == "fail: again")
        #expect(trace(policy(.write), (written, .exchange), (nothing, .exchange)).last == "fail: written")
        #expect(trace(policy(.write), (nothing, .exchange), (nothingAgain, .exchange)).last == "fail: nothing")
        #expect(trace(policy(.write), (nothing, .exchange), (written, .exchange)).last == "fail: written")
        #expect(trace(policy(.write), (written, .exchange), (again, .checkOut)).last == "fail: written")
        #expect(
            trace(policy(.write), (written, .exchange), (MongoError(.serverSelection, "none"), .selection)).last
                == "fail: written"
        )
    }

    @Test("An overloaded server is asked again after pauses that double, whatever the command")
    func overloadBacksOff() {
        let busy = Self.overload()
        #expect(
            trace(policy(.never), (busy, .exchange), (busy, .exchange), (busy, .exchange))
                == ["retry ≤ 200 ms", "retry ≤ 400 ms", "fail: busy"]
        )
    }

    @Test("Without the label that says so, or with retries turned off, an overloaded server is not asked again")
    func overloadNotRetried() {
        let plain = MongoError(.command, "busy", labels: ["SystemOverloadedError"])
        #expect(trace(policy(.never), (plain, .exchange)) == ["fail: busy"])
        #expect(trace(policy(.never, retriesOverload: false), (Self.overload(), .exchange)) == ["fail: busy"])
        var options = RetryOptions()
        options.maxAdaptiveRetries = 0
        #expect(trace(policy(.never, options), (Self.overload(), .exchange)) == ["fail: busy"])
    }

    @Test("Once a server was overloaded, its limit counts for all retries, even with time left")
    func overloadLimits() {
        let error = Self.network
        let busy = Self.overload()
        #expect(
            trace(policy(.read, hasTimeout: true), (busy, .exchange), (error, .exchange), (error, .exchange))
                == ["retry ≤ 200 ms", "retry", "fail: lost"]
        )
        #expect(
            trace(policy(.read), (error, .exchange), (busy, .exchange), (busy, .exchange))
                == ["retry", "retry ≤ 400 ms", "fail: busy"]
        )
    }

    @Test("An overloaded server says itself how long the first pause is")
    func serverSaysPause() {
        var busy = Self.overload()
        busy.server?.reply = ["baseBackoffMS": 10]
        #expect(trace(policy(.never), (busy, .exchange)) == ["retry ≤ 20 ms"])
        busy.server?.reply = ["baseBackoffMS": -1]
        #expect(trace(policy(.never), (busy, .exchange)) == ["retry ≤ 200 ms"])
    }

    @Test("Pauses do not grow beyond ten seconds")
    func pauseLimit() {
        #expect(RetryPolicy.pause(beforeRetry: 6) == .milliseconds(6400))
        #expect(RetryPolicy.pause(beforeRetry: 7) == .seconds(10))
        #expect(RetryPolicy.pause(beforeRetry: 100_000) == .seconds(10))
    }

    @Test("Another mongos is preferred after any failure, another member only after an overload, when that is wanted")
    func elsewhere() {
        #expect(trace(policy(.read), (Self.network, .exchange), isSharded: true) == ["retry elsewhere"])
        #expect(trace(policy(.read), (Self.overload(), .exchange)) == ["retry ≤ 200 ms"])
        var options = RetryOptions()
        options.enableOverloadRetargeting = true
        #expect(trace(policy(.read, options), (Self.overload(), .exchange)) == ["retry elsewhere ≤ 200 ms"])
        #expect(trace(policy(.read, options), (Self.network, .exchange)) == ["retry"])
    }

    @Test("Any error but an overload makes a commit doubtful, also one that came before it was sent")
    func doubt() {
        for stage in [RetryPolicy.Stage.checkOut, .exchange] {
            var policy = policy(.write)
            _ = policy.failed(Self.overload("busy", .retryableWriteError), at: .exchange)
            #expect(!policy.isInDoubt)
            _ = policy.failed(Self.retryable("one"), at: stage)
            #expect(policy.isInDoubt)
        }
    }

    @Test("A pause that the timeout does not allow is the end, with the error that counts")
    func pauseBeyondTimeout() {
        let nothing = Self.overload("nothing written", .noWritesPerformed)
        let failures = [(Self.overload("one"), RetryPolicy.Stage.exchange), (nothing, .exchange)]
        var policy = policy(.write, hasTimeout: true)
        let decisions = failures.map { policy.failed($0.0, at: $0.1, timeLeft: .milliseconds(300)) }
        guard case .retry(pause: .milliseconds(200)?, _) = decisions[0] else {
            Issue.record("there was time for a first retry")
            return
        }
        guard case .fail(let error, isLatest: false) = decisions[1] else {
            Issue.record("there was no time for 400 ms")
            return
        }
        #expect(error.message == "one")
    }

    @Test("A read is tried again when a server shuts down while the connection is made, and when that takes long")
    func whileLoggingIn() {
        let reply = MongoError.ServerReply(code: 91, codeName: nil, message: "")
        #expect(trace(policy(.read), (MongoError(.authentication, "ends", server: reply), .checkOut)) == ["retry"])
        let wrong = MongoError.ServerReply(code: 18, codeName: nil, message: "")
        #expect(
            trace(policy(.read), (MongoError(.authentication, "wrong", server: wrong), .checkOut)) == ["fail: wrong"]
        )
        let late = MongoError(.timeout, "late", labels: ["SystemOverloadedError", "RetryableError"])
        #expect(trace(policy(.read), (late, .checkOut)) == ["retry ≤ 200 ms"])
        // No place in the pool: another attempt would wait in vain, too.
        #expect(trace(policy(.read), (MongoError(.timeout, "full"), .checkOut)) == ["fail: full"])
    }
}
