// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MongoBSON
import Synchronization

/// A file of the unified test format. Files are found by their contents, so that suites which this repository has never
/// seen run too; they are read as Extended JSON when the first of their cases runs.
final class UnifiedTestFile: Sendable {
    /// The path below the folder of the specifications, for example `crud/tests/unified/find.json`.
    let path: String
    /// The names of the cases; one that says so when the file has none, or is no JSON.
    let caseNames: [String]

    private let url: URL
    private let loaded = Mutex<Result<BSONDocument, any Error>?>(nil)

    private init(path: String, url: URL, caseNames: [String]) {
        self.path = path
        self.url = url
        self.caseNames = caseNames
    }

    /// The first folder of the path.
    var suite: String { String(path.prefix { $0 != "/" }) }

    /// The contents; read once.
    func contents() throws -> BSONDocument {
        try loaded.withLock { loaded in
            let result = loaded ?? Result { try BSONDocument(extendedJSON: String(contentsOf: url, encoding: .utf8)) }
            loaded = result
            return result
        }.get()
    }

    /// Every file of the format, in the order of their paths, and every one that cannot be read: what it was meant to be
    /// nobody knows, and its case fails.
    static let all: [UnifiedTestFile] = SpecTestFiles.folder.map(files) ?? []

    static func files(in folder: URL) -> [UnifiedTestFile] {
        let paths = (FileManager.default.enumerator(atPath: folder.path)?.allObjects as? [String] ?? [])
            .filter { $0.hasSuffix(".json") && $0.split(separator: "/").dropFirst().first == "tests" }
        return paths.sorted().compactMap { path in
            let url = folder.appendingPathComponent(path)
            guard let data = try? Data(contentsOf: url),
                let value = try? JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)
            else { return UnifiedTestFile(path: path, url: url, caseNames: ["(not JSON)"]) }
            guard let root = value as? [String: Any],
                root["schemaVersion"] != nil || path.hasPrefix("unified-test-format/")
            else { return nil }
            // As dev/spec-report counts them.
            var tests = root["tests"] as? [Any] ?? []
            if tests.isEmpty { tests = [[String: Any]()] }
            let names = tests.map { ($0 as? [String: Any])?["description"] as? String ?? "(no name)" }
            return UnifiedTestFile(path: path, url: url, caseNames: names)
        }
    }
}
