// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import MongoTLS

@Suite("tlsAllowInvalidCertificates")
struct TLSAllowInvalidCertificatesTests {
    static let bad: [(String, CertificateRequest)] = [
        ("expired", CertificateRequest.server().expired),
        ("wrong host", .server(names: ["other.example.com"], addresses: [])),
        ("wrong purpose", CertificateRequest.server().with { $0.usages = [.client] }),
    ]

    @Test("tlsAllowInvalidCertificates accepts every certificate; SNI is sent all the same")
    func anything() async throws {
        let stranger = try await TestIdentities.shared.stranger
        for (name, request) in Self.bad {
            let server = try MemoryServer(.init(try await stranger.issue(request)))
            #expect(throws: Never.self, "\(name)") {
                try InMemory.connect(TLSOptions().with { $0.allowInvalidCertificates = true }, server)
            }
            #expect(server.serverName == "localhost")
        }
    }

    @Test("false means what leaving the option out means")
    func explicitFalse() async throws {
        let stranger = try await TestIdentities.shared.stranger.issue(.server())
        let error = try InMemory.failure(TLSOptions().with { $0.allowInvalidCertificates = false }, .init(stranger))
        #expect(error.category == .certificate)
    }
}
