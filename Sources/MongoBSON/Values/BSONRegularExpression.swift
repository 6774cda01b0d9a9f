// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// A regular expression in the server's (PCRE) syntax. It is not run here, only carried.
public struct BSONRegularExpression: Sendable, Hashable {
    /// The expression.
    public let pattern: String
    /// The options, one letter each, in alphabetical order: `i` ignores case, `m` and `s` change what `^ $` and `.`
    /// match, `x` ignores white space, and others that old servers knew.
    public let options: String

    /// A regular expression; the options are sorted, as BSON demands.
    ///
    /// - Throws: ``BSONError/Code-swift.struct/invalidValue`` when either text holds U+0000, which ends such a text in
    ///   BSON.
    public init(pattern: String, options: String = "") throws(BSONError) {
        guard !pattern.utf8.contains(0), !options.utf8.contains(0) else {
            throw BSONError(.invalidValue, "a regular expression cannot hold the character U+0000")
        }
        self.init(trusted: pattern, options: options)
    }

    /// Texts that hold no U+0000.
    init(trusted pattern: String, options: String) {
        self.pattern = pattern
        self.options = options.utf8.count < 2 ? options : Self.sorted(options)
    }

    /// The options by their code points. As characters they would not stay sorted: moved behind a letter, an accent
    /// becomes one character with it, which may belong elsewhere.
    static func sorted(_ options: String) -> String {
        String(String.UnicodeScalarView(options.unicodeScalars.sorted()))
    }
}
