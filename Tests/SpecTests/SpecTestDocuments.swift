// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MongoBSON
import Testing

/// A test file that is one case.
struct SpecTestDocument: Sendable, CustomTestStringConvertible {
    /// The path in the specifications' folder.
    let file: String
    let name: String
    /// The file, in MongoDB's extended JSON; `nil` when it could not be read.
    let content: BSONDocument?

    var testDescription: String { "\(file): \(name)" }

    func document() throws -> BSONDocument {
        try #require(content, "\(file) is not extended JSON")
    }
}

extension SpecTestFiles {
    /// All files below a folder, at any depth. A folder without files is a case that fails.
    static func documents(_ path: String) -> [SpecTestDocument] {
        guard let folder else { return [] }
        let root = folder.appendingPathComponent(path)
        let names = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String } ?? []
        let documents = names.filter { $0.hasSuffix(".json") }.sorted().map { name in
            let text = try? String(contentsOf: root.appendingPathComponent(name), encoding: .utf8)
            let content = text.flatMap { try? BSONDocument(extendedJSON: $0) }
            return SpecTestDocument(
                file: "\(path)/\(name)",
                name: content?["description"]?.stringValue
                    ?? URL(fileURLWithPath: name).deletingPathExtension().lastPathComponent,
                content: content
            )
        }
        return documents.isEmpty ? [SpecTestDocument(file: path, name: "(no files)", content: nil)] : documents
    }
}
