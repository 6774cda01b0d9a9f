// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Synchronization

/// A TCP server that misbehaves on purpose, on a free port of 127.0.0.1.
///
/// It counts its connections and keeps what each of them sent, so that a test can say "nothing was sent" and "it was
/// tried once" as well as what came back.
public final class TCPServer: Sendable {
    /// What the server does with every connection.
    public enum Behavior: Sendable {
        /// Accepts and never says a word.
        case silent
        /// Closes each connection (FIN, no RST) as soon as it is accepted.
        case closing
        /// Resets each connection (RST instead of FIN) as soon as it is accepted.
        case resetting
        /// Resets each connection when the first bytes arrive.
        case resettingAfterFirstBytes
        /// Sends these bytes as soon as a connection is accepted, one at a time with this pause between them.
        case dripping([UInt8], every: Duration)
        /// Answers what arrives by a script.
        case scripted(@Sendable (Received) -> [Action])
    }

    /// What a script is told.
    public struct Received: Sendable {
        /// The connection's number, counted from 0 in the order of acceptance.
        public let connection: Int
        /// What has just arrived.
        public let bytes: [UInt8]
        /// Everything that has arrived on this connection, the new bytes included (the first 64 KiB at most).
        public let all: [UInt8]
    }

    /// What a script may do; actions take place in their order.
    public enum Action: Sendable {
        case send([UInt8])
        case close
        case reset
    }

    /// The port.
    public let port: Int
    private let channel: any Channel
    private let recorder: Recorder

    /// `127.0.0.1` and the port.
    public var address: String { "127.0.0.1:\(port)" }

    /// How many connections have been accepted.
    public var connectionCount: Int { recorder.received.count }

    /// Whether the client has not closed the connection of this number yet.
    public func isOpen(_ connection: Int) -> Bool { recorder.isOpen(connection) }

    /// What arrived on each connection, in the order of acceptance (the first 64 KiB of each).
    public var received: [[UInt8]] { recorder.received }

    /// Starts a server.
    public static func start(_ behavior: Behavior) async throws -> TCPServer {
        let recorder = Recorder()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.socketOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        MisbehavingHandler(behavior: behavior, recorder: recorder)
                    )
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return TCPServer(channel: channel, recorder: recorder)
    }

    private init(channel: any Channel, recorder: Recorder) {
        self.channel = channel
        self.recorder = recorder
        port = channel.localAddress?.port ?? 0
    }

    deinit {
        channel.close(promise: nil)
        recorder.closeAll()
    }

    /// Stops listening and closes all connections.
    public func stop() async throws {
        recorder.closeAll()
        do { try await channel.close() } catch ChannelError.alreadyClosed {}
    }
}

extension TCPServer {
    /// Starts a server that answers every HTTP request with this response, `Connection: close`.
    ///
    /// - Parameters:
    ///   - contentType: The media type of the body.
    ///   - body: Gets the request's body (as far as `Content-Length` announces one) and makes the answer's.
    public static func http(
        status: String = "200 OK",
        contentType: String = "application/ocsp-response",
        body: @escaping @Sendable ([UInt8]) -> [UInt8]
    ) async throws -> TCPServer {
        try await start(
            .scripted { received in
                guard let request = HTTPRequest(received.all), request.isComplete else { return [] }
                let answer = body(request.body)
                let head = ["HTTP/1.1 \(status)", "Content-Type: \(contentType)", "Content-Length: \(answer.count)"]
                let lines = head + ["Connection: close", "", ""]
                return [.send(Array(lines.joined(separator: "\r\n").utf8) + answer), .close]
            }
        )
    }
}

/// As much of an HTTP/1.1 request as a test double has to understand.
private struct HTTPRequest {
    let announcedLength: Int
    let body: [UInt8]

    var isComplete: Bool { body.count >= announcedLength }

    /// Fails while the head is not complete.
    init?(_ bytes: [UInt8]) {
        let end = Array("\r\n\r\n".utf8)
        guard let start = bytes.indices.first(where: { bytes[$0...].starts(with: end) }) else { return nil }
        let head = String(decoding: bytes[..<start], as: UTF8.self).lowercased()
        let length = head.split(separator: "\r\n").first { $0.hasPrefix("content-length:") }?.split(separator: ":").last
        announcedLength = length.flatMap { Int(String($0).trimmingPrefix(while: \.isWhitespace)) } ?? 0
        body = Array(bytes[(start + end.count)...])
    }
}

/// What the connections of one server have sent, and the connections themselves.
private final class Recorder: Sendable {
    private struct State {
        var received: [[UInt8]] = []
        var channels: [Int: any Channel] = [:]
    }

    private let state = Mutex(State())

    var received: [[UInt8]] { state.withLock { $0.received } }

    func accept(_ channel: any Channel) -> Int {
        state.withLock {
            $0.received.append([])
            $0.channels[$0.received.count - 1] = channel
            return $0.received.count - 1
        }
    }

    /// Keeps the bytes and answers all of this connection's.
    func record(_ bytes: [UInt8], connection: Int) -> [UInt8] {
        state.withLock {
            $0.received[connection] += bytes.prefix(65_536 - $0.received[connection].count)
            return $0.received[connection]
        }
    }

    func isOpen(_ connection: Int) -> Bool {
        state.withLock { $0.channels[connection] != nil }
    }

    func forget(_ connection: Int) {
        _ = state.withLock { $0.channels.removeValue(forKey: connection) }
    }

    func closeAll() {
        for channel in state.withLock({ $0.channels }).values { channel.close(promise: nil) }
    }
}

/// C's `struct linger`, which every system lays out like this.
private struct Linger {
    var isOn: Int32
    var seconds: Int32
}

private final class MisbehavingHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let behavior: TCPServer.Behavior
    private let recorder: Recorder
    private var connection = 0
    private var nextDrip: Scheduled<Void>?

    init(behavior: TCPServer.Behavior, recorder: Recorder) {
        self.behavior = behavior
        self.recorder = recorder
    }

    func channelActive(context: ChannelHandlerContext) {
        connection = recorder.accept(context.channel)
        switch behavior {
        case .silent, .scripted, .resettingAfterFirstBytes: break
        case .closing: finish(context)
        case .resetting: reset(context)
        case .dripping(let bytes, let interval): drip(bytes[...], interval, context)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Array(unwrapInboundIn(data).readableBytesView)
        let all = recorder.record(bytes, connection: connection)
        switch behavior {
        case .silent, .closing, .resetting, .dripping: break
        case .resettingAfterFirstBytes: reset(context)
        case .scripted(let script):
            for action in script(.init(connection: connection, bytes: bytes, all: all)) {
                switch action {
                case .send(let answer):
                    context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: answer)), promise: nil)
                case .close: finish(context)
                case .reset: reset(context)
                }
            }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        nextDrip?.cancel()
        recorder.forget(connection)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The peer's reset is the peer's business.
        context.close(promise: nil)
    }

    /// Sends FIN and discards what still comes. Closing the socket altogether would answer what still comes with RST, and
    /// whether the peer saw an end or a reset would be a matter of luck.
    private func finish(_ context: ChannelHandlerContext) {
        context.close(mode: .output, promise: nil)
    }

    /// Closing with a linger time of zero makes the kernel send RST.
    private func reset(_ context: ChannelHandlerContext) {
        // (On its own event loop a channel sets options before the call returns.)
        (context.channel as? any SocketOptionProvider)?
            .unsafeSetSocketOption(level: .socket, name: .so_linger, value: Linger(isOn: 1, seconds: 0))
            .whenFailure { [pipeline = context.pipeline] in pipeline.fireErrorCaught($0) }
        context.close(promise: nil)
    }

    private func drip(_ bytes: ArraySlice<UInt8>, _ interval: Duration, _ context: ChannelHandlerContext) {
        var rest = bytes
        guard let byte = rest.popFirst(), context.channel.isActive else { return }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: [byte])), promise: nil)
        nextDrip = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(interval)) { [self] in
            drip(rest, interval, context)
        }
    }
}
