// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization

/// The time between two checks of a server, which somebody in a hurry can shorten.
///
/// - SeeAlso: [Requesting an immediate check](https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-monitoring.md#requesting-an-immediate-check)
final class MonitorPause: Sendable {
    private struct State {
        /// Somebody is in a hurry, and was so perhaps before the pause began.
        var isRequested = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let eventLoop: any EventLoop
    private let state = Mutex(State())

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Waits, in a task that may be cancelled.
    ///
    /// - Parameters:
    ///   - least: How long it takes even for those in a hurry.
    ///   - most: How long it takes if nobody is.
    func wait(atLeast least: Duration, atMost most: Duration) async {
        let start = NIODeadline.now()
        let timer = eventLoop.scheduleTask(deadline: Deadline(after: most, now: start).instant) { self.end() }
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let isOver = state.withLock { state in
                    // The handler below finds nobody when it runs before the waiter was taken in.
                    guard !state.isRequested, !Task.isCancelled else { return true }
                    state.waiter = waiter
                    return false
                }
                if isOver { waiter.resume() }
            }
        } onCancel: {
            wake()
        }
        timer.cancel()
        state.withLock { $0.isRequested = false }
        do {
            try await Task.sleep(for: least - .nanoseconds((NIODeadline.now() - start).nanoseconds))
        } catch {
            // Cancelled: the monitor ends.
        }
    }

    /// Somebody is in a hurry.
    func end() {
        state.withLock { $0.isRequested = true }
        wake()
    }

    private func wake() {
        let waiter = state.withLock { state in
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }
}
