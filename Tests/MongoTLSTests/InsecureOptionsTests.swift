// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoTLS
import TestSupport
import Testing

@Suite("tlsAllowInvalidCertificates, tlsAllowInvalidHostnames and tlsInsecure")
struct InsecureOptionsTests {
    static let bad: [(String, CertificateRequest, String)] = [
        ("expired", CertificateRequest.server().expired, "localhost"),
        ("wrong host", .server(names: ["other.example.com"], addresses: []), "localhost"),
        ("wrong purpose", CertificateRequest.server().with { $0.usages = [.client] }, "localhost"),
    ]

    @Test("tlsAllowInvalidCertificates and tlsInsecure accept every certificate; SNI is sent all the same")
    func anything() async throws {
        let stranger = try await TestIdentities.shared.stranger
        for (name, request, host) in Self.bad {
            let certificate = try await stranger.issue(request)
            for options in [
                TLSOptions().with { $0.insecure = true }, TLSOptions().with { $0.allowInvalidCertificates = true },
            ] {
                let server = try MemoryServer(.init(certificate))
                #expect(throws: Never.self, "\(name)") { try InMemory.connect(options, to: host, server) }
                #expect(server.serverName == "localhost")
            }
        }
    }

    @Test("tlsAllowInvalidHostnames accepts every name, and nothing else that is wrong")
    func hostnames() async throws {
        let identities = try await TestIdentities.shared
        let options = TLSOptions.trusting(identities.authority).with { $0.allowInvalidHostnames = true }
        let other = try await identities.authority.issue(.server(names: ["other.example.com"], addresses: []))
        try InMemory.connect(options, MemoryServer(.init(other)))
        try InMemory.connect(options, to: "192.0.2.1", MemoryServer(.init(other)))
        let expired = try await identities.authority.issue(.server(names: ["other.example.com"]).expired)
        #expect(try InMemory.failure(options, .init(expired)).code == .certificateExpired)
        let stranger = try await identities.stranger.issue(.server())
        #expect(try InMemory.failure(options, .init(stranger)).code == .unknownIssuer)
    }

    @Test("false means what leaving the option out means")
    func explicitFalse() async throws {
        let stranger = try await TestIdentities.shared.stranger.issue(.server())
        for options in [
            TLSOptions().with { $0.insecure = false }, TLSOptions().with { $0.allowInvalidCertificates = false },
            TLSOptions().with { $0.allowInvalidHostnames = false },
        ] {
            let error = try InMemory.failure(options, .init(stranger))
            #expect(error.category == .certificate)
        }
    }
}
