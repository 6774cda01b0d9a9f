// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

// MongoDB Extended JSON version 2:
// https://github.com/mongodb/specifications/blob/master/source/extended-json/extended-json.md

/// The two forms of Extended JSON.
public enum ExtendedJSONFormat: Sendable, Hashable {
    /// For people and other programs: numbers and dates look like JSON's, and lose their exact BSON type.
    case relaxed
    /// Keeps every type, at the cost of `{"$numberInt": "1"}` for 1.
    case canonical
}

extension BSONDocument {
    /// The document that a text of Extended JSON, relaxed or canonical, stands for.
    ///
    /// Field order and repeated names are kept. The old form of version 1 (`{"$binary": "…", "$type": "00"}`,
    /// `{"$date": 0}`) is refused.
    ///
    /// - Throws: ``BSONError/Code-swift.struct/malformedJSON`` with line and column, or
    ///   ``BSONError/Code-swift.struct/nestingTooDeep`` beyond ``maximumDepth``.
    public init(extendedJSON text: String) throws(BSONError) {
        try self.init(extendedJSON: ByteBuffer(string: text))
    }

    /// The document that a text of Extended JSON, in UTF-8, stands for.
    ///
    /// - Throws: As ``init(extendedJSON:)-(String)``.
    public init(extendedJSON text: ByteBuffer) throws(BSONError) {
        var reader = ExtendedJSONReader(text)
        self = try reader.only()
    }

    /// The document as Extended JSON.
    public func extendedJSON(_ format: ExtendedJSONFormat = .relaxed) -> String {
        var writer = ExtendedJSONWriter(format: format, capacity: byteCount * 2)
        writer.write(document: self)
        return writer.text
    }

    /// The beginning of the document as Extended JSON, for logs: what is longer than the limit is cut between two characters
    /// and ends in `...`. Costs as much as the limit, not as much as the document.
    package func extendedJSON(_ format: ExtendedJSONFormat = .relaxed, limit: Int) -> String {
        let limit = Swift.max(0, limit)
        var writer = ExtendedJSONWriter(format: format, capacity: Swift.min(byteCount, limit) * 2)
        writer.limit = limit
        writer.write(document: self)
        var output = writer.output[...]
        guard output.count > limit else { return writer.text }
        output = output.prefix(limit)
        // A character of several bytes goes whole: its continuations begin with the bits 10.
        if writer.output[limit] & 0xC0 == 0x80 {
            while let last = output.popLast(), last & 0xC0 == 0x80 {}
        }
        return String(decoding: output, as: UTF8.self) + "..."
    }

    /// Appends the document as Extended JSON to a buffer; for writing many of them to a file, one a line.
    public func writeExtendedJSON(_ format: ExtendedJSONFormat = .relaxed, to buffer: inout ByteBuffer) {
        var writer = ExtendedJSONWriter(format: format, capacity: byteCount * 2)
        writer.write(document: self)
        buffer.writeBytes(writer.output)
    }
}

extension BSONDocument: CustomStringConvertible {
    /// The document as relaxed Extended JSON.
    public var description: String { extendedJSON(.relaxed) }
}

extension BSON {
    /// The value that a text of Extended JSON, relaxed or canonical, stands for: an object, a type wrapper such as
    /// `{"$oid": "…"}`, an array, a string, a number, true, false or null.
    ///
    /// - Throws: As ``BSONDocument/init(extendedJSON:)-(String)``.
    public init(extendedJSON text: String) throws(BSONError) {
        var reader = ExtendedJSONReader(ByteBuffer(string: text))
        self = try reader.onlyValue()
    }

    /// The value as Extended JSON.
    public func extendedJSON(_ format: ExtendedJSONFormat = .relaxed) -> String {
        let document = BSONDocument([("", self)])
        var writer = ExtendedJSONWriter(format: format, capacity: document.byteCount * 2)
        writer.write(valueOf: document)
        return writer.text
    }
}

extension BSON: CustomStringConvertible {
    /// The value as relaxed Extended JSON.
    public var description: String { extendedJSON(.relaxed) }
}

/// Reads one document of Extended JSON after the other from a text that holds many, such as a file of mongoexport.
///
/// ```swift
/// var reader = ExtendedJSONReader(buffer)
/// while let document = try reader.next() { … }
/// ```
public struct ExtendedJSONReader: Sendable {
    private let text: ByteBuffer
    private var position = 0
    /// Whether the text was found to be UTF-8. It is looked at once, and not again for each document.
    private var isChecked = false
    /// How many bytes the last document had, a guess for the next one.
    private var capacity = 256

    /// A reader of a text in UTF-8. Documents follow each other directly, or with white space between them.
    public init(_ text: ByteBuffer) {
        self.text = text
    }

    /// The next document, or nil at the end of the text.
    ///
    /// - Throws: ``BSONError/Code-swift.struct/malformedJSON`` with line and column. The reader then stays where it is.
    public mutating func next() throws(BSONError) -> BSONDocument? {
        try parse { parser throws(BSONError) in
            parser.skipSpace()
            return parser.isAtEnd ? nil : try parser.document()
        }
    }

    /// The only document of the text.
    mutating func only() throws(BSONError) -> BSONDocument {
        capacity = max(64, text.readableBytes)
        return try parse { parser throws(BSONError) in
            parser.skipSpace()
            let document = try parser.document()
            try parser.expectEnd()
            return document
        }
    }

    /// The only value of the text.
    mutating func onlyValue() throws(BSONError) -> BSON {
        let document = try parse { parser throws(BSONError) in
            let document = try parser.wrappedValue()
            try parser.expectEnd()
            return document
        }
        return document[""] ?? .null
    }

    private mutating func parse<Value>(
        _ body: (inout ExtendedJSONParser) throws(BSONError) -> Value
    ) throws(BSONError) -> Value {
        let (start, isChecked, capacity) = (position, isChecked, capacity)
        let outcome = text.withUnsafeReadableBytes { bytes -> Result<(Value, Int), BSONError> in
            do throws(BSONError) {
                var parser = try ExtendedJSONParser(
                    bytes,
                    position: start,
                    isChecked: isChecked,
                    capacity: capacity
                )
                let value = try body(&parser)
                return .success((value, parser.position))
            } catch {
                return .failure(error)
            }
        }
        let (value, end) = try outcome.get()
        self.isChecked = true
        self.capacity = max(256, min(end - start, 65536))
        position = end
        return value
    }
}
