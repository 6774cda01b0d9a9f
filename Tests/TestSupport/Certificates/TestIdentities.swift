// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// The certificates that most tests use, made once per test process.
public struct TestIdentities: Sendable {
    /// The authority that signed ``server`` and ``client``.
    public let authority: CertificateAuthority
    /// An authority that signed nothing.
    public let stranger: CertificateAuthority
    /// A server that is reached as `localhost`, `127.0.0.1` and `::1`.
    public let server: IssuedCertificate
    /// The same as a member of a replica set: members are clients of each other.
    public let member: IssuedCertificate
    /// A client.
    public let client: IssuedCertificate

    /// The one set of this test process.
    public static var shared: TestIdentities {
        get async throws { try await making.value }
    }

    private static let making = Task<TestIdentities, any Error> {
        async let stranger = CertificateAuthority.make(name: "A stranger")
        let authority = try await CertificateAuthority.make()
        async let server = authority.issue(.server())
        async let member = authority.issue(CertificateRequest.server().with { $0.usages = [.server, .client] })
        async let client = authority.issue(.client())
        return try await TestIdentities(
            authority: authority,
            stranger: stranger,
            server: server,
            member: member,
            client: client
        )
    }
}
