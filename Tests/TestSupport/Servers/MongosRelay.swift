// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoNIO
import NIOCore
import NIOPosix
import Synchronization

/// Stands before a `mongod` and has it pass for a `mongos`, or for several of them behind a load balancer: it rewrites what
/// the server says of itself in answer to `hello`, and hands on everything else as it is.
///
/// What is behind it is no sharded cluster. It serves tests of what a driver does with connections, servers and sessions;
/// what `mongos` itself would do differently (routing, error messages, recovery tokens) is not there.
public final class MongosRelay: Sendable {
    /// What clients are to think of it.
    public enum Face: Sendable {
        case mongos
        /// Each connection reaches the next of that many services, which have identifiers.
        case loadBalancer(services: Int)
    }

    /// The port.
    public let port: Int
    private let channel: any Channel

    /// `127.0.0.1` and the port.
    public var address: String { "127.0.0.1:\(port)" }

    /// - Parameter server: The port of a `mongod` on 127.0.0.1.
    public static func start(to server: Int, as face: Face) async throws -> MongosRelay {
        let services: [BSONObjectID] =
            switch face {
            case .mongos: []
            case .loadBalancer(let count): (0..<count).map { _ in BSONObjectID() }
            }
        let turns = Turns()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { client in
                let service = services.isEmpty ? nil : services[turns.next() % services.count]
                return client.eventLoop.makeCompletedFuture {
                    let relay = RelayedConnection(HelloRewriter(serviceID: service))
                    try client.pipeline.syncOperations.addHandler(
                        RelayHandler(relay, client: client, server: server)
                    )
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return MongosRelay(channel)
    }

    private init(_ channel: any Channel) {
        self.channel = channel
        port = channel.localAddress?.port ?? 0
    }

    deinit { channel.close(promise: nil) }
}

/// Counts connections.
private final class Turns: Sendable {
    private let count = Mutex(0)

    func next() -> Int {
        count.withLock { count in
            defer { count += 1 }
            return count
        }
    }
}

/// What both ends of a relayed connection share. Lives on one event loop.
private final class RelayedConnection {
    var rewriter: HelloRewriter
    var client: (any Channel)?
    var server: (any Channel)?
    /// What came from the client before the server was there.
    var waiting: [ByteBuffer] = []

    init(_ rewriter: HelloRewriter) { self.rewriter = rewriter }

    func close() {
        client?.close(promise: nil)
        server?.close(promise: nil)
        client = nil
        server = nil
    }

    func toServer(_ messages: [ByteBuffer]) {
        for message in messages {
            if let refusal = rewriter.refusal(of: message) {
                client?.writeAndFlush(refusal, promise: nil)
                continue
            }
            rewriter.note(message)
            if let server { server.write(message, promise: nil) } else { waiting.append(message) }
        }
        server?.flush()
    }

    func toClient(_ messages: [ByteBuffer]) {
        for message in messages { client?.write(rewriter.rewritten(message), promise: nil) }
        client?.flush()
    }
}

/// Cuts a stream into messages.
private struct Messages {
    private var buffer = ByteBuffer()

    mutating func add(_ bytes: ByteBuffer) -> [ByteBuffer] {
        buffer.writeImmutableBuffer(bytes)
        var messages: [ByteBuffer] = []
        while let length = buffer.getInteger(at: buffer.readerIndex, endianness: .little, as: Int32.self),
            length >= 16, let message = buffer.readSlice(length: Int(length))
        {
            messages.append(message)
        }
        buffer.discardReadBytes()
        return messages
    }
}

/// The end at the client; connects to the server.
private final class RelayHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let relay: RelayedConnection
    private let client: any Channel
    private let server: Int
    private var messages = Messages()

    init(_ relay: RelayedConnection, client: any Channel, server: Int) {
        self.relay = relay
        self.client = client
        self.server = server
    }

    func channelActive(context: ChannelHandlerContext) {
        relay.client = client
        let relay = NIOLoopBound(relay, eventLoop: context.eventLoop)
        ClientBootstrap(group: context.eventLoop)
            .channelOption(.socketOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(ServerEndHandler(relay.value))
                }
            }
            .connect(host: "127.0.0.1", port: server)
            .whenComplete { result in
                let relay = relay.value
                guard case .success(let channel) = result, relay.client != nil else {
                    if case .success(let channel) = result { channel.close(promise: nil) }
                    return relay.close()
                }
                relay.server = channel
                for message in relay.waiting { channel.write(message, promise: nil) }
                relay.waiting = []
                channel.flush()
            }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        relay.toServer(messages.add(unwrapInboundIn(data)))
    }

    func channelInactive(context: ChannelHandlerContext) { relay.close() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { relay.close() }
}

/// The end at the server.
private final class ServerEndHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let relay: RelayedConnection
    private var messages = Messages()

    init(_ relay: RelayedConnection) { self.relay = relay }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        relay.toClient(messages.add(unwrapInboundIn(data)))
    }

    func channelInactive(context: ChannelHandlerContext) { relay.close() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { relay.close() }
}
