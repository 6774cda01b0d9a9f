// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Synchronization

/// A name server on a free UDP port of 127.0.0.1 that knows the records it is given and no others.
public final class DNSServer: Sendable {
    /// A record that a name has.
    public enum Record: Sendable, Hashable {
        /// A server, with how long the record may be remembered, in seconds.
        case srv(target: String, port: UInt16, timeToLive: UInt32 = 86_400)
        /// The strings of one TXT record.
        case txt([String])
    }

    /// What the server does with a query.
    public enum Behavior: Sendable {
        /// Answers.
        case answer
        /// Says nothing.
        case silence
        /// Says that it failed.
        case failure
        /// Answers with bytes that are no records.
        case garbage
    }

    private let channel: any Channel
    private let zone: Zone

    /// The port of 127.0.0.1.
    public let port: UInt16

    /// Starts a server.
    ///
    /// - Parameter records: By name, without a dot at the end.
    public static func start(_ records: [String: [Record]]) async throws -> DNSServer {
        let zone = Zone(records)
        let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(DNSAnswerer(zone))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        guard let port = channel.localAddress?.port else { throw ChannelError.unknownLocalAddress }
        return DNSServer(channel: channel, zone: zone, port: UInt16(port))
    }

    private init(channel: any Channel, zone: Zone, port: UInt16) {
        self.channel = channel
        self.zone = zone
        self.port = port
    }

    deinit {
        channel.close(promise: nil)
    }

    /// Replaces the records of a name.
    public func set(_ name: String, _ records: [Record]) {
        zone.state.withLock { $0.records[name.lowercased()] = records }
    }

    /// What the server does from now on.
    public func behave(_ behavior: Behavior) {
        zone.state.withLock { $0.behavior = behavior }
    }

    /// How many queries came.
    public var queryCount: Int { zone.state.withLock { $0.queryCount } }
}

private final class Zone: Sendable {
    struct State {
        var records: [String: [DNSServer.Record]]
        var behavior = DNSServer.Behavior.answer
        var queryCount = 0
    }

    let state: Mutex<State>

    init(_ records: [String: [DNSServer.Record]]) {
        var lowercased: [String: [DNSServer.Record]] = [:]
        for (name, list) in records { lowercased[name.lowercased()] = list }
        state = Mutex(State(records: lowercased))
    }
}

/// Answers queries (RFC 1035, section 4).
private final class DNSAnswerer: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = AddressedEnvelope<ByteBuffer>

    private let zone: Zone

    init(_ zone: Zone) {
        self.zone = zone
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        let (behavior, records) = zone.state.withLock { state in
            state.queryCount += 1
            return (state.behavior, state.records)
        }
        if case .silence = behavior { return }
        guard let reply = Self.reply(to: envelope.data, behavior, records) else { return }
        let answer = AddressedEnvelope(remoteAddress: envelope.remoteAddress, data: reply)
        context.writeAndFlush(wrapOutboundOut(answer), promise: nil)
    }

    private static func reply(
        to query: ByteBuffer,
        _ behavior: DNSServer.Behavior,
        _ records: [String: [DNSServer.Record]]
    ) -> ByteBuffer? {
        var query = query
        guard let id: UInt16 = query.readInteger(), query.readSlice(length: 10) != nil else { return nil }
        let questionStart = query.readerIndex
        var labels: [String] = []
        while let length: UInt8 = query.readInteger(), length > 0 {
            guard let label = query.readString(length: Int(length)) else { return nil }
            labels.append(label)
        }
        guard let type: UInt16 = query.readInteger(), query.readInteger(as: UInt16.self) != nil else { return nil }
        guard let question = query.getSlice(at: questionStart, length: query.readerIndex - questionStart) else {
            return nil
        }
        let known = records[labels.joined(separator: ".").lowercased()]
        let answers = (known ?? []).compactMap { rdata(of: $0, type) }
        var reply = ByteBuffer()
        reply.writeInteger(id)
        let code: UInt16
        switch behavior {
        case .failure: code = 2
        default: code = known == nil ? 3 : 0
        }
        reply.writeInteger(0x8180 | code)
        let isAnswered = code == 0
        reply.writeMultipleIntegers(UInt16(1), isAnswered ? UInt16(answers.count) : 0, UInt16(0), UInt16(0))
        reply.writeImmutableBuffer(question)
        guard isAnswered else { return reply }
        for (data, timeToLive) in answers {
            if case .garbage = behavior {
                reply.writeBytes([0xC0, 0x0C, 0xFF])
                continue
            }
            // The name is that of the question.
            reply.writeMultipleIntegers(UInt16(0xC00C), type, UInt16(1), timeToLive, UInt16(data.readableBytes))
            reply.writeImmutableBuffer(data)
        }
        return reply
    }

    private static func rdata(of record: DNSServer.Record, _ type: UInt16) -> (ByteBuffer, UInt32)? {
        var data = ByteBuffer()
        switch record {
        case .srv(let target, let port, let timeToLive):
            guard type == 33 else { return nil }
            data.writeMultipleIntegers(UInt16(0), UInt16(5), port)
            for label in target.split(separator: ".") {
                data.writeInteger(UInt8(truncatingIfNeeded: label.utf8.count))
                data.writeString(String(label))
            }
            data.writeInteger(UInt8(0))
            return (data, timeToLive)
        case .txt(let strings):
            guard type == 16 else { return nil }
            for string in strings {
                data.writeInteger(UInt8(truncatingIfNeeded: string.utf8.count))
                data.writeString(string)
            }
            return (data, 86_400)
        }
    }
}
