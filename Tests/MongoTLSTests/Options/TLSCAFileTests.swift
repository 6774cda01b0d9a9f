// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MongoTLS
import TestSupport
import Testing

@Suite("tlsCAFile, authorities and trust")
struct TLSCAFileTests {
    @Test("A bundle trusts each of its authorities, whatever their order")
    func bundle() async throws {
        let identities = try await TestIdentities.shared
        let (first, second) = (try identities.authority.certificate.pem, try identities.stranger.certificate.pem)
        let directory = try TemporaryDirectory()
        for (number, text) in [first + second, second + first].enumerated() {
            let options = TLSOptions().with { $0.caFile = directory.path("bundle\(number).pem") }
            try directory.write(text, to: "bundle\(number).pem")
            try InMemory.connect(options, MemoryServer(.init(identities.server)))
            try InMemory.connect(options, MemoryServer(.init(try await identities.stranger.issue(.server()))))
        }
    }

    @Test("Authorities from memory, as PEM and as DER, trust what the file would")
    func memory() async throws {
        let identities = try await TestIdentities.shared
        let pem = Array(try identities.authority.certificate.pem.utf8)
        let der = try identities.authority.certificate.der
        for authorities in [
            TLSAuthorities.pem(pem), .der([der]), .der([try identities.stranger.certificate.der, der]),
        ] {
            let options = TLSOptions().with { $0.authorities = authorities }
            try InMemory.connect(options, MemoryServer(.init(identities.server)))
            let stranger = try await CertificateAuthority.make(name: "Nobody").issue(.server())
            let error = try InMemory.failure(options, .init(stranger))
            #expect(error.code == .unknownIssuer)
            #expect(error.hint?.contains("TLSOptions.authorities") == true)
        }
    }

    @Test("Authorities from memory that are none are refused, with the name of the property")
    func badMemory() async throws {
        let identities = try await TestIdentities.shared
        let der = try identities.authority.certificate.der
        let key = [UInt8](try Data(contentsOf: URL(fileURLWithPath: identities.client.keyFile)))
        let cases: [(TLSAuthorities, TLSError.Code)] = [
            (.pem([]), .fileEmpty), (.der([]), .fileEmpty), (.der([[]]), .fileEmpty), (.pem(der), .fileNotPEM),
            (.pem(key), .fileWrongContent), (.der([key]), .fileWrongContent),
            (.der([Array(der.dropLast())]), .fileDamaged),
            (.der([der + [0]]), .fileDamaged), (.pem(Array("x".utf8)), .fileNotPEM),
        ]
        for (authorities, code) in cases {
            let error = try TLSOptions().with { $0.authorities = authorities }.refusal()
            #expect(error.code == code)
            #expect(error.location == "TLSOptions.authorities")
        }
    }

    @Test("The CA file replaces the system's roots, unless trust says .add; SSL_CERT_FILE names the system's roots")
    func replaceOrAdd() async {
        // The environment belongs to the whole process, so this is a process of its own.
        await #expect(processExitsWith: .success) {
            let identities = try await TestIdentities.shared
            setenv("SSL_CERT_FILE", identities.stranger.certificateFile, 1)
            setenv("SSL_CERT_DIR", "/nowhere", 1)
            let stranger = MemoryServer.Configuration(try await identities.stranger.issue(.server()))
            let own = MemoryServer.Configuration(identities.server)

            // Nothing given: the system's roots, and no others.
            _ = try InMemory.connect(TLSOptions(), stranger)
            _ = try InMemory.connect(TLSOptions().with { $0.trust = .replace }, stranger)
            let system = #expect(throws: TLSError.self) { try InMemory.connect(TLSOptions(), own) }
            guard system?.code == .unknownIssuer, system?.hint?.contains("system's 1 roots") == true else { exit(1) }
            // A CA file replaces them.
            let replacing = TLSOptions.trusting(identities.authority)
            _ = try InMemory.connect(replacing, own)
            let replaced = #expect(throws: TLSError.self) { try InMemory.connect(replacing, stranger) }
            guard replaced?.code == .unknownIssuer else { exit(2) }
            // Or is added to them.
            let adding = replacing.with { $0.trust = .add }
            _ = try InMemory.connect(adding, own)
            _ = try InMemory.connect(adding, stranger)
            let nobody = try await CertificateAuthority.make(name: "Nobody").issue(.server())
            let unknown = #expect(throws: TLSError.self) { try InMemory.connect(adding, .init(nobody)) }
            guard unknown?.hint?.contains("or among the system's roots") == true else { exit(3) }
            // Roots that are nowhere are named.
            setenv("SSL_CERT_FILE", "/nowhere/roots.pem", 1)
            let none = #expect(throws: TLSError.self) { try InMemory.connect(TLSOptions(), own) }
            guard none?.hint?.contains("SSL_CERT_FILE") == true, none?.hint?.contains("/nowhere/roots.pem") == true
            else {
                exit(4)
            }
        }
    }

    @Test("OpenSSL's TRUSTED CERTIFICATE is a certificate too")
    func trustedCertificate() async throws {
        let identities = try await TestIdentities.shared
        let directory = try TemporaryDirectory()
        let path = directory.path("trusted.pem")
        try await Subprocess.check(
            "openssl",
            ["x509", "-in", identities.authority.certificateFile, "-trustout", "-addtrust", "serverAuth", "-out", path]
        )
        #expect(try String(contentsOfFile: path, encoding: .utf8).contains("BEGIN TRUSTED CERTIFICATE"))
        try InMemory.connect(TLSOptions().with { $0.caFile = path }, MemoryServer(.init(identities.server)))
    }
}
