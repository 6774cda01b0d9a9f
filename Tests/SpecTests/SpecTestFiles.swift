// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The test files of the MongoDB specifications, in the folders of the specifications' repository below `source`.
///
/// They are not part of this repository. The environment variable `MONGODB_SPEC_TESTS` names their folder; without it
/// `../shared/spec-tests` beside the package is looked at. Without files the suites are skipped and say so; with a
/// variable that names no folder they fail.
enum SpecTestFiles {
    /// The folder, and whether somebody named it.
    static let folder: URL? = {
        if let path = ProcessInfo.processInfo.environment["MONGODB_SPEC_TESTS"] {
            return URL(fileURLWithPath: path, isDirectory: true)
        }
        let package = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let shared = package.deletingLastPathComponent().appendingPathComponent("shared/spec-tests", isDirectory: true)
        return FileManager.default.fileExists(atPath: shared.path) ? shared : nil
    }()

    /// Whether there is anything to run.
    static var arePresent: Bool { folder != nil }

    /// Why a suite is skipped.
    static let absence: Comment = """
        The specifications' test files were not found: name their folder (the one that contains 'uri-options') in the \
        environment variable MONGODB_SPEC_TESTS.
        """

    /// The JSON files of a folder like `uri-options/tests`, or the one file that is named.
    static func files(_ path: String) -> [URL] {
        guard let folder else { return [] }
        let url = folder.appendingPathComponent(path)
        if path.hasSuffix(".json") { return [url] }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
        return names.filter { $0.hasSuffix(".json") }.sorted().map { url.appendingPathComponent($0) }
    }

    /// The cases of all files below a path. A file that cannot be read, or has no cases, is a case that fails; so is a
    /// path without files.
    static func cases(_ path: String) -> [SpecTestCase] {
        guard arePresent else { return [] }
        let files = files(path)
        guard !files.isEmpty else { return [SpecTestCase(file: path, name: "(no files)", fields: nil)] }
        return files.flatMap { url in
            let file = path.hasSuffix(".json") ? path : "\(path)/\(url.lastPathComponent)"
            guard let data = try? Data(contentsOf: url),
                let root = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
                let tests = root["tests"] as? [[String: Any]], !tests.isEmpty
            else {
                return [SpecTestCase(file: file, name: "(no cases)", fields: nil)]
            }
            return tests.map { test in
                let fields = try? JSONSerialization.data(withJSONObject: test)
                return SpecTestCase(file: file, name: test["description"] as? String ?? "(no name)", fields: fields)
            }
        }
    }
}

/// A case of a test file.
struct SpecTestCase: Sendable, CustomTestStringConvertible {
    /// The path in the specifications' folder.
    let file: String
    let name: String
    /// The case as JSON; `nil` when its file could not be read.
    let fields: Data?

    var testDescription: String { "\(file): \(name)" }

    /// The fields of the case. `NSNull` stands for a field that is null.
    func object() throws -> [String: Any] {
        let fields = try #require(fields, "\(file) holds no cases")
        return try #require(try JSONSerialization.jsonObject(with: fields) as? [String: Any])
    }
}

/// Compares a value of a test file with one of the driver as JSON would show them: numbers by value, booleans apart from
/// numbers.
func isSameJSON(_ expected: Any, _ actual: Any?) -> Bool {
    guard let actual,
        let left = try? JSONSerialization.data(withJSONObject: [expected], options: .sortedKeys),
        let right = try? JSONSerialization.data(withJSONObject: [actual], options: .sortedKeys)
    else {
        return expected is NSNull && actual == nil
    }
    return left == right
}
