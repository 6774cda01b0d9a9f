// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// The text rules of connection strings. All of them work on bytes: a combining character after a delimiter merges with
// it into one `Character`, so that looking for the `Character` "&" would overlook delimiters.

extension String {
    /// The text with `A` to `Z` in lower case and everything else left as it is, which is how the connection string
    /// specification compares names and how DNS compares host names.
    func lowercasedASCII() -> String {
        String(decoding: utf8.map(Self.lowercase), as: UTF8.self)
    }

    /// The text with `a` to `z` in upper case and everything else left as it is.
    func uppercasedASCII() -> String {
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        return String(decoding: utf8.map { letters.contains($0) ? $0 & 0xDF : $0 }, as: UTF8.self)
    }

    private static func lowercase(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }

    /// The text in a form that fits into a one-line message: short, and without what a terminal would obey.
    package var quotable: String {
        let text = String(unicodeScalars.prefix(64)).harmless
        return unicodeScalars.count > 64 ? text + "…" : text
    }

    /// The text on one line and without what a terminal would obey instead of showing it: control characters, marks that
    /// turn the direction of the text, and line breaks of all kinds.
    package var harmless: String {
        var text = ""
        text.unicodeScalars.append(
            contentsOf: unicodeScalars.map { scalar in
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator: "\u{FFFD}"
                default: scalar
                }
            }
        )
        return text
    }

    /// Decodes percent-encoded bytes (RFC 3986, section 2.1). A `+` stays a `+`.
    ///
    /// The result is `nil` when a percent sign is not followed by two hexadecimal digits, or when what comes out is not
    /// UTF-8.
    init?(percentDecoding text: ArraySlice<UInt8>) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var rest = text
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(Self.hexDigit), let low = rest.popFirst().flatMap(Self.hexDigit)
            else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        self.init(validating: bytes, as: UTF8.self)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
