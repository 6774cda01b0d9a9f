// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/uri-options/uri-options.md#list-of-specified-options

extension ConnectionString {
    /// The options of a connection string by their own names and in their own units; `nil`: not given, or ignored with a
    /// warning. What each means, and its default, is told by the property of ``MongoClientOptions`` it turns into.
    public struct Options: Sendable, Hashable {
        /// `appname`; see ``MongoClientOptions/appName``.
        public internal(set) var appName: String?
        /// `compressors`; see ``MongoClientOptions/compressors``.
        public internal(set) var compressors: [Compressor]?
        /// `connectTimeoutMS`; see ``MongoClientOptions/connectTimeout``.
        public internal(set) var connectTimeoutMS: Int?
        /// `directConnection`; see ``MongoClientOptions/directConnection``.
        public internal(set) var directConnection: Bool?
        /// `enableOverloadRetargeting`; see ``MongoClientOptions/enableOverloadRetargeting``.
        public internal(set) var enableOverloadRetargeting: Bool?
        /// `heartbeatFrequencyMS`; see ``MongoClientOptions/heartbeatFrequency``.
        public internal(set) var heartbeatFrequencyMS: Int?
        /// `journal`; see ``WriteConcern/journal``.
        public internal(set) var journal: Bool?
        /// `loadBalanced`; see ``MongoClientOptions/loadBalanced``.
        public internal(set) var loadBalanced: Bool?
        /// `localThresholdMS`; see ``MongoClientOptions/localThreshold``.
        public internal(set) var localThresholdMS: Int?
        /// `maxAdaptiveRetries`; see ``MongoClientOptions/maxAdaptiveRetries``.
        public internal(set) var maxAdaptiveRetries: Int?
        /// `maxConnecting`; see ``MongoClientOptions/maxConnecting``.
        public internal(set) var maxConnecting: Int?
        /// `maxIdleTimeMS`; see ``MongoClientOptions/maxIdleTime``.
        public internal(set) var maxIdleTimeMS: Int?
        /// `maxPoolSize`; see ``MongoClientOptions/maxPoolSize``.
        public internal(set) var maxPoolSize: Int?
        /// `maxStalenessSeconds`, -1 for none; see ``ReadPreference/maxStaleness``.
        public internal(set) var maxStalenessSeconds: Int?
        /// `minPoolSize`; see ``MongoClientOptions/minPoolSize``.
        public internal(set) var minPoolSize: Int?
        /// `readConcernLevel`; see ``ReadConcern/level-swift.property``.
        public internal(set) var readConcernLevel: ReadConcern.Level?
        /// `readPreference`; see ``ReadPreference/mode-swift.property``.
        public internal(set) var readPreference: ReadPreference.Mode?
        /// `readPreferenceTags`; see ``ReadPreference/tagSets``.
        public internal(set) var readPreferenceTags: [[String: String]]?
        /// `replicaSet`; see ``MongoClientOptions/replicaSet``.
        public internal(set) var replicaSet: String?
        /// `retryReads`; see ``MongoClientOptions/retryReads``.
        public internal(set) var retryReads: Bool?
        /// `retryWrites`; see ``MongoClientOptions/retryWrites``.
        public internal(set) var retryWrites: Bool?
        /// `serverMonitoringMode`; see ``MongoClientOptions/serverMonitoringMode``.
        public internal(set) var serverMonitoringMode: ServerMonitoringMode?
        /// `serverSelectionTimeoutMS`; see ``MongoClientOptions/serverSelectionTimeout``.
        public internal(set) var serverSelectionTimeoutMS: Int?
        /// `serverSelectionTryOnce`, which is for drivers with a single thread: `false` says what this driver does
        /// anyway, `true` is ignored with a warning.
        public internal(set) var serverSelectionTryOnce: Bool?
        /// `socketTimeoutMS`; see ``MongoClientOptions/socketTimeout``.
        public internal(set) var socketTimeoutMS: Int?
        /// `srvMaxHosts`; see ``MongoClientOptions/srvMaxHosts``.
        public internal(set) var srvMaxHosts: Int?
        /// `srvServiceName`; see ``MongoClientOptions/srvServiceName``.
        public internal(set) var srvServiceName: String?
        /// `timeoutMS`; see ``MongoClientOptions/timeout``.
        public internal(set) var timeoutMS: Int?
        /// `w`; see ``WriteConcern/w``.
        public internal(set) var w: WriteConcern.Acknowledgment?
        /// `waitQueueTimeoutMS`; see ``MongoClientOptions/waitQueueTimeout``.
        public internal(set) var waitQueueTimeoutMS: Int?
        /// `wTimeoutMS`; see ``WriteConcern/wTimeout``.
        public internal(set) var wTimeoutMS: Int?
        /// `zlibCompressionLevel`; see ``MongoClientOptions/zlibCompressionLevel``.
        public internal(set) var zlibCompressionLevel: Int?
    }
}

extension ConnectionString.Options {
    /// The read preference that the options describe together; `nil` when none of them was given.
    func readPreferenceOption() throws(MongoError) -> ReadPreference? {
        guard readPreference != nil || readPreferenceTags != nil || maxStalenessSeconds != nil else { return nil }
        // -1 is how connection strings say "without limit".
        let staleness = maxStalenessSeconds.flatMap { $0 > 0 ? Duration.seconds($0) : nil }
        return try ReadPreference(
            readPreference ?? .primary,
            tagSets: readPreferenceTags ?? [],
            maxStaleness: staleness
        )
    }

    /// The write concern that the options describe together; `nil` when none of them was given.
    func writeConcernOption() throws(MongoError) -> WriteConcern? {
        guard w != nil || journal != nil || wTimeoutMS != nil else { return nil }
        return try WriteConcern(w: w, journal: journal, wTimeout: wTimeoutMS.map { .milliseconds($0) })
    }
}
