// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MongoTLS
import TestSupport
import Testing

@Suite("tlsPrivateKeyFile")
struct TLSPrivateKeyFileTests {
    @Test("A key that belongs to another certificate is refused, and one without a certificate")
    func mismatch() async throws {
        let identities = try await TestIdentities.shared
        let (authority, other) = (identities.authority, identities.client)
        let rsa = try await authority.issue(.client().with { $0.key = .rsa(bits: 2048) })
        let curve = try await authority.issue(.client())
        for key in [rsa.keyFile, other.keyFile] {
            let error = try TLSOptions().with {
                $0.certificateKeyFile = curve.certificateFile
                $0.privateKeyFile = key
            }.refusal()
            #expect(error.code == .keyMismatch)
            #expect(error.location == key)
            #expect(error.hint?.contains(curve.certificateFile) == true)
        }
        let memory = try TLSOptions().with {
            $0.identity = .der(certificates: [(try? curve.der) ?? []], privateKey: Array("x".utf8))
        }.refusal()
        #expect(memory.code == .fileDamaged)
        #expect(memory.location == "TLSOptions.identity")
        let alone = try TLSOptions().with { $0.privateKeyFile = rsa.keyFile }.refusal()
        #expect(alone.code == .missingCertificate)
        let empty = try TLSOptions().with { $0.identity = .der(certificates: [], privateKey: [0x30]) }.refusal()
        #expect(empty.code == .missingCertificate)
    }

    @Test("The key of a file of its own proves the certificate to the server, in TLS 1.2 and 1.3")
    func proves() async throws {
        let identities = try await TestIdentities.shared
        for version in [TLSVersion.tls12, .tls13] {
            let options = TLSOptions.trusting(identities.authority).with {
                $0.certificateKeyFile = identities.client.chainFile
                $0.privateKeyFile = identities.client.keyFile
                $0.maximumVersion = version
            }
            let server = try MemoryServer(
                MemoryServer.Configuration(identities.server).with {
                    $0.clientAuthority = identities.authority.certificateFile
                }
            )
            try InMemory.connect(options, server)
            #expect(server.clientSubjects.first?.contains("CN=client") == true)
        }
    }
}
