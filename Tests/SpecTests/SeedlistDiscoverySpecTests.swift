// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/initial-dns-seedlist-discovery/tests/README.md

import Foundation
import MongoBSON
import NIOCore
import TestSupport
import Testing

@testable import MongoNIO

/// The cases expect deployments of three shapes on fixed ports. The connection string goes through the C library's resolver
/// to a name server that knows the specification's records, and a proxy knows where the names and ports of the records
/// really are. The replica set is real. No mongos is here: a server that answers as one does stands for the other two
/// shapes, without TLS.
@Suite(
    "Specification: initial DNS seedlist discovery",
    .serialized,
    .enabled(if: SpecTestFiles.arePresent, SpecTestFiles.absence)
)
struct SeedlistDiscoverySpecTests {
    private static func cases(_ folder: String) -> [SpecTestCase] {
        let path = "initial-dns-seedlist-discovery/tests/\(folder)"
        guard SpecTestFiles.arePresent else { return [] }
        let files = SpecTestFiles.files(path)
        guard !files.isEmpty else { return [SpecTestCase(file: path, name: "(no files)", fields: nil)] }
        return files.map { url in
            SpecTestCase(
                file: "\(folder)/\(url.lastPathComponent)",
                name: url.deletingPathExtension().lastPathComponent,
                fields: try? Data(contentsOf: url)
            )
        }
    }

    @Test(
        "Hosts and options are found as the specification says",
        arguments: ["replica-set", "load-balanced", "sharded"].flatMap(cases)
    )
    func discovery(_ test: SpecTestCase) async throws {
        let fields = try test.object()
        try UnknownField.check(
            fields.keys,
            known: [
                "uri", "seeds", "numSeeds", "hosts", "numHosts", "options", "parsed_options", "error", "comment",
                "ping",
            ]
        )
        let uri = try #require(fields["uri"] as? String)
        if fields["error"] as? Bool == true {
            await #expect(throws: MongoError.self) { try await Self.discover(uri) }
            return
        }
        var found = try await Self.discover(uri)
        let options = fields["options"] as? [String: Any] ?? [:]
        if options["authSource"] != nil, found.credential == nil {
            // A source alone is no credential: it shows with a user.
            found = try await Self.discover(uri.replacingOccurrences(of: "://", with: "://user:secret@"))
        }
        let seeds = Set(found.hosts.map(\.description))
        if let expected = fields["seeds"] as? [String] { #expect(seeds == Set(expected)) }
        if let count = fields["numSeeds"] as? Int { #expect(seeds.count == count) }
        for (name, value) in options {
            let actual = Self.option(name, of: found)
            #expect(actual.map { isSameJSON(value, $0) } == true, "option \(name)")
        }
        for (name, value) in fields["parsed_options"] as? [String: Any] ?? [:] {
            let actual: Any? =
                switch name {
                case "user": found.credential?.username
                case "password": found.credential?.password
                case "db", "auth_database", "defaultDatabase": try ConnectionString(uri).database
                default: nil
                }
            #expect(actual.map { isSameJSON(value, $0) } == true, "parsed option \(name)")
        }
        try await expectHosts(fields, uri, isReplicaSet: test.file.hasPrefix("replica-set"))
    }

    /// What the deployment consists of once its servers were asked.
    private func expectHosts(_ fields: [String: Any], _ uri: String, isReplicaSet: Bool) async throws {
        guard fields["hosts"] != nil || fields["numHosts"] != nil else { return }
        var options = try MongoClientOptions(uri)
        options.resolver = SystemResolver(
            nameServer: .init(address: "127.0.0.1", port: try await SpecificationZone.server.value.port)
        )
        if isReplicaSet {
            // The deployment wants TLS, and knows by it what to call itself: without, only the seeds can be checked.
            guard options.tls != nil else { return }
            let deployment = try await SpecificationReplicaSet.shared.value
            options.tls?.caFile = try await TestIdentities.shared.authority.certificateFile
            options.tls?.serverNames = SpecificationReplicaSet.serverNames
            options.proxy = ProxyOptions(host: "127.0.0.1", port: deployment.proxy.port)
        } else {
            options.tls = nil
            options.proxy = ProxyOptions(host: "127.0.0.1", port: try await StandInMongos.shared.value.proxy.port)
        }
        let client = try MongoClient(options)
        if fields["ping"] as? Bool != false {
            try await client.database("admin").runCommand(["ping": 1])
        }
        func isAsExpected() -> Bool {
            let hosts = client.topologyDescription.servers.keys.map(\.description)
            if let expected = fields["hosts"] as? [String], Set(hosts) != Set(expected) { return false }
            return fields["numHosts"].map { $0 as? Int == hosts.count } ?? true
        }
        let end = ContinuousClock.now + .seconds(10)
        while !isAsExpected(), ContinuousClock.now < end { try await Task.sleep(for: .milliseconds(10)) }
        #expect(isAsExpected(), "\(client.topologyDescription)")
        await client.close()
    }

    private static func discover(_ uri: String) async throws -> MongoClientOptions {
        var options = try MongoClientOptions(uri)
        options.resolver = SystemResolver(
            nameServer: .init(address: "127.0.0.1", port: try await SpecificationZone.server.value.port)
        )
        try options.validate()
        let discovery = try #require(SeedlistDiscovery(options))
        return try await discovery.discover(options, deadline: .now() + .seconds(10)).options
    }

    private static func option(_ name: String, of options: MongoClientOptions) -> Any? {
        switch name.lowercased() {
        case "ssl", "tls": options.tls != nil
        case "replicaset": options.replicaSet
        case "authsource": options.credential?.source
        case "loadbalanced": options.loadBalanced ?? false
        case "directconnection": options.directConnection ?? false
        case "srvmaxhosts": options.srvMaxHosts
        case "srvservicename": options.srvServiceName
        default: nil
        }
    }
}

/// The records that the README of the specification's tests lists.
enum SpecificationZone {
    static let server = Task { try await DNSServer.start(records) }

    static let records: [String: [DNSServer.Record]] = {
        let domain = "test.build.10gen.cc"
        var records: [String: [DNSServer.Record]] = [:]
        func srv(_ number: Int, _ ports: [UInt16], _ target: String = "localhost.test.build.10gen.cc") {
            let service = number == 22 ? "_customname" : "_mongodb"
            records["\(service)._tcp.test\(number).\(domain)", default: []] += ports.map {
                .srv(target: target, port: $0)
            }
        }
        func txt(_ number: Int, _ strings: [String]) {
            records["test\(number).\(domain)", default: []].append(.txt(strings))
        }
        srv(1, [27017, 27018])
        srv(2, [27018, 27019])
        srv(22, [27017, 27018])
        for number in [3, 5, 6, 7, 8, 10, 11, 20, 21] { srv(number, [27017]) }
        srv(12, [27017], "localhost.build.10gen.cc")
        srv(13, [27017], "test.build.10gen.cc")
        srv(14, [27017], "localhost.not-test.build.10gen.cc")
        srv(15, [27017], "localhost.test.not-build.10gen.cc")
        srv(16, [27017], "localhost.test.build.not-10gen.cc")
        srv(17, [27017], "localhost.test.build.10gen.not-cc")
        srv(18, [27017], "localhost.sub.test.build.10gen.cc")
        srv(19, [27017], "localhost.evil.build.10gen.cc")
        srv(19, [27017])
        for number in [23, 24] { srv(number, [8000]) }
        txt(5, ["replicaSet=repl0&authSource=thisDB"])
        txt(6, ["replicaSet=repl0"])
        txt(6, ["authSource=otherDB"])
        txt(7, ["ssl=false"])
        txt(8, ["authSource"])
        txt(10, ["socketTimeoutMS=500"])
        txt(11, ["replicaS", "et=rep", "l0"])
        txt(20, ["loadBalanced=true"])
        txt(21, ["loadBalanced=false"])
        txt(24, ["loadBalanced=true"])
        return records
    }()
}

/// A replica set of three over TLS whose members call themselves what the specification expects, `localhost:27017` to
/// `localhost:27019`, towards who asks for `localhost` (a "horizon" of the set's configuration), wherever they really
/// listen; and a proxy that finds them.
struct SpecificationReplicaSet: Sendable {
    let set: ReplicaSet
    let proxy: SOCKSServer

    static let shared = Task { try await start() }

    /// The records' names are other ones for the same servers.
    static let serverNames = [
        "localhost.test.build.10gen.cc": "localhost", "localhost.sub.test.build.10gen.cc": "localhost",
    ]

    private static func start() async throws -> SpecificationReplicaSet {
        let identities = try await TestIdentities.shared
        let set = try await ReplicaSet.start(
            named: "repl0",
            configuration: .tls(identities.member, clientAuthority: identities.authority.certificateFile)
        )
        let primary = try await set.primary()
        try await withMongoClient(try await set.uri(ofMember: primary)) { client in
            let admin = client.database("admin")
            var configuration = try #require(
                try await admin.runCommand(["replSetGetConfig": 1])["config"]?.documentValue
            )
            let members = try #require(configuration["members"]?.arrayValue)
            configuration["members"] = .array(
                members.enumerated().map { index, member in
                    var member = member.documentValue ?? [:]
                    member["horizons"] = ["specification": .string("localhost:\(27017 + index)")]
                    return .document(member)
                }
            )
            configuration["version"] = BSON((configuration["version"]?.toInt() ?? 1) + 1)
            try await admin.runCommand(["replSetReconfig": .document(configuration)])
        }
        var map: [String: Int] = [:]
        for (index, member) in set.members.enumerated() {
            for host in ["localhost"] + serverNames.keys.sorted() { map["\(host):\(27017 + index)"] = member.port }
        }
        return SpecificationReplicaSet(set: set, proxy: try await SOCKSServer.start(map: map))
    }
}

/// A server that answers whatever it is asked as a mongos behind a load balancer answers `hello`, and a proxy that finds it.
struct StandInMongos: Sendable {
    let server: TCPServer
    let proxy: SOCKSServer

    static let shared = Task { try await start() }

    private static func start() async throws -> StandInMongos {
        let server = try await TCPServer.start(.scripted { answers($0) })
        var map: [String: Int] = [:]
        for port in [27017, 27018, 8000] { map["localhost.test.build.10gen.cc:\(port)"] = server.port }
        return StandInMongos(server: server, proxy: try await SOCKSServer.start(map: map))
    }

    private static let hello: BSONDocument = [
        "ok": 1, "isWritablePrimary": true, "msg": "isdbgrid", "helloOk": true, "minWireVersion": 0,
        "maxWireVersion": 21, "serviceId": .objectID(BSONObjectID()), "logicalSessionTimeoutMinutes": 30,
    ]

    /// One answer to each message that has become whole with the bytes that arrived.
    private static func answers(_ received: TCPServer.Received) -> [TCPServer.Action] {
        var buffer = ByteBuffer(bytes: received.all)
        let seen = received.all.count - received.bytes.count
        var answers: [TCPServer.Action] = []
        while let length: Int32 = buffer.getInteger(at: buffer.readerIndex, endianness: .little), length >= 16,
            let id: Int32 = buffer.getInteger(at: buffer.readerIndex + 4, endianness: .little),
            buffer.readSlice(length: Int(length)) != nil
        {
            guard buffer.readerIndex > seen else { continue }
            var reply = ByteBuffer(repeating: 0, count: OpMessage.prefixLength)
            reply.writeImmutableBuffer(hello.buffer)
            OpMessage.finish(&reply, requestID: 1)
            reply.setInteger(id, at: 8, endianness: .little)
            answers.append(.send(Array(reply.readableBytesView)))
        }
        return answers
    }
}
