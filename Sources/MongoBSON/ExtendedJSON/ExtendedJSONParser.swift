// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Reads Extended JSON straight into the bytes of BSON: one pass, and no tree of values.
///
/// The element's type stands before its name and value, so it is written as null first and set when the value is known.
struct ExtendedJSONParser: ~Copyable {
    let base: UnsafeRawPointer
    let count: Int
    private(set) var position: Int

    var sink: ByteSink

    /// A parser at a position of a text.
    ///
    /// - Parameters:
    ///   - isChecked: Whether the text is known to be UTF-8.
    ///   - capacity: How many bytes of BSON to make room for.
    init(_ text: UnsafeRawBufferPointer, position: Int, isChecked: Bool, capacity: Int) throws(BSONError) {
        base = text.baseAddress ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
        count = text.count
        self.position = position
        sink = ByteSink(capacity: capacity)
        if !isChecked, let offset = UTF8Validation.firstError(base, position, count) {
            self.position = offset
            throw error("the text is not UTF-8")
        }
    }

    /// One document.
    mutating func document() throws(BSONError) -> BSONDocument {
        let start = sink.beginDocument()
        try expect("{", "a document begins with {")
        try fields(firstKey: nil, depth: 1, isTop: true)
        sink.endDocument(at: start)
        return try finish()
    }

    /// One value of any type, as the field "" of a document.
    mutating func wrappedValue() throws(BSONError) -> BSONDocument {
        let start = sink.beginDocument()
        try field("", depth: 1)
        sink.endDocument(at: start)
        return try finish()
    }

    private mutating func finish() throws(BSONError) -> BSONDocument {
        BSONDocument(trusted: try sink.replaced(with: ByteSink(capacity: 0)).finish())
    }

    /// An error at the current place, or at another.
    func error(_ message: String, at offset: Int? = nil, _ code: BSONError.Code = .malformedJSON) -> BSONError {
        let before = UnsafeRawBufferPointer(start: base, count: min(offset ?? position, count))
        let line = before.reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
        let column = before.reversed().prefix { $0 != UInt8(ascii: "\n") }.count + 1
        return BSONError(code, message, location: .text(line: line, column: column))
    }
}

// MARK: Objects, arrays, values

extension ExtendedJSONParser {
    /// The fields of an object whose brace was read, and perhaps its first name and the colon.
    mutating func fields(firstKey: String?, depth: Int, isTop: Bool = false) throws(BSONError) {
        var key = firstKey
        var start = position
        if key == nil {
            skipSpace()
            if take("}") { return }
            start = position
            key = try self.key()
        }
        while let name = key {
            if !isTop, TypeWrapper(name) != nil {
                throw error("the key \(name) of a type wrapper is beside other keys", at: start)
            }
            try field(name, depth: depth)
            skipSpace()
            if take("}") { return }
            try expect(",", "a field is followed by , or }")
            skipSpace()
            start = position
            key = try self.key()
        }
    }

    /// A name and the colon after it.
    mutating func key() throws(BSONError) -> String {
        guard peek() == UInt8(ascii: "\"") else { throw error("a field begins with its name in quotation marks") }
        let start = position
        let key = try string()
        guard !key.utf8.contains(0) else {
            throw error("a field name cannot hold the character U+0000", at: start)
        }
        skipSpace()
        try expect(":", "a name is followed by :")
        skipSpace()
        return key
    }

    private mutating func field(_ key: String, depth: Int) throws(BSONError) {
        let typeOffset = sink.count
        guard sink.beginElement(.null, key, valueSize: 16) else { return }
        try value(typeOffset, depth: depth)
    }

    private mutating func elements(depth: Int) throws(BSONError) {
        skipSpace()
        if take("]") { return }
        var index = 0
        while true {
            let typeOffset = sink.count
            if sink.beginElement(.null, index: index, valueSize: 16) {
                try value(typeOffset, depth: depth)
            } else {
                // Too large: the failure comes at the end, there is no need to read on.
                throw BSONError(.documentTooLarge, "a document cannot be longer than 2147483647 bytes")
            }
            index += 1
            skipSpace()
            if take("]") { return }
            try expect(",", "an element is followed by , or ]")
        }
    }

    /// A value, of the element whose type is at the offset.
    mutating func value(_ typeOffset: Int, depth: Int) throws(BSONError) {
        skipSpace()
        switch peek() {
        case UInt8(ascii: "{"):
            position += 1
            try object(typeOffset, depth: depth)
        case UInt8(ascii: "["):
            position += 1
            try checkDepth(depth)
            sink.patch(.array, at: typeOffset)
            let start = sink.beginDocument()
            try elements(depth: depth + 1)
            sink.endDocument(at: start)
        case UInt8(ascii: "\""):
            sink.patch(.string, at: typeOffset)
            try stringValue()
        case UInt8(ascii: "t"):
            try expect("true", "a value is not true, false or null")
            sink.patch(.bool, at: typeOffset)
            sink.append(1 as UInt8)
        case UInt8(ascii: "f"):
            try expect("false", "a value is not true, false or null")
            sink.patch(.bool, at: typeOffset)
            sink.append(0 as UInt8)
        case UInt8(ascii: "n"):
            try expect("null", "a value is not true, false or null")
        case UInt8(ascii: "-"), .some(UInt8(ascii: "0")...UInt8(ascii: "9")):
            try number(typeOffset)
        case nil:
            throw error("the text ends where a value should be")
        default:
            throw error("there is no value that begins like this")
        }
    }

    /// An object whose brace was read: a document or a type wrapper.
    private mutating func object(_ typeOffset: Int, depth: Int) throws(BSONError) {
        try checkDepth(depth)
        skipSpace()
        var first: String?
        if peek() != UInt8(ascii: "}") {
            let start = position
            let key = try key()
            if let wrapper = TypeWrapper(key) {
                try self.wrapper(wrapper, typeOffset, at: start, depth: depth)
                return
            }
            first = key
        }
        sink.patch(.document, at: typeOffset)
        let start = sink.beginDocument()
        try fields(firstKey: first, depth: depth + 1)
        sink.endDocument(at: start)
    }

    func checkDepth(_ depth: Int) throws(BSONError) {
        guard depth < BSONDocument.maximumDepth else {
            throw error("documents are nested deeper than \(BSONDocument.maximumDepth) levels", .nestingTooDeep)
        }
    }

    private func error(_ message: String, _ code: BSONError.Code) -> BSONError {
        error(message, at: nil, code)
    }
}

// MARK: Tokens

extension ExtendedJSONParser {
    var isAtEnd: Bool { position >= count }

    @inline(__always)
    func peek() -> UInt8? {
        position < count ? RawBytes.byte(base, position) : nil
    }

    @inline(__always)
    mutating func advance(_ bytes: Int) {
        position &+= bytes
    }

    @inline(__always)
    mutating func skipSpace() {
        while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position &+= 1
        }
    }

    @inline(__always)
    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: character) else { return false }
        position &+= 1
        return true
    }

    mutating func expect(_ token: StaticString, _ message: String) throws(BSONError) {
        let length = token.utf8CodeUnitCount
        let matches = token.withUTF8Buffer { expected in
            guard let address = expected.baseAddress, count - position >= length else { return false }
            return RawBytes.equal(base + position, address, count: length)
        }
        guard matches else { throw error(message) }
        position += length
    }

    mutating func expectEnd() throws(BSONError) {
        skipSpace()
        guard isAtEnd else { throw error("something follows the end of the value") }
    }

    /// A number (RFC 8259, section 6): an integer of the smallest type that holds it, or a double.
    private mutating func number(_ typeOffset: Int) throws(BSONError) {
        let start = position
        let isInteger = try scanNumber()
        let text = RawBytes.string(base, start, count: position - start)
        if isInteger, let integer = Int64(text) {
            if let small = Int32(exactly: integer) {
                sink.patch(.int32, at: typeOffset)
                sink.append(fixed: small)
            } else {
                sink.patch(.int64, at: typeOffset)
                sink.append(fixed: UInt64(bitPattern: integer))
            }
            return
        }
        guard let double = Double(text), double.isFinite else {
            throw error("the number is beyond the range of a double", at: start)
        }
        sink.patch(.double, at: typeOffset)
        sink.append(fixed: double.bitPattern)
    }

    /// Goes past a number, and answers whether it has neither fraction nor exponent.
    private mutating func scanNumber() throws(BSONError) -> Bool {
        let start = position
        _ = take("-")
        if !take("0") {
            guard skipDigits() > 0 else { throw error("a number has no digits", at: start) }
        }
        var isInteger = true
        if take(".") {
            isInteger = false
            guard skipDigits() > 0 else { throw error("a number has no digits after its point", at: start) }
        }
        if take("e") || take("E") {
            isInteger = false
            if !take("+") { _ = take("-") }
            guard skipDigits() > 0 else { throw error("a number has no digits in its exponent", at: start) }
        }
        if let next = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next) {
            throw error("a number begins with a superfluous 0", at: start)
        }
        return isInteger
    }

    private mutating func skipDigits() -> Int {
        let start = position
        while let byte = peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
            position += 1
        }
        return position - start
    }

    /// An integer without fraction and exponent, for the type wrappers that hold one.
    mutating func integer() throws(BSONError) -> Int64? {
        let start = position
        guard let first = peek(), first == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first),
            try scanNumber()
        else { return nil }
        return Int64(RawBytes.string(base, start, count: position - start))
    }
}
