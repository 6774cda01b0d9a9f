// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/socks5-support/socks5.md#connection-establishment
// RFC 1928 (SOCKS5) and RFC 1929 (user name and password)

import NIOCore

/// What is said to a SOCKS5 proxy until it has connected to the server.
///
/// A value without I/O: `ProxyHandler` sends what it answers. The proxy only ever answers, so what it sends beyond an
/// answer comes from the server behind it.
struct SOCKSStateMachine: Sendable {
    /// What is to be done.
    enum Action: Equatable, Sendable {
        case send(ByteBuffer)
        /// The connection is one to the server now. What arrived of it already is here.
        case connected(ByteBuffer)
        case fail(ProxyError)
    }

    private enum State: Sendable {
        case greeting
        case awaitingMethod
        case awaitingVerdict
        case awaitingReply
        case over
    }

    private enum Method {
        static let none: UInt8 = 0
        static let password: UInt8 = 2
        static let unacceptable: UInt8 = 0xFF
    }

    private var state = State.greeting
    private let destination: ByteBuffer
    private let credentials: (username: String, password: String)?
    private var received = ByteBuffer()

    /// - Parameters:
    ///   - host: As it is: a name is looked up by the proxy.
    ///   - port: The server's port.
    ///   - credentials: The user name and the password for the proxy, 255 bytes each at most; `nil` when there are none.
    init(
        host: String,
        port: Int,
        credentials: (username: String, password: String)? = nil
    ) throws(ProxyError) {
        destination = try Self.encoded(host, port)
        self.credentials = credentials
    }

    // MARK: What happens

    /// The proxy is reached.
    ///
    /// - Returns: What to send first.
    mutating func start() -> ByteBuffer {
        state = .awaitingMethod
        return ByteBuffer(bytes: credentials == nil ? [5, 1, Method.none] : [5, 2, Method.none, Method.password])
    }

    /// Bytes arrived.
    mutating func receive(_ bytes: ByteBuffer) -> [Action] {
        received.writeImmutableBuffer(bytes)
        var actions: [Action] = []
        while let action = step() {
            actions.append(action)
            if case .send = action { continue }
            state = .over
            received.clear()
            break
        }
        return actions
    }

    /// The proxy closed the connection.
    func ended() -> ProxyError {
        switch state {
        case .greeting, .awaitingMethod:
            ProxyError(.closed, "closed the connection without a word: is it a SOCKS5 proxy?")
        case .awaitingVerdict:
            ProxyError(.closed, "closed the connection instead of judging the user name and the password")
        case .awaitingReply, .over:
            ProxyError(.closed, "closed the connection before it was connected to the server")
        }
    }

    // MARK: Answers

    /// - Returns: `nil` when more has to arrive first.
    private mutating func step() -> Action? {
        switch state {
        case .awaitingMethod: method()
        case .awaitingVerdict: verdict()
        case .awaitingReply: reply()
        case .greeting, .over: nil
        }
    }

    /// RFC 1928, section 3.
    private mutating func method() -> Action? {
        guard let version = byte(0) else { return nil }
        guard version == 5 else { return .fail(Self.strange("does not answer as a SOCKS5 proxy does")) }
        guard let method = byte(1) else { return nil }
        received.moveReaderIndex(forwardBy: 2)
        switch (method, credentials) {
        case (Method.none, _):
            return request()
        case (Method.password, let credentials?):
            state = .awaitingVerdict
            var message = ByteBuffer(bytes: [1])
            for text in [credentials.username, credentials.password] {
                message.writeInteger(UInt8(truncatingIfNeeded: text.utf8.count))
                message.writeString(text)
            }
            return .send(message)
        case (Method.unacceptable, .none):
            return .fail(
                ProxyError(.noAcceptableMethod, "wants a log-in: give it proxyUsername and proxyPassword")
            )
        case (Method.unacceptable, .some):
            return .fail(
                ProxyError(.noAcceptableMethod, "accepts neither a user name and a password nor a client without")
            )
        default:
            return .fail(Self.strange("chose a way to log in that it was not offered"))
        }
    }

    /// RFC 1929, section 2.
    private mutating func verdict() -> Action? {
        guard let version = byte(0) else { return nil }
        guard version == 1 else { return .fail(Self.strange("does not answer the user name and the password")) }
        guard let status = byte(1) else { return nil }
        received.moveReaderIndex(forwardBy: 2)
        guard status == 0 else {
            return .fail(ProxyError(.authenticationFailed, "refused the user name or the password"))
        }
        return request()
    }

    private mutating func request() -> Action {
        state = .awaitingReply
        var message = ByteBuffer(bytes: [5, 1, 0])
        message.writeImmutableBuffer(destination)
        return .send(message)
    }

    /// RFC 1928, section 6.
    private mutating func reply() -> Action? {
        guard let version = byte(0) else { return nil }
        guard version == 5 else { return .fail(Self.strange("does not answer the request to connect")) }
        guard let code = byte(1) else { return nil }
        // Whatever follows a refusal, it is one.
        guard code == 0 else { return .fail(Self.refusal(code)) }
        guard let kind = byte(3) else { return nil }
        // The address that the proxy uses itself is of no interest, but it has to be got out of the way.
        let length: Int
        switch kind {
        case 1: length = 4
        case 4: length = 16
        case 3:
            guard let count = byte(4) else { return nil }
            length = 1 + Int(count)
        default: return .fail(Self.strange("names an address of an unknown kind"))
        }
        guard received.readableBytes >= 4 + length + 2 else { return nil }
        received.moveReaderIndex(forwardBy: 4 + length + 2)
        return .connected(received)
    }

    private func byte(_ index: Int) -> UInt8? {
        received.getInteger(at: received.readerIndex + index)
    }

    // MARK: Errors

    private static func strange(_ reason: String) -> ProxyError {
        ProxyError(.notSOCKS5, reason)
    }

    private static func refusal(_ code: UInt8) -> ProxyError {
        switch code {
        case 2: ProxyError(.notAllowed, "does not allow the connection")
        case 3: ProxyError(.networkUnreachable, "does not reach the server's network")
        case 4: ProxyError(.hostUnreachable, "does not reach the server's host, or does not find its address")
        case 5: ProxyError(.connectionRefused, "was refused by the server's host: nothing listens there")
        case 6: ProxyError(.ttlExpired, "gave up on the way to the server (TTL expired)")
        case 7: ProxyError(.commandNotSupported, "makes no connections to servers")
        case 8: ProxyError(.addressTypeNotSupported, "does not know this kind of address")
        default: ProxyError(.generalFailure, "failed to connect to the server (SOCKS5 reply \(code))")
        }
    }

    // MARK: The address

    /// The kind, the address and the port, as the request has them.
    private static func encoded(_ host: String, _ port: Int) throws(ProxyError) -> ByteBuffer {
        var bytes = ByteBuffer()
        // The zone of an IPv6 address means an interface of this machine: it says nothing to the proxy.
        let number = host.split(separator: "%", maxSplits: 1).first.map(String.init) ?? host
        let address = try? SocketAddress(ipAddress: number, port: 0)
        switch address {
        case .v4:
            bytes.writeInteger(1, as: UInt8.self)
            bytes.writeBytes(address.map { raw($0, at: 4, count: 4) } ?? [])
        case .v6:
            bytes.writeInteger(4, as: UInt8.self)
            bytes.writeBytes(address.map { raw($0, at: 8, count: 16) } ?? [])
        default:
            guard let length = UInt8(exactly: host.utf8.count), length > 0 else {
                throw ProxyError(.invalidAddress, "cannot be told a name that is longer than 255 bytes")
            }
            bytes.writeInteger(3, as: UInt8.self)
            bytes.writeInteger(length)
            bytes.writeString(host)
        }
        bytes.writeInteger(UInt16(truncatingIfNeeded: port))
        return bytes
    }

    /// The part of `struct sockaddr_in` or `sockaddr_in6` that is the address.
    private static func raw(_ address: SocketAddress, at offset: Int, count: Int) -> [UInt8] {
        address.withSockAddr { pointer, size in
            Array(UnsafeRawBufferPointer(start: pointer, count: size).dropFirst(offset).prefix(count))
        }
    }
}
