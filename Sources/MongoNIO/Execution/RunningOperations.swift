// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// How many operations are being carried out, and who waits until there is none.
///
/// Two steps of a counter per operation: nothing is locked unless somebody waits.
final class RunningOperations: Sendable {
    private struct State {
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var lastID = 0
    }

    private let count = Atomic<Int>(0)
    private let isAwaited = Atomic<Bool>(false)
    private let state = Mutex(State())

    /// An operation begins. Every one has to be followed by a ``leave()``.
    func enter() {
        count.wrappingAdd(1, ordering: .sequentiallyConsistent)
    }

    /// An operation is over, however it ended.
    func leave() {
        let left = count.wrappingSubtract(1, ordering: .sequentiallyConsistent).newValue
        // In this order here and in the other below: one of the two sees the other.
        if left == 0, isAwaited.load(ordering: .sequentiallyConsistent) { wakeIfDone() }
    }

    /// Waits until no operation is running; no longer than the task is not cancelled.
    func waitUntilNone() async {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                state.withLock { $0.waiters[id] = continuation }
                isAwaited.store(true, ordering: .sequentiallyConsistent)
                wakeIfDone()
                // The handler below finds nobody when it runs before the waiter was taken in.
                if Task.isCancelled { giveUp(id) }
            }
        } onCancel: {
            giveUp(id)
        }
    }

    private func giveUp(_ id: Int) {
        state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
    }

    private func wakeIfDone() {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            guard count.load(ordering: .sequentiallyConsistent) == 0 else { return [] }
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume() }
    }
}
