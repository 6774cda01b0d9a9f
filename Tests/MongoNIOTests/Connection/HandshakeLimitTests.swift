// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/client-side-operations-timeout/client-side-operations-timeout.md#background-connection-pooling

import NIOCore
import NIOPosix
import Testing

@testable import MongoNIO

@Suite("The time of a handshake")
struct HandshakeLimitTests {
    private func limit(
        _ purpose: ConnectionPool.Machine.ConnectOrder.Purpose,
        _ options: String,
        roundTrip: TimeAmount = .zero
    ) throws -> HandshakeLimit {
        let factory = PoolFactory(
            options: try MongoClientOptions("mongodb://localhost/?\(options)"),
            group: MultiThreadedEventLoopGroup.singleton,
            tls: nil,
            handshake: try Handshake(metadata: .current(applicationName: nil)),
            isFunction: false,
            observer: .none
        )
        return factory.handshakeLimit(purpose, roundTrip: roundTrip)
    }

    @Test("A connection made in advance has the client's timeout for each command, less the way to the server and back")
    func inAdvance() throws {
        let limit = try limit(.minPoolSize, "timeoutMS=20&socketTimeoutMS=5", roundTrip: .milliseconds(3))
        #expect(limit == .each(.milliseconds(20), maxTime: 17))
    }

    @Test("Without a timeout, socketTimeoutMS is for each command, and without that connectTimeoutMS for everything")
    func withoutTimeout() throws {
        #expect(try limit(.minPoolSize, "socketTimeoutMS=5") == .each(.milliseconds(5), maxTime: nil))
        #expect(try limit(.waiter(until: .never), "socketTimeoutMS=5") == .each(.milliseconds(5), maxTime: nil))
        #expect(try limit(.minPoolSize, "") == .connectTimeout)
        // Without limit: a server that is silent for ever must not keep one of the few places for connecting.
        #expect(try limit(.minPoolSize, "timeoutMS=0&socketTimeoutMS=5") == .connectTimeout)
    }

    @Test("A connection made for an operation has the time of that operation, and never less than connectTimeoutMS")
    func forOperation() throws {
        let deadline = Deadline(after: .seconds(60))
        let limit = try limit(.waiter(until: deadline), "timeoutMS=20&socketTimeoutMS=5")
        #expect(limit == .operation(deadline))
        let connecting = Deadline(after: .seconds(10))
        #expect(try HandshakeTime(limit, connecting: connecting).next() == deadline)
        #expect(try HandshakeTime(.operation(connecting), connecting: deadline).next() == deadline)
        #expect(try HandshakeTime(.connectTimeout, connecting: connecting).next() == connecting)
    }

    @Test("The time of each command begins when it is sent; none is sent for which there is no time")
    func eachCommand() throws {
        let before = Deadline(after: .seconds(60))
        let time = HandshakeTime(.each(.seconds(60), maxTime: nil), connecting: Deadline(after: .zero))
        #expect(try time.next() >= before)
        #expect(throws: MongoError.self) {
            try HandshakeTime(.each(.milliseconds(1), maxTime: 0), connecting: .never).next()
        }
    }
}
