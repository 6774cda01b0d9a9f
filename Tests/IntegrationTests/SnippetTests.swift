// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// What the articles show is what runs; `GuideTests` has those about TLS, `dev/demo` runs the quick start.
@Suite("The snippets of the articles")
struct SnippetTests {
    private static let elsewhere: Set = [
        "Quickstart", "TLS", "ClientCertificates", "Revocation", "TroubleshootingTLS", "ComingFromPyMongo",
    ]

    /// The names of the files in `Snippets`.
    private static var names: [String] {
        let folder = URL(fileURLWithPath: #filePath).appending(path: "../../../Snippets").standardizedFileURL
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".swift") }.map { String($0.dropLast(6)) }
            .filter { !elsewhere.contains($0) }.sorted()
    }

    @Test("There are some")
    func found() {
        #expect(Self.names.count >= 7)
    }

    @Test("Each of them runs to its end", arguments: names)
    func runs(name: String) async throws {
        let program = URL(fileURLWithPath: try Mongotls.path).deletingLastPathComponent().appending(path: name)
        let result = try await Subprocess.run(
            program.path,
            [],
            environment: ["MONGODB_URI": try await ReplicaSetFixture.uri()],
            timeout: .seconds(60)
        )
        #expect(result.exitCode == 0, "\(result)")
        #expect(!result.standardOutput.isEmpty)
    }
}
