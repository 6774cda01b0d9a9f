// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// Host identifiers, from the connection string and from the server's own list of members:
// https://github.com/mongodb/specifications/blob/master/source/connection-string/connection-string-spec.md#host-identifier

import MongoTLS
import NIOCore

/// Where a server listens: a host name or IP address with a port, or a Unix domain socket.
///
/// Two addresses are equal when host and port are. Host names are compared as the topology specification wants it:
/// upper-case ASCII letters are turned into lower case when the address is made. A trailing dot (`db.example.com.`)
/// is kept, because it keeps the resolver from trying search domains; for TLS the name is used without it.
public struct ServerAddress: Sendable, Hashable {
    /// What kind of address it is.
    public enum Kind: Sendable, Hashable {
        /// A name that has to be resolved.
        case hostname
        /// An IPv4 address, for example `192.0.2.1`.
        case ipv4
        /// An IPv6 address, for example `2001:db8::1`.
        case ipv6
        /// The path of a Unix domain socket.
        case unixSocket
    }

    /// The host name in lower case, the IP address without brackets, or the path of the Unix domain socket.
    public let host: String
    /// The TCP port, 1 to 65535; `nil` for a Unix domain socket.
    public let port: Int?
    /// What kind of address it is.
    public let kind: Kind

    /// The port of a MongoDB server that does not say otherwise.
    public static let defaultPort = 27017

    /// Where a server listens that was started on this machine with its defaults: `localhost:27017`.
    public static let localhost = ServerAddress(uncheckedHost: "localhost", port: defaultPort, kind: .hostname)

    /// Makes an address of a host and a port.
    ///
    /// - Parameters:
    ///   - host: A host name, an IP address (IPv6 with or without brackets), or the path of a Unix domain socket: it
    ///     contains a slash and ends with `.sock`.
    ///   - port: The TCP port; 27017 when `nil`. A Unix domain socket has none.
    /// - Throws: ``MongoError/Code/invalidArgument`` when no address can look like that.
    public init(host: String, port: Int? = nil) throws(MongoError) {
        if host.utf8.contains(UInt8(ascii: "/")) {
            guard host.hasSuffix(".sock"), !host.utf8.contains(0) else {
                throw Self.invalid("the path of a Unix domain socket must end with '.sock'")
            }
            guard port == nil else {
                throw Self.invalid("a Unix domain socket has no port")
            }
            self.init(uncheckedHost: host, port: nil, kind: .unixSocket)
            return
        }

        let port = port ?? Self.defaultPort
        guard (1...65535).contains(port) else {
            throw Self.invalid("the port must be between 1 and 65535")
        }
        let isBracketed = host.utf8.first == UInt8(ascii: "[") && host.utf8.last == UInt8(ascii: "]")
        let name = (isBracketed ? String(host.dropFirst().dropLast()) : host).lowercasedASCII()
        if Self.isIPv6(name) {
            self.init(uncheckedHost: name, port: port, kind: .ipv6)
        } else if isBracketed || name.utf8.contains(UInt8(ascii: ":")) {
            throw Self.invalid("'\(host.quotable)' is not an IPv6 address")
        } else if Self.isIPv4(name) {
            self.init(uncheckedHost: name, port: port, kind: .ipv4)
        } else if TLSServerName.isOddAddress(name) {
            throw Self.invalid("'\(host.quotable)' is an unusual form of an IPv4 address: write four decimal numbers")
        } else if Self.isPlausibleHostname(name) {
            self.init(uncheckedHost: name, port: port, kind: .hostname)
        } else {
            throw Self.invalid("'\(host.quotable)' is not a host name")
        }
    }

    /// Makes an address of its text: `host`, `host:port`, `[IPv6]`, `[IPv6]:port`, or the path of a Unix domain socket.
    /// This is how servers name each other; nothing is percent-decoded.
    ///
    /// - Throws: ``MongoError/Code/invalidArgument`` when the text is not an address.
    public init(_ text: String) throws(MongoError) {
        if text.utf8.contains(UInt8(ascii: "/")) {
            try self.init(host: text)
            return
        }
        let parts = try Self.split(Array(text.utf8)[...])
        guard let host = String(validating: parts.host, as: UTF8.self) else {
            throw Self.invalid("the host name is not UTF-8")
        }
        try self.init(host: host, port: parts.port)
    }

    private init(uncheckedHost host: String, port: Int?, kind: Kind) {
        self.host = host
        self.port = port
        self.kind = kind
    }
}

extension ServerAddress {
    /// Whether the host is an IP address, not a name.
    public var isIPAddress: Bool { kind == .ipv4 || kind == .ipv6 }

    /// The name that the server's certificate has to list: the host without a trailing dot or an IPv6 zone.
    /// `nil` for a Unix domain socket, which has no name that a certificate could list.
    package var certificateName: String? {
        switch kind {
        case .unixSocket: nil
        case .ipv4: host
        case .ipv6: host.utf8.firstIndex(of: UInt8(ascii: "%")).map { String(host[..<$0]) } ?? host
        case .hostname: host.hasSuffix(".") ? String(host.dropLast()) : host
        }
    }

    /// Splits `host`, `host:port`, `[IPv6]` or `[IPv6]:port`; brackets stay with the host.
    static func split(_ text: ArraySlice<UInt8>) throws(MongoError) -> (host: ArraySlice<UInt8>, port: Int?) {
        let hostEnd: Int
        if text.first == UInt8(ascii: "[") {
            guard let bracket = text.firstIndex(of: UInt8(ascii: "]")) else {
                throw invalid("the bracket of an IPv6 address is not closed")
            }
            hostEnd = bracket + 1
        } else {
            hostEnd = text.firstIndex(of: UInt8(ascii: ":")) ?? text.endIndex
        }
        guard hostEnd > text.startIndex else {
            throw invalid("the host is empty")
        }
        let rest = text[hostEnd...]
        guard let colon = rest.first else { return (text, nil) }
        guard colon == UInt8(ascii: ":") else {
            throw invalid("something follows the bracket of an IPv6 address")
        }
        let digits = rest.dropFirst()
        guard digits.count <= 5, let port = decimal(digits) else {
            throw invalid(
                digits.contains(UInt8(ascii: ":"))
                    ? "there are several colons; an IPv6 address has to stand in brackets"
                    : "the port must be a number between 1 and 65535"
            )
        }
        return (text[..<hostEnd], port)
    }

    /// The value of a row of at most five digits; `nil` for anything else.
    private static func decimal(_ digits: ArraySlice<UInt8>) -> Int? {
        guard !digits.isEmpty else { return nil }
        var value = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return value
    }

    private static func isIPv4(_ text: String) -> Bool {
        guard let address = try? SocketAddress(ipAddress: text, port: 0), case .v4 = address else { return false }
        return true
    }

    /// An IPv6 address, with or without a zone (`fe80::1%eth0`).
    private static func isIPv6(_ text: String) -> Bool {
        let parts = text.split(separator: "%", maxSplits: 1, omittingEmptySubsequences: false)
        guard let number = parts.first, parts.count == 1 || parts.last?.isEmpty == false else { return false }
        if parts.count == 2, let zone = parts.last, !isPlausibleHostname(String(zone)) { return false }
        guard let address = try? SocketAddress(ipAddress: String(number), port: 0), case .v6 = address else {
            return false
        }
        return true
    }

    /// Resolvers accept more than letters, digits and hyphens (underscores, international names); what is refused here
    /// is what cannot be part of any name and hints at a mistake in the connection string.
    private static func isPlausibleHostname(_ text: String) -> Bool {
        guard !text.isEmpty, text != "." else { return false }
        return text.unicodeScalars.allSatisfy { scalar in
            scalar.value > 0x20 && scalar.value != 0x7F && !scalar.properties.isWhitespace
                && !"\"#%/:<>?@[\\]^`{|},".unicodeScalars.contains(scalar)
        }
    }

    private static func invalid(_ reason: String) -> MongoError {
        MongoError(.invalidArgument, "invalid server address: \(reason)")
    }
}

extension ServerAddress: CustomStringConvertible {
    /// `host:port`, with brackets around an IPv6 address; the path of a Unix domain socket.
    public var description: String {
        guard let port else { return host }
        return kind == .ipv6 ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
