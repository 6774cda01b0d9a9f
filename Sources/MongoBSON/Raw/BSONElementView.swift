// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// One element of a document: its name, its type and where its value is, with nothing built yet.
///
/// For code on the way of every reply, which knows what it looks for: comparing the name and reading a number costs
/// no allocation, and a document inside is a slice of the same memory.
package struct BSONElementView: Sendable {
    private let buffer: ByteBuffer
    private let raw: RawElement

    fileprivate init(buffer: ByteBuffer, raw: RawElement) {
        self.buffer = buffer
        self.raw = raw
    }

    /// The type of the value.
    package var type: BSONType { raw.type }

    /// The field name.
    package var key: String {
        buffer.withUnsafeReadableBytes { bytes in
            guard let base = bytes.baseAddress else { return "" }
            return RawBytes.string(base, raw.keyOffset, count: raw.keyCount)
        }
    }

    /// Whether the field has this name.
    package func hasKey(_ key: String) -> Bool {
        var key = key
        return key.withUTF8 { name in
            guard name.count == raw.keyCount else { return false }
            guard let nameBase = name.baseAddress else { return true }
            return buffer.withUnsafeReadableBytes { bytes in
                guard let base = bytes.baseAddress else { return false }
                return RawBytes.equal(base + raw.keyOffset, nameBase, count: name.count)
            }
        }
    }

    /// The value, built.
    package var value: BSON {
        buffer.withUnsafeReadableBytes { bytes in
            guard let base = bytes.baseAddress else { return .null }
            return BSON(reading: raw, base: base, buffer: buffer)
        }
    }

    /// The number, when the value is a 32- or 64-bit integer, or a floating point number without a fraction.
    package var integer: Int64? {
        switch type {
        case .int32: read { Int64(RawBytes.int32($0, $1)) }
        case .int64: read { RawBytes.int64($0, $1) }
        case .double: number.flatMap { Int64(exactly: $0) }
        default: nil
        }
    }

    /// The number, when the value is an integer or a floating point number; large integers are rounded.
    package var number: Double? {
        switch type {
        case .double: read { RawBytes.double($0, $1) }
        case .int32: read { Double(RawBytes.int32($0, $1)) }
        case .int64: read { Double(RawBytes.int64($0, $1)) }
        default: nil
        }
    }

    /// The value as the server means it where it says yes or no: a boolean, or a number that is or is not zero.
    package var truth: Bool? {
        if type == .bool {
            return read { RawBytes.byte($0, $1) != 0 }
        }
        return number.map { $0 != 0 }
    }

    /// The text, when the value is a string.
    package var string: String? {
        guard type == .string else { return nil }
        return read { RawBytes.string($0, $1 + 4, count: raw.valueCount - 5) }
    }

    /// The document, as a slice of the same memory, when the value is one.
    package var document: BSONDocument? {
        type == .document ? slice : nil
    }

    /// The array as a document whose names are the indexes, as a slice, when the value is one.
    package var array: BSONDocument? {
        type == .array ? slice : nil
    }

    /// The object identifier, when the value is one.
    package var objectID: BSONObjectID? {
        guard type == .objectID else { return nil }
        return read { BSONObjectID(reading: $0 + $1) }
    }

    /// The timestamp, when the value is one.
    package var timestamp: BSONTimestamp? {
        guard type == .timestamp else { return nil }
        return read { BSONTimestamp(bits: RawBytes.uint64($0, $1)) }
    }

    private var slice: BSONDocument? {
        buffer.getSlice(at: buffer.readerIndex + raw.valueOffset, length: raw.valueCount)
            .map(BSONDocument.init(trusted:))
    }

    @inline(__always)
    private func read<Value>(_ body: (UnsafeRawPointer, Int) -> Value) -> Value? {
        buffer.withUnsafeReadableBytes { bytes in
            bytes.baseAddress.map { body($0, raw.valueOffset) }
        }
    }

    /// The element's bytes: type, name and value.
    func withUnsafeBytes<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        buffer.withUnsafeReadableBytes { bytes in
            body(UnsafeRawBufferPointer(rebasing: bytes[raw.elementOffset..<raw.endOffset]))
        }
    }
}

/// The elements of a document, one after the other, with nothing built.
package struct BSONElementViews: Sequence, Sendable {
    let buffer: ByteBuffer

    /// Walks the elements.
    package struct Iterator: IteratorProtocol {
        let buffer: ByteBuffer
        var offset = 4

        /// The next element.
        package mutating func next() -> BSONElementView? {
            let raw = buffer.withUnsafeReadableBytes { bytes -> RawElement? in
                guard let base = bytes.baseAddress else { return nil }
                var scanner = ElementScanner(base: base, elementAt: offset, end: bytes.count - 1)
                return scanner.next()
            }
            guard let raw else { return nil }
            offset = raw.endOffset
            return BSONElementView(buffer: buffer, raw: raw)
        }
    }

    /// An iterator at the first element.
    package func makeIterator() -> Iterator {
        Iterator(buffer: buffer)
    }
}

extension BSONDocument {
    /// The elements, with nothing built.
    package var elements: BSONElementViews {
        BSONElementViews(buffer: buffer)
    }

    /// The first element with this name.
    package func element(forKey key: String) -> BSONElementView? {
        find(key).map { BSONElementView(buffer: buffer, raw: $0) }
    }

    /// The integer with this name; see ``BSONElementView/integer``.
    package func integer(forKey key: String) -> Int64? {
        element(forKey: key)?.integer
    }

    /// The number with this name; see ``BSONElementView/number``.
    package func number(forKey key: String) -> Double? {
        element(forKey: key)?.number
    }

    /// The yes or no with this name; see ``BSONElementView/truth``.
    package func truth(forKey key: String) -> Bool? {
        element(forKey: key)?.truth
    }

    /// The text with this name.
    package func string(forKey key: String) -> String? {
        element(forKey: key)?.string
    }

    /// The document with this name, as a slice.
    package func document(forKey key: String) -> BSONDocument? {
        element(forKey: key)?.document
    }

    /// The array with this name as a document, as a slice.
    package func array(forKey key: String) -> BSONDocument? {
        element(forKey: key)?.array
    }
}
