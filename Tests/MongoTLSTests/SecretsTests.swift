// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import MongoTLS

/// What Swift makes of values by itself, and what is logged: nothing secret is in any of it.
@Suite("Secrets of TLS stay secret")
struct TLSSecretsTests {
    private static let passphrase = "hunter2"

    private func texts(of value: Any) -> String {
        var text = ""
        dump(value, to: &text)
        debugPrint(value, to: &text)
        print(value, to: &text)
        return text + String(describing: value) + String(reflecting: value) + leaves(of: value, depth: 0)
    }

    private func leaves(of value: Any, depth: Int) -> String {
        guard depth < 12 else { return "" }
        let children = Mirror(reflecting: value).children
        return children.isEmpty ? "\(value)\n" : children.map { leaves(of: $0.value, depth: depth + 1) }.joined()
    }

    @Test("The bytes of a file are wiped when nobody needs them any more, and those of the user are not")
    func wiped() async throws {
        let path = try await TestIdentities.shared.client.certificateKeyFile
        func bytesLeft(_ make: () throws -> CredentialFile) throws -> [UInt8] {
            // The same memory, not a copy.
            try make().bytes
        }
        let read = try bytesLeft { try CredentialFile(path: path, purpose: .clientCertificate) }
        #expect(!read.isEmpty && read.allSatisfy { $0 == 0 })
        let given = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        let kept = try bytesLeft {
            try CredentialFile(bytes: given, property: "identity", purpose: .clientCertificate)
        }
        #expect(kept == given && given.contains { $0 != 0 })
        var text: [CChar] = [1, 2, 3]
        SecureBytes.wipe(&text)
        #expect(text == [0, 0, 0])
    }

    @Test("No text made of options, contexts, providers, reports and errors holds a passphrase or a key")
    func texts() async throws {
        let identities = try await TestIdentities.shared
        let client = identities.client
        let key = try String(contentsOfFile: client.keyFile, encoding: .utf8)
        // A line from the middle of the private key.
        let keyLine = String(try #require(key.split(separator: "\n").dropFirst().first))
        let encrypted = try await client.certificateKeyFile(as: .encryptedPBES2, passphrase: Self.passphrase)
        let log = RecordedLog()
        var file = TLSOptions.trusting(identities.authority)
        file.certificateKeyFile = encrypted
        file.certificateKeyFilePassword = Self.passphrase
        var memory = TLSOptions.trusting(identities.authority)
        memory.identity = .pem([UInt8](try Data(contentsOf: URL(fileURLWithPath: client.certificateKeyFile))))
        var closure = file
        closure.certificateKeyFilePassword = nil
        closure.passphrase = TLSPassphrase { Self.passphrase }
        var values: [Any] = []
        for options in [file, memory, closure] {
            let provider = try TLSContextProvider(options, logger: log.logger)
            try provider.reload()
            values += [options, provider, provider.current, try TLSFileReport(provider.current), [options]] as [Any]
        }
        for wrong in ["hunter2 ", "xhunter2"] {
            let error = try file.with { $0.certificateKeyFilePassword = wrong }.refusal()
            values += [error, error.description, error.opensslErrors] as [Any]
        }
        for value in values {
            let text = texts(of: value)
            #expect(!text.contains(Self.passphrase), "\(type(of: value))")
            #expect(!text.contains(keyLine), "\(type(of: value))")
        }
        #expect(!log.entries.contains { $0.message.contains(Self.passphrase) })
    }
}
