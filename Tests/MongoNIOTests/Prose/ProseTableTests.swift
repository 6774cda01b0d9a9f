// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@Suite("The table of prose tests")
struct ProseTableTests {
    @Test("names tests that exist")
    func names() throws {
        let tests = URL(fileURLWithPath: #filePath).appending(path: "../../..").standardizedFileURL
        let table = try String(contentsOf: tests.appending(path: "PROSE-TESTS.md"), encoding: .utf8)
        var functions: [String: Set<String>] = [:]
        let files = FileManager.default.enumerator(at: tests, includingPropertiesForKeys: nil)
        for case let file as URL in files ?? .init() where file.lastPathComponent.hasSuffix("Tests.swift") {
            let source = try String(contentsOf: file, encoding: .utf8)
            for suite in source.matches(of: /struct (\w+Tests)\b/) {
                let names = source.matches(of: /func (\w+)\(/).map { String($0.1) }
                functions[String(suite.1), default: []].formUnion(names)
            }
        }
        let named = table.matches(of: /`(\w+Tests)(?:\/(\w+))?`/)
        #expect(named.count > 60)
        for name in named where name.1 != "SpecTests" {
            let suite = try #require(functions[String(name.1)], "there is no suite \(name.1)")
            if let function = name.2 { #expect(suite.contains(String(function)), "there is no \(name.1)/\(function)") }
        }
    }
}
