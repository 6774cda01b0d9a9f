// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import NIOPosix

@testable import MongoNIO

/// What decoders of replies want to know of the server, for tests without one.
enum Samples {
    static func context(isAcknowledged: Bool = true) throws -> ReplyContext {
        let address = ServerAddress.localhost
        let pool = ConnectionPool(
            address,
            ConnectionPool.Settings(maintenanceInterval: nil),
            connector: ConnectionPool.Connector(
                connect: { _, _ throws(MongoError) in throw MongoError(.network, "no server is needed here") },
                failed: { _ in }
            ),
            eventLoop: MultiThreadedEventLoopGroup.singleton.next(),
            observer: .none
        )
        return ReplyContext(
            server: Server(address: address, pool: pool),
            sequenceCount: 1,
            maxWireVersion: 17,
            isAcknowledged: isAcknowledged
        )
    }
}
