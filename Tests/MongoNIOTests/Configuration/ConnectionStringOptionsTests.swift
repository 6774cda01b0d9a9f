// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoNIO
import Testing

@Suite("Connection strings: their options")
struct ConnectionStringOptionsTests {
    private func parse(_ query: String) throws -> ConnectionString {
        try ConnectionString("mongodb://example.com/?" + query)
    }

    @Test("Pool, timeout and monitoring options are read into their units")
    func numbers() throws {
        let options = try MongoClientOptions(
            """
            mongodb://example.com/?maxPoolSize=5&minPoolSize=3&maxConnecting=4&maxIdleTimeMS=50000&waitQueueTimeoutMS=100\
            &connectTimeoutMS=20000&socketTimeoutMS=7500&serverSelectionTimeoutMS=15000&timeoutMS=0\
            &heartbeatFrequencyMS=500&localThresholdMS=0&serverMonitoringMode=poll&maxAdaptiveRetries=5\
            &enableOverloadRetargeting=true&compressors=zstd,zlib&zlibCompressionLevel=9&retryReads=false&retryWrites=false
            """
        )
        #expect(options.maxPoolSize == 5)
        #expect(options.minPoolSize == 3)
        #expect(options.maxConnecting == 4)
        #expect(options.maxIdleTime == .seconds(50))
        #expect(options.waitQueueTimeout == .milliseconds(100))
        #expect(options.connectTimeout == .seconds(20))
        #expect(options.socketTimeout == .milliseconds(7500))
        #expect(options.serverSelectionTimeout == .seconds(15))
        #expect(options.timeout == .zero)
        #expect(options.heartbeatFrequency == .milliseconds(500))
        #expect(options.localThreshold == .zero)
        #expect(options.serverMonitoringMode == .poll)
        #expect(options.maxAdaptiveRetries == 5)
        #expect(options.enableOverloadRetargeting)
        #expect(options.compressors == [.zstd, .zlib])
        #expect(options.zlibCompressionLevel == 9)
        #expect(!options.retryReads)
        #expect(!options.retryWrites)
        #expect(options.warnings.isEmpty)
    }

    @Test("The defaults are those of the specifications, with and without a connection string")
    func defaults() throws {
        for options in [MongoClientOptions(), try MongoClientOptions("mongodb://localhost")] {
            #expect(options.hosts == [.localhost])
            #expect(options.connectTimeout == .seconds(10))
            #expect(options.serverSelectionTimeout == .seconds(30))
            #expect(options.socketTimeout == nil)
            #expect(options.waitQueueTimeout == nil)
            #expect(options.timeout == nil)
            #expect(options.maxPoolSize == 100)
            #expect(options.minPoolSize == 0)
            #expect(options.maxConnecting == 2)
            #expect(options.maxIdleTime == nil)
            #expect(options.heartbeatFrequency == .seconds(10))
            #expect(options.localThreshold == .milliseconds(15))
            #expect(options.serverMonitoringMode == .auto)
            #expect(options.directConnection == nil)
            #expect(options.loadBalanced == nil)
            #expect(options.replicaSet == nil)
            #expect(options.retryReads)
            #expect(options.retryWrites)
            #expect(options.maxAdaptiveRetries == 2)
            #expect(!options.enableOverloadRetargeting)
            #expect(options.readPreference == .primary)
            #expect(options.readConcern.isServerDefault)
            #expect(options.writeConcern.isServerDefault)
            #expect(options.compressors.isEmpty)
            #expect(options.zlibCompressionLevel == -1)
            #expect(options.srvServiceName == "mongodb")
            #expect(options.srvMaxHosts == 0)
            #expect(options.tls == nil)
            #expect(options.credential == nil)
            #expect(options.proxy == nil)
            #expect(options.appName == nil)
        }
    }

    @Test("Zero says 'without limit' where the specification says so")
    func zero() throws {
        let options = try MongoClientOptions(
            "mongodb://h/?maxIdleTimeMS=0&socketTimeoutMS=0&maxPoolSize=0&minPoolSize=0&connectTimeoutMS=0"
        )
        #expect(options.maxIdleTime == nil)
        #expect(options.socketTimeout == nil)
        #expect(options.maxPoolSize == 0)
        #expect(options.connectTimeout == .zero)
        #expect(options.warnings.isEmpty)
        try options.validate()
    }

    @Test("Names of options are read in any case")
    func caseOfNames() throws {
        #expect(try parse("MAXPOOLSIZE=7").options.maxPoolSize == 7)
        #expect(try parse("wtimeoutms=7").options.wTimeoutMS == 7)
        #expect(try parse("appName=x").options.appName == "x")
        #expect(try parse("%6daxPoolSize=7").options.maxPoolSize == 7)
    }

    @Test(
        "A value that its option does not take is ignored with one warning",
        arguments: [
            "maxPoolSize=-1", "maxPoolSize=abc", "maxPoolSize=", "maxPoolSize=+5", "maxPoolSize=5.0",
            "maxPoolSize=0x10",
            "maxPoolSize=2147483648", "maxPoolSize=99999999999999999999999", "maxPoolSize=%205", "minPoolSize=-1",
            "maxConnecting=0", "maxIdleTimeMS=-2", "maxIdleTimeMS=", "waitQueueTimeoutMS=0", "heartbeatFrequencyMS=499",
            "journal=", "journal=TRUE", "retryReads=maybe", "directConnection=", "zlibCompressionLevel=10",
            "zlibCompressionLevel=-2", "zlibCompressionLevel=invalid", "compressors=", "compressors=lzma", "appname=",
            "replicaSet=", "readPreference=Primary", "readPreference=invalid", "maxStalenessSeconds=89",
            "maxStalenessSeconds=-2", "maxStalenessSeconds=0", "maxStalenessSeconds=invalid",
            "readPreferenceTags=invalid",
            "readPreferenceTags=:x", "readPreferenceTags=a:b,", "readConcernLevel=", "w=", "wTimeoutMS=-1",
            "serverSelectionTimeoutMS=-1", "timeoutMS=-1", "authMechanismProperties=x", "serverMonitoringMode=Stream",
            "serverSelectionTryOnce=true", "maxAdaptiveRetries=-1", "maxAdaptiveRetries=x",
            "enableOverloadRetargeting=x",
            "authMechanism=", "fsync=ifPossible", "foo=bar",
        ]
    )
    func invalidValues(query: String) throws {
        let parsed = try parse(query)
        #expect(parsed.warnings.count == 1, "\(parsed.warnings)")
        let plain = try parse("")
        #expect(parsed.options == plain.options || parsed.options.compressors == [])
        #expect(parsed.tls == nil)
    }

    @Test("An application name of 128 bytes is read, one of 129 is not")
    func appName() throws {
        let longest = String(repeating: "ä", count: 64)
        #expect(try parse("appname=\(longest)").options.appName == longest)
        let tooLong = try parse("appname=\(longest)x")
        #expect(tooLong.options.appName == nil)
        #expect(tooLong.warnings.count == 1)
    }

    @Test("Of a repeated option the last value counts, with a warning")
    func repeated() throws {
        let parsed = try parse("replicaSet=a&REPLICASET=b")
        #expect(parsed.options.replicaSet == "b")
        #expect(parsed.warnings.count == 1)
    }

    @Test("Booleans in the spellings of old are read with a warning")
    func legacyBooleans() throws {
        for (text, value) in [("1", true), ("yes", true), ("y", true), ("t", true)]
            + ["0", "-1", "no", "n", "f"].map({ ($0, false) })
        {
            let parsed = try parse("journal=\(text)")
            #expect(parsed.options.journal == value)
            #expect(parsed.warnings.count == 1)
        }
    }

    @Test("A deprecated name is read with a warning, and yields to its replacement")
    func deprecatedNames() throws {
        let old = try parse("wtimeout=5")
        #expect(old.options.wTimeoutMS == 5)
        #expect(old.warnings.count == 1)
        for query in ["wtimeout=5&wtimeoutMS=10", "wtimeoutMS=10&wtimeout=5"] {
            let both = try parse(query)
            #expect(both.options.wTimeoutMS == 10)
            #expect(both.warnings.count == 1)
        }
        #expect(try parse("j=true").options.journal == true)
        #expect(try parse("secondaryAcceptableLatencyMS=5").options.localThresholdMS == 5)
    }

    @Test("Unknown compressors are dropped, known ones kept in order and once")
    func compressors() throws {
        let parsed = try parse("compressors=snappy,lzma,zlib,snappy")
        #expect(parsed.options.compressors == [.snappy, .zlib])
        #expect(parsed.warnings.count == 1)
    }

    @Test("Tag sets keep their order and the case of their letters; an empty one fits every server")
    func tagSets() throws {
        let parsed = try parse(
            "readPreference=secondary&readPreferenceTags=dc:NY,rack:1&readPreferenceTags=dc:a%3Ab&readPreferenceTags="
        )
        let preference = try MongoClientOptions(connectionString: parsed).readPreference
        #expect(preference.mode == .secondary)
        #expect(preference.tagSets == [["dc": "NY", "rack": "1"], ["dc": "a:b"], [:]])
        #expect(parsed.warnings.isEmpty)
    }

    @Test("A maximum staleness is read in seconds; -1 says 'without limit'")
    func maxStaleness() throws {
        let limited = try MongoClientOptions("mongodb://h/?readPreference=nearest&maxStalenessSeconds=90")
        #expect(limited.readPreference.maxStaleness == .seconds(90))
        let unlimited = try MongoClientOptions("mongodb://h/?maxStalenessSeconds=-1")
        #expect(unlimited.readPreference == .primary)
        #expect(unlimited.warnings.isEmpty)
    }

    @Test("A number is a number of members, anything else a tag")
    func w() throws {
        #expect(try parse("w=3").options.w == .nodes(3))
        #expect(try parse("w=0").options.w == .nodes(0))
        #expect(try parse("w=majority").options.w == .majority)
        #expect(try parse("w=2dc").options.w == .tag("2dc"))
        #expect(try parse("w=-").options.w == .tag("-"))
        #expect(try parse("wTimeoutMS=9223372036854775807").options.wTimeoutMS == .max)
    }

    @Test(
        "What contradicts itself is refused",
        arguments: [
            "w=-1", "w=-2147483649", "w=2147483648", "w=99999999999999999999", "w=0&journal=true",
            "readPreferenceTags=dc:ny", "readPreference=primary&readPreferenceTags=dc:ny", "maxStalenessSeconds=120",
            "readPreference=primary&maxStalenessSeconds=120", "loadBalanced=true&replicaSet=rs",
            "loadBalanced=true&directConnection=true", "srvMaxHosts=0", "srvMaxHosts=x", "srvServiceName=mongodb",
            "proxyPort=1080", "proxyHost=h&proxyUsername=u", "proxyHost=h&proxyPassword=p", "proxyHost=h&proxyHost=h",
            "proxyUsername=", "authSource=",
        ]
    )
    func contradictions(query: String) {
        #expect(throws: MongoError.self) { try parse(query) }
    }

    @Test("An empty proxy user name and password count as not given")
    func emptyProxyCredentials() throws {
        let parsed = try parse("proxyHost=p.example&proxyPort=1081&proxyUsername=&proxyPassword=")
        #expect(parsed.proxy == ProxyOptions(host: "p.example", port: 1081))
    }

    @Test(
        "Service names follow RFC 6335, with up to 62 characters",
        arguments: [
            ("mongodb", true), ("a", true), ("a-1-b", true), (String(repeating: "a", count: 62), true),
            (String(repeating: "a", count: 63), false), ("1-2", false), ("-a", false), ("a-", false), ("a--b", false),
            ("a_b", false), ("ä", false), ("", false),
        ]
    )
    func serviceNames(name: String, isValid: Bool) throws {
        let parsed = try ConnectionString("mongodb+srv://a.b.c/?srvServiceName=\(name)")
        #expect(parsed.options.srvServiceName == (isValid ? name : nil))
        #expect(parsed.warnings.count == (isValid ? 0 : 1))
    }
}
