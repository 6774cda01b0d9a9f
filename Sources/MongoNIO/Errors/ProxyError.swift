// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// Why no connection could be made through the SOCKS5 proxy; see ``MongoError/proxy``. It holds no password.
public struct ProxyError: Error, Sendable, Hashable {
    /// The kind of failure.
    public var code: Code
    /// What happened, in one line.
    public var message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// A kind of failure. New ones may be added.
    public struct Code: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
        /// The name of the code.
        public let rawValue: String

        /// Makes a code of its name.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The name of the code.
        public var description: String { rawValue }

        /// The proxy itself cannot be reached.
        public static let unreachable = Code(rawValue: "unreachable")
        /// The proxy did not finish in time.
        public static let timeout = Code(rawValue: "timeout")
        /// The proxy closed the connection before it said whether it is connected to the server.
        public static let closed = Code(rawValue: "closed")
        /// What listens there does not speak SOCKS5.
        public static let notSOCKS5 = Code(rawValue: "notSOCKS5")
        /// The proxy wants another way to log in than it was offered: a user name and a password, if none were given.
        public static let noAcceptableMethod = Code(rawValue: "noAcceptableMethod")
        /// The proxy refused the user name or the password.
        public static let authenticationFailed = Code(rawValue: "authenticationFailed")
        /// The server's address cannot be told to a proxy.
        public static let invalidAddress = Code(rawValue: "invalidAddress")
        /// The proxy failed, and does not say why.
        public static let generalFailure = Code(rawValue: "generalFailure")
        /// The proxy's rules do not allow the connection.
        public static let notAllowed = Code(rawValue: "notAllowed")
        /// The proxy does not reach the server's network.
        public static let networkUnreachable = Code(rawValue: "networkUnreachable")
        /// The proxy does not reach the server's host, or does not find its address.
        public static let hostUnreachable = Code(rawValue: "hostUnreachable")
        /// The server's host refused the connection of the proxy.
        public static let connectionRefused = Code(rawValue: "connectionRefused")
        /// The proxy gave the server up, because the way to it is too long.
        public static let ttlExpired = Code(rawValue: "ttlExpired")
        /// The proxy makes no connections to servers.
        public static let commandNotSupported = Code(rawValue: "commandNotSupported")
        /// The proxy does not know this kind of address, a name or an IPv6 address.
        public static let addressTypeNotSupported = Code(rawValue: "addressTypeNotSupported")
    }
}

extension ProxyError: CustomStringConvertible {
    /// One line that is safe to log.
    public var description: String { message }
}

extension MongoError {
    /// Why there was no way through the SOCKS5 proxy, when it was that: also of an error that this one came of.
    public var proxy: ProxyError? {
        underlying as? ProxyError ?? (underlying as? MongoError)?.proxy
    }
}
