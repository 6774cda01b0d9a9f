// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoTLS
import NIOCore

/// Makes the pool of a server from the client's options: the place where the layers are put together.
struct PoolFactory: Sendable {
    let options: MongoClientOptions
    let group: any EventLoopGroup
    let tls: TLSContextProvider?
    let handshake: Handshake
    let authenticator: Authenticator?
    let observer: Observer

    /// - Parameter reports: Where to tell what is learned of the server.
    func makePool(_ address: ServerAddress, _ reports: TopologyReports) -> ConnectionPool {
        let establisher = ConnectionEstablisher(
            address: address,
            connector: ChannelConnector(group: group),
            tls: tls,
            connectTimeout: options.connectTimeout == .zero ? nil : options.connectTimeout,
            handshake: handshake,
            authenticator: authenticator
        )
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
                maintenanceInterval: Self.maintenanceInterval(maxIdleTime: maxIdleTime)
            ),
            connector: .init(
                connect: { id, handshaken throws(MongoError) in
                    let connection = try await establisher.establish(id: id, handshaken: handshaken)
                    reports.serverAnswered(ServerDescription(address: address, hello: connection.description.hello))
                    return connection
                },
                failed: { failure in reports.connectionFailed(address, failure.error) }
            ),
            eventLoop: group.next(),
            observer: observer
        )
    }

    /// Idle connections are closed no later than half as long again as they may be idle.
    private static func maintenanceInterval(maxIdleTime: TimeAmount?) -> TimeAmount {
        guard let maxIdleTime else { return .seconds(10) }
        return min(.seconds(10), max(.milliseconds(10), .nanoseconds(maxIdleTime.nanoseconds / 2)))
    }
}
