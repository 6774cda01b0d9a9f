// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MongoTLS
import TestSupport
import Testing

/// Every way in which a file can be wrong, for every option that names one: `tlsCAFile`, `tlsCertificateKeyFile`,
/// `tlsPrivateKeyFile`, `tlsCRLFile`.
@Suite("Files of certificates and keys")
struct CredentialFileTests {
    @Test(
        "A file that is wrong is refused when the client is made, with its path and the reason",
        arguments: FileOption.allCases,
        CredentialFault.all
    )
    func faults(option: FileOption, fault: CredentialFault) async throws {
        let identities = try await TestIdentities.shared
        let directory = try TemporaryDirectory()
        let path = try await fault.make(option, identities, directory)
        let error = try option.options(path, identities).refusal()
        #expect(error.code == fault.code(option))
        #expect(error.location == path)
        #expect(error.message.contains(fault.reason(option)), "\(error)")
        #expect(error.description.contains(path))
    }

    @Test("A file that the user may not read is refused, and the hint says so", arguments: FileOption.allCases)
    func unreadable(option: FileOption) async throws {
        let identities = try await TestIdentities.shared
        let directory = try TemporaryDirectory()
        let path = try directory.write(try await option.content(identities), to: "secret.pem")
        // The directories of the tests are their owner's alone, so what everybody may read lies beside them.
        let publicFile = NSTemporaryDirectory() + "/mongo-nio-\(UUID().uuidString).pem"
        try Data(identities.client.pem.utf8).write(to: URL(fileURLWithPath: publicFile))
        defer { try? FileManager.default.removeItem(atPath: publicFile) }
        #expect(chmod(path, 0) == 0 && chmod(publicFile, 0o644) == 0)
        // No other file of these options has to be read before this one: who is not the owner could not read them either.
        let options = TLSOptions().with {
            if option == .privateKeyFile { $0.certificateKeyFile = publicFile }
            option.set(path, in: &$0)
        }
        let error = try await withoutPrivileges { try options.refusal() }
        #expect(error.code == .fileUnreadable)
        #expect(error.location == path)
        #expect(error.message.contains("Permission denied"))
        #expect(error.hint?.contains("read the file") == true)
    }

    /// What editors and people do to a file that stays right.
    static let harmless: [(name: String, change: @Sendable (String) -> String)] = [
        ("CRLF", { $0.replacingOccurrences(of: "\n", with: "\r\n") }),
        ("a UTF-8 byte order mark", { "\u{FEFF}" + $0 }),
        ("a byte order mark and CRLF", { "\u{FEFF}" + $0.replacingOccurrences(of: "\n", with: "\r\n") }),
        ("text between the blocks", { "Bag Attributes\n    friendlyName: db\n" + $0 + "\nsubject=/CN=x\n" }),
        ("no line break at the end", { String($0.dropLast()) }),
        ("blank lines", { "\n\n" + $0 + "\n\n" }),
        ("spaces at the ends of lines", { $0.replacingOccurrences(of: "\n", with: "  \n") }),
    ]

    @Test("Line ends, byte order marks and text between the blocks do no harm", arguments: FileOption.allCases)
    func harmlessChanges(option: FileOption) async throws {
        let identities = try await TestIdentities.shared
        let directory = try TemporaryDirectory()
        for (name, change) in Self.harmless {
            let path = try directory.write(change(try await option.content(identities)), to: "changed.pem")
            #expect(throws: Never.self, "\(option) with \(name)") {
                _ = try TLSContext(option.options(path, identities))
            }
        }
    }

    @Test("A damaged second certificate is not passed over", arguments: [0, 1, 2, 3, 4])
    func damagedBundle(kind: Int) async throws {
        let identities = try await TestIdentities.shared
        let first = try identities.authority.certificate.pem
        let second = try identities.stranger.certificate.pem
        let damaged = [
            String(second.dropLast(30)),
            second.replacingOccurrences(of: "\nMII", with: "\n!!!"),
            second.replacingOccurrences(of: "-----BEGIN", with: "  -----BEGIN"),
            // OpenSSL takes a byte order mark in the first line that it looks at, and in no other.
            "\n\u{FEFF}" + second,
            // A file without a line break at its end, and another behind it.
            String(second.dropLast()) + first,
        ][kind]
        let directory = try TemporaryDirectory()
        let bundle = try directory.write(first + damaged, to: "bundle.pem")
        let error = try TLSOptions().with { $0.caFile = bundle }.refusal()
        #expect(error.code == .fileDamaged)
        #expect(error.message.contains("number 2 of 2") || kind == 4)
    }

    @Test("A path must not be empty, and no zero byte may cut it short", arguments: FileOption.allCases)
    func paths(option: FileOption) async throws {
        let identities = try await TestIdentities.shared
        #expect(try option.options("", identities).refusal().code == .emptyPath)
        let good = identities.client.certificateKeyFile
        #expect(try option.options(good + "\u{0}.pem", identities).refusal().code == .invalidPath)
    }
}
