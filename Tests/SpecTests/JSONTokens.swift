// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A JSON text as its tokens, to compare two texts in all but white space and escapes: order and digits count.
///
/// Written for the tests, so that what is tested does not judge itself.
struct JSONTokens: Equatable, CustomStringConvertible {
    private enum Token: Equatable {
        case punctuation(Character)
        case string(String)
        case other(String)
    }

    private struct UnexpectedEnd: Error {}

    private var tokens: [Token] = []
    let description: String

    init(_ text: String) throws {
        description = text
        var rest = Substring(text)
        while let character = rest.first {
            if character.isWhitespace {
                rest.removeFirst()
            } else if "{}[],:".contains(character) {
                tokens.append(.punctuation(character))
                rest.removeFirst()
            } else if character == "\"" {
                tokens.append(.string(try Self.string(&rest)))
            } else {
                let word = rest.prefix { !"{}[],: \n\r\t\"".contains($0) }
                tokens.append(.other(word.uppercased()))
                rest.removeFirst(word.count)
            }
        }
    }

    private static func string(_ rest: inout Substring) throws -> String {
        // Scalars, not characters: a quotation mark and an accent after it are one character.
        let scalars = rest.unicodeScalars
        var index = scalars.index(after: scalars.startIndex)
        while index < scalars.endIndex, scalars[index] != "\"" {
            if scalars[index] == "\\" {
                index = scalars.index(after: index)
                guard index < scalars.endIndex else { throw UnexpectedEnd() }
            }
            index = scalars.index(after: index)
        }
        guard index < scalars.endIndex else { throw UnexpectedEnd() }
        let end = scalars.index(after: index)
        let literal = String(scalars[..<end])
        rest = Substring(scalars[end...])
        let value = try JSONSerialization.jsonObject(with: Data(literal.utf8), options: .fragmentsAllowed)
        guard let text = value as? String else { throw UnexpectedEnd() }
        return text
    }

    static func == (lhs: JSONTokens, rhs: JSONTokens) -> Bool {
        lhs.tokens == rhs.tokens
    }
}
