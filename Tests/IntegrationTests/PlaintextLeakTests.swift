// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoNIO
import TestSupport
import Testing

/// Connection strings that ask for TLS in whatever way, against a listener that knows what TLS looks like.
@Suite("Plaintext never by accident")
struct PlaintextLeakTests {
    /// Everything after the `?`, with `CA`, `CLIENT`, `KEY` and `CRL` for good files.
    static let queries: [String] = [
        // TLS is asked for as it should be.
        "tls=true", "ssl=true", "tls=true&ssl=true", "TLS=true", "Ssl=true", "tls=true&tls=true",
        "tls=true&directConnection=true", "appname=x&tls=true",
        // Values that are none.
        "tls=True", "tls=TRUE", "tls=1", "tls=yes", "tls=on", "tls=", "tls", "tls=%74rue", "tls=true%20", "tls=true+",
        "tls=enabled", "ssl=True", "ssl=1", "ssl=", "ssl=yes", "ssl=CERT_REQUIRED",
        // Contradictions.
        "tls=true&ssl=false", "tls=false&ssl=true", "tls=true&tls=false", "tls=false&tls=true", "ssl=true&ssl=false",
        "tls=true&tls=", "tls=bogus&ssl=false",
        // Any other option of TLS, whatever its value.
        "tlsCAFile=CA", "ssl_ca_certs=CA", "tlsCAFile=", "tlsCAFile=/nowhere", "TLSCAFILE=CA",
        "tlsCertificateKeyFile=CLIENT", "ssl_certfile=CLIENT", "ssl_certfile=CLIENT&ssl_keyfile=KEY", "ssl_keyfile=KEY",
        "tlsPrivateKeyFile=KEY", "tlsCertificateKeyFilePassword=x", "ssl_pem_passphrase=x", "tlsCRLFile=CRL",
        "ssl_crlfile=CRL", "tlsInsecure=true", "tlsInsecure=false", "tlsInsecure=bogus",
        "tlsAllowInvalidHostnames=true",
        "tlsAllowInvalidHostnames=bogus", "tlsAllowInvalidCertificates=true", "tlsAllowInvalidCertificates=",
        "ssl_cert_reqs=CERT_NONE", "ssl_cert_reqs=CERT_REQUIRED", "ssl_cert_reqs=bogus", "ssl_match_hostname=false",
        "tlsDisableOCSPEndpointCheck=true", "tlsDisableCertificateRevocationCheck=false",
        // The same with TLS off.
        "tls=false&tlsCAFile=CA", "ssl=false&tlsInsecure=true", "tls=false&tlsCertificateKeyFile=CLIENT",
        "tls=false&authMechanism=MONGODB-X509", "tls=false&ssl_cert_reqs=CERT_NONE",
        // Log-in with a certificate.
        "authMechanism=MONGODB-X509", "authMechanism=MONGODB-X509&tlsCertificateKeyFile=CLIENT",
        "authMechanism=mongodb-x509&tlsCertificateKeyFile=CLIENT",
    ]

    @Test("A listener sees a ClientHello or nothing, never a byte of BSON", arguments: queries)
    func neverPlaintext(query: String) async throws {
        #expect(Self.queries.count >= 40)
        let identities = try await TestIdentities.shared
        let query = query.replacing("=CA", with: "=\(identities.authority.certificateFile)")
            .replacing("=CLIENT", with: "=\(identities.client.certificateKeyFile)")
            .replacing("=KEY", with: "=\(identities.client.keyFile)")
            .replacing("=CRL", with: "=\(try await Self.list.value)")
        // Whoever says something is answered by an end, so that nobody waits.
        let listener = try await TCPServer.start(.scripted { _ in [.close] })
        let uri =
            "mongodb://\(listener.address)/?serverSelectionTimeoutMS=300&connectTimeoutMS=300&timeoutMS=2000&\(query)"
        do {
            let client = try MongoClient(uri)
            await #expect(throws: MongoError.self) {
                try await client.database("admin").runCommand(["ping": 1])
            }
            await client.close()
            #expect(listener.connectionCount > 0, "the client did not even try")
        } catch {
            #expect(listener.connectionCount == 0, "\(error)")
        }
        // Where the client makes a difference `diagnose` could, too; for a part of them, as it makes six connections.
        if uri.count.isMultiple(of: 6) { _ = await MongoClient.diagnose(uri) }
        for bytes in listener.received where !bytes.isEmpty {
            // A record of the type handshake, its version, its length, and a ClientHello in it.
            #expect(bytes.count > 5 && bytes[0] == 0x16 && bytes[1] == 0x03 && bytes[5] == 0x01, "\(bytes.prefix(16))")
        }
        try await listener.stop()
    }

    private static let list = Task { try await TestIdentities.shared.authority.revocationList() }

    @Test("The listener would see plaintext: a client without TLS is its counterexample")
    func counterexample() async throws {
        let listener = try await TCPServer.start(.scripted { _ in [.close] })
        let client = try MongoClient("mongodb://\(listener.address)/?serverSelectionTimeoutMS=300&timeoutMS=2000")
        await #expect(throws: MongoError.self) {
            try await client.database("admin").runCommand(["ping": 1])
        }
        await client.close()
        #expect(listener.received.contains { !$0.isEmpty && $0[0] != 0x16 })
        try await listener.stop()
    }
}
