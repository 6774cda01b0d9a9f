// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MongoNIO

@Suite("SASLprep")
struct SASLprepTests {
    @Test(
        "Texts are brought into one form",
        arguments: [
            // RFC 4013, section 3
            ("I\u{AD}X", "IX"), ("user", "user"), ("USER", "USER"), ("\u{AA}", "a"), ("\u{2168}", "IX"),
            // Latin-1: composed, whatever was typed
            ("pässwörd", "p\u{E4}ssw\u{F6}rd"), ("pa\u{308}ss", "p\u{E4}ss"), ("\u{A0}x\u{2003}y", " x y"),
            ("½", "1\u{2044}2"),
            // Cyrillic
            ("пароль", "пароль"), ("и\u{306}", "\u{439}"),
            // Arabic-Indic digits are numbers, and no letters of a right-to-left script: they have no direction here
            ("\u{661}\u{662}\u{663}", "\u{661}\u{662}\u{663}"),
            // Combining marks: brought into order, joined where a composed character exists
            ("a\u{327}\u{301}", "\u{E1}\u{327}"), ("a\u{301}\u{327}", "\u{E1}\u{327}"),
            ("q\u{307}\u{323}", "q\u{323}\u{307}"),
            ("\u{1E69}", "\u{1E69}"), ("s\u{307}\u{323}", "\u{1E69}"), ("\u{301}a", "\u{301}a"),
            // What looks like something else
            ("ﬁn", "fin"), ("Ｆｕｌｌ", "Full"), ("\u{212B}", "\u{C5}"), ("\u{1D400}\u{1D7D9}", "A1"),
            // Korean, by computation
            ("\u{1112}\u{1161}\u{11AB}", "\u{D55C}"), ("\u{D55C}", "\u{D55C}"), ("\u{1112}\u{1161}", "\u{D558}"),
            // Mapped to nothing
            ("a\u{200D}b\u{FE0F}c\u{2060}", "abc"), ("\u{AD}", ""), ("", ""),
            // Right to left on its own, and with digits between
            ("\u{5E9}\u{5DC}\u{5D5}\u{5DD}", "\u{5E9}\u{5DC}\u{5D5}\u{5DD}"), ("\u{627}1\u{628}", "\u{627}1\u{628}"),
            ("\u{627}\u{661}\u{628}", "\u{627}\u{661}\u{628}"),
        ]
    )
    func prepared(_ text: String, _ expected: String) throws {
        let result = try SASLprep.prepare(text)
        // Not `==`, which takes canonically equivalent texts for equal.
        #expect(Array(result.unicodeScalars) == Array(expected.unicodeScalars))
    }

    @Test(
        "Prohibited characters are refused",
        arguments: [
            0x7, 0x9, 0x7F, 0x80, 0x6DD, 0x180E, 0x2028, 0xE000, 0xF0000, 0xFDD0, 0xFFFE, 0x1FFFF, 0xFFFD, 0x2FF0,
            0x200E,
            0x202A, 0xE0001, 0xE0041, 0x1D173,
        ]
    )
    func prohibited(_ scalar: UInt32) throws {
        let text = "a" + String(try #require(Unicode.Scalar(scalar)))
        let error = #expect(throws: SASLprep.Failure.self) { try SASLprep.prepare(text) }
        guard case .prohibited = error else {
            Issue.record("refused for another reason: \(String(describing: error))")
            return
        }
    }

    @Test(
        "Right-to-left text neither mixes with left-to-right text nor begins or ends with anything else",
        arguments: ["\u{627}a\u{628}", "\u{627}1", "1\u{627}", "\u{5D0} a", "abc\u{5D0}", "\u{5D0}!", "\u{FB1D}"]
    )
    func directions(_ text: String) {
        #expect(throws: SASLprep.Failure.mixedDirections) { try SASLprep.prepare(text) }
    }

    @Test("What Unicode 3.2 does not know is refused", arguments: ["\u{1F600}", "\u{221}", "\u{1E9E}", "\u{20B9}"])
    func unassigned(_ text: String) {
        #expect(throws: SASLprep.Failure.unassigned) { try SASLprep.prepare(text) }
    }

    @Test("The standard library's ages draw the line of table A.1: 879,309 scalars are unassigned")
    func tableA1() {
        let count = (UInt32(0)...0x10FFFF).lazy.compactMap(Unicode.Scalar.init).count { scalar in
            SASLprep.isUnassigned(scalar) && scalar.value & 0xFFFE != 0xFFFE
                && !(0xFDD0...0xFDEF).contains(scalar.value)
        }
        #expect(count == 879_309)
    }
}
