// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The place of one element in a document's bytes. Offsets count from the document's first byte.
@usableFromInline
struct RawElement: Sendable {
    @usableFromInline let type: BSONType
    /// Where the field name begins.
    @usableFromInline let keyOffset: Int
    /// Where the value begins; the name's zero byte is just before it.
    @usableFromInline let valueOffset: Int
    /// Where the next element begins.
    @usableFromInline let endOffset: Int

    @inlinable @inline(__always)
    init(type: BSONType, keyOffset: Int, valueOffset: Int, endOffset: Int) {
        self.type = type
        self.keyOffset = keyOffset
        self.valueOffset = valueOffset
        self.endOffset = endOffset
    }

    @inlinable @inline(__always) var keyCount: Int { valueOffset &- keyOffset &- 1 }
    @inlinable @inline(__always) var elementOffset: Int { keyOffset &- 1 }
    @inlinable @inline(__always) var valueCount: Int { endOffset &- valueOffset }
}

/// Walks the elements of one document (not of those inside it) without building any value.
///
/// The scanner checks every length against the end of its document, so it stays inside its bytes even if these were
/// never validated: it just ends early.
@usableFromInline
struct ElementScanner {
    @usableFromInline let base: UnsafeRawPointer
    /// Where the next element begins.
    @usableFromInline var offset: Int
    /// Where the document's closing zero byte is.
    @usableFromInline var end: Int

    /// A scanner of the document whose length prefix is at `start`, inside `limit` bytes.
    @inline(__always)
    init(base: UnsafeRawPointer, documentAt start: Int, limit: Int) {
        self.base = base
        self.offset = start &+ 4
        self.end = Self.documentEnd(base, start, limit) &- 1
    }

    /// A scanner that starts at an element's offset.
    @inlinable @inline(__always)
    init(base: UnsafeRawPointer, elementAt offset: Int, end: Int) {
        self.base = base
        self.offset = offset
        self.end = end
    }

    /// A scanner of the document that is all of the buffer, for as long as the caller keeps that, unchanged.
    @inline(__always)
    init(walking buffer: borrowing ByteBuffer) {
        let (base, count) = buffer.withUnsafeReadableBytes { bytes in
            // A buffer without memory has nothing to be read; the scanner ends at once.
            (bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped, bytes.count)
        }
        self.init(base: base, elementAt: 4, end: count &- 1)
    }

    /// Where the document at `start` ends, cut to what is there.
    @inline(__always)
    private static func documentEnd(_ base: UnsafeRawPointer, _ start: Int, _ limit: Int) -> Int {
        guard limit &- start >= 5 else { return start &+ 1 }
        let length = Int(RawBytes.int32(base, start))
        return start &+ max(5, min(length, limit &- start))
    }

    @inlinable @inline(__always)
    mutating func next() -> RawElement? {
        let start = offset
        guard start < end else { return nil }
        let byte = RawBytes.byte(base, start)
        guard let type = BSONType.of(byte),
            let keyEnd = RawBytes.endOfCString(base, start &+ 1, end),
            let count = Self.valueCount(byte, base, keyEnd &+ 1, end)
        else {
            offset = end
            return nil
        }
        offset = keyEnd &+ 1 &+ count
        return RawElement(type: type, keyOffset: start &+ 1, valueOffset: keyEnd &+ 1, endOffset: offset)
    }

    /// The next element with this name.
    @inline(__always)
    mutating func next(key: UnsafeRawBufferPointer) -> RawElement? {
        guard let name = key.baseAddress else {
            while let element = next() {
                guard element.keyCount == 0 else { continue }
                return element
            }
            return nil
        }
        while let element = next() {
            if element.keyCount == key.count, RawBytes.equal(base + element.keyOffset, name, count: key.count) {
                return element
            }
        }
        return nil
    }

    /// The number of bytes that a value of the type with this byte takes, or nil when it does not end before `end`.
    @inlinable @inline(__always)
    static func valueCount(_ byte: UInt8, _ base: UnsafeRawPointer, _ offset: Int, _ end: Int) -> Int? {
        let available = end &- offset
        var count = BSONType.fixedSize(byte)
        if count < 0 {
            count = variableCount(byte, base, offset, end)
        }
        return count >= 0 && count <= available ? count : nil
    }

    /// The number of bytes that a value says to take, or a negative one when it says nothing that can be.
    @inlinable @inline(__always)
    static func variableCount(_ byte: UInt8, _ base: UnsafeRawPointer, _ offset: Int, _ end: Int) -> Int {
        guard byte <= 0x04, end &- offset >= 4 else { return rarerCount(byte, base, offset, end) }
        let length = Int(RawBytes.int32(base, offset))
        if byte == 0x02 {
            return length >= 1 ? 4 &+ length : -1
        }
        return byte >= 0x03 && length >= 5 ? length : -1
    }

    @usableFromInline
    static func rarerCount(_ byte: UInt8, _ base: UnsafeRawPointer, _ offset: Int, _ end: Int) -> Int {
        if byte == 0x0B {
            guard let pattern = RawBytes.endOfCString(base, offset, end),
                let options = RawBytes.endOfCString(base, pattern &+ 1, end)
            else { return -1 }
            return options &+ 1 &- offset
        }
        guard end &- offset >= 4 else { return -1 }
        let length = Int(RawBytes.int32(base, offset))
        return switch byte {
        case 0x05 where length >= 0: 5 &+ length
        case 0x0C where length >= 1: 16 &+ length
        case 0x0D where length >= 1, 0x0E where length >= 1: 4 &+ length
        case 0x0F where length >= 14: length
        default: -1
        }
    }
}
