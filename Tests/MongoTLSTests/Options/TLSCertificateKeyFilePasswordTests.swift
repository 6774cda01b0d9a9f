// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import CMongoOpenSSL
import Foundation
import MongoTLS
import Synchronization
import TestSupport
import Testing

@Suite("tlsCertificateKeyFilePassword and passphrase", .serialized)
struct TLSCertificateKeyFilePasswordTests {
    private func encryptedFile(_ passphrase: String, _ encoding: KeyEncoding = .encryptedPBES2) async throws -> String {
        try await TestIdentities.shared.client.certificateKeyFile(as: encoding, passphrase: passphrase)
    }

    @Test("A closure is asked once, when the client is made, and only if the key is encrypted")
    func closure() async throws {
        let calls = Mutex(0)
        let passphrase = TLSPassphrase {
            calls.withLock { $0 += 1 }
            return "secret"
        }
        let options = TLSOptions().with { $0.passphrase = passphrase }
        let plain = try await TestIdentities.shared.client.certificateKeyFile
        _ = try TLSContext(options.with { $0.certificateKeyFile = plain })
        #expect(calls.withLock { $0 } == 0)
        for encoding in [KeyEncoding.encryptedPBES2, .encryptedPBES1, .encryptedTraditional] {
            let file = try await encryptedFile("secret", encoding)
            calls.withLock { $0 = 0 }
            _ = try TLSContext(options.with { $0.certificateKeyFile = file })
            #expect(calls.withLock { $0 } == 1)
        }
    }

    @Test("A closure that throws is a configuration error, which does not quote the error")
    func throwing() async throws {
        struct VaultSealed: Error, CustomStringConvertible {
            var description: String { "token s.1234 refused" }
        }
        let file = try await encryptedFile("secret")
        let error = try TLSOptions().with {
            $0.certificateKeyFile = file
            $0.passphrase = TLSPassphrase { throw VaultSealed() }
        }.refusal()
        #expect(error.code == .passphraseUnavailable)
        #expect(error.location == file)
        #expect(error.message.contains("VaultSealed"))
        #expect(!error.description.contains("s.1234"))
    }

    @Test("A passphrase of 5,000 bytes is refused with the limit, and one of 1,024 is not")
    func long() async throws {
        let long = String(repeating: "p", count: 5_000)
        let file = try await encryptedFile("secret")
        let options = TLSOptions().with { $0.certificateKeyFile = file }
        let text = try options.with { $0.certificateKeyFilePassword = long }.refusal()
        #expect(text.code == .passphraseTooLong)
        #expect(text.message.contains("1024"))
        #expect(text.location == file)
        #expect(try options.with { $0.passphrase = TLSPassphrase { long } }.refusal().code == .passphraseTooLong)
        let full = String(long.prefix(1_024))
        #expect(try options.with { $0.certificateKeyFilePassword = full }.refusal().code == .passphraseWrong)
    }

    @Test("An encryption that OpenSSL has retired is told from a wrong passphrase")
    func retired() async throws {
        let client = try await TestIdentities.shared.client
        let directory = try TemporaryDirectory()
        let path = directory.path("key.pem")
        try await Subprocess.check(
            "openssl",
            ["pkcs8", "-topk8", "-v1", "PBE-MD5-DES", "-provider", "legacy", "-provider", "default"]
                + ["-in", client.keyFile, "-out", path, "-passout", "pass:secret"]
        )
        let error = try TLSOptions().with {
            $0.certificateKeyFile = client.certificateFile
            $0.privateKeyFile = path
            $0.certificateKeyFilePassword = "secret"
        }.refusal()
        #expect(error.code == .encryptionUnsupported)
        #expect(error.location == path)
    }

    /// How often OpenSSL wanted to ask somebody at a terminal.
    private static let prompts = Atomic(0)

    @Test("Nobody is ever asked at a terminal, whatever is missing or wrong")
    func noPrompt() async throws {
        // OpenSSL asks through its "user interface"; this one counts and answers nothing.
        let original = UI_get_default_method()
        let spy = try #require(UI_create_method("spy"))
        UI_method_set_opener(spy) { _ in
            TLSCertificateKeyFilePasswordTests.prompts.add(1, ordering: .sequentiallyConsistent)
            return 0
        }
        UI_set_default_method(spy)
        defer {
            UI_set_default_method(original)
            UI_destroy_method(spy)
        }
        // The spy works: without a callback OpenSSL does ask.
        let client = try await TestIdentities.shared.client
        let text = try String(contentsOfFile: try await encryptedFile("secret"), encoding: .utf8)
        text.withCString { pointer in
            let bio = BIO_new_mem_buf(pointer, -1)
            #expect(PEM_read_bio_PrivateKey(bio, nil, nil, nil) == nil)
            BIO_free(bio)
        }
        ERR_clear_error()
        #expect(Self.prompts.exchange(0, ordering: .sequentiallyConsistent) > 0)

        let archive = [UInt8](
            try Data(contentsOf: URL(fileURLWithPath: try await client.pkcs12File(passphrase: "secret")))
        )
        let directory = try TemporaryDirectory()
        let path = directory.path("key.der")
        try await Subprocess.check(
            "openssl",
            ["pkcs8", "-topk8", "-outform", "DER", "-in", client.keyFile, "-out", path, "-passout", "pass:secret"]
        )
        let keyBytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        var identities: [TLSIdentity] = [.pkcs12(archive), .der(certificates: [try client.der], privateKey: keyBytes)]
        for encoding in [KeyEncoding.encryptedPBES2, .encryptedPBES1, .encryptedTraditional] {
            let file = try await encryptedFile("secret", encoding)
            identities.append(.pem([UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))))
        }
        // A certificate that claims to be encrypted.
        let header =
            "-----BEGIN CERTIFICATE-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,\(String(repeating: "0", count: 32))\n\n"
        let claiming = try client.pem.replacingOccurrences(of: "-----BEGIN CERTIFICATE-----\n", with: header)
        for identity in identities {
            for passphrase in [nil, "wrong", String(repeating: "x", count: 5_000)] as [String?] {
                _ = try TLSOptions().with {
                    $0.identity = identity
                    $0.certificateKeyFilePassword = passphrase
                }.refusal()
            }
        }
        #expect(
            try TLSOptions().with { $0.authorities = .pem(Array(claiming.utf8)) }.refusal().code == .fileDamaged
        )
        #expect(Self.prompts.load(ordering: .sequentiallyConsistent) == 0)
    }
}
