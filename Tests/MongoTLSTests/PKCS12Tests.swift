// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MongoTLS
import TestSupport
import Testing

@Suite("identity: PKCS#12")
struct PKCS12Tests {
    private func archive(passphrase: String, options: [String] = []) async throws -> [UInt8] {
        let client = try await TestIdentities.shared.client
        let directory = try TemporaryDirectory()
        let path = directory.path("identity.p12")
        try await Subprocess.check(
            "openssl",
            ["pkcs12", "-export", "-in", client.certificateFile, "-inkey", client.keyFile, "-out", path]
                + ["-passout", "env:PASS"] + options,
            environment: ["PASS": passphrase]
        )
        return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    private func options(_ bytes: [UInt8], _ passphrase: String?) -> TLSOptions {
        TLSOptions().with {
            $0.identity = .pkcs12(bytes)
            $0.certificateKeyFilePassword = passphrase
        }
    }

    @Test("An archive opens with its passphrase, and with no other")
    func passphrase() async throws {
        let bytes = try await archive(passphrase: "secret")
        _ = try TLSContext(options(bytes, "secret"))
        _ = try TLSContext(
            TLSOptions().with {
                $0.identity = .pkcs12(bytes)
                $0.passphrase = TLSPassphrase { "secret" }
            }
        )
        let wrong = try options(bytes, "wrong").refusal()
        #expect(wrong.code == .passphraseWrong)
        #expect(wrong.location == "TLSOptions.identity")
        #expect(try options(bytes, nil).refusal().code == .passphraseMissing)
        #expect(try options(bytes, "secret\u{0}x").refusal().code == .invalidOption)
        #expect(try options(bytes, String(repeating: "x", count: 5_000)).refusal().code == .passphraseWrong)
    }

    @Test("A passphrase of 1,000 bytes, none of them ASCII, opens the archive that was made with it")
    func longPassphrase() async throws {
        let bytes = try await archive(passphrase: String(repeating: "é", count: 500))
        _ = try TLSContext(options(bytes, String(repeating: "é", count: 500)))
    }

    @Test("An archive with an empty passphrase, and one without encryption, needs none")
    func unprotected() async throws {
        _ = try TLSContext(options(try await archive(passphrase: ""), nil))
        let plain = try await archive(passphrase: "", options: ["-keypbe", "NONE", "-certpbe", "NONE"])
        _ = try TLSContext(options(plain, nil))
        _ = try TLSContext(options(plain, "anything"))
    }

    @Test("An archive without an integrity check loads, or is refused with what to do about it")
    func unchecked() async throws {
        let bare = try await archive(passphrase: "x", options: ["-keypbe", "NONE", "-certpbe", "NONE", "-nomac"])
        // Newer versions of OpenSSL than 3.0 open it.
        do throws(TLSError) {
            _ = try TLSContext(options(bare, nil))
        } catch {
            #expect(error.code == .encryptionUnsupported)
            #expect(error.hint?.contains("-nomac") == true)
        }
    }

    @Test("What is no archive, or not all of one, is refused with the reason")
    func damaged() async throws {
        let bytes = try await archive(passphrase: "secret")
        #expect(try options([], "secret").refusal().code == .fileEmpty)
        #expect(try options(Array(bytes.dropLast(20)), "secret").refusal().code == .fileDamaged)
        #expect(try options(Array("certificate".utf8), "secret").refusal().code == .fileDamaged)
        let pem = Array(try await TestIdentities.shared.client.pem.utf8)
        #expect(try options(pem, nil).refusal().code == .fileWrongContent)
        let der = try await TestIdentities.shared.client.der
        #expect(try options(der, nil).refusal().code == .fileDamaged)
        let keyless = try await archive(passphrase: "secret", options: ["-nokeys"])
        let error = try options(keyless, "secret").refusal()
        #expect(error.code == .fileWrongContent)
        #expect(error.message.contains("no private key"))
    }

    @Test("An archive in the algorithms of the nineties is refused with what to do about it")
    func legacy() async throws {
        let bytes = try await archive(passphrase: "secret", options: ["-legacy"])
        let error = try options(bytes, "secret").refusal()
        #expect(error.code == .encryptionUnsupported)
        #expect(error.hint?.contains("openssl pkcs12 -export") == true)
    }

    @Test("Mutated archives are refused or load, and never do anything else")
    func mutations() async throws {
        let bytes = try await archive(passphrase: "", options: ["-keypbe", "NONE", "-certpbe", "NONE"])
        var random = SeededGenerator(seed: 12)
        var refusals = 0
        for _ in 0..<1_000 {
            await Task.yield()
            do throws(TLSError) {
                _ = try TLSContext(options(random.mutate(bytes), nil))
            } catch {
                #expect(error.category == .configuration)
                refusals += 1
            }
        }
        #expect(refusals > 300)
    }
}
