// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/socks5-support/socks5.md#mongoclient-configuration

/// A SOCKS5 proxy through which all connections to servers go, also those that only watch them.
///
/// The names of servers are not looked up on this machine but told to the proxy. DNS queries of `mongodb+srv` and OCSP
/// responders are asked directly. Why a connection failed is told by ``MongoError/proxy``.
public struct ProxyOptions: Sendable, Hashable {
    /// The host name or IP address of the proxy. URI option `proxyHost`.
    public var host: String
    /// The port of the proxy. URI option `proxyPort`. Default: 1080.
    public var port: Int
    /// The user name for the proxy; needs a ``password``. URI option `proxyUsername`. Default: none.
    public var username: String?
    /// The password for the proxy; needs a ``username``. Never printed. URI option `proxyPassword`. Default: none.
    public var password: String?

    /// The port of a proxy that does not say otherwise.
    public static let defaultPort = 1080

    /// Names a proxy.
    ///
    /// - Parameters:
    ///   - host: The host name or IP address of the proxy.
    ///   - port: The port of the proxy.
    ///   - username: The user name; with a password, or not at all.
    ///   - password: The password; with a user name, or not at all.
    public init(
        host: String,
        port: Int = Self.defaultPort,
        username: String? = nil,
        password: String? = nil
    ) {
        self.host = host
        self.port = port
        self.username = username
        self.password = password
    }

    /// What to log in to the proxy with; `nil`: not at all. Empty texts count as not given.
    var credentials: (username: String, password: String)? {
        guard let username, let password, !username.isEmpty, !password.isEmpty else { return nil }
        return (username, password)
    }

    /// Judges the values together.
    package func validate() throws(MongoError) {
        // The specification has empty texts ignored.
        let username = username?.isEmpty == true ? nil : username
        let password = password?.isEmpty == true ? nil : password
        guard (1...65535).contains(port) else {
            throw MongoError(.invalidArgument, "proxyPort must be between 1 and 65535")
        }
        guard let address = try? ServerAddress(host: host, port: port), address.kind != .unixSocket else {
            throw MongoError(.invalidArgument, "proxyHost must be a host name or an IP address")
        }
        guard (username == nil) == (password == nil) else {
            throw MongoError(.invalidArgument, "proxyUsername and proxyPassword need each other")
        }
        // The lengths stand in one byte of the SOCKS5 messages (RFC 1929, section 2).
        for (name, value) in [("proxyUsername", username), ("proxyPassword", password)] {
            guard let value else { continue }
            guard value.utf8.count <= 255 else {
                throw MongoError(.invalidArgument, "\(name) must not have more than 255 bytes")
            }
        }
    }
}

extension ProxyOptions: CustomStringConvertible, CustomReflectable {
    /// The proxy without its password.
    public var description: String {
        "ProxyOptions(\(host):\(port)" + (username == nil ? "" : ", with credentials") + ")"
    }

    /// A mirror without the password, so that `dump` cannot leak it.
    public var customMirror: Mirror {
        Mirror(
            self,
            children: [
                "host": host, "port": port, "username": username as Any,
                "password": password.map { _ in "<redacted>" } as Any,
            ],
            displayStyle: .struct
        )
    }
}
