// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MongoNIO
import MongoTLS
import TestSupport
import Testing

/// `diagnose` of `mongodb+srv`: what DNS says, what of it a client refuses, and the hosts behind it.
@Suite("diagnose of mongodb+srv")
struct DiagnoseSeedlistTests {
    /// A name whose domain, `0.0.1`, has the loopback address in it: no real name leads there everywhere.
    private static let host = "db.0.0.1"

    private func diagnose(
        _ dns: DNSServer,
        _ query: String,
        host: String = Self.host,
        change: (inout MongoClientOptions) -> Void = { _ in }
    ) async throws -> DiagnosisReport {
        var options = try MongoClientOptions("mongodb+srv://\(host)/?\(query)")
        options.resolver = SystemResolver(nameServer: .init(address: "127.0.0.1", port: dns.port))
        change(&options)
        return await MongoClient.diagnose(options)
    }

    private func srv(_ report: DiagnosisReport) throws -> DiagnosisStep {
        try #require(report.steps.first { $0.name == .srv }, "\(report)")
    }

    private func start(_ records: [DNSServer.Record], texts: [DNSServer.Record] = []) async throws -> DNSServer {
        try await DNSServer.start(["_mongodb._tcp.\(Self.host)": records, Self.host: texts])
    }

    @Test("The records and the TXT record are told, and the hosts are looked at as the records name them")
    func good() async throws {
        let identities = try await TestIdentities.shared
        let server = try await MongodProcess.shared(.tls)
        let closed = try FreePort()
        let dns = try await start(
            [
                .srv(target: "127.0.0.1", port: UInt16(server.port), timeToLive: 77),
                .srv(target: "127.0.0.1", port: UInt16(closed.number)),
            ],
            texts: [.txt(["authSource=", "other"])]
        )
        let report = try await diagnose(dns, "tlsCAFile=\(identities.authority.certificateFile)")
        #expect(report.steps.map(\.name) == [.options, .files, .srv])
        let step = try srv(report)
        #expect(step.status == .ok, "\(report)")
        #expect(step.serviceRecords.map(\.port) == [server.port, closed.number])
        #expect(step.serviceRecords.first?.target == "127.0.0.1")
        #expect(step.serviceRecords.first?.timeToLive == .seconds(77))
        #expect(step.serviceRecords.map(\.isOfDomain) == [true, true])
        #expect(step.textRecords == ["authSource=other"])
        #expect(step.detail.contains("127.0.0.1:\(server.port)"))
        #expect(step.detail.contains("authSource=other"))
        #expect(report.hosts.map(\.address.port) == [server.port, closed.number])
        #expect(report.hosts.map(\.isOK) == [true, false], "\(report)")
        #expect(report.failures.map(\.name) == [.tcp])

        let json = try JSONSerialization.jsonObject(with: try JSONEncoder().encode(step)) as? [String: Any]
        let records = try #require(json?["serviceRecords"] as? [[String: Any]])
        #expect(Set(records[0].keys) == ["target", "port", "timeToLiveSeconds", "isOfDomain"])
        #expect(json?["textRecords"] as? [String] == ["authSource=other"])
    }

    @Test("What the TXT record says counts: the log-in goes to its authSource")
    func textRecord() async throws {
        let identities = try await TestIdentities.shared
        let server = try await MongodProcess.shared(.tls)
        let dns = try await start(
            [.srv(target: "127.0.0.1", port: UInt16(server.port))],
            texts: [.txt(["authSource=elsewhere"])]
        )
        var options = try MongoClientOptions(
            "mongodb+srv://nobody:hunter2@\(Self.host)/?tlsCAFile=\(identities.authority.certificateFile)"
        )
        options.resolver = SystemResolver(nameServer: .init(address: "127.0.0.1", port: dns.port))
        let report = await MongoClient.diagnose(options)
        #expect(report.failures.map(\.name) == [.login], "\(report)")
        #expect(!report.description.contains("hunter2"))
    }

    @Test("srvMaxHosts chooses, and srvServiceName names the records")
    func choice() async throws {
        let ports = try (0..<3).map { _ in try FreePort() }
        let dns = try await DNSServer.start([
            "_other._tcp.\(Self.host)": ports.map { .srv(target: "127.0.0.1", port: UInt16($0.number)) }
        ])
        let report = try await diagnose(dns, "srvServiceName=other&srvMaxHosts=2&tls=false")
        let step = try srv(report)
        #expect(step.status == .ok, "\(report)")
        #expect(step.serviceRecords.count == 3)
        #expect(step.detail.contains("2 of them chosen at random"))
        #expect(report.hosts.count == 2)
    }

    @Test("Every server outside the host's domain is named, and nobody is connected to")
    func foreign() async throws {
        let server = try await TCPServer.start(.silent)
        let dns = try await start([
            .srv(target: "127.0.0.1", port: UInt16(server.port)), .srv(target: "evil.example.com", port: 1),
            .srv(target: "worse.example.com", port: 2),
        ])
        let report = try await diagnose(dns, "tls=true")
        let step = try srv(report)
        #expect(step.status == .failed)
        #expect(step.code == "srvForeignServer")
        #expect(step.category == "dns")
        #expect(step.detail.contains("not of the domain 0.0.1: evil.example.com, worse.example.com"), "\(report)")
        #expect(step.serviceRecords.map(\.isOfDomain) == [true, false, false])
        #expect(step.hint?.isEmpty == false)
        #expect(report.hosts.isEmpty)
        #expect(server.connectionCount == 0)
        try await server.stop()
    }

    @Test("No records, and TXT records that must not be: each has its code and its hint")
    func refused() async throws {
        let record = DNSServer.Record.srv(target: "127.0.0.1", port: 1)
        let rows: [(records: [DNSServer.Record], texts: [DNSServer.Record], query: String, code: String)] = [
            ([], [], "", "srvNoRecords"),
            ([record], [.txt(["authSource=a"]), .txt(["replicaSet=b"])], "", "srvTXTRefused"),
            ([record], [.txt(["tls=false"])], "", "srvTXTRefused"),
            ([record], [.txt(["authSource"])], "", "srvTXTRefused"),
            ([record, .srv(target: "127.0.0.1", port: 2)], [.txt(["loadBalanced=true"])], "", "srvTXTRefused"),
            ([record], [.txt(["replicaSet=rs0"])], "srvMaxHosts=1", "srvTXTRefused"),
        ]
        for (records, texts, query, code) in rows {
            let dns = try await start(records, texts: texts)
            let report = try await diagnose(dns, query)
            let step = try srv(report)
            #expect(report.failures.map(\.code) == [code], "\(report)")
            #expect(step.category == "dns")
            #expect(step.hint?.isEmpty == false)
            #expect(step.serviceRecords.count == records.count)
            #expect(step.textRecords.count == texts.count)
            #expect(report.hosts.isEmpty)
        }
        // A name that nobody knows.
        let report = try await diagnose(try await DNSServer.start([:]), "")
        #expect(report.failures.map(\.code) == ["srvNoRecords"], "\(report)")
    }

    @Test("Name servers that fail, answer with garbage or say nothing are named, in time")
    func lookUp() async throws {
        let dns = try await start([.srv(target: "127.0.0.1", port: 1)])
        for behavior in [DNSServer.Behavior.failure, .garbage, .silence] {
            dns.behave(behavior)
            let report = try await diagnose(dns, "") { $0.connectTimeout = .seconds(2) }
            let step = try srv(report)
            #expect(report.failures.map(\.code) == ["srvLookUpFailed"], "\(behavior): \(report)")
            #expect(step.detail.contains("_mongodb._tcp.\(Self.host)"))
            #expect(step.hint?.contains("name servers") == true)
            #expect(report.duration < .seconds(20))
        }
    }

    @Test("What DNS says cannot write to the terminal")
    func controlCharacters() async throws {
        let dns = try await start(
            [.srv(target: "127.0.0.1", port: 1)],
            texts: [.txt(["replicaSet=\u{1B}[31mred"])]
        )
        let report = try await diagnose(dns, "connectTimeoutMS=2000")
        #expect(!report.description.contains("\u{1B}"))
    }
}
