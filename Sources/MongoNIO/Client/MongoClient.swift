// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Logging
import MongoBSON
import MongoTLS
public import NIOCore
public import NIOPosix
import Synchronization

/// A connection to a MongoDB deployment: thread-safe, made once, used everywhere.
///
/// ```swift
/// let client = try MongoClient("mongodb://db.example.com/?tls=true&tlsCAFile=/etc/ssl/corp.pem")
/// let kittens = client.database("home").collection("kittens", of: Kitten.self)
/// …
/// await client.close()
/// ```
///
/// Making a client reads and checks the connection string and the TLS files, and waits for nothing: in the background it
/// begins to watch the servers, and connections for operations are made when they are needed, and kept. It works at once;
/// ``close()`` ends it and everything that it began, and ``withMongoClient(_:eventLoopGroup:_:)`` does so by itself.
public final class MongoClient: Sendable {
    /// What the client was made with.
    public let options: MongoClientOptions

    let executor: OperationExecutor
    /// `nil`: the connections are not secured.
    let tls: TLSContextProvider?
    private let topology: Topology
    private let metadata: SharedClientMetadata
    /// `nil`: the hosts are listed.
    private let seedlist: SRVMonitor?
    let isClosed = Mutex(false)

    /// Makes a client from a connection string.
    ///
    /// - Parameters:
    ///   - connectionString: For example `mongodb://db.example.com:27017/?tls=true`.
    ///   - eventLoopGroup: Where connections live; by default the process-wide one.
    /// - Throws: ``MongoError`` when the connection string, an option or a TLS file cannot be used. Nothing was sent.
    public convenience init(
        _ connectionString: String,
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) throws(MongoError) {
        try self.init(try MongoClientOptions(connectionString), eventLoopGroup: eventLoopGroup)
    }

    /// Makes a client from options.
    ///
    /// - Parameters:
    ///   - options: What a connection string can say, and more.
    ///   - eventLoopGroup: Where connections live; by default the process-wide one.
    /// - Throws: ``MongoError`` when an option or a TLS file cannot be used. Nothing was sent.
    public init(
        _ options: MongoClientOptions,
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) throws(MongoError) {
        try options.validate()
        for warning in options.warnings { options.logger?.warning("\(warning)") }
        let tls: TLSContextProvider?
        do throws(TLSError) {
            tls = try options.tls.map { tlsOptions throws(TLSError) in
                try TLSContextProvider(tlsOptions, logger: options.logger)
            }
        } catch {
            throw MongoError(error)
        }
        let metadata = ClientMetadata.current(applicationName: options.appName)
        var handshake = try Handshake(
            metadata: metadata,
            serverAPI: options.serverAPI,
            isLoadBalanced: options.loadBalanced == true
        )
        handshake.compressors = options.compressors
        handshake.zlibCompressionLevel = options.zlibCompressionLevel
        for compressor in options.compressors where !compressor.isAvailable {
            options.logger?.warning(
                "messages are not compressed with \(compressor): this build lacks the package trait \(compressor.trait)"
            )
        }
        if let driverInfo = options.driverInfo { try handshake.metadata.append(driverInfo) }
        let authenticator = options.credential.map { Authenticator($0, serverAPI: options.serverAPI) }
        let observer = Observer(
            handler: options.eventHandler,
            log: EventLog(options),
            metrics: ClientMetrics(options)
        )
        let pools = PoolFactory(
            options: options,
            group: eventLoopGroup,
            tls: tls,
            handshake: handshake,
            isFunction: metadata.environment.name != nil,
            authenticator: authenticator,
            observer: observer
        )
        let factory = SharedPoolFactory(pools)

        self.options = options
        self.tls = tls
        self.metadata = handshake.metadata
        tls?.start(on: eventLoopGroup.next())
        topology = Topology(
            Topology.Factory(
                makePool: { factory.current.makePool($0, $1) },
                makeMonitor: { factory.current.makeMonitor($0, $1, $2) }
            ),
            Topology.Settings(localThreshold: options.localThreshold, heartbeatFrequency: options.heartbeatFrequency),
            observer: observer,
            logger: options.logger,
            eventLoop: eventLoopGroup.next()
        )
        executor = OperationExecutor(topology: topology, observer: observer, options: options)
        let topology = topology
        seedlist = SeedlistDiscovery(options).map { discovery in
            SRVMonitor(
                discovery,
                options,
                SRVMonitor.Audience(
                    opened: { found in
                        factory.adopt(found)
                        topology.open(TopologySeeds(found))
                    },
                    failed: { topology.seedingFailed($0) },
                    hosts: { topology.description.pollableHosts },
                    changed: { topology.updateHosts($0) }
                )
            )
        }
        if let seedlist {
            seedlist.start()
        } else {
            topology.open(TopologySeeds(options))
        }
    }

    deinit {
        tls?.stop()
        seedlist?.stop()
        guard !isClosed.withLock({ $0 }) else { return }
        (options.logger ?? Logger(label: "mongo-nio")).warning(
            "a MongoClient was released without close(); its connections are being closed now"
        )
        let topology = topology
        Task { await topology.close() }
    }

    /// A database. Nothing is sent; a database that does not exist is made by the first write.
    ///
    /// - Parameters:
    ///   - name: The database's name.
    ///   - options: What its operations inherit instead of what the client says.
    public func database(_ name: String, options: DatabaseOptions = DatabaseOptions()) -> MongoDatabase {
        MongoDatabase(client: self, name: name, settings: settings.replaced(by: options))
    }

    /// What operations inherit.
    var settings: CommandSettings {
        CommandSettings(
            readConcern: options.readConcern,
            writeConcern: options.writeConcern,
            readPreference: options.readPreference,
            timeout: options.timeout
        )
    }

    /// Closes every connection and ends the client. What waits for a connection fails; what is running on one finishes,
    /// and its connection is closed then.
    public func close() async {
        let wasClosed = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return isClosed
        }
        if !wasClosed {
            seedlist?.stop()
            if Task.isCancelled {
                await Task { [executor] in await executor.endSessions() }.value
            } else {
                await executor.endSessions()
            }
            await topology.close()
        }
        tls?.stop()
    }

    /// Adds a library that stands between the application and the driver to what new connections say of the client; those
    /// that exist stay as they are. What was added before is not added again.
    ///
    /// - Parameter info: The library.
    /// - Throws: ``MongoError/Code/invalidArgument`` when one of its texts contains `|`, or there is no room for them.
    public func appendMetadata(_ info: DriverInfo) throws(MongoError) {
        try metadata.append(info)
    }

    /// What of the deployment is known now.
    public var topologyDescription: TopologyDescription {
        topology.description
    }
}

/// Makes a client, lends it to the body, and closes it when the body ends, however it ends.
///
/// - Parameters:
///   - connectionString: For example `mongodb://db.example.com:27017/?tls=true`.
///   - eventLoopGroup: Where connections live; by default the process-wide one.
///   - body: Works with the client.
/// - Returns: What the body returned.
@discardableResult
public func withMongoClient<Result>(
    _ connectionString: String,
    eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
    _ body: (MongoClient) async throws -> Result
) async throws -> Result {
    let client = try MongoClient(connectionString, eventLoopGroup: eventLoopGroup)
    do {
        let result = try await body(client)
        await client.close()
        return result
    } catch {
        await client.close()
        throw error
    }
}
