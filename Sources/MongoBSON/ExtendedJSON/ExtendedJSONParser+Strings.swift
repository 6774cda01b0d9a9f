// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

extension ExtendedJSONParser {
    /// A string, as the value of the current element.
    mutating func stringValue() throws(BSONError) {
        let lengthOffset = sink.count
        sink.append(fixed: 0 as Int32)
        try scanString()
        sink.append(0 as UInt8)
        guard sink.failure == nil else { return }
        sink.patch(Int32(truncatingIfNeeded: sink.count - lengthOffset - 4), at: lengthOffset)
    }

    /// A string, for names and for the type wrappers.
    mutating func string() throws(BSONError) -> String {
        let start = sink.count
        try scanString()
        guard sink.failure == nil else {
            throw BSONError(.documentTooLarge, "a document cannot be longer than 2147483647 bytes")
        }
        let text = RawBytes.string(UnsafeRawPointer(sink.base), start, count: sink.count - start)
        sink.truncate(to: start)
        return text
    }

    /// Appends what a string stands for to the sink (RFC 8259, section 7).
    private mutating func scanString() throws(BSONError) {
        let opening = position
        guard take("\"") else { throw error("a string should be here") }
        while true {
            let start = position
            while position < count {
                let byte = RawBytes.byte(base, position)
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte < 0x20 { break }
                advance(1)
            }
            sink.append(UnsafeRawBufferPointer(start: base + start, count: position - start))
            switch peek() {
            case UInt8(ascii: "\""):
                advance(1)
                return
            case UInt8(ascii: "\\"):
                advance(1)
                try escape()
            case nil:
                throw error("a string does not end", at: opening)
            default:
                throw error("a string holds a control character that is not escaped")
            }
        }
    }

    private mutating func escape() throws(BSONError) {
        let start = position - 1
        guard let character = peek() else { throw error("a string does not end", at: start) }
        advance(1)
        switch character {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): sink.append(character)
        case UInt8(ascii: "b"): sink.append(0x08 as UInt8)
        case UInt8(ascii: "f"): sink.append(0x0C as UInt8)
        case UInt8(ascii: "n"): sink.append(0x0A as UInt8)
        case UInt8(ascii: "r"): sink.append(0x0D as UInt8)
        case UInt8(ascii: "t"): sink.append(0x09 as UInt8)
        case UInt8(ascii: "u"):
            let scalar = try escapedScalar(start)
            var text = String(Character(scalar))
            text.withUTF8 { sink.append(UnsafeRawBufferPointer($0)) }
        default:
            throw error("a string holds an unknown escape", at: start)
        }
    }

    /// The character of `\uXXXX`, or of two such escapes that are a surrogate pair.
    private mutating func escapedScalar(_ start: Int) throws(BSONError) -> Unicode.Scalar {
        var code = try fourDigits(start)
        if 0xD800..<0xDC00 ~= code {
            guard take("\\"), take("u") else {
                throw error("an escape is half of a surrogate pair", at: start)
            }
            let low = try fourDigits(start)
            guard 0xDC00..<0xE000 ~= low else {
                throw error("an escape is half of a surrogate pair", at: start)
            }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        guard let scalar = Unicode.Scalar(code) else {
            throw error("an escape is half of a surrogate pair", at: start)
        }
        return scalar
    }

    private mutating func fourDigits(_ start: Int) throws(BSONError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = peek().flatMap(Hexadecimal.value) else {
                throw error("an escape does not have four hexadecimal digits", at: start)
            }
            code = code << 4 | UInt32(digit)
            advance(1)
        }
        return code
    }
}
