// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// What went wrong while BSON or Extended JSON was read, written, encoded or decoded.
///
/// Its ``description`` names the kind of failure, the reason, and the place (coding path, byte offset, or line and
/// column). It never holds a value of the document, only field names, so it is safe to log.
public struct BSONError: Error, Sendable {
    /// The kind of failure, to decide on.
    public let code: Code
    /// The reason in one sentence, for people.
    public let message: String
    /// The field names (array indexes as digits) that lead to the failing value; empty at the root or when unknown.
    public var path: [String]
    /// The place in the text or the bytes that were read, when the failure has one.
    public var location: Location?
    /// The error that a type's own `encode(to:)` or `init(from:)` threw, when that was the cause.
    public var underlyingError: (any Error)?

    /// Makes an error, for types that implement ``BSONEncodable`` or ``BSONDecodable`` themselves.
    public init(
        _ code: Code,
        _ message: String,
        path: [String] = [],
        location: Location? = nil,
        underlyingError: (any Error)? = nil
    ) {
        self.code = code
        self.message = message
        self.path = path
        self.location = location
        self.underlyingError = underlyingError
    }
}

extension BSONError {
    /// A kind of failure. New ones may be added.
    public struct Code: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
        /// The name of the code.
        public let rawValue: String

        /// Makes a code of its name.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The name of the code.
        public var description: String { rawValue }

        /// The bytes are not a BSON document.
        public static let malformedBSON = Code(rawValue: "malformedBSON")
        /// The text is not JSON, or not Extended JSON.
        public static let malformedJSON = Code(rawValue: "malformedJSON")
        /// Documents and arrays are nested deeper than ``BSONDocument/maximumDepth``.
        public static let nestingTooDeep = Code(rawValue: "nestingTooDeep")
        /// The document would be longer than BSON can express, 2³¹ − 1 bytes.
        public static let documentTooLarge = Code(rawValue: "documentTooLarge")
        /// A field name cannot be written, because it holds the character U+0000.
        public static let invalidKey = Code(rawValue: "invalidKey")
        /// A value cannot be represented by the type that it was meant for.
        public static let invalidValue = Code(rawValue: "invalidValue")
        /// The value has another BSON type than the one asked for.
        public static let typeMismatch = Code(rawValue: "typeMismatch")
        /// A number does not fit the type asked for without loss.
        public static let numberNotRepresentable = Code(rawValue: "numberNotRepresentable")
        /// A required field is absent.
        public static let keyNotFound = Code(rawValue: "keyNotFound")
        /// A required value is null, or an array has ended.
        public static let valueNotFound = Code(rawValue: "valueNotFound")
        /// A type cannot be a document of its own, or encoded nothing at all.
        public static let unsupportedType = Code(rawValue: "unsupportedType")
        /// A type's own coding code threw; see ``BSONError/underlyingError``.
        public static let codingFailed = Code(rawValue: "codingFailed")
        /// A ``BSONWriter`` was driven in a wrong order.
        package static let misuse = Code(rawValue: "misuse")
    }

    /// A place in what was read.
    public enum Location: Sendable, Hashable {
        /// The number of bytes before the failing one.
        case byteOffset(Int)
        /// The line and the column in a JSON text, both counted from 1; columns count bytes of UTF-8.
        case text(line: Int, column: Int)
    }
}

extension BSONError: CustomStringConvertible {
    /// The failure in one line that is safe to log.
    public var description: String {
        var text = "\(code): \(message)"
        if !path.isEmpty {
            text += " (at \(path.joined(separator: ".")))"
        }
        switch location {
        case .byteOffset(let offset):
            text += " (byte \(offset))"
        case .text(let line, let column):
            text += " (line \(line), column \(column))"
        case nil:
            break
        }
        return text
    }
}
