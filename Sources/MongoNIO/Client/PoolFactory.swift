// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import MongoTLS
import NIOCore

/// Makes the pool and the monitor of a server from the client's options: the place where the layers are put together.
struct PoolFactory: Sendable {
    let options: MongoClientOptions
    let group: any EventLoopGroup
    let tls: TLSContextProvider?
    let handshake: Handshake
    /// Whether this process is a function of a cloud, which is frozen between calls.
    let isFunction: Bool
    let observer: Observer

    /// - Parameter reports: Where to tell what is learned of the server.
    func makePool(_ address: ServerAddress, _ reports: TopologyReports) -> ConnectionPool {
        let establisher = establisher(address, handshake)
        let observer = observer
        return ConnectionPool(
            limits: .init(
                maxPoolSize: options.maxPoolSize,
                maxConnecting: options.maxConnecting,
                maxIdleTime: options.maxIdleTime.flatMap { $0 == .zero ? nil : TimeAmount($0) }
            ),
            eventLoop: group.next(),
            waitQueueTimeout: options.waitQueueTimeout,
            connect: { id throws(MongoError) in
                let connection = try await establisher.establish(id: id)
                let description = connection.description
                reports.serverAnswered(ServerDescription(address: address, hello: description.hello))
                observer.tell(
                    .pool(
                        .connectionReady(
                            ConnectionReadyEvent(
                                address: address,
                                driverConnectionID: id,
                                duration: connection.duration,
                                tls: description.tls
                            )
                        )
                    )
                )
                return connection
            },
            failed: { error, generation in reports.connectionFailed(address, error, generation: generation) }
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
            establisher(address, handshake),
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

    private func establisher(_ address: ServerAddress, _ handshake: Handshake) -> ConnectionEstablisher {
        ConnectionEstablisher(
            address: address,
            connector: ChannelConnector(group: group),
            tls: tls,
            connectTimeout: options.connectTimeout == .zero ? nil : options.connectTimeout,
            handshake: handshake
        )
    }
}
