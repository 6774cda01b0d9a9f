// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import MongoTLS

@Suite("tlsInsecure")
struct TLSInsecureTests {
    static let bad: [(String, CertificateRequest)] = [
        ("expired", CertificateRequest.server().expired),
        ("wrong host", .server(names: ["other.example.com"], addresses: [])),
        ("wrong purpose", CertificateRequest.server().with { $0.usages = [.client] }),
    ]

    @Test("tlsInsecure accepts every certificate; SNI is sent all the same")
    func anything() async throws {
        let stranger = try await TestIdentities.shared.stranger
        for (name, request) in Self.bad {
            let server = try MemoryServer(.init(try await stranger.issue(request)))
            #expect(throws: Never.self, "\(name)") {
                try InMemory.connect(TLSOptions().with { $0.insecure = true }, server)
            }
            #expect(server.serverName == "localhost")
        }
    }

    @Test("What the options name is read all the same: a missing CA file is a mistake")
    func missingFile() async throws {
        let error = try TLSOptions().with { ($0.insecure, $0.caFile) = (true, "/missing/ca.pem") }.refusal()
        #expect(error.code == .fileMissing)
        #expect(error.location == "/missing/ca.pem")
        let empty = try TLSOptions().with { ($0.allowInvalidCertificates, $0.authorities) = (true, .der([])) }.refusal()
        #expect(empty.code == .fileEmpty)
        // It is read, and not used.
        let server = try MemoryServer(.init(try await TestIdentities.shared.server))
        let stranger = try await TestIdentities.shared.stranger.certificateFile
        try InMemory.connect(TLSOptions().with { ($0.insecure, $0.caFile) = (true, stranger) }, server)
    }

    @Test("false means what leaving the option out means")
    func explicitFalse() async throws {
        let stranger = try await TestIdentities.shared.stranger.issue(.server())
        let error = try InMemory.failure(TLSOptions().with { $0.insecure = false }, .init(stranger))
        #expect(error.category == .certificate)
    }

    @Test("tlsInsecure checks no revocation either: a revoked staple and a missing one pass")
    func revocation() async throws {
        let fixture = try await RevocationFixture.shared
        let context = try TLSContext(TLSOptions().with { $0.insecure = true })
        #expect(!context.revocationPolicy.isEnabled)
        let server = try MemoryServer(.init(try await fixture.root.issue(.server().with { $0.mustStaple = true })))
        var session = try TLSSession(context, server: TLSServerName(host: "localhost"))
        try InMemory.complete(&session, with: server)
        let asks = try session.revocationInquiry().map { _ in true } ?? false
        #expect(!asks)
    }
}
