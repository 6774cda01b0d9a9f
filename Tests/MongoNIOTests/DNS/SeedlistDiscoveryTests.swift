// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import MongoNIO

/// A resolver that answers what it is told.
final class ScriptedResolver: DNSResolver {
    struct Zone: Sendable {
        var records: [SRVRecord] = []
        var texts: [String] = []
        var error: MongoError?
    }

    let zone: Mutex<Zone>
    private let queries = Mutex<[String]>([])

    init(_ records: [SRVRecord], texts: [String] = []) {
        zone = Mutex(Zone(records: records, texts: texts))
    }

    var names: [String] { queries.withLock { $0 } }

    func serviceRecords(of name: String, deadline: NIODeadline) async throws(MongoError) -> [SRVRecord] {
        queries.withLock { $0.append(name) }
        let zone = zone.withLock { $0 }
        if let error = zone.error { throw error }
        return zone.records
    }

    func textRecords(of name: String, deadline: NIODeadline) async throws(MongoError) -> [String] {
        zone.withLock { $0.texts }
    }
}

/// The prose tests of initial-dns-seedlist-discovery and of SRV polling, and the resolver itself.
@Suite("mongodb+srv")
struct SeedlistDiscoveryTests {
    private func discovery(
        _ uri: String,
        _ resolver: any DNSResolver
    ) throws -> (SeedlistDiscovery, MongoClientOptions) {
        var options = try MongoClientOptions(uri)
        options.resolver = resolver
        return (try #require(SeedlistDiscovery(options)), options)
    }

    private func discover(_ uri: String, _ targets: [String]) async throws -> MongoClientOptions {
        let resolver = ScriptedResolver(targets.map { SRVRecord(target: $0, port: 27017) })
        let (discovery, options) = try discovery(uri, resolver)
        return try await discovery.discover(options, deadline: .distantFuture).options
    }

    // MARK: Initial discovery

    @Test("Prose test 1: a host of one or two parts is accepted", arguments: ["localhost", "mongo.local"])
    func shortHosts(_ host: String) async throws {
        let options = try await discover("mongodb+srv://\(host)/", ["db1.\(host)"])
        #expect(options.hosts.map(\.description) == ["db1.\(host):27017"])
        #expect(options.tls != nil)
    }

    @Test(
        "Prose tests 2 to 4: a server that is not of the host's domain is refused",
        arguments: [
            ("localhost", "localhost.mongodb"), ("mongo.local", "test_1.evil.local"),
            ("blogs.mongodb.com", "blogs.evil.com"), ("localhost", "localhost"), ("mongo.local", "mongo.local"),
            ("localhost", "test_1.cluster_1localhost"), ("mongo.local", "test_1.my_hostmongo.local"),
            ("blogs.mongodb.com", "cluster.testmongodb.com"), ("blogs.mongodb.com", "mongodb.com"),
        ]
    )
    func foreignServers(_ host: String, _ target: String) async throws {
        await #expect(throws: MongoError.self) { try await discover("mongodb+srv://\(host)/", [target]) }
        // One of many is enough.
        await #expect(throws: MongoError.self) {
            try await discover("mongodb+srv://\(host)/", ["ok.\(host)", target, "also.\(host)"])
        }
    }

    @Test("A host that nobody knows is an error that says so")
    func nothing() async throws {
        let error = await #expect(throws: MongoError.self) { try await discover("mongodb+srv://a.b.c/", []) }
        #expect(error?.message.contains("_mongodb._tcp.a.b.c") == true)
    }

    @Test("Case does not count, and a name that is given twice is one server")
    func cases() async throws {
        let options = try await discover("mongodb+srv://db.Example.COM/", ["A.EXAMPLE.com", "a.example.com"])
        #expect(options.hosts.count == 1)
    }

    @Test("srvMaxHosts servers are chosen, not always the same")
    func maxHosts() async throws {
        let targets = (0..<20).map { "db\($0).example.com" }
        var seen: Set<ServerAddress> = []
        for _ in 0..<20 {
            let options = try await discover("mongodb+srv://db.example.com/?srvMaxHosts=2", targets)
            #expect(Set(options.hosts).count == 2)
            seen.formUnion(options.hosts)
        }
        #expect(seen.count > 2)
    }

    // MARK: Polling

    private func address(_ port: Int) throws -> ServerAddress {
        try ServerAddress(host: "localhost.test.build.10gen.cc", port: port)
    }

    private func update(_ known: [Int], _ ports: [Int], options: String = "") throws -> Set<ServerAddress>? {
        let (discovery, _) = try discovery("mongodb+srv://test1.test.build.10gen.cc/?\(options)", ScriptedResolver([]))
        let records = ports.map { SRVRecord(target: "localhost.test.build.10gen.cc", port: $0) }
        return try discovery.update(Set(known.map(address)), records).hosts.map { Set($0) }
    }

    @Test(
        "Polling prose tests 1 to 5, 8, 10 and 11: servers are what the records name",
        arguments: [
            ([27017, 27018, 27019], ""), ([27017], ""), ([27017, 27019], ""), ([27019], ""), ([27019, 27020], ""),
            ([27017, 27019, 27020], "srvMaxHosts=0"), ([27019, 27020], "srvMaxHosts=2"),
        ]
    )
    func polling(_ ports: [Int], _ options: String) throws {
        #expect(try update([27017, 27018], ports, options: options) == Set(try ports.map(address)))
    }

    @Test("Polling prose test 8: without records nothing changes")
    func noRecords() throws {
        #expect(try update([27017, 27018], []) == nil)
    }

    @Test("Polling prose test 12: with srvMaxHosts what is still named stays, and the room is filled at random")
    func limitedPolling() throws {
        for _ in 0..<20 {
            let hosts = try #require(try update([27017, 27018], [27017, 27019, 27020], options: "srvMaxHosts=2"))
            #expect(hosts.count == 2)
            #expect(hosts.contains(try address(27017)))
        }
    }

    @Test("Names that are not of the domain are left alone; when there are no others nothing changes")
    func strangers() throws {
        let (discovery, _) = try discovery("mongodb+srv://test1.test.build.10gen.cc/", ScriptedResolver([]))
        let evil = SRVRecord(target: "evil.example.com", port: 1)
        let good = SRVRecord(target: "localhost.test.build.10gen.cc", port: 27019, timeToLive: 70)
        let mixed = discovery.update([], [evil, good])
        #expect(mixed.hosts == [try address(27019)])
        #expect(mixed.strangers == ["evil.example.com"])
        #expect(mixed.timeToLive == .seconds(70))
        #expect(discovery.update([try address(27017)], [evil]).hosts == nil)
    }

    // MARK: The client

    @Test("A look-up that fails is told to operations at once, and is made again; it ends with the client")
    func failingClient() async throws {
        let resolver = ScriptedResolver([])
        var options = try MongoClientOptions("mongodb+srv://db.example.com/?heartbeatFrequencyMS=500")
        options.resolver = resolver
        let client = try MongoClient(options)
        let error = await #expect(throws: MongoError.self) {
            try await client.database("admin").runCommand(["ping": 1])
        }
        #expect(error?.message.contains("SRV") == true)
        while resolver.names.count < 2 { try await Task.sleep(for: .milliseconds(20)) }
        await client.close()
    }

    @Test("What makes no sense in a TXT record is ignored with a warning, like anywhere in a connection string")
    func recordWarnings() async throws {
        let resolver = ScriptedResolver(
            [SRVRecord(target: "a.example.com", port: 1)],
            texts: ["loadBalanced=perhaps&replicaSet=rs"]
        )
        let log = RecordedLog()
        var options = try MongoClientOptions("mongodb+srv://db.example.com/?tls=false&unheardOf=1")
        options.resolver = resolver
        options.logger = log.logger
        let client = try MongoClient(options)
        while client.topologyDescription.servers.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        #expect(client.topologyDescription.setName == "rs")
        for name in ["loadBalanced", "unheardOf"] {
            #expect(log.warnings.count { $0.contains("'\(name)'") } == 1)
        }
        await client.close()
    }

    @Test("Polling prose test 13, in a client: new records of a custom service become its servers")
    func pollingClient() async throws {
        let resolver = ScriptedResolver([SRVRecord(target: "a.example.com", port: 1, timeToLive: 0)])
        var options = try MongoClientOptions("mongodb+srv://db.example.com/?srvServiceName=customname&tls=false")
        options.resolver = resolver
        options.shortestRescanInterval = .milliseconds(10)
        let client = try MongoClient(options)
        func wait(for hosts: Set<String>) async throws {
            while Set(client.topologyDescription.servers.keys.map(\.description)) != hosts {
                try await Task.sleep(for: .milliseconds(10))
            }
        }
        try await wait(for: ["a.example.com:1"])
        #expect(resolver.names.first == "_customname._tcp.db.example.com")
        resolver.zone.withLock {
            $0.records = [
                SRVRecord(target: "b.example.com", port: 2, timeToLive: 0),
                SRVRecord(target: "c.example.com", port: 3, timeToLive: 0),
            ]
        }
        try await wait(for: ["b.example.com:2", "c.example.com:3"])
        await client.close()
    }

    /// A client whose records may change every moment, and the one server that it begins with.
    private func polling(
        _ options: String = "",
        _ body: (MongoClient, ScriptedResolver) async throws -> Void
    ) async throws {
        let resolver = ScriptedResolver([SRVRecord(target: "a.example.com", port: 1, timeToLive: 0)])
        var options = try MongoClientOptions(
            "mongodb+srv://db.example.com/?tls=false&heartbeatFrequencyMS=500\(options)"
        )
        options.resolver = resolver
        options.shortestRescanInterval = .milliseconds(10)
        let client = try MongoClient(options)
        while client.topologyDescription.servers.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        try await body(client, resolver)
        #expect(client.topologyDescription.servers.keys.map(\.description) == ["a.example.com:1"])
        await client.close()
    }

    @Test(
        "Polling prose tests 6 and 7, in a client: a look-up that fails changes nothing, and is made again",
        arguments: [MongoError(.timeout, "too late"), MongoError(.network, "NXDOMAIN")]
    )
    func failingPolls(_ error: MongoError) async throws {
        try await polling { _, resolver in
            resolver.zone.withLock { $0.error = error }
            let before = resolver.names.count
            while resolver.names.count < before + 2 { try await Task.sleep(for: .milliseconds(10)) }
        }
    }

    @Test("Polling prose test 8, in a client: when the records are gone the servers stay")
    func emptyPolls() async throws {
        try await polling { _, resolver in
            resolver.zone.withLock { $0.records = [] }
            let before = resolver.names.count
            while resolver.names.count < before + 2 { try await Task.sleep(for: .milliseconds(10)) }
        }
    }

    @Test("Polling prose test 9, in a client: behind a load balancer nobody looks again")
    func loadBalancedPolls() async throws {
        try await polling("&loadBalanced=true") { _, resolver in
            resolver.zone.withLock { $0.records.append(SRVRecord(target: "b.example.com", port: 2, timeToLive: 0)) }
            // Many times the interval. (A task that has ended cannot be waited for.)
            try await Task.sleep(for: .milliseconds(200))
            #expect(resolver.names.count == 1)
        }
    }

    // MARK: The resolver

    private func resolver(_ server: DNSServer) -> SystemResolver {
        SystemResolver(nameServer: .init(address: "127.0.0.1", port: server.port))
    }

    @Test("The C library's resolver reads what a name server answers")
    func systemResolver() async throws {
        let server = try await DNSServer.start([
            "_mongodb._tcp.db.example.com": [
                .srv(target: "a.example.com", port: 27017, timeToLive: 70), .srv(target: "b.example.com", port: 65535),
            ],
            "db.example.com": [.txt(["replicaS", "et=rs"]), .txt([""])],
        ])
        let resolver = resolver(server)
        let deadline = NIODeadline.now() + .seconds(20)
        let records = try await resolver.serviceRecords(of: "_mongodb._tcp.db.example.com", deadline: deadline)
        #expect(
            Set(records) == [
                SRVRecord(target: "a.example.com", port: 27017, timeToLive: 70),
                SRVRecord(target: "b.example.com", port: 65535),
            ]
        )
        #expect(Set(try await resolver.textRecords(of: "db.example.com", deadline: deadline)) == ["replicaSet=rs", ""])
        #expect(try await resolver.textRecords(of: "unknown.example.com", deadline: deadline) == [])
        #expect(try await resolver.serviceRecords(of: "db.example.com", deadline: deadline) == [])
        #expect(server.queryCount == 4)
    }

    @Test("Garbage and failures of a name server are errors")
    func badNameServers() async throws {
        let server = try await DNSServer.start(["x.example.com": [.txt(["a=b"])]])
        let resolver = resolver(server)
        for behavior in [DNSServer.Behavior.garbage, .failure] {
            server.behave(behavior)
            await #expect(throws: MongoError.self) {
                try await resolver.textRecords(of: "x.example.com", deadline: .now() + .seconds(20))
            }
        }
        #expect(server.queryCount >= 2)
    }

    @Test("A silent name server is waited for no longer than the deadline, or until the task is cancelled")
    func silentNameServer() async throws {
        let server = try await DNSServer.start([:])
        server.behave(.silence)
        let resolver = resolver(server)
        let late = await #expect(throws: MongoError.self) {
            try await resolver.textRecords(of: "x.example.com", deadline: .now() + .milliseconds(100))
        }
        #expect(late?.code == .timeout)
        let task = Task { try await resolver.textRecords(of: "x.example.com", deadline: .distantFuture) }
        while server.queryCount < 2 { try await Task.sleep(for: .milliseconds(10)) }
        task.cancel()
        let result = await task.result
        #expect(throws: MongoError.self) { try result.get() }
    }
}
