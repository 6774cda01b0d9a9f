// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoNIO
import Testing

@Suite("Options of the client")
struct MongoClientOptionsTests {
    @Test("The defaults are valid")
    func defaults() throws {
        try MongoClientOptions().validate()
        try MongoClientOptions("mongodb+srv://u:p@a.b.c/?retryWrites=true&w=majority").validate()
    }

    @Test("A value that makes no sense is refused, each for itself")
    func refused() {
        let changes: [(String, (inout MongoClientOptions) -> Void)] = [
            ("no host", { $0.hosts = [] }),
            ("maxPoolSize", { $0.maxPoolSize = -1 }),
            ("minPoolSize", { $0.minPoolSize = -1 }),
            ("minPoolSize over the default", { $0.minPoolSize = 101 }),
            ("maxConnecting", { $0.maxConnecting = 0 }),
            ("connectTimeout", { $0.connectTimeout = .milliseconds(-1) }),
            ("connectTimeout too long for a clock", { $0.connectTimeout = .seconds(Int64.max) }),
            ("socketTimeout", { $0.socketTimeout = .milliseconds(-1) }),
            ("serverSelectionTimeout", { $0.serverSelectionTimeout = .milliseconds(-1) }),
            ("waitQueueTimeout", { $0.waitQueueTimeout = .milliseconds(-1) }),
            ("timeout", { $0.timeout = .nanoseconds(-1) }),
            ("maxIdleTime", { $0.maxIdleTime = .milliseconds(-1) }),
            ("heartbeatFrequency", { $0.heartbeatFrequency = .milliseconds(499) }),
            ("localThreshold", { $0.localThreshold = .milliseconds(-1) }),
            ("appName", { $0.appName = String(repeating: "x", count: 129) }),
            ("appName", { $0.appName = "" }),
            ("replicaSet", { $0.replicaSet = "" }),
            ("zlibCompressionLevel", { $0.zlibCompressionLevel = 10 }),
            ("maxAdaptiveRetries", { $0.maxAdaptiveRetries = -1 }),
            ("srvMaxHosts without SRV", { $0.srvMaxHosts = 1 }),
            ("srvMaxHosts", { $0.srvMaxHosts = -1 }),
            ("srvServiceName without SRV", { $0.srvServiceName = "x" }),
            ("srvServiceName", { ($0.srvHost, $0.srvServiceName) = ("a.b.c", "a b") }),
            ("directConnection with SRV", { ($0.srvHost, $0.directConnection) = ("a.b.c", true) }),
            ("directConnection with hosts", { ($0.hosts, $0.directConnection) = ([.localhost, .localhost], true) }),
            ("loadBalanced with hosts", { ($0.hosts, $0.loadBalanced) = ([.localhost, .localhost], true) }),
            ("loadBalanced with a replica set", { ($0.replicaSet, $0.loadBalanced) = ("rs", true) }),
            ("loadBalanced with directConnection", { ($0.directConnection, $0.loadBalanced) = (true, true) }),
            ("proxy port", { $0.proxy = ProxyOptions(host: "p", port: 0) }),
            ("proxy host", { $0.proxy = ProxyOptions(host: "") }),
            ("proxy host", { $0.proxy = ProxyOptions(host: "a\0b") }),
            ("proxy host", { $0.proxy = ProxyOptions(host: "/tmp/a.sock") }),
            ("srvHost", { $0.srvHost = "a\0b" }),
            ("srvHost", { $0.srvHost = "127.0.0.1" }),
            ("srvHost", { $0.srvHost = "" }),
            ("proxy user", { $0.proxy = ProxyOptions(host: "p", username: "u") }),
            (
                "proxy password",
                { $0.proxy = ProxyOptions(host: "p", username: "u", password: String(repeating: "x", count: 256)) }
            ),
            ("credential", { $0.credential = MongoCredential() }),
        ]
        for (name, change) in changes {
            var options = MongoClientOptions()
            change(&options)
            let error = #expect(throws: MongoError.self, "\(name)") { try options.validate() }
            #expect(error?.code == .invalidArgument, "\(name)")
        }
    }

    @Test("X.509 without TLS or without a certificate is an error of TLS")
    func x509() {
        var options = MongoClientOptions()
        options.credential = MongoCredential(mechanism: .mongodbX509)
        #expect(throws: MongoError.self) { try options.validate() }
        options.tls = TLSOptions()
        let error = #expect(throws: MongoError.self) { try options.validate() }
        #expect(error?.code == .tls)
        options.tls?.certificateKeyFile = "/client.pem"
        #expect(throws: Never.self) { try options.validate() }
    }

    @Test(
        "Mechanisms that the driver does not have yet are refused as such",
        arguments: [
            MongoCredential(username: "u", mechanism: .gssapi), MongoCredential(mechanism: .mongodbAWS),
            MongoCredential(mechanism: .mongodbOIDC, mechanismProperties: ["ENVIRONMENT": "k8s"]),
        ]
    )
    func unsupported(credential: MongoCredential) {
        var options = MongoClientOptions()
        options.credential = credential
        let error = #expect(throws: MongoError.self) { try options.validate() }
        #expect(error?.code == .unsupported)
    }

    @Test("The pool of a connection string has to fit together when the client is made")
    func poolOfURI() throws {
        let options = try MongoClientOptions("mongodb://h/?minPoolSize=10&maxPoolSize=5")
        #expect(throws: MongoError.self) { try options.validate() }
        try MongoClientOptions("mongodb://h/?minPoolSize=1000&maxPoolSize=0").validate()
    }
}

@Suite("Options once DNS has answered")
struct ResolvedOptionsTests {
    private let hosts = [ServerAddress.localhost]

    private func resolve(
        _ uri: String,
        hosts: [ServerAddress] = [.localhost],
        _ txtRecord: String?
    ) throws -> MongoClientOptions {
        try MongoClientOptions(uri).resolved(hosts: hosts, txtRecord: txtRecord)
    }

    @Test("The TXT record gives defaults for what the connection string does not say")
    func txtRecord() throws {
        let resolved = try resolve("mongodb+srv://u:p@a.b.c/db", "replicaSet=rs&authSource=src")
        #expect(resolved.hosts == [.localhost])
        #expect(resolved.replicaSet == "rs")
        #expect(resolved.credential?.source == "src")
        #expect(try resolve("mongodb+srv://a.b.c", "loadBalanced=true").loadBalanced == true)
        #expect(try resolve("mongodb+srv://a.b.c", "authSource=src").credential == nil)
        #expect(try resolve("mongodb+srv://a.b.c", nil).replicaSet == nil)
    }

    @Test("The connection string overrides the TXT record")
    func overrides() throws {
        let resolved = try resolve(
            "mongodb+srv://u:p@a.b.c/?replicaSet=mine&authSource=own",
            "replicaSet=rs&authSource=src"
        )
        #expect(resolved.replicaSet == "mine")
        #expect(resolved.credential?.source == "own")
        #expect(try resolve("mongodb+srv://a.b.c/?loadBalanced=false", "loadBalanced=true").loadBalanced == false)
    }

    @Test(
        "A TXT record with anything else is refused; it cannot touch TLS",
        arguments: [
            "ssl=false", "tls=false", "socketTimeoutMS=500", "authSource", "authSource=", "replicaSet=rs&tls=false",
            "replicaSet=rs&foo=bar", "v=spf1 -all", "replicaSet=%",
        ]
    )
    func refused(record: String) {
        #expect(throws: MongoError.self) { try resolve("mongodb+srv://u:p@a.b.c", record) }
    }

    @Test("The rules of the topology hold for what DNS says")
    func topology() throws {
        let two = [ServerAddress.localhost, try ServerAddress("b.example")]
        #expect(throws: MongoError.self) { try resolve("mongodb+srv://a.b.c", hosts: two, "loadBalanced=true") }
        #expect(throws: MongoError.self) { try resolve("mongodb+srv://a.b.c/?replicaSet=rs", "loadBalanced=true") }
        #expect(throws: MongoError.self) { try resolve("mongodb+srv://a.b.c/?srvMaxHosts=1", "replicaSet=rs") }
        #expect(throws: MongoError.self) { try resolve("mongodb+srv://a.b.c/?srvMaxHosts=1", "loadBalanced=true") }
        #expect(try resolve("mongodb+srv://a.b.c/?srvMaxHosts=0", "loadBalanced=true").loadBalanced == true)
    }
}
