// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoTLS
import TestSupport
import Testing

@Suite("tlsAllowInvalidHostnames")
struct TLSAllowInvalidHostnamesTests {
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
        let identities = try await TestIdentities.shared
        let options = TLSOptions.trusting(identities.authority).with { $0.allowInvalidHostnames = false }
        let other = try await identities.authority.issue(.server(names: ["other.example.com"], addresses: []))
        #expect(try InMemory.failure(options, .init(other)).code == .hostnameMismatch)
    }
}
