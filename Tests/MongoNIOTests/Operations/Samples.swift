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
            limits: .init(),
            eventLoop: MultiThreadedEventLoopGroup.singleton.next(),
            waitQueueTimeout: nil,
            connect: { _ throws(MongoError) in throw MongoError(.network, "no server is needed here") },
            failed: { _, _ in }
        )
        return ReplyContext(
            server: Server(address: address, pool: pool),
            sequenceCount: 1,
            maxWireVersion: 17,
            isAcknowledged: isAcknowledged
        )
    }
}
