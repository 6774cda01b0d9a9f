// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// The articles about TLS: what they show is what runs.
@Suite("The guide to TLS")
struct GuideTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static func texts(_ folder: String, _ suffix: String) throws -> [String: String] {
        let url = root.appendingPathComponent(folder)
        let names = try FileManager.default.subpathsOfDirectory(atPath: url.path).filter { $0.hasSuffix(suffix) }
        return try names.reduce(into: [:]) {
            $0[$1] = try String(contentsOf: url.appendingPathComponent($1), encoding: .utf8)
        }
    }

    private static let articles = "Sources/MongoNIO/Documentation.docc/TLS"

    /// The settings that the snippets take from their environment.
    private func environment(_ server: MongodProcess) async throws -> [String: String] {
        let identities = try await TestIdentities.shared
        let client = identities.client
        return [
            "MONGODB_HOST": "localhost:\(server.port)",
            "CA_FILE": identities.authority.certificateFile,
            "STRANGERS_CA_FILE": identities.stranger.certificateFile,
            "CRL_FILE": try await identities.authority.revocationList(),
            "CLIENT_FILE": client.certificateKeyFile,
            "CERTIFICATE_FILE": client.certificateFile,
            "KEY_FILE": client.keyFile,
            "ENCRYPTED_CLIENT_FILE": try await client.certificateKeyFile(as: .encryptedPBES2, passphrase: "hunter2"),
            "ARCHIVE_FILE": try await client.pkcs12File(passphrase: "hunter2"),
            "PASSPHRASE": "hunter2",
            // What the examples without a CA file trust.
            "SSL_CERT_FILE": identities.authority.certificateFile,
        ]
    }

    @Test(
        "Every example of the articles runs",
        arguments: ["TLS", "ClientCertificates", "Revocation", "TroubleshootingTLS", "ComingFromPyMongo"]
    )
    func runs(name: String) async throws {
        let requiresCertificate = name == "ClientCertificates"
        let server = try await MongodProcess.shared(requiresCertificate ? .tlsRequiringClientCertificate : .tls)
        let folder = URL(fileURLWithPath: try Mongotls.path).deletingLastPathComponent()
        let result = try await Subprocess.run(
            folder.appendingPathComponent(name).path,
            [],
            environment: try await environment(server),
            timeout: .seconds(120)
        )
        #expect(result.exitCode == 0, "\(result)")
        #expect(result.standardOutput.hasSuffix("done\n"), "\(result)")
        #expect(!result.standardOutput.contains("hunter2"))
        if name == "TroubleshootingTLS" { #expect(result.standardOutput.contains("certificate untrustedRoot")) }
    }

    @Test("Every Swift block of an article stands in a snippet, as it is")
    func quoted() throws {
        let snippets = try Self.texts("Snippets", ".swift").mapValues { snippet in
            // Without indentation, which an article does not have.
            snippet.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: "\n")
        }
        let articles = try Self.texts(Self.articles, ".md")
        #expect(articles.count == 5)
        for (name, article) in articles {
            let blocks = article.components(separatedBy: "```swift\n").dropFirst()
                .map { $0.components(separatedBy: "```")[0] }
            #expect(!blocks.isEmpty, "\(name)")
            for block in blocks {
                let lines = block.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
                #expect(snippets.values.contains { $0.contains(lines.joined(separator: "\n")) }, "\(name): \(block)")
            }
        }
    }

    @Test("Every promise of the table G1 to G19 names tests that exist")
    func promises() throws {
        let article = try #require(try Self.texts(Self.articles, "TLS.md")["TLS.md"])
        let tests = try Self.texts("Tests", ".swift").values.joined(separator: "\n")
        for number in 1...19 {
            let row = try #require(article.split(separator: "\n").first { $0.hasPrefix("| G\(number) ") }, "G\(number)")
            let column = try #require(row.split(separator: "|").last { $0.contains("\"") }, "G\(number)")
            for name in column.components(separatedBy: "\"; \"") {
                let name = name.trimmingCharacters(in: CharacterSet(charactersIn: " \""))
                #expect(tests.contains("\"\(name)\""), "G\(number): \(name)")
            }
        }
    }
}
