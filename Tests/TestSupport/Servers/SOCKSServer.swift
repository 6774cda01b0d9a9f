// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Synchronization

/// A SOCKS5 proxy on a free port of 127.0.0.1 (RFC 1928 and RFC 1929).
///
/// It connects only where its map says, so that a test can use names that nobody else knows, and remembers what it was
/// asked for.
public final class SOCKSServer: Sendable {
    /// A connection that a client asked for.
    public struct Request: Sendable, Hashable {
        /// The name or the address, as the client said it.
        public var host: String
        /// The port, as the client said it.
        public var port: Int
        /// Whether the client left the looking up to the proxy.
        public var isName: Bool
        /// Whether the client had to log in.
        public var isAuthenticated: Bool
    }

    fileprivate struct State {
        var requests: [Request] = []
        var offered: [[UInt8]] = []
    }

    fileprivate final class Recorder: Sendable {
        let state = Mutex(State())
    }

    /// The port.
    public let port: Int
    private let channel: any Channel
    private let recorder: Recorder

    /// The connections that were asked for, in their order.
    public var requests: [Request] { recorder.state.withLock { $0.requests } }

    /// The ways to log in that clients offered, in their order.
    public var offeredMethods: [[UInt8]] { recorder.state.withLock { $0.offered } }

    /// Starts a proxy.
    ///
    /// - Parameters:
    ///   - credentials: Whom the proxy serves; `nil`: everybody.
    ///   - map: Where to connect instead (a port of 127.0.0.1), by `host:port` as clients say it. Everything else is not
    ///     allowed.
    public static func start(
        credentials: (username: String, password: String)? = nil,
        map: [String: Int]
    ) async throws -> SOCKSServer {
        let recorder = Recorder()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ProxiedClientHandler(credentials: credentials, map: map, recorder: recorder)
                    )
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return SOCKSServer(channel: channel, recorder: recorder)
    }

    private init(channel: any Channel, recorder: Recorder) {
        self.channel = channel
        self.recorder = recorder
        port = channel.localAddress?.port ?? 0
    }

    deinit {
        channel.close(promise: nil)
    }
}

/// One client of the proxy: greeting, log-in, request, and then whatever it likes.
private final class ProxiedClientHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        case greeting
        case credentials
        case request
        case connecting
        case relaying(any Channel)
    }

    private let credentials: (username: String, password: String)?
    private let map: [String: Int]
    private let recorder: SOCKSServer.Recorder
    private var state = State.greeting
    private var buffer = ByteBuffer()

    init(
        credentials: (username: String, password: String)?,
        map: [String: Int],
        recorder: SOCKSServer.Recorder
    ) {
        self.credentials = credentials
        self.map = map
        self.recorder = recorder
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .relaying(let server) = state {
            server.writeAndFlush(unwrapInboundIn(data), promise: nil)
            return
        }
        buffer.writeImmutableBuffer(unwrapInboundIn(data))
        while goOn(context) {}
    }

    func channelInactive(context: ChannelHandlerContext) {
        if case .relaying(let server) = state { server.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    /// - Returns: Whether there may be more to do.
    private func goOn(_ context: ChannelHandlerContext) -> Bool {
        var view = buffer
        switch state {
        case .greeting:
            guard view.readInteger(as: UInt8.self) == 5, let methods = view.readText() else { return false }
            buffer = view
            let offered = Array(methods.readableBytesView)
            recorder.state.withLock { $0.offered.append(offered) }
            let wanted: UInt8 = credentials == nil ? 0 : 2
            guard offered.contains(wanted) else {
                refuse(context, [5, 0xFF])
                return false
            }
            state = credentials == nil ? .request : .credentials
            send(context, [5, wanted])
        case .credentials:
            guard view.readInteger(as: UInt8.self) == 1, let name = view.readText(), let password = view.readText()
            else { return false }
            buffer = view
            guard String(buffer: name) == credentials?.username, String(buffer: password) == credentials?.password
            else {
                refuse(context, [1, 1])
                return false
            }
            state = .request
            send(context, [1, 0])
        case .request:
            guard view.readBytes(length: 3) == [5, 1, 0], let kind: UInt8 = view.readInteger() else { return false }
            let host: String
            if kind == 3 {
                guard let name = view.readText() else { return false }
                host = String(buffer: name)
            } else {
                guard let address = view.readSlice(length: kind == 1 ? 4 : 16),
                    let number = try? SocketAddress(packedIPAddress: address, port: 0).ipAddress
                else { return false }
                host = number
            }
            guard let port: UInt16 = view.readInteger() else { return false }
            buffer = view
            let request = SOCKSServer.Request(
                host: host,
                port: Int(port),
                isName: kind == 3,
                isAuthenticated: credentials != nil
            )
            recorder.state.withLock { $0.requests.append(request) }
            guard let target = map["\(host):\(port)"] else {
                refuse(context, [5, 2, 0, 1, 0, 0, 0, 0, 0, 0])
                return false
            }
            state = .connecting
            connect(context, to: target)
        case .connecting, .relaying:
            return false
        }
        return true
    }

    private func connect(_ context: ChannelHandlerContext, to port: Int) {
        let client = context.channel
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        ClientBootstrap(group: context.eventLoop)
            .channelInitializer { server in
                server.eventLoop.makeCompletedFuture {
                    try server.pipeline.syncOperations.addHandler(RelayHandler(to: client))
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .whenComplete { result in
                switch result {
                case .success(let server):
                    bound.value.state = .relaying(server)
                    client.writeAndFlush(ByteBuffer(bytes: [5, 0, 0, 3, 1, 0x78, 0x12, 0x34]), promise: nil)
                case .failure:
                    client.writeAndFlush(ByteBuffer(bytes: [5, 5, 0, 1, 0, 0, 0, 0, 0, 0]))
                        .whenComplete { _ in client.close(promise: nil) }
                }
            }
    }

    private func send(_ context: ChannelHandlerContext, _ bytes: [UInt8]) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }

    private func refuse(_ context: ChannelHandlerContext, _ bytes: [UInt8]) {
        send(context, bytes)
        context.close(promise: nil)
    }
}

/// What the server says goes to the client.
private final class RelayHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let client: any Channel

    init(to client: any Channel) {
        self.client = client
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        client.writeAndFlush(unwrapInboundIn(data), promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        client.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}

extension ByteBuffer {
    /// Bytes with their number, in one byte, before them.
    fileprivate mutating func readText() -> ByteBuffer? {
        readLengthPrefixedSlice(as: UInt8.self)
    }
}
