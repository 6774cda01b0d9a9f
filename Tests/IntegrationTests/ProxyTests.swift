// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/socks5-support/tests/README.md#prose-tests

import MongoNIO
import MongoTLS
import Synchronization
import TestSupport
import Testing

@Suite("Through a SOCKS5 proxy", .serialized)
struct ProxyTests {
    /// A replica set of one member, with or without TLS, and two proxies in front of it: one for everybody, and one that
    /// wants a log-in. Both know the member also as `localhost:12345`.
    struct Fixture: Sendable {
        let member: Int
        let options: String
        let open: SOCKSServer
        let closed: SOCKSServer

        private static let plain = Task { try await make(isSecured: false) }
        private static let secured = Task { try await make(isSecured: true) }

        static func shared(isSecured: Bool) async throws -> Fixture {
            try await (isSecured ? secured : plain).value
        }

        private static func make(isSecured: Bool) async throws -> Fixture {
            let identities = try await TestIdentities.shared
            let authority = identities.authority.certificateFile
            let set = try await ReplicaSet.start(
                members: 1,
                configuration: isSecured ? .tls(identities.member, clientAuthority: authority) : .init()
            )
            let port = set.members[0].port
            let map = [
                "localhost:12345": port, "127.0.0.1:\(port)": port, "localhost:\(port)": port,
                "db.nowhere.invalid:27017": port,
            ]
            return Fixture(
                set: set,
                member: port,
                options: isSecured ? "&tls=true&tlsCAFile=\(authority)" : "",
                open: try await SOCKSServer.start(map: map),
                closed: try await SOCKSServer.start(credentials: ("username", "p4ssw0rd"), map: map)
            )
        }

        /// Keeps the servers.
        private let set: ReplicaSet

        private init(set: ReplicaSet, member: Int, options: String, open: SOCKSServer, closed: SOCKSServer) {
            self.set = set
            self.member = member
            self.options = options
            self.open = open
            self.closed = closed
        }
    }

    /// One row of the specification's table.
    struct Row: Sendable, CustomTestStringConvertible {
        var isMapped: Bool
        var needsLogin: Bool
        var credentials: (username: String, password: String)?
        var succeeds: Bool

        var testDescription: String {
            "\(isMapped ? "mapped host" : "replica set"), \(needsLogin ? "log-in" : "open"), "
                + "\(credentials?.username ?? "nobody"): \(succeeds ? "succeeds" : "fails")"
        }
    }

    static let rows: [Row] = [
        Row(isMapped: true, needsLogin: true, succeeds: false),
        Row(isMapped: true, needsLogin: false, succeeds: true),
        Row(isMapped: false, needsLogin: true, succeeds: false),
        Row(isMapped: false, needsLogin: false, succeeds: true),
        Row(isMapped: true, needsLogin: true, credentials: ("nonexistentuser", "badauth"), succeeds: false),
        Row(isMapped: true, needsLogin: false, credentials: ("nonexistentuser", "badauth"), succeeds: true),
        Row(isMapped: false, needsLogin: false, credentials: ("nonexistentuser", "badauth"), succeeds: true),
        Row(isMapped: true, needsLogin: true, credentials: ("username", "p4ssw0rd"), succeeds: true),
        Row(isMapped: false, needsLogin: true, credentials: ("username", "p4ssw0rd"), succeeds: true),
    ]

    @Test(
        "Prose tests: hello succeeds or fails as the table says, by URI and by options",
        arguments: rows,
        [true, false]
    )
    func table(row: Row, isSecured: Bool) async throws {
        let fixture = try await Fixture.shared(isSecured: isSecured)
        let proxy = row.needsLogin ? fixture.closed : fixture.open
        let target =
            row.isMapped ? "localhost:12345/?directConnection=true" : "127.0.0.1:\(fixture.member)/?replicaSet=rs0"
        let rest = "mongodb://\(target)\(fixture.options)&serverSelectionTimeoutMS=\(row.succeeds ? 10_000 : 300)"
        var uri = "\(rest)&proxyHost=localhost&proxyPort=\(proxy.port)"
        if let (username, password) = row.credentials { uri += "&proxyUsername=\(username)&proxyPassword=\(password)" }
        var options = try MongoClientOptions(rest)
        options.proxy = ProxyOptions(
            host: "localhost",
            port: proxy.port,
            username: row.credentials?.username,
            password: row.credentials?.password
        )
        for options in [try MongoClientOptions(uri), options] {
            let seen = Mutex<[String]>([])
            var options = options
            options.eventHandler = { event in
                if case .command(.started(let event)) = event { seen.withLock { $0.append("\(event.info.address)") } }
            }
            let client = try MongoClient(options)
            if row.succeeds {
                try await client.database("admin").runCommand(["hello": 1])
                // The events name the server, never the proxy.
                #expect(seen.withLock { $0 } == [row.isMapped ? "localhost:12345" : "127.0.0.1:\(fixture.member)"])
            } else {
                let error = await #expect(throws: MongoError.self) {
                    try await client.database("admin").runCommand(["hello": 1])
                }
                #expect(error?.proxy?.code == (row.credentials == nil ? .noAcceptableMethod : .authenticationFailed))
                #expect(error?.description.contains("SOCKS5 proxy localhost:\(proxy.port)") == true)
                #expect(error?.description.contains("badauth") == false)
            }
            await client.close()
        }
    }

    @Test("A name that only the proxy knows is left to it, by the pool and by the monitors; TLS checks that name")
    func unresolvedName() async throws {
        let fixture = try await Fixture.shared(isSecured: true)
        let uri =
            "mongodb://db.nowhere.invalid/?directConnection=true\(fixture.options)&proxyHost=127.0.0.1"
            + "&proxyPort=\(fixture.open.port)&serverSelectionTimeoutMS=2000"
        let before = fixture.open.requests.count
        // The certificate is that of localhost.
        let refused = try MongoClient(uri)
        let error = await #expect(throws: MongoError.self) {
            try await refused.database("admin").runCommand(["ping": 1])
        }
        #expect(error?.tls?.category == .hostname)
        #expect(error?.proxy == nil)
        await refused.close()
        try await withMongoClient(uri + "&tlsAllowInvalidHostnames=true") { client in
            try await client.database("admin").runCommand(["ping": 1])
        }
        let requests = fixture.open.requests.dropFirst(before)
        // One of the pool, and at least one of the monitors.
        #expect(requests.count >= 2)
        #expect(requests.allSatisfy { $0.host == "db.nowhere.invalid" && $0.port == 27017 && $0.isName })
    }

    @Test("Methods are offered as the specification wants it")
    func methods() async throws {
        let fixture = try await Fixture.shared(isSecured: false)
        let uri = "mongodb://localhost:12345/?directConnection=true&proxyHost=127.0.0.1"
        func offered(_ proxy: SOCKSServer, _ more: String) async throws -> Set<[UInt8]> {
            let before = proxy.offeredMethods.count
            try await withMongoClient("\(uri)&proxyPort=\(proxy.port)\(more)") { client in
                try await client.database("admin").runCommand(["ping": 1])
            }
            return Set(proxy.offeredMethods.dropFirst(before))
        }
        #expect(try await offered(fixture.open, "") == [[0]])
        #expect(try await offered(fixture.open, "&proxyUsername=&proxyPassword=") == [[0]])
        #expect(try await offered(fixture.closed, "&proxyUsername=username&proxyPassword=p4ssw0rd") == [[0, 2]])
    }

    @Test("What the proxy does not do is told as its doing, and says nothing about an overload")
    func refusals() async throws {
        let dead = try FreePort()
        let silent = try await TCPServer.start(.silent)
        let slow = try await TCPServer.start(
            .dripping([5, 0] + Array(repeating: 5, count: 100), every: .milliseconds(200))
        )
        let garbage = try await TCPServer.start(.dripping(Array("SSH-2.0-x\r\n".utf8), every: .zero))
        let closing = try await TCPServer.start(.closing)
        let resetting = try await TCPServer.start(.resettingAfterFirstBytes)
        let refusing = try await TCPServer.start(
            .scripted { $0.all.count == 3 ? [.send([5, 0])] : [.send([5, 5, 0, 1, 0, 0, 0, 0, 0, 0])] }
        )
        let cases: [(port: Int, code: ProxyError.Code)] = [
            (dead.number, .unreachable), (silent.port, .timeout), (slow.port, .timeout), (garbage.port, .notSOCKS5),
            (closing.port, .closed), (resetting.port, .closed), (refusing.port, .connectionRefused),
        ]
        for (port, code) in cases {
            let failures = Mutex<[MongoError]>([])
            var options = try MongoClientOptions(
                "mongodb://localhost:1/?directConnection=true&connectTimeoutMS=400&serverSelectionTimeoutMS=900"
                    + "&proxyHost=127.0.0.1&proxyPort=\(port)"
            )
            options.eventHandler = { event in
                if case .topology(.heartbeatFailed(let event)) = event {
                    failures.withLock { $0.append(event.failure) }
                }
            }
            let client = try MongoClient(options)
            let error = await #expect(throws: MongoError.self) {
                try await client.database("admin").runCommand(["ping": 1])
            }
            #expect(error?.code == .serverSelection)
            #expect(error?.proxy?.code == code, "\(error.debugDescription)")
            #expect(failures.withLock { $0 }.allSatisfy { $0.labels.isEmpty })
            await client.close()
        }
    }

    @Test("Diagnosing goes through the proxy, too, and says when it is the proxy that fails")
    func diagnosis() async throws {
        let fixture = try await Fixture.shared(isSecured: true)
        let uri = "mongodb://localhost:12345/?directConnection=true\(fixture.options)&proxyHost=127.0.0.1"
        let good = await MongoClient.diagnose("\(uri)&proxyPort=\(fixture.open.port)")
        #expect(good.failures.isEmpty, "\(good)")
        let bad = await MongoClient.diagnose("\(uri)&proxyPort=\(fixture.closed.port)")
        #expect(bad.failures.map(\.name) == [.tcp])
        #expect(bad.failures.first?.hint?.contains("proxy") == true)
    }

    @Test("A socket in the file system and a proxy exclude each other")
    func unixSocket() throws {
        let error = #expect(throws: MongoError.self) {
            try MongoClient("mongodb://%2Ftmp%2Fmongodb-27017.sock/?proxyHost=localhost")
        }
        #expect(error?.code == .invalidArgument)
    }
}
