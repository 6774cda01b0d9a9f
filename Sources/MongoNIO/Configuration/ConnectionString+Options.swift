// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// One row per option of
// https://github.com/mongodb/specifications/blob/master/source/uri-options/uri-options.md#list-of-specified-options
// in its order; the options of TLS are in `ConnectionString+TLS`.

extension OptionParser {
    /// The options by their names in lower case, deprecated ones included.
    static let rowsByName: [String: Row] = {
        var index: [String: Row] = [:]
        for row in rows {
            for name in row.deprecatedNames.union([row.name.lowercasedASCII()]) { index[name] = row }
        }
        return index
    }()

    private static let rows: [Row] = [
        .integer("maxAdaptiveRetries", \.options.maxAdaptiveRetries),
        .boolean("enableOverloadRetargeting", \.options.enableOverloadRetargeting),
        .value("appname", \.options.appName, "a text of 1 to 128 bytes") {
            MongoClientOptions.isValidAppName($0) ? $0 : nil
        },
        .text("authMechanism", \.authMechanism),
        authMechanismProperties,
        authSource,
        compressors,
        .integer("connectTimeoutMS", \.options.connectTimeoutMS),
        .boolean("directConnection", \.options.directConnection),
        .text("gssapiServiceName", \.gssapiServiceName),
        .integer("heartbeatFrequencyMS", \.options.heartbeatFrequencyMS, 500...Int(Int32.max)),
        .boolean("journal", \.options.journal, deprecatedNames: ["j"]),
        .boolean("loadBalanced", \.options.loadBalanced),
        .integer("localThresholdMS", \.options.localThresholdMS, deprecatedNames: ["secondaryacceptablelatencyms"]),
        .integer("maxIdleTimeMS", \.options.maxIdleTimeMS),
        .integer("maxPoolSize", \.options.maxPoolSize),
        .integer("maxConnecting", \.options.maxConnecting, 1...Int(Int32.max)),
        .value("maxStalenessSeconds", \.options.maxStalenessSeconds, "-1, or a number of at least 90") {
            Int(decimal: $0).flatMap { $0 == -1 || (90...Int(Int32.max)).contains($0) ? $0 : nil }
        },
        .integer("minPoolSize", \.options.minPoolSize),
        .unique(.text("proxyHost", \.proxyHost)),
        .unique(.integer("proxyPort", \.proxyPort, 1...65535)),
        .unique(.text("proxyUsername", \.proxyUsername)),
        .unique(.text("proxyPassword", \.proxyPassword)),
        .value("readConcernLevel", \.options.readConcernLevel, "a text that is not empty") {
            $0.isEmpty ? nil : ReadConcern.Level(rawValue: $0)
        },
        .choice("readPreference", \.options.readPreference),
        readPreferenceTags,
        .text("replicaSet", \.options.replicaSet),
        .boolean("retryReads", \.options.retryReads),
        .boolean("retryWrites", \.options.retryWrites),
        .choice("serverMonitoringMode", \.options.serverMonitoringMode),
        .integer("serverSelectionTimeoutMS", \.options.serverSelectionTimeoutMS),
        serverSelectionTryOnce,
        .integer("socketTimeoutMS", \.options.socketTimeoutMS),
        .integer("srvMaxHosts", \.options.srvMaxHosts),
        .value("srvServiceName", \.options.srvServiceName, "a service name by RFC 6335") {
            MongoClientOptions.isValidServiceName($0) ? $0 : nil
        },
        .integer("timeoutMS", \.options.timeoutMS),
        w,
        .integer("waitQueueTimeoutMS", \.options.waitQueueTimeoutMS, 1...Int(Int32.max)),
        .integer("wTimeoutMS", \.options.wTimeoutMS, 0...Int.max, deprecatedNames: ["wtimeout"]),
        .integer("zlibCompressionLevel", \.options.zlibCompressionLevel, -1...9),
    ]

    /// Names are the same in any case: https://github.com/mongodb/specifications/blob/master/source/auth/auth.md#naming
    private static let authMechanismProperties = Row.value(
        "authMechanismProperties",
        \.authMechanismProperties,
        "a list like NAME:value,NAME:value, without commas in the values"
    ) { text in
        guard let pairs = keyValuePairs(text) else { return nil }
        let upper = Dictionary(
            pairs.map { ($0.key.uppercasedASCII(), $0.value) },
            uniquingKeysWith: { first, _ in first }
        )
        return upper.count == pairs.count ? upper : nil
    }

    /// Empty is an error: https://github.com/mongodb/specifications/blob/master/source/auth/auth.md#errors
    private static let authSource = Row(name: "authSource") { (values, parser) throws(MongoError) in
        guard !values.contains("") else { throw ConnectionString.invalid("authSource is empty") }
        try Row.text("authSource", \.authSource).read(values, &parser)
    }

    /// Unknown compressors are dropped with a warning, the others count.
    private static let compressors = Row(name: "compressors") { (values, parser) throws(MongoError) in
        if values.count > 1 {
            parser.warnings.append("Option 'compressors' is given several times: the last value counts.")
        }
        var compressors: [Compressor] = []
        for name in (values.last ?? "").split(separator: ",", omittingEmptySubsequences: false) {
            if let compressor = Compressor(rawValue: String(name)) {
                if !compressors.contains(compressor) { compressors.append(compressor) }
            } else {
                parser.warnings.append("Unsupported compressor in option 'compressors', ignored.")
            }
        }
        parser.options.compressors = compressors
    }

    /// Every value is a set of tags; an empty one fits every server.
    private static let readPreferenceTags = Row(name: "readPreferenceTags") { (values, parser) throws(MongoError) in
        var tagSets: [[String: String]] = []
        for value in values {
            if let tags = value.isEmpty ? [:] : keyValuePairs(value) {
                tagSets.append(tags)
            } else {
                parser.warnings.append(
                    "Unsupported value of option 'readPreferenceTags', ignored: it must be tag:value,…."
                )
            }
        }
        if !tagSets.isEmpty { parser.options.readPreferenceTags = tagSets }
    }

    /// Drivers with several threads must not offer this mode, but `false` is what they do.
    private static let serverSelectionTryOnce = Row(
        name: "serverSelectionTryOnce"
    ) { (values, parser) throws(MongoError) in
        try Row.boolean("serverSelectionTryOnce", \.options.serverSelectionTryOnce).read(values, &parser)
        if parser.options.serverSelectionTryOnce == true {
            parser.options.serverSelectionTryOnce = nil
            parser.warnings.append("Unsupported value of option 'serverSelectionTryOnce', ignored: it must be 'false'.")
        }
    }

    /// A number is a number of members; anything else names a tag. A negative number is refused: were it ignored, writes
    /// would be less safe, or more expensive, than somebody took care to say.
    private static let w = Row(name: "w") { (values, parser) throws(MongoError) in
        if values.count > 1 { parser.warnings.append("Option 'w' is given several times: the last value counts.") }
        guard let value = values.last, !value.isEmpty else {
            parser.warnings.append("Unsupported value of option 'w', ignored: it must be a number or a name.")
            return
        }
        let digits = value.utf8.first == UInt8(ascii: "-") ? value.utf8.dropFirst() : value.utf8[...]
        guard !digits.isEmpty, digits.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) else {
            parser.options.w = .tag(value)
            return
        }
        guard let count = Int(decimal: value), (0...Int(Int32.max)).contains(count) else {
            throw ConnectionString.invalid("the number in option 'w' must be between 0 and \(Int32.max)")
        }
        parser.options.w = .nodes(count)
    }
}
