// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import NIOCore
import NIOEmbedded
import Testing

@testable import MongoNIO

/// The connection over a channel without a socket: everything it sends goes through the channel.
@Suite("A connection")
struct ConnectionTests {
    /// A connection and the other end of it.
    struct Pair {
        let channel: NIOAsyncTestingChannel
        let connection: Connection

        static func make() async throws -> Pair {
            let channel = NIOAsyncTestingChannel()
            let connection = Connection(channel: channel, session: nil)
            try await channel.testingEventLoop.executeInContext {
                try channel.pipeline.syncOperations.addHandler(ConnectionChannelHandler(connection))
            }
            try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 27017)).get()
            return Pair(channel: channel, connection: connection)
        }

        func request(_ command: BSONDocument, id: Int32) -> ByteBuffer {
            var bytes = ByteBuffer(repeating: 0, count: OpMessage.prefixLength)
            bytes.writeImmutableBuffer(command.buffer)
            OpMessage.finish(&bytes, requestID: id)
            return bytes
        }

        func reply(_ body: BSONDocument, to id: Int32) -> ByteBuffer {
            var bytes = request(body, id: 1000)
            bytes.setInteger(id, at: 8, endianness: .little)
            return bytes
        }
    }

    @Test("sends a request as it is and hands its reply back")
    func exchange() async throws {
        let pair = try await Pair.make()
        let request = pair.request(["ping": 1], id: 7)
        let exchange = Task { try await pair.connection.exchange(request, id: 7, deadline: .never) }
        #expect(try await pair.channel.waitForOutboundWrite(as: ByteBuffer.self) == request)
        try await pair.channel.writeInbound(pair.reply(["ok": 1], to: 7))
        #expect(try await OpMessage.decode(exchange.value).body == ["ok": 1])
        #expect(pair.connection.isIdle)
    }

    @Test("puts a reply together that is split at any byte")
    func splitReply() async throws {
        let pair = try await Pair.make()
        let length = pair.reply(["ok": 1, "text": "hello"], to: 0).readableBytes
        for split in 1..<length {
            let id = Int32(split)
            let exchange = Task {
                try await pair.connection.exchange(pair.request(["ping": 1], id: id), id: id, deadline: .never)
            }
            _ = try await pair.channel.waitForOutboundWrite(as: ByteBuffer.self)
            var reply = pair.reply(["ok": 1, "text": "hello"], to: id)
            let slice = reply.readSlice(length: split)
            let head = try #require(slice)
            try await pair.channel.writeInbound(head)
            try await pair.channel.writeInbound(reply)
            #expect(try await OpMessage.decode(exchange.value).body == ["ok": 1, "text": "hello"])
        }
    }

    @Test("answers garbage with a typed error and is closed")
    func garbage() async throws {
        let pair = try await Pair.make()
        let exchange = Task {
            try await pair.connection.exchange(pair.request(["ping": 1], id: 7), id: 7, deadline: .never)
        }
        _ = try await pair.channel.waitForOutboundWrite(as: ByteBuffer.self)
        try await pair.channel.writeInbound(ByteBuffer(string: "HTTP/1.1 400 Bad Request\r\n\r\n"))
        let error = await #expect(throws: MongoError.self) { _ = try await exchange.value }
        #expect(error?.code == .invalidResponse)
        #expect(pair.connection.closeReason?.code == .invalidResponse)
    }

    @Test("tells the waiter that the server closed it")
    func serverCloses() async throws {
        let pair = try await Pair.make()
        let exchange = Task {
            try await pair.connection.exchange(pair.request(["ping": 1], id: 7), id: 7, deadline: .never)
        }
        _ = try await pair.channel.waitForOutboundWrite(as: ByteBuffer.self)
        try await pair.channel.close()
        let error = await #expect(throws: MongoError.self) { _ = try await exchange.value }
        #expect(error?.code == .network)
        #expect(!pair.connection.isIdle)
    }

    @Test("is closed when the task is cancelled while a reply is outstanding")
    func cancellation() async throws {
        let pair = try await Pair.make()
        let task = Task {
            try await pair.connection.exchange(pair.request(["ping": 1], id: 7), id: 7, deadline: .never)
        }
        _ = try await pair.channel.waitForOutboundWrite(as: ByteBuffer.self)
        task.cancel()
        let error = await #expect(throws: MongoError.self) { _ = try await task.value }
        #expect(error?.code == .cancelled)
        #expect(!pair.connection.isIdle)
        try await pair.channel.closeFuture.get()
    }

    @Test("is closed when the deadline passes while a reply is outstanding")
    func deadline() async throws {
        let pair = try await Pair.make()
        // The testing loop has a clock of its own, far behind: nothing fires before it is moved.
        let deadline = Deadline(instant: .now())
        let task = Task {
            try await pair.connection.exchange(pair.request(["ping": 1], id: 7), id: 7, deadline: deadline)
        }
        _ = try await pair.channel.waitForOutboundWrite(as: ByteBuffer.self)
        // The timer may be armed a moment after the message was sent.
        while pair.connection.closeReason == nil { await pair.channel.testingEventLoop.advanceTime(to: .now()) }
        let error = await #expect(throws: MongoError.self) { _ = try await task.value }
        #expect(error?.code == .timeout)
        #expect(!pair.connection.isIdle)
    }

    @Test("tells once, and at once when asked late, that it is of no more use")
    func closeNotification() async throws {
        let pair = try await Pair.make()
        let reasons = EventCounter()
        pair.connection.onClose { _ in reasons.note() }
        pair.connection.close()
        pair.connection.close()
        #expect(reasons.count == 1)
        pair.connection.onClose { _ in reasons.note() }
        #expect(reasons.count == 2)
        try await pair.channel.closeFuture.get()
    }
}
