// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import CMongoOpenSSL
import Foundation
import TestSupport
import Testing

@testable import MongoTLS

@Suite("minimumVersion, maximumVersion, cipherSuites, cipherSuitesTLS13 and groups")
struct VersionAndSuiteTests {
    private var options: TLSOptions {
        get async throws { .trusting(try await TestIdentities.shared.authority) }
    }

    private var server: MemoryServer.Configuration {
        get async throws { .init(try await TestIdentities.shared.server) }
    }

    @Test("The newest version that both sides have is taken: TLS 1.3, or what the limits leave")
    func versions() async throws {
        #expect(try InMemory.connect(try await options, try await server).version == .tls13)
        let limited = try await options.with { $0.maximumVersion = .tls12 }
        #expect(try InMemory.connect(limited, try await server).version == .tls12)
        let old = try await server.with { $0.maximumVersion = TLS1_2_VERSION }
        #expect(try InMemory.connect(try await options, old).version == .tls12)
    }

    @Test("No version in common is 'protocolVersion', with OpenSSL's text and without a TLS below 1.2")
    func noVersion() async throws {
        let ancient = try await server.with {
            $0.minimumVersion = TLS1_VERSION
            $0.maximumVersion = TLS1_1_VERSION
            $0.cipherList = "ALL:@SECLEVEL=0"
        }
        let error = try InMemory.failure(try await options, ancient)
        #expect(error.code == .noSharedVersion)
        #expect(error.category == .protocolVersion)
        #expect(error.message.contains("tlsv1 alert protocol version"))
        #expect(error.hint != nil)
        let strict = try await options.with { $0.minimumVersion = .tls13 }
        let old = try await server.with { $0.maximumVersion = TLS1_2_VERSION }
        #expect(try InMemory.failure(strict, old).code == .noSharedVersion)
        let contradiction = try await options.with { ($0.minimumVersion, $0.maximumVersion) = (.tls13, .tls12) }
        #expect(try contradiction.refusal().code == .invalidOption)
    }

    @Test("A newest version below the oldest one is refused, also where the oldest is a default or the system's policy")
    func emptyRange() async throws {
        let old = try await options.with { $0.maximumVersion = .tls11 }.refusal()
        #expect(old.code == .invalidOption)
        #expect(old.hint?.contains("minimumVersion") == true)
        let options = TLSOptions().with { $0.maximumVersion = .tls12 }
        #expect(try TLSContext.minimumVersion(options, policy: .tls11) == .tls12)
        #expect(throws: TLSError.self) { try TLSContext.minimumVersion(options, policy: .tls13) }
        let explicit = TLSOptions().with { ($0.minimumVersion, $0.maximumVersion) = (.tls10, .tls11) }
        #expect(try TLSContext.minimumVersion(explicit, policy: .tls13) == .tls10)
    }

    @Test("The system's policy is kept where the options say nothing, and yields where they do")
    func policy() async {
        // OpenSSL reads its configuration once per process, so this is a process of its own.
        await #expect(processExitsWith: .success) {
            let directory = try TemporaryDirectory()
            let file = try directory.write(
                "openssl_conf = i\n[i]\nssl_conf = s\n[s]\nsystem_default = d\n[d]\nMinProtocol = TLSv1.3\n",
                to: "openssl.cnf"
            )
            let identities = try await TestIdentities.shared
            setenv("OPENSSL_CONF", file, 1)
            let server = MemoryServer.Configuration(identities.server).with { $0.maximumVersion = TLS1_2_VERSION }
            let options = TLSOptions.trusting(identities.authority)
            let refused = #expect(throws: TLSError.self) { try InMemory.connect(options, server) }
            guard refused?.code == .noSharedVersion else { exit(1) }
            guard try InMemory.connect(options.with { $0.minimumVersion = .tls12 }, server).version == .tls12 else {
                exit(2)
            }
        }
    }

    @Test("Cipher suites and groups that are asked for are negotiated")
    func negotiated() async throws {
        let tls12 = try await options.with {
            $0.maximumVersion = .tls12
            $0.cipherSuites = ["ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-ECDSA-AES128-GCM-SHA256"]
            // P-256 is the curve of the server's certificate.
            $0.groups = ["P-384", "P-256"]
        }
        let old = try InMemory.connect(tls12, try await server.with { $0.cipherList = "ECDHE-ECDSA-AES128-GCM-SHA256" })
        #expect(old.cipher == "ECDHE-ECDSA-AES128-GCM-SHA256")
        #expect(old.group?.contains("384") == true)
        let tls13 = try await options.with {
            $0.cipherSuitesTLS13 = ["TLS_AES_128_GCM_SHA256"]
            $0.groups = ["P-521", "X25519"]
        }
        let new = try InMemory.connect(tls13, try await server)
        #expect(new.cipher == "TLS_AES_128_GCM_SHA256")
        #expect(new.group?.contains("521") == true)
    }

    @Test("Nothing in common is 'noSharedCipher', in both versions, and is not taken for a client certificate")
    func noCipher() async throws {
        let tls12 = try await options.with {
            $0.maximumVersion = .tls12
            $0.cipherSuites = ["ECDHE-ECDSA-AES256-GCM-SHA384"]
        }
        let other = try await server.with { $0.cipherList = "ECDHE-ECDSA-AES128-GCM-SHA256" }
        #expect(try InMemory.failure(tls12, other).code == .noSharedCipher)
        let groups = try await options.with { $0.groups = ["P-384"] }
        let error = try InMemory.failure(groups, try await server.with { $0.groups = "P-521" })
        #expect(error.code == .noSharedCipher)
        #expect(error.category == .handshake)
    }

    @Test(
        "A name that OpenSSL does not know is refused with that name, even beside others that it knows",
        arguments: [
            ["ECDHE-ECDSA-AES128-GCM-SHA256", "AES-9000"], ["HIHG"], [""], ["HIGH:!aNULL"], ["HIGH", "AES\u{0}"], [],
        ]
    )
    func misspelt(names: [String]) async throws {
        #expect(try await options.with { $0.cipherSuites = names }.refusal().code == .invalidOption)
        #expect(try await options.with { $0.cipherSuitesTLS13 = names }.refusal().code == .invalidOption)
        #expect(try await options.with { $0.groups = names }.refusal().code == .invalidOption)
        let named = try await options.with { $0.groups = ["X25519", "P-999"] }.refusal()
        #expect(named.message.contains("P-999"))
    }

    @Test("OpenSSL's words for several cipher suites are understood")
    func words() async throws {
        let words = try await options.with {
            $0.cipherSuites = ["HIGH", "!aNULL", "-SHA1", "+ECDHE", "@SECLEVEL=1", "@STRENGTH"]
            $0.maximumVersion = .tls12
        }
        #expect(try InMemory.connect(words, try await server).version == .tls12)
    }
}
