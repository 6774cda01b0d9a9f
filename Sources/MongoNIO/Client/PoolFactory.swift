// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import MongoTLS
import NIOCore
import Synchronization

/// Makes the pool and the monitor of a server from the client's options: the place where the layers are put together.
struct PoolFactory: Sendable {
    var options: MongoClientOptions
    let group: any EventLoopGroup
    let tls: TLSContextProvider?
    var handshake: Handshake
    /// Whether this process is a function of a cloud, which is frozen between calls.
    let isFunction: Bool
    var authenticator: Authenticator?
    let observer: Observer

    /// - Parameter reports: Where to tell what is learned of the server.
    func makePool(_ address: ServerAddress, _ reports: TopologyReports) -> ConnectionPool {
        let establisher = establisher(address, handshake, authenticator)
        let maxIdleTime = options.maxIdleTime.flatMap { $0 == .zero ? nil : TimeAmount($0) }
        let usesTimeout = options.timeout != nil
        return ConnectionPool(
            address,
            .init(
                limits: .init(
                    maxPoolSize: options.maxPoolSize,
                    minPoolSize: options.minPoolSize,
                    maxConnecting: options.maxConnecting,
                    maxIdleTime: maxIdleTime,
                    isLoadBalanced: options.loadBalanced == true
                ),
                // Where operations have a time-out of their own, this older one does not count.
                waitQueueTimeout: usesTimeout || options.waitQueueTimeout == .zero ? nil : options.waitQueueTimeout,
                maintenanceInterval: Self.maintenanceInterval(maxIdleTime, minPoolSize: options.minPoolSize)
            ),
            connector: .init(
                connect: { id, handshaken throws(MongoError) in
                    let connection = try await establisher.establish(id: id, handshaken: handshaken)
                    reports.serverAnswered(ServerDescription(address: address, hello: connection.description.hello))
                    return connection
                },
                failed: { failure in
                    reports.connectionFailed(address, failure.error, generation: failure.generation)
                }
            ),
            eventLoop: group.next(),
            observer: observer
        )
    }

    /// - Parameter reports: Where to tell what is learned of the server.
    func makeMonitor(
        _ address: ServerAddress,
        _ topologyID: BSONObjectID,
        _ reports: TopologyReports
    ) -> ServerMonitor {
        var handshake = handshake
        handshake.isMonitoring = true
        return ServerMonitor(
            establisher(address, handshake, nil),
            ServerMonitor.Settings(heartbeatFrequency: options.heartbeatFrequency, streams: streams),
            topologyID: topologyID,
            reports: reports,
            eventLoop: group.next()
        )
    }

    private var streams: Bool {
        switch options.serverMonitoringMode {
        case .stream: true
        case .poll: false
        case .auto: !isFunction
        }
    }

    /// - Parameter authenticator: `nil` for connections that only watch the server: they do not log in.
    private func establisher(
        _ address: ServerAddress,
        _ handshake: Handshake,
        _ authenticator: Authenticator?
    ) -> ConnectionEstablisher {
        ConnectionEstablisher(
            address: address,
            connector: ChannelConnector(group: group, proxy: options.proxy),
            tls: tls,
            connectTimeout: options.connectTimeout == .zero ? nil : options.connectTimeout,
            handshake: handshake,
            authenticator: authenticator
        )
    }

    /// Idle connections are closed no later than half as long again as they may be idle, and a pool that could not be filled
    /// is tried to be filled again after a second.
    static func maintenanceInterval(_ maxIdleTime: TimeAmount?, minPoolSize: Int) -> TimeAmount {
        let longest = TimeAmount.seconds(minPoolSize > 0 ? 1 : 10)
        guard let maxIdleTime else { return longest }
        return min(longest, max(.milliseconds(10), .nanoseconds(maxIdleTime.nanoseconds / 2)))
    }
}

/// The factory that is in use: with `mongodb+srv` DNS has a say in the options.
final class SharedPoolFactory: Sendable {
    private let state: Mutex<PoolFactory>

    init(_ factory: PoolFactory) {
        state = Mutex(factory)
    }

    var current: PoolFactory { state.withLock { $0 } }

    /// DNS has told what the options come to.
    func adopt(_ options: MongoClientOptions) {
        state.withLock { factory in
            factory.options = options
            factory.handshake.isLoadBalanced = options.loadBalanced == true
            factory.authenticator = options.credential.map { Authenticator($0, serverAPI: options.serverAPI) }
        }
    }
}
