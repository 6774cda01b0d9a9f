// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import MongoTLS

@Suite("tlsDisableCertificateRevocationCheck")
struct TLSDisableCertificateRevocationCheckTests {
    @Test("Nothing is asked, not even for a staple that there has to be; chain and host are verified all the same")
    func disabled() async throws {
        let identities = try await TestIdentities.shared
        let options = TLSOptions.trusting(identities.authority).with { $0.disableCertificateRevocationCheck = true }
        let context = try TLSContext(options)
        #expect(!context.revocationPolicy.isEnabled)
        let certificate = try await identities.authority.issue(.server().with { $0.mustStaple = true })
        let server = try MemoryServer(.init(certificate))
        var session = try TLSSession(context, server: TLSServerName(host: "localhost"))
        try InMemory.complete(&session, with: server)
        let asks = try session.revocationInquiry().map { _ in true } ?? false
        #expect(!asks)
        let stranger = try await identities.stranger.issue(.server())
        #expect(try InMemory.failure(options, .init(stranger)).code == .unknownIssuer)
    }

    @Test("false means what leaving the option out means: the question is asked")
    func enabled() async throws {
        let identities = try await TestIdentities.shared
        let options = TLSOptions.trusting(identities.authority).with { $0.disableCertificateRevocationCheck = false }
        let context = try TLSContext(options)
        #expect(context.revocationPolicy.isEnabled)
        var session = try TLSSession(context, server: TLSServerName(host: "localhost"))
        try InMemory.complete(&session, with: MemoryServer(.init(identities.server)))
        let asks = try session.revocationInquiry().map { _ in true } ?? false
        #expect(asks)
    }
}
