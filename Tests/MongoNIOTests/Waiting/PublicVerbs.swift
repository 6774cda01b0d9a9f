// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The public functions that may wait, as the sources declare them.
enum PublicVerbs {
    /// Each as `Type.name(label:…)`, as often as there are such declarations: overloads can differ by types only.
    static func thatWait() throws -> [String] {
        let sources = URL(fileURLWithPath: #filePath)
            .appending(path: "../../../../Sources/MongoNIO").standardizedFileURL
        let files = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)
        var verbs: [String] = []
        for case let file as URL in files ?? .init() where file.pathExtension == "swift" {
            verbs += verbsThatWait(in: try String(contentsOf: file, encoding: .utf8))
        }
        return verbs
    }

    static func verbsThatWait(in source: String) -> [String] {
        var scopes: [(indentation: Int, name: String)] = []
        var verbs: [String] = []
        let lines = source.split(separator: "\n", omittingEmptySubsequences: false)
        for (number, line) in lines.enumerated() {
            let text = line.drop { $0 == " " }
            let indentation = line.count - text.count
            let words = text.split(separator: " ")
            if text.hasSuffix("{"), let type = typeName(words) {
                scopes.removeAll { $0.indentation >= indentation }
                scopes.append((indentation, type))
            }
            guard words.first == "public", let keyword = words.firstIndex(of: "func") else { continue }
            let end = lines[number...].firstIndex { $0.hasSuffix("{") || $0.hasSuffix("}") } ?? number
            let declaration = lines[number...end].joined(separator: " ")
            guard let name = words[(keyword + 1)...].first?.prefix(while: { $0.isLetter || $0.isNumber }),
                let (labels, effects) = signature(declaration), effects.contains("async")
            else { continue }
            let scope = scopes.filter { $0.indentation < indentation }.map(\.name)
            verbs.append((scope + ["\(name)(\(labels))"]).joined(separator: "."))
        }
        return verbs
    }

    private static func typeName(_ words: [Substring]) -> String? {
        let kinds: Set<Substring> = ["extension", "class", "struct", "enum", "actor"]
        guard let kind = words.firstIndex(where: kinds.contains), kind + 1 < words.count else { return nil }
        return String(words[kind + 1].prefix { $0.isLetter || $0.isNumber })
    }

    /// The labels of the parameters, and what follows them.
    private static func signature(_ declaration: String) -> (labels: String, effects: Substring)? {
        guard let start = declaration.firstIndex(of: "(") else { return nil }
        var depth = 0
        var parameters = [""]
        for index in declaration[start...].indices {
            let character = declaration[index]
            if "([{".contains(character) { depth += 1 }
            if ")]}".contains(character) { depth -= 1 }
            if depth == 0 {
                let labels = parameters.compactMap { parameter in
                    parameter.split { $0 == " " || $0 == ":" }.first.map { "\($0):" }
                }
                return (labels.joined(), declaration[declaration.index(after: index)...])
            }
            if depth == 1, character == "," {
                parameters.append("")
            } else if depth > 1 || character != "(" {
                parameters[parameters.count - 1].append(character)
            }
        }
        return nil
    }
}
