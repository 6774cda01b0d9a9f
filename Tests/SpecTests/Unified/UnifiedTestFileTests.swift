// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Which files become cases of the unified runner, in suites that this repository has never seen too.
@Suite("The files of unified tests")
struct UnifiedTestFileTests {
    @Test("Files of the format are found wherever they are, and one that is no JSON is a case that fails")
    func found() throws {
        let directory = try TemporaryDirectory()
        let tests = directory.path("unheard-of/tests/deep")
        try FileManager.default.createDirectory(atPath: tests, withIntermediateDirectories: true)
        for (name, text) in [
            ("unified file.json", #"{"schemaVersion": "1.0", "tests": [{"description": "a"}, {"description": "b"}]}"#),
            ("empty.json", #"{"schemaVersion": "1.0"}"#), ("broken.json", #"{"schemaVersion": "#),
            ("other.json", #"{"tests": [{"description": "of another format"}]}"#), ("list.json", "[1]"),
            ("notes.txt", "{"),
        ] {
            try directory.write(Array(text.utf8), to: "unheard-of/tests/deep/\(name)")
        }
        let files = UnifiedTestFile.files(in: URL(fileURLWithPath: directory.path, isDirectory: true))
        #expect(
            files.map(\.path) == ["broken", "empty", "unified file"].map { "unheard-of/tests/deep/\($0).json" }
        )
        #expect(files.map(\.caseNames) == [["(not JSON)"], ["(no name)"], ["a", "b"]])
        for file in files {
            #expect(file.suite == "unheard-of")
            let test = UnifiedCase(file: file, index: 0)
            // A file without a description is none of the format either.
            #expect(throws: (any Error).self) { try test.load() }
        }
    }
}
