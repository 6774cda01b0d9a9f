// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import CMongoOpenSSL
import NIOCore
import TestSupport
import Testing

@testable import MongoTLS

/// With an anonymous cipher suite the server has no certificate, so there is nothing that verifying could refuse.
@Suite("Anonymous cipher suites")
struct AnonymousSuiteTests {
    private static let suite = "AECDH-AES128-SHA"

    private var server: MemoryServer.Configuration {
        MemoryServer.Configuration(nil).with {
            $0.maximumVersion = TLS1_2_VERSION
            $0.cipherList = "\(Self.suite):@SECLEVEL=0"
        }
    }

    /// The check for revocation, which needs a chain, would refuse such a server by itself.
    private func options(_ names: [String]) async throws -> TLSOptions {
        .trusting(try await TestIdentities.shared.authority).with {
            $0.cipherSuites = names
            $0.disableCertificateRevocationCheck = true
        }
    }

    @Test("They are not offered while certificates are verified, whatever the list says")
    func notOffered() async throws {
        for names in [["ALL", "@SECLEVEL=0"], ["HIGH", "@SECLEVEL=0"], ["ALL", "aNULL", "@SECLEVEL=0"]] {
            #expect(try InMemory.failure(try await options(names), server).code == .noSharedCipher)
        }
        let error = try await options([Self.suite, "@SECLEVEL=0"]).refusal()
        #expect(error.code == .invalidOption)
        #expect(error.hint?.contains("certificate") == true)
    }

    @Test("A server without a certificate is refused even when such a suite was offered")
    func refused() async throws {
        let context = try TLSContext(try await options(["ALL", "@SECLEVEL=0"]))
        // As a system's openssl.cnf can do it.
        #expect(SSL_CTX_set_cipher_list(context.pointer, "\(Self.suite):@SECLEVEL=0") == 1)
        var session = try TLSSession(context, server: TLSServerName(host: "localhost"))
        let error = #expect(throws: TLSError.self) {
            try InMemory.complete(&session, with: try MemoryServer(server))
        }
        #expect(error?.category == .certificate)
        #expect(error?.message.contains("certificate verify failed") == true)
    }

    @Test("Where nothing is verified, they are a choice")
    func insecure() async throws {
        let options = TLSOptions().with {
            $0.insecure = true
            $0.cipherSuites = [Self.suite, "@SECLEVEL=0"]
        }
        #expect(try InMemory.connect(options, server).peer == nil)
    }
}
