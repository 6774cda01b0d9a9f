// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/uri-options/uri-options.md#list-of-specified-options

public import Logging
public import MongoTLS

#if Metrics
public import CoreMetrics
#endif

/// Everything that can be configured of a client.
///
/// ```swift
/// var options = try MongoClientOptions("mongodb://db1.example.com,db2.example.com/?replicaSet=rs0&tls=true")
/// options.appName = "shop"
/// options.logger = Logger(label: "shop.mongodb")
/// ```
/// What is set on the value replaces what the connection string said. A value that is not given has the same default
/// whether a connection string was parsed or not. All of it is judged when the client is made.
public struct MongoClientOptions: Sendable {
    // MARK: Where the servers are

    /// The servers to begin with; the others of a replica set are found through them. Empty when ``srvHost`` is given.
    ///
    /// The host part of the connection string. Default: `localhost:27017`.
    public var hosts: [ServerAddress]

    /// The name whose DNS SRV records list the servers.
    ///
    /// The host part of a `mongodb+srv` connection string. Default: `nil`, ``hosts`` are used.
    public var srvHost: String?

    /// The most servers to take from the SRV records, chosen at random; 0: all.
    ///
    /// URI option `srvMaxHosts`. Default: 0.
    public var srvMaxHosts = 0

    /// The service name in the SRV query `_mongodb._tcp.…`.
    ///
    /// URI option `srvServiceName`. Default: `mongodb`.
    public var srvServiceName = Self.defaultServiceName

    /// Talk to the one host given and to no other, whatever it is: `true`. Discover the deployment that the hosts belong
    /// to: `false` or `nil`.
    ///
    /// URI option `directConnection`. Default: `nil`.
    public var directConnection: Bool?

    /// The host is a load balancer in front of the servers. `nil`: no, unless the TXT record of ``srvHost`` says so.
    ///
    /// URI option `loadBalanced`. Default: `nil`.
    public var loadBalanced: Bool?

    /// The name of the replica set; servers of others are left alone.
    ///
    /// URI option `replicaSet`. Default: `nil`, any.
    public var replicaSet: String?

    /// A SOCKS5 proxy through which all connections go.
    ///
    /// URI options `proxyHost`, `proxyPort`, `proxyUsername`, `proxyPassword`. Default: `nil`, none.
    public var proxy: ProxyOptions?

    // MARK: Security

    /// How the connections are secured. `nil`: **not at all**; everything is sent in plaintext.
    ///
    /// URI option `tls` and all that begin with `tls`: each of them turns TLS on. Default: `nil`; TLS with its defaults
    /// for `mongodb+srv` and for `authMechanism=MONGODB-X509`.
    public var tls: TLSOptions?

    /// Who the client is.
    ///
    /// The user information of the connection string, and the URI options that begin with `auth`. Default: `nil`, the
    /// client does not log in.
    public var credential: MongoCredential?

    /// The version of the server's API that the client insists on. API only. Default: `nil`, whatever the server speaks.
    public var serverAPI: MongoServerAPI?

    /// The name of the application, 1 to 128 bytes; shows up in the server's logs.
    ///
    /// URI option `appname`. Default: `nil`.
    public var appName: String?

    /// A library that stands between the application and the driver; shows up in the server's logs. API only. Default:
    /// `nil`. See also ``MongoClient/appendMetadata(_:)``.
    public var driverInfo: DriverInfo?

    // MARK: Timeouts

    /// How long one operation may take as a whole, retries included. Zero: without limit. `nil`: the older timeouts
    /// ``socketTimeout`` and ``waitQueueTimeout`` apply instead, which are ignored otherwise.
    ///
    /// URI option `timeoutMS` (milliseconds). Default: `nil`.
    public var timeout: Duration?

    /// How long it may take to connect to a server: TCP, TLS handshake and revocation check together. Zero: without
    /// limit.
    ///
    /// URI option `connectTimeoutMS` (milliseconds). Default: 10 seconds.
    public var connectTimeout: Duration = .seconds(10)

    /// How long to wait for one answer of a server. Prefer ``timeout``. `nil`: without limit.
    ///
    /// URI option `socketTimeoutMS` (milliseconds; 0: without limit). Default: `nil`.
    public var socketTimeout: Duration?

    /// How long to wait for a server that fits an operation. Zero: do not wait, fail at once unless one is known.
    ///
    /// URI option `serverSelectionTimeoutMS` (milliseconds). Default: 30 seconds.
    public var serverSelectionTimeout: Duration = .seconds(30)

    /// How long to wait for a free connection of the pool, or until one is made; how long that takes is limited by
    /// ``connectTimeout``. Prefer ``timeout``. `nil`: without limit.
    ///
    /// URI option `waitQueueTimeoutMS` (milliseconds). Default: `nil`.
    public var waitQueueTimeout: Duration?

    // MARK: Connection pool, one per server

    /// The most connections, those in use included; 0: without limit.
    ///
    /// URI option `maxPoolSize`. Default: 100.
    public var maxPoolSize = 100

    /// The connections to keep open even when none is needed.
    ///
    /// URI option `minPoolSize`. Default: 0.
    public var minPoolSize = 0

    /// The most connections to establish at the same time.
    ///
    /// URI option `maxConnecting`. Default: 2.
    public var maxConnecting = 2

    /// How long a connection may be idle before it is closed. `nil`: without limit.
    ///
    /// URI option `maxIdleTimeMS` (milliseconds; 0: without limit). Default: `nil`.
    public var maxIdleTime: Duration?

    // MARK: Reading and writing

    /// Which members of a replica set answer reads.
    ///
    /// URI options `readPreference`, `readPreferenceTags`, `maxStalenessSeconds`. Default: the primary.
    public var readPreference = ReadPreference.primary

    /// How consistent the data of reads has to be.
    ///
    /// URI option `readConcernLevel`. Default: the server's.
    public var readConcern = ReadConcern.serverDefault

    /// Who has to acknowledge writes.
    ///
    /// URI options `w`, `journal`, `wTimeoutMS`. Default: the server's.
    public var writeConcern = WriteConcern.serverDefault

    /// Try a read once more when it fails for a reason that passes.
    ///
    /// URI option `retryReads`. Default: `true`.
    public var retryReads = true

    /// Try a write once more when it fails for a reason that passes; the server sees to it that it happens once.
    ///
    /// URI option `retryWrites`. Default: `true`.
    public var retryWrites = true

    /// How often to try again when a server says that it is overloaded.
    ///
    /// URI option `maxAdaptiveRetries`. Default: 2.
    public var maxAdaptiveRetries = 2

    /// Turn to another server, if one fits, when a server says that it is overloaded.
    ///
    /// URI option `enableOverloadRetargeting`. Default: `false`.
    public var enableOverloadRetargeting = false

    /// How to compress messages, the preferred way first. The first that the server also knows is used.
    ///
    /// URI option `compressors`. Default: none.
    public var compressors: [Compressor] = []

    /// How hard zlib compresses: 0 (not at all) or 1 (fast) to 9 (small); -1: zlib's default.
    ///
    /// URI option `zlibCompressionLevel`. Default: -1.
    public var zlibCompressionLevel = -1

    // MARK: Watching the servers

    /// How often the servers are checked; at least 500 milliseconds.
    ///
    /// URI option `heartbeatFrequencyMS` (milliseconds). Default: 10 seconds.
    public var heartbeatFrequency: Duration = .seconds(10)

    /// How much slower than the fastest server another may be and still be chosen.
    ///
    /// URI option `localThresholdMS` (milliseconds). Default: 15 milliseconds.
    public var localThreshold: Duration = .milliseconds(15)

    /// How the servers are watched.
    ///
    /// URI option `serverMonitoringMode`. Default: ``ServerMonitoringMode/auto``.
    public var serverMonitoringMode = ServerMonitoringMode.auto

    // MARK: Seeing

    /// Where the client logs. API only. Default: `nil`, nowhere, unless the environment asks for it (see ``logLevels``).
    ///
    /// Beside warnings, the client logs commands, connections, changes of the deployment and the selection of servers, most
    /// of it at the level `debug`; what the messages say is metadata with the names of MongoDB's specifications, so that
    /// logs of all drivers can be searched alike. Commands and replies are part of it: documents show up in such a log.
    public var logger: Logger?

    /// From which level on the parts of the driver log. API only; default: what the environment says, else what ``logger``
    /// lets pass.
    ///
    /// The environment variables `MONGODB_LOG_COMMAND`, `MONGODB_LOG_TOPOLOGY`, `MONGODB_LOG_SERVER_SELECTION` and
    /// `MONGODB_LOG_CONNECTION` set the level of one part, `MONGODB_LOG_ALL` that of all others; to `off`, `emergency`,
    /// `alert`, `critical`, `error`, `warn`, `notice`, `info`, `debug` or `trace`. Without a ``logger`` what they ask for is
    /// logged where swift-log logs by default. What is set here goes before them; to have it the other way round, set only
    /// what the environment does not:
    ///
    /// ```swift
    /// if ProcessInfo.processInfo.environment["MONGODB_LOG_COMMAND"] == nil {
    ///     options.logLevels[.command] = .from(.info)
    /// }
    /// ```
    public var logLevels: [LogComponent: LogThreshold] = [:]

    /// How much of a command or a reply is logged, in bytes of its Extended JSON; what is longer ends in `...`. API only.
    /// Default: `nil`, the environment variable `MONGODB_LOG_MAX_DOCUMENT_LENGTH`, else 1000.
    public var maxLoggedDocumentLength: Int?

    /// Told of every event of the client, at the moment it happens and in order. It runs where the event happens, an event
    /// loop for example, so it must be quick and must not wait. `nil` (the default) builds no events at all.
    public var eventHandler: (@Sendable (MongoEvent) -> Void)?

    /// Whether the client makes spans for distributed tracing. API only. Default: what the environment says, else none.
    public var tracing = TracingOptions()

    #if Metrics
    /// Who counts and measures (package trait `Metrics`), for example `MetricsSystem.factory`. API only. Default: `nil`,
    /// nothing is measured.
    ///
    /// Names and dimensions are those of OpenTelemetry; each metric also has `db.system.name`, `server.address` and
    /// `server.port`, those of connections `db.client.connection.pool.name`.
    ///
    /// | name | kind | what | further dimensions |
    /// |---|---|---|---|
    /// | `db.client.operation.duration` | timer | each command, attempts apart | `db.operation.name`; `error.type`, the ``MongoError/code-swift.property``, of a failure |
    /// | `db.client.connection.count` | meter | connections | `db.client.connection.state`: `idle` or `used` |
    /// | `db.client.connection.pending_requests` | meter | who waits for a connection | |
    /// | `db.client.connection.wait_time` | timer | until a connection was there | |
    /// | `db.client.connection.create_time` | timer | making a connection: TCP, TLS, hello, log-in | |
    /// | `db.client.connection.timeouts` | counter | who got no connection in time | |
    /// | `mongodb.client.server.round_trip_time` | timer | the way to a server and back | |
    public var metricsFactory: (any MetricsFactory)?
    #endif

    // MARK: For tests

    /// The environment; `nil`: that of the process.
    package var environment: [String: String]?

    /// Who looks up ``srvHost``; `nil`: the C library.
    package var resolver: (any DNSResolver)?

    /// The shortest time between two looks at the SRV records, however short they say that they may be remembered.
    package var shortestRescanInterval: Duration = .seconds(60)

    /// What was ignored or is deprecated in the connection string, without any secret. The client logs it when it is
    /// made.
    public internal(set) var warnings: [String] = []

    /// Options with every default.
    ///
    /// - Parameter hosts: The servers to begin with.
    public init(hosts: [ServerAddress] = [.localhost]) {
        self.hosts = hosts
    }
}
