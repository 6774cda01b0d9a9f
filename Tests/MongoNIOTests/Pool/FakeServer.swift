// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import NIOCore
import NIOEmbedded
import NIOPosix
import Synchronization

@testable import MongoNIO

/// Makes connections that lead nowhere, for pools that are to be watched; counts how many are made at once, and keeps the
/// events.
final class FakeServer: Sendable {
    private struct State {
        var connecting = 0
        var mostConnecting = 0
        var made = 0
        var events: [ConnectionPoolEvent] = []
        var failures: [ConnectionPool.Failure] = []
    }

    private let state = Mutex(State())
    /// What happens before a connection is made.
    private let onConnect: @Sendable (_ id: Int) async throws(MongoError) -> Void

    init(onConnect: @escaping @Sendable (_ id: Int) async throws(MongoError) -> Void = { _ in }) {
        self.onConnect = onConnect
    }

    var mostConnecting: Int { state.withLock { $0.mostConnecting } }
    var made: Int { state.withLock { $0.made } }
    var events: [ConnectionPoolEvent] { state.withLock { $0.events } }
    var failures: [ConnectionPool.Failure] { state.withLock { $0.failures } }

    /// A pool of connections to here.
    func pool(
        _ settings: ConnectionPool.Settings = .init(),
        hearing listen: @escaping @Sendable (ConnectionPoolEvent) -> Void = { _ in }
    ) -> ConnectionPool {
        ConnectionPool(
            .localhost,
            settings,
            connector: .init(
                connect: { order, handshaken throws(MongoError) in
                    let connection = try await self.connect(order.id)
                    handshaken(nil)
                    return connection
                },
                failed: { failure in self.state.withLock { $0.failures.append(failure) } }
            ),
            eventLoop: MultiThreadedEventLoopGroup.singleton.next(),
            observer: Observer(handler: { event in
                guard case .pool(let event) = event else { return }
                self.state.withLock { $0.events.append(event) }
                listen(event)
            })
        )
    }

    private func connect(_ id: Int) async throws(MongoError) -> EstablishedConnection {
        state.withLock { state in
            state.connecting += 1
            state.mostConnecting = max(state.mostConnecting, state.connecting)
        }
        defer { state.withLock { $0.connecting -= 1 } }
        try await onConnect(id)
        state.withLock { $0.made += 1 }
        return EstablishedConnection(
            id: id,
            connection: Connection(channel: NIOAsyncTestingChannel(), session: nil),
            description: ConnectionDescription(address: .localhost, hello: HelloReply([:]), tls: nil)
        )
    }
}
