// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MongoBSON
import MongoTLS
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import MongoNIO

/// Staples, lists and responders on real connections.
@Suite("Revocation on connections", .timeLimit(.minutes(5)))
struct OCSPConnectionTests {
    // MARK: Staples

    /// A server's staple, and what comes of it.
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let expected: String
        var mustStaple = false
        let staple: @Sendable (CertificateAuthority, IssuedCertificate) async throws -> [UInt8]?
    }

    static let rows: [Row] = [
        Row(testDescription: "good", expected: "staple good", mustStaple: true) { try await $0.ocspResponse(for: $1) },
        Row(testDescription: "revoked", expected: "ocspRevoked") { try await $0.ocspResponse(for: $1, .revoked) },
        Row(testDescription: "unknown", expected: "staple unknown") { try await $0.ocspResponse(for: $1, .unknown) },
        Row(testDescription: "expired", expected: "stapleInvalid") {
            try await $0.ocspResponse(for: $1, .good.expired)
        },
        Row(testDescription: "a sibling's", expected: "stapleInvalid") { authority, _ in
            try await authority.ocspResponse(for: authority.issue(.server()))
        },
        Row(testDescription: "tryLater", expected: "stapleInvalid") { _, _ in OCSPAnswer.refusal() },
        Row(testDescription: "none", expected: "none notChecked") { _, _ in nil },
        Row(testDescription: "none, although it must be", expected: "mustStapleMissing", mustStaple: true) { _, _ in nil
        },
    ]

    @Test("The staple is asked for and judged in TLS 1.2 and 1.3", arguments: rows, ["-tls1_2", "-tls1_3"])
    func staples(row: Row, version: String) async throws {
        let authority = try await TestIdentities.shared.authority
        let certificate = try await authority.issue(.server().with { $0.mustStaple = row.mustStaple })
        let staple = try await row.staple(authority, certificate)
        let server = try await OpenSSLServer.start(
            certificate,
            staple: staple,
            options: [version, "-num_tickets", "0"]
        )
        #expect(try await secure(server) { $0.caFile = authority.certificateFile } == row.expected)
        // What is not to be checked is not asked for either.
        for path in [\TLSOptions.insecure, \.allowInvalidCertificates, \.disableCertificateRevocationCheck] {
            let result = try await secure(server) {
                $0.caFile = authority.certificateFile
                $0[keyPath: path] = true
            }
            #expect(result == "none notChecked")
        }
        #expect(!server.log.contains("ping"))
    }

    @Test("The chain through an intermediate is judged by the intermediate's responses and lists")
    func intermediate() async throws {
        let authority = try await TestIdentities.shared.authority
        let intermediate = try await authority.intermediate()
        let certificate = try await intermediate.issue(.server().with { $0.mustStaple = true })
        let staple = try await intermediate.ocspResponse(for: certificate)
        let server = try await OpenSSLServer.start(certificate, staple: staple)
        #expect(try await secure(server) { $0.caFile = authority.certificateFile } == "staple good")
        let rootList = try await authority.revocationList(revoking: [intermediate.certificate])
        for (check, expected) in [
            (TLSOptions.RevocationListCheck.leaf, "staple good"), (.chain, "crlRevoked"),
        ] {
            let result = try await secure(server) {
                $0.caFile = authority.certificateFile
                $0.crlFile = rootList
                $0.crlCheck = check
            }
            #expect(result == expected)
        }
    }

    @Test("A server whose certificate was revoked gets not one byte of a command")
    func nothingSent() async throws {
        let authority = try await TestIdentities.shared.authority
        let certificate = try await authority.issue(.server())
        for (answer, isSent) in [(OCSPAnswer.good, true), (.revoked, false)] {
            let staple = try await authority.ocspResponse(for: certificate, answer)
            // It prints what it is sent, and never answers.
            let server = try await OpenSSLServer.start(certificate, staple: staple)
            let uri = "mongodb://\(server.address)/?tls=true&tlsCAFile=\(authority.certificateFile)"
            let client = try MongoClient(uri + "&connectTimeoutMS=2000")
            let error = await #expect(throws: MongoError.self) { try await Self.ping(client) }
            #expect(error?.tls?.code == (isSent ? nil : .ocspRevoked))
            await client.close()
            await server.stop()
            #expect(server.log.contains("helloOk") == isSent)
        }
    }

    @Test("Cancelling the task ends the wait for responders, and the connection with it")
    func cancellation() async throws {
        let authority = try await TestIdentities.shared.authority
        let responder = try await TCPServer.start(.silent)
        let certificate = try await authority.issue(.server().with { $0.responders = ["http://\(responder.address)/"] })
        let server = try await OpenSSLServer.start(certificate)
        let task = Task {
            try await secure(server, within: .seconds(3_600)) { $0.caFile = authority.certificateFile }
        }
        while responder.received.first?.isEmpty != false { try await Task.sleep(for: .milliseconds(5)) }
        task.cancel()
        let error = await #expect(throws: MongoError.self) { try await task.value }
        #expect(error?.code == .cancelled)
    }

    @Test("A list refuses before anything is sent, each fault with its code")
    func lists() async throws {
        let identities = try await TestIdentities.shared
        let authority = identities.authority
        let server = try await OpenSSLServer.start(identities.server)
        let now = Date()
        let lists: [(String, String)] = [
            (try await authority.revocationList(), "crl good"),
            (try await authority.revocationList(revoking: [identities.server]), "crlRevoked"),
            (
                try await authority.revocationList(
                    lastUpdate: now.addingTimeInterval(-7_200),
                    nextUpdate: now.addingTimeInterval(-3_600)
                ), "crlExpired"
            ),
            (try await authority.revocationList(lastUpdate: now.addingTimeInterval(3_600)), "crlNotYetValid"),
            (try await identities.stranger.revocationList(), "crlMissing"),
        ]
        for (list, expected) in lists {
            let result = try await secure(server) {
                $0.caFile = authority.certificateFile
                $0.crlFile = list
            }
            #expect(result == expected)
        }
    }

    /// Shakes hands as `Connection` does, and says what became of it: source and verdict, or the error's code.
    private func secure(
        _ server: OpenSSLServer,
        within time: Duration = .seconds(30),
        _ change: (inout TLSOptions) -> Void
    ) async throws -> String {
        var options = TLSOptions()
        change(&options)
        let context = try TLSContextProvider(options).current
        let connector = ChannelConnector(group: MultiThreadedEventLoopGroup.singleton)
        let deadline = Deadline(after: time)
        let connection = try await connector.connect(
            to: .host("127.0.0.1", port: server.port),
            deadline: deadline
        ) { channel in
            let session = try TLSSession(context, server: TLSServerName(host: "127.0.0.1"))
            let connection = Connection(channel: channel, session: session)
            try channel.pipeline.syncOperations.addHandler(ConnectionChannelHandler(connection))
            return connection
        }
        defer { connection.close() }
        do throws(MongoError) {
            let status = try await connection.secure(deadline: deadline)?.revocation
            return "\(status?.source ?? "no") \(status?.verdict ?? "TLS")"
        } catch {
            #expect(!connection.isIdle)
            guard let tls = error.tls, tls.category == .revocation else { throw error }
            return tls.code.rawValue
        }
    }

    // MARK: Responders

    @Test("Silent responders hold up neither other connections nor, a second time, their own")
    func silentResponders() async throws {
        let authority = try await TestIdentities.shared.authority
        let responders = [try await TCPServer.start(.silent), try await TCPServer.start(.silent)]
        let certificate = try await authority.issue(
            .server().with { $0.responders = responders.map { "http://\($0.address)/" } }
        )
        let server = try await MongodProcess.start(
            .tls(certificate, clientAuthority: authority.certificateFile).with {
                $0.parameters["ocspEnabled"] = "false"
            }
        )
        // A single event loop, so that one that is blocked would block everything.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let uri = "mongodb://\(server.address)/?tls=true&tlsCAFile=\(authority.certificateFile)"
        let statuses = Responses.Status()
        var options = try MongoClientOptions(uri)
        options.eventHandler = { event in
            if case .pool(.connectionReady(let event)) = event { statuses.note(event.tls?.revocation) }
        }
        let bystander = try MongoClient(uri + "&tlsDisableOCSPEndpointCheck=true", eventLoopGroup: group)
        try await Self.ping(bystander)
        let client = try MongoClient(options, eventLoopGroup: group)
        let first = Task { try await Self.ping(client) }
        while !responders.allSatisfy({ $0.connectionCount == 1 }) { try await Task.sleep(for: .milliseconds(5)) }
        // While it waits for the responders, everybody else is served. (How fast depends on what else the machine does.)
        var served = 0
        while statuses.all.isEmpty, served < 100 {
            try await Self.ping(bystander)
            if statuses.all.isEmpty { served += 1 }
        }
        #expect(served > 10)
        try await first.value
        #expect(statuses.first?.source == "endpoint")
        #expect(statuses.first?.verdict == "unknown")

        // Another connection of the same client, because the one it has is busy, does not wait again.
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for _ in 0..<8 { tasks.addTask { try await Self.ping(client) } }
            try await tasks.waitForAll()
        }
        // Those that resume a session say what was found out when it was made.
        #expect(
            statuses.all.dropFirst().allSatisfy { ["none", "endpoint"].contains($0.source) && $0.verdict == "unknown" }
        )
        #expect(responders.map(\.connectionCount) == [1, 1])
        await client.close()
        await bystander.close()
        await server.stop()
        try await group.shutdownGracefully()
    }

    private static func ping(_ client: MongoClient) async throws {
        _ = try await client.database("admin").runCommand(["ping": 1])
    }
}
