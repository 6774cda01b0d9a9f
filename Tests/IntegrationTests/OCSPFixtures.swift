// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoTLS
import Synchronization

/// What a responder answers; it exists before the certificate that names it.
final class Responses: Sendable {
    private let storage = Mutex<[UInt8]>([])

    var current: [UInt8] {
        get { storage.withLock { $0 } }
        set { storage.withLock { $0 = newValue } }
    }

    /// What the events of a client say of its connections.
    final class Status: Sendable {
        private let storage = Mutex<[TLSRevocationStatus]>([])

        var first: TLSRevocationStatus? { storage.withLock { $0.first } }
        var all: [TLSRevocationStatus] { storage.withLock { $0 } }

        func note(_ status: TLSRevocationStatus?) {
            storage.withLock { statuses in
                if let status { statuses.append(status) }
            }
        }
    }
}

/// Lets so many in at a time.
final class Gate: Sendable {
    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    init(width: Int) {
        state = Mutex(State(free: width))
    }

    func enter() async throws {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.free > 0 else {
                    state.waiting.append(continuation)
                    return false
                }
                state.free -= 1
                return true
            }
            if isFree { continuation.resume() }
        }
    }

    func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.waiting.isEmpty else {
                state.free += 1
                return nil
            }
            return state.waiting.removeFirst()
        }
        next?.resume()
    }
}
