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
            failed: { error, _ in reports.connectionFailed(address, error) }
        )
    }
}
