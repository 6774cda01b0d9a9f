// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/connection-string/connection-string-spec.md
// https://github.com/mongodb/specifications/blob/master/source/initial-dns-seedlist-discovery/initial-dns-seedlist-discovery.md
//
// The way of a connection string: its text is cut into parts (`ConnectionString+Grammar`), the options are read row by
// row (`ConnectionString+Options`) and those of TLS together (`ConnectionString+TLS`); `MongoClientOptions` then adds the
// defaults.

public import MongoTLS

/// A parsed connection string, for example `mongodb://app:secret@db1.example.com,db2.example.com/?tls=true`.
///
/// It holds what the text says, without defaults; ``MongoClientOptions/init(_:)`` adds those. An option that this driver
/// does not know, and a value that its option does not take, are ignored and noted in ``warnings``; whatever could lead
/// to a connection without TLS, and whatever contradicts itself, is an error instead.
public struct ConnectionString: Sendable {
    /// How the servers are named.
    public enum Scheme: String, Sendable, Hashable, CaseIterable {
        /// `mongodb`: the servers are listed.
        case mongodb
        /// `mongodb+srv`: a name is given whose DNS records list the servers.
        case mongodbSRV = "mongodb+srv"
    }

    /// How the servers are named.
    public let scheme: Scheme
    /// The servers, in the order given; empty for `mongodb+srv`.
    public let hosts: [ServerAddress]
    /// The name whose SRV records list the servers, in lower case and without a trailing dot; `nil` for `mongodb`.
    public let srvHost: String?
    /// The database in the path, up to its first period; `nil` when there is none.
    public let database: String?
    /// The collection in the path: what follows the first period of a namespace like `shop.orders`.
    public let collection: String?
    /// Who the client is. `nil`: it does not log in. Judged when the client is made, not here.
    public let credential: MongoCredential?
    /// How the connections are secured. `nil`: **not at all**, plaintext.
    public let tls: TLSOptions?
    /// The SOCKS5 proxy; `nil`: none.
    public let proxy: ProxyOptions?
    /// The other options.
    public let options: Options
    /// What was ignored or is deprecated, in the order it was found, without any secret.
    public let warnings: [String]

    /// Parses a connection string.
    ///
    /// - Parameter text: The connection string.
    /// - Throws: ``MongoError/Code/invalidArgument`` when the text is not a connection string or its options contradict
    ///   each other; ``MongoError/Code/tls`` when that concerns TLS. The error never quotes a secret.
    public init(_ text: String) throws(MongoError) {
        let grammar = try Grammar(text)
        var parser = OptionParser()
        try parser.read(grammar.pairs)

        scheme = grammar.scheme
        hosts = grammar.hosts
        srvHost = grammar.srvHost
        database = grammar.database
        collection = grammar.collection
        options = parser.options
        credential = try parser.credential(of: grammar)
        tls = try parser.tlsOptions(isSRV: grammar.scheme == .mongodbSRV, mechanism: credential?.mechanism)
        proxy = try parser.proxyOptions()
        warnings = parser.warnings

        try TopologyRules(
            hostCount: hosts.count,
            isSRV: scheme == .mongodbSRV,
            directConnection: options.directConnection,
            loadBalanced: options.loadBalanced,
            replicaSet: options.replicaSet,
            srvMaxHosts: options.srvMaxHosts,
            namesSRVOption: parser.gave("srvMaxHosts") || parser.gave("srvServiceName")
        ).validate()
        // Judged here so that the contradiction is reported for the text that contains it.
        _ = try options.readPreferenceOption()
        _ = try options.writeConcernOption()
    }

    static func invalid(_ reason: String) -> MongoError {
        MongoError(.invalidArgument, "invalid connection string: \(reason)")
    }
}

extension ConnectionString: CustomStringConvertible {
    /// The connection string in short, safe to log: scheme, servers and database; credentials and options left out.
    public var description: String {
        let servers = srvHost ?? hosts.map(\.description).joined(separator: ",")
        return scheme.rawValue + "://" + (credential == nil ? "" : "<credentials>@") + servers + "/" + (database ?? "")
    }
}
