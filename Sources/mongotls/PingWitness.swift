// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoNIO
import Synchronization

/// Sees what a client does: which connections it makes, and whether it fails for the first time.
///
/// A program waits for a server that may come back. Somebody who asks why there is no connection wants to know at once.
final class PingWitness: Sendable {
    private struct State {
        var ready: ConnectionReadyEvent?
        /// Of the first connection, before sessions were there to be resumed.
        var tls: TLSConnectionInfo?
        /// The servers that could not be reached, and the first reason.
        var unreachable: Set<ServerAddress> = []
        var failure: MongoError?
        var giveUp: (@Sendable () -> Void)?
    }

    private let hostCount: Int
    private let state = Mutex(State())

    init(hostCount: Int) {
        self.hostCount = hostCount
    }

    /// Has the body called when every host was tried in vain; at once, if that is so already.
    func onFailure(_ body: @escaping @Sendable () -> Void) {
        let isOver = state.withLock { state in
            state.giveUp = body
            return state.unreachable.count >= hostCount
        }
        if isOver { body() }
    }

    func note(_ event: MongoEvent) {
        let giveUp = state.withLock { state -> (@Sendable () -> Void)? in
            switch event {
            case .pool(.connectionReady(let ready)):
                state.ready = ready
            case .topology(.heartbeatSucceeded(let heartbeat)):
                state.unreachable.remove(heartbeat.address)
                if state.tls == nil { state.tls = heartbeat.tls }
            case .topology(.heartbeatFailed(let heartbeat)):
                state.unreachable.insert(heartbeat.address)
                if state.failure == nil { state.failure = heartbeat.failure }
                if state.unreachable.count >= hostCount { return state.giveUp }
            default:
                break
            }
            return nil
        }
        giveUp?()
    }

    /// The server that was spoken to; `nil` when there was none.
    var address: ServerAddress? { state.withLock { $0.ready?.address } }
    /// What TLS agreed on with it.
    var tls: TLSConnectionInfo? { state.withLock { $0.ready == nil ? nil : $0.tls ?? $0.ready?.tls } }
    /// Why no host could be reached.
    var failure: MongoError? { state.withLock { $0.failure } }
}
