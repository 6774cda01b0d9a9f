// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// From what a connection string says to the options of a client: defaults are added, numbers get units, and the 0 that
// says "without limit" becomes `nil` where waiting for no time at all would also make sense.

extension MongoClientOptions {
    /// Options by a connection string, for example `mongodb+srv://app:secret@cluster.example.net/`.
    ///
    /// - Parameter connectionString: The connection string.
    /// - Throws: ``MongoError/Code/invalidArgument`` or ``MongoError/Code/tls``; see ``ConnectionString/init(_:)``.
    public init(_ connectionString: String) throws(MongoError) {
        try self.init(connectionString: ConnectionString(connectionString))
    }

    /// Options by a parsed connection string.
    ///
    /// - Parameter connectionString: The connection string.
    /// - Throws: ``MongoError/Code/invalidArgument`` when its read preference or write concern contradicts itself.
    public init(connectionString: ConnectionString) throws(MongoError) {
        self.init(hosts: connectionString.hosts)
        let options = connectionString.options
        srvHost = connectionString.srvHost
        srvMaxHosts = options.srvMaxHosts ?? srvMaxHosts
        srvServiceName = options.srvServiceName ?? srvServiceName
        directConnection = options.directConnection
        loadBalanced = options.loadBalanced
        replicaSet = options.replicaSet
        proxy = connectionString.proxy

        tls = connectionString.tls
        credential = connectionString.credential
        appName = options.appName

        timeout = options.timeoutMS.map { .milliseconds($0) }
        connectTimeout = options.connectTimeoutMS.map { .milliseconds($0) } ?? connectTimeout
        socketTimeout = Self.limit(options.socketTimeoutMS)
        serverSelectionTimeout = options.serverSelectionTimeoutMS.map { .milliseconds($0) } ?? serverSelectionTimeout
        waitQueueTimeout = Self.limit(options.waitQueueTimeoutMS)

        maxPoolSize = options.maxPoolSize ?? maxPoolSize
        minPoolSize = options.minPoolSize ?? minPoolSize
        maxConnecting = options.maxConnecting ?? maxConnecting
        maxIdleTime = Self.limit(options.maxIdleTimeMS)

        readPreference = try options.readPreferenceOption() ?? readPreference
        readConcern = ReadConcern(level: options.readConcernLevel)
        writeConcern = try options.writeConcernOption() ?? writeConcern
        retryReads = options.retryReads ?? retryReads
        retryWrites = options.retryWrites ?? retryWrites
        maxAdaptiveRetries = options.maxAdaptiveRetries ?? maxAdaptiveRetries
        enableOverloadRetargeting = options.enableOverloadRetargeting ?? enableOverloadRetargeting
        compressors = options.compressors ?? compressors
        zlibCompressionLevel = options.zlibCompressionLevel ?? zlibCompressionLevel

        heartbeatFrequency = options.heartbeatFrequencyMS.map { .milliseconds($0) } ?? heartbeatFrequency
        localThreshold = options.localThresholdMS.map { .milliseconds($0) } ?? localThreshold
        serverMonitoringMode = options.serverMonitoringMode ?? serverMonitoringMode
        warnings = connectionString.warnings
    }

    private static func limit(_ milliseconds: Int?) -> Duration? {
        guard let milliseconds, milliseconds > 0 else { return nil }
        return .milliseconds(milliseconds)
    }
}
