// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore

extension ByteSink {
    /// An element with any value. The value's own depth is bounded only by how it was built.
    ///
    /// The frequent types are told apart once, not once for the type and once more for the value.
    mutating func append(_ key: String, _ value: BSON) {
        switch value {
        case .double(let number):
            guard beginElement(.double, key, valueSize: 8) else { return }
            write(number.bitPattern)
        case .string(let text):
            guard beginElement(.string, key, valueSize: 5) else { return }
            append(string: text)
        case .bool(let flag):
            guard beginElement(.bool, key, valueSize: 1) else { return }
            write(flag ? 1 : 0 as UInt8)
        case .int32(let number):
            guard beginElement(.int32, key, valueSize: 4) else { return }
            write(number)
        case .int64(let number):
            guard beginElement(.int64, key, valueSize: 8) else { return }
            write(UInt64(bitPattern: number))
        default:
            guard beginElement(value.type, key, valueSize: 16) else { return }
            append(valueOf: value)
        }
    }

    /// An element of an array.
    mutating func append(index: Int, _ value: BSON) {
        guard beginElement(value.type, index: index, valueSize: 16) else { return }
        append(valueOf: value)
    }

    /// The bytes of a value, without type and name.
    mutating func append(valueOf value: BSON) {
        switch value {
        case .double(let number):
            append(fixed: number.bitPattern)
        case .string(let text):
            append(string: text)
        case .document(let document):
            append(document: document)
        case .array(let values):
            append(array: values)
        case .binary(let binary):
            append(binary: binary)
        case .undefined, .null, .minKey, .maxKey:
            break
        case .objectID(let id):
            append(objectID: id)
        case .bool(let flag):
            append(flag ? 1 : 0 as UInt8)
        case .datetime(let time):
            append(fixed: UInt64(bitPattern: time.milliseconds))
        case .regex(let regex):
            append(cString: regex.pattern)
            append(cString: regex.options)
        case .dbPointer(let pointer):
            append(string: pointer.ref)
            append(objectID: pointer.id)
        case .symbol(let symbol):
            append(string: symbol.stringValue)
        case .code(let code):
            append(string: code.code)
        case .codeWithScope(let code):
            let offset = beginDocument()
            append(string: code.code)
            append(document: code.scope)
            patchLength(at: offset)
        case .int32(let number):
            append(fixed: number)
        case .timestamp(let timestamp):
            append(fixed: timestamp.bits)
        case .int64(let number):
            append(fixed: UInt64(bitPattern: number))
        case .decimal128(let number):
            guard reserve(16) else { return }
            write(number.low)
            write(number.high)
        }
    }

    @inline(__always)
    mutating func append(fixed value: UInt64) {
        guard reserve(8) else { return }
        write(value)
    }

    @inline(__always)
    mutating func append(fixed value: Int32) {
        guard reserve(4) else { return }
        write(value)
    }

    @inline(__always)
    mutating func append(objectID id: BSONObjectID) {
        guard reserve(12) else { return }
        id.withUnsafeBytes { write($0) }
    }

    mutating func append(array values: [BSON]) {
        let offset = beginDocument()
        for (index, value) in values.enumerated() {
            append(index: index, value)
        }
        endDocument(at: offset)
    }

    /// A whole document; fails when one of its fields was refused.
    mutating func append(document: BSONDocument) {
        if let refusal = document.refusal {
            fail(refusal.error)
            return
        }
        document.withUnsafeBytes { append($0) }
    }

    mutating func append(binary: BSONBinary) {
        binary.data.withUnsafeReadableBytes { bytes in
            append(binary: bytes, subtype: binary.subtype)
        }
    }

    mutating func append(binary bytes: UnsafeRawBufferPointer, subtype: BSONBinary.Subtype) {
        // Subtype 2 repeats the length inside (https://bsonspec.org/spec.html).
        let isOld = subtype == .binaryDeprecated
        guard reserve(bytes.count + (isOld ? 9 : 5)) else { return }
        write(Int32(truncatingIfNeeded: bytes.count + (isOld ? 4 : 0)))
        write(subtype.rawValue)
        if isOld {
            write(Int32(truncatingIfNeeded: bytes.count))
        }
        write(bytes)
    }

    /// Text that ends with a zero byte; the text itself must hold none.
    mutating func append(cString text: String) {
        var text = text
        text.withUTF8 { utf8 in
            let bytes = UnsafeRawBufferPointer(utf8)
            guard !RawBytes.containsZero(bytes) else {
                fail(BSONError(.invalidValue, "a regular expression cannot hold the character U+0000"))
                return
            }
            guard reserve(bytes.count + 1) else { return }
            write(bytes)
            write(0 as UInt8)
        }
    }

    /// Ends what began at `offset` with its length but has no zero byte at the end.
    private mutating func patchLength(at offset: Int) {
        guard failure == nil else { return }
        patch(Int32(truncatingIfNeeded: count &- offset), at: offset)
    }
}
