// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Runs the body, and gives up on it when the time is up: the body is canceled and left behind, so that one that does not
/// care cannot stop all tests.
///
/// - Throws: What the body throws; `UnifiedTestFailure` when the time is up.
func withTimeLimit<Value: Sendable>(
    _ limit: Duration,
    _ what: String,
    _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    let once = OneAnswer<Value>()
    let work = Task {
        do {
            once.answer(.success(try await body()))
        } catch {
            once.answer(.failure(error))
        }
    }
    let alarm = Task {
        try await Task.sleep(for: limit)
        once.answer(.failure(UnifiedTestFailure("\(what): no end within \(limit)")))
        work.cancel()
    }
    defer { alarm.cancel() }
    return try await withTaskCancellationHandler {
        try await withCheckedThrowingContinuation { once.wait($0) }
    } onCancel: {
        work.cancel()
        once.answer(.failure(CancellationError()))
    }
}

/// Hands the first of several answers to the one who waits.
private final class OneAnswer<Value: Sendable>: Sendable {
    private enum State {
        case open
        case waiting(CheckedContinuation<Value, any Error>)
        case answered(Result<Value, any Error>)
        case done
    }

    private let state = Mutex(State.open)

    func wait(_ continuation: CheckedContinuation<Value, any Error>) {
        let result = state.withLock { state -> Result<Value, any Error>? in
            if case .answered(let result) = state {
                state = .done
                return result
            }
            state = .waiting(continuation)
            return nil
        }
        if let result { continuation.resume(with: result) }
    }

    func answer(_ result: Result<Value, any Error>) {
        let waiting = state.withLock { state -> CheckedContinuation<Value, any Error>? in
            switch state {
            case .open:
                state = .answered(result)
                return nil
            case .waiting(let continuation):
                state = .done
                return continuation
            case .answered, .done:
                return nil
            }
        }
        waiting?.resume(with: result)
    }
}
