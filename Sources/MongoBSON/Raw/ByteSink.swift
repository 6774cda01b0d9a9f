// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// A growing run of bytes that all writers of the module share, and that becomes a `ByteBuffer` without a copy.
///
/// A `ByteBuffer` call per value costs three times the speed (index arithmetic, uniqueness check and slice check each
/// time), so the sink asks the buffer for its memory once per growth and then writes through the pointer. That is
/// sound because the sink is the only owner of the buffer and calls nothing on it between taking the pointer and the
/// next growth, and the buffer's memory is a heap block that only its own mutating calls move.
///
/// A document that would grow beyond 2³¹ − 1 bytes is not written further; the sink keeps the failure for the end.
struct ByteSink: ~Copyable {
    /// The memory. Its writer index is behind while the sink is in use.
    private var buffer: ByteBuffer
    /// The address of the buffer's index 0.
    private(set) var base: UnsafeMutableRawPointer
    /// How many bytes are written, from index 0.
    private(set) var count: Int
    private var capacity: Int
    /// The first thing that went wrong. Nothing written after it matters.
    private(set) var failure: BSONError?

    /// An empty sink.
    init(capacity: Int) {
        self.init(adopting: ByteBufferAllocator().buffer(capacity: max(capacity, 32)))
    }

    /// A sink that continues at the buffer's writer index.
    init(adopting buffer: consuming ByteBuffer) {
        let (base, capacity) = buffer.withVeryUnsafeMutableBytes { Self.memory(of: $0) }
        self.base = base
        self.capacity = capacity
        self.count = buffer.writerIndex
        self.buffer = buffer
    }

    private static func memory(of bytes: UnsafeMutableRawBufferPointer) -> (UnsafeMutableRawPointer, Int) {
        guard let address = bytes.baseAddress else {
            // An empty buffer has no memory; with capacity 0 the first reservation gets some before anything is
            // written, so this address is never used.
            return (UnsafeMutableRawPointer(bitPattern: 1).unsafelyUnwrapped, 0)
        }
        return (address, bytes.count)
    }

    /// What was written.
    consuming func finish() throws(BSONError) -> ByteBuffer {
        if let failure {
            throw failure
        }
        buffer.moveWriterIndex(to: count)
        return buffer
    }

    /// What was written so far, with another sink in its place.
    mutating func replaced(with other: consuming ByteSink) -> ByteSink {
        var result = other
        swap(&result, &self)
        return result
    }

    /// Makes room for `size` more bytes; false when the sink has failed and nothing may be written.
    @inline(__always)
    mutating func reserve(_ size: Int) -> Bool {
        if size <= capacity &- count {
            return true
        }
        return grow(size)
    }

    @inline(never)
    private mutating func grow(_ size: Int) -> Bool {
        guard failure == nil else { return false }
        guard size <= Int(Int32.max) - count else {
            fail(BSONError(.documentTooLarge, "a document cannot be longer than 2147483647 bytes"))
            return false
        }
        buffer.moveWriterIndex(to: count)
        // Four times as much while that is little, then twice: a growth is as dear as ten fields.
        let more = count < 1024 ? 3 * count : min(count, Int(Int32.max) - count)
        buffer.reserveCapacity(minimumWritableBytes: max(size, more))
        (base, capacity) = buffer.withVeryUnsafeMutableBytes { Self.memory(of: $0) }
        return true
    }

    /// The name of the element whose type is at this offset.
    func name(at element: Int) -> String? {
        guard element >= 0, element < count,
            let end = RawBytes.endOfCString(UnsafeRawPointer(base), element + 1, count)
        else { return nil }
        return RawBytes.string(UnsafeRawPointer(base), element + 1, count: end - element - 1)
    }

    /// Forgets the failure and everything after `count`, and answers the failure.
    mutating func recover(to count: Int) -> BSONError? {
        guard let error = failure else { return nil }
        failure = nil
        self.count = min(self.count, count)
        (base, capacity) = buffer.withVeryUnsafeMutableBytes { Self.memory(of: $0) }
        return error
    }

    /// Keeps the first failure, and takes the room away, so that every later write goes through ``grow(_:)`` and stops.
    mutating func fail(_ error: @autoclosure () -> BSONError) {
        guard failure == nil else { return }
        failure = error()
        capacity = count
    }
}

// MARK: Unchecked writes, after a reservation

extension ByteSink {
    @inline(__always)
    mutating func write(_ value: UInt8) {
        base.storeBytes(of: value, toByteOffset: count, as: UInt8.self)
        count &+= 1
    }

    @inline(__always)
    mutating func write(_ value: Int32) {
        base.storeBytes(of: value.littleEndian, toByteOffset: count, as: Int32.self)
        count &+= 4
    }

    @inline(__always)
    mutating func write(_ value: UInt64) {
        base.storeBytes(of: value.littleEndian, toByteOffset: count, as: UInt64.self)
        count &+= 8
    }

    /// Up to 16 bytes, as names mostly have, two words that may overlap are cheaper than the call.
    @inline(__always)
    mutating func write(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        let target = base + count
        switch bytes.count {
        case 8...16:
            let last = source.loadUnaligned(fromByteOffset: bytes.count &- 8, as: UInt64.self)
            target.storeBytes(of: source.loadUnaligned(as: UInt64.self), as: UInt64.self)
            target.storeBytes(of: last, toByteOffset: bytes.count &- 8, as: UInt64.self)
        case 4...7:
            let last = source.loadUnaligned(fromByteOffset: bytes.count &- 4, as: UInt32.self)
            target.storeBytes(of: source.loadUnaligned(as: UInt32.self), as: UInt32.self)
            target.storeBytes(of: last, toByteOffset: bytes.count &- 4, as: UInt32.self)
        default:
            target.copyMemory(from: source, byteCount: bytes.count)
        }
        count &+= bytes.count
    }

    /// Overwrites four bytes that were written before.
    @inline(__always)
    mutating func patch(_ value: Int32, at offset: Int) {
        base.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Int32.self)
    }

    /// Overwrites the type of an element that was written before.
    @inline(__always)
    mutating func patch(_ type: BSONType, at offset: Int) {
        base.storeBytes(of: type.rawValue, toByteOffset: offset, as: UInt8.self)
    }

    /// Takes back everything after `count`.
    mutating func truncate(to newCount: Int) {
        count = min(count, max(0, newCount))
    }
}

// MARK: Checked writes

extension ByteSink {
    @inline(__always)
    mutating func append(_ value: UInt8) {
        guard reserve(1) else { return }
        write(value)
    }

    @inline(__always)
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard reserve(bytes.count) else { return }
        write(bytes)
    }

    mutating func append(zeros: Int) {
        guard reserve(zeros) else { return }
        (base + count).initializeMemory(as: UInt8.self, repeating: 0, count: zeros)
        count &+= zeros
    }

    /// Text with its length before it and a zero byte after it.
    @inline(__always)
    mutating func append(string: String) {
        string.withBytes { bytes in
            guard reserve(bytes.count &+ 5) else { return }
            write(Int32(truncatingIfNeeded: bytes.count &+ 1))
            write(bytes)
            write(0 as UInt8)
        }
    }

    /// A type byte, a field name and room for the value's bytes; false when nothing may follow.
    @inline(__always)
    mutating func beginElement(_ type: BSONType, _ key: String, valueSize: Int) -> Bool {
        key.withBytes { beginElement(type, $0, valueSize: valueSize) }
    }

    @inline(__always)
    mutating func beginElement(_ type: BSONType, _ key: UnsafeRawBufferPointer, valueSize: Int) -> Bool {
        guard reserve(key.count &+ 2 &+ valueSize) else { return false }
        guard !RawBytes.containsZero(key) else {
            failForKey()
            return false
        }
        write(type.rawValue)
        write(key)
        write(0 as UInt8)
        return true
    }

    /// The same with an array index as the name.
    @inline(__always)
    mutating func beginElement(_ type: BSONType, index: Int, valueSize: Int) -> Bool {
        guard reserve(22 &+ valueSize) else { return false }
        write(type.rawValue)
        writeDecimal(index)
        write(0 as UInt8)
        return true
    }

    @inline(never)
    private mutating func failForKey() {
        fail(BSONError(.invalidKey, "a field name cannot hold the character U+0000"))
    }

    /// The digits of a number that is not negative; needs up to 20 reserved bytes.
    @inline(__always)
    private mutating func writeDecimal(_ value: Int) {
        if value < 10 {
            write(UInt8(truncatingIfNeeded: 48 &+ value))
            return
        }
        var digits = 0
        var rest = value
        while rest > 0 {
            digits &+= 1
            rest /= 10
        }
        rest = value
        var position = count &+ digits
        count = position
        while rest > 0 {
            let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: 10)
            position &-= 1
            base.storeBytes(of: UInt8(truncatingIfNeeded: 48 &+ remainder), toByteOffset: position, as: UInt8.self)
            rest = quotient
        }
    }

    /// Begins a document; its length is patched by ``endDocument(at:)``. Answers its offset.
    @inline(__always)
    mutating func beginDocument() -> Int {
        let offset = count
        guard reserve(5) else { return offset }
        write(0 as Int32)
        return offset
    }

    /// Ends the document that began at `offset`.
    @inline(__always)
    mutating func endDocument(at offset: Int) {
        guard reserve(1) else { return }
        write(0 as UInt8)
        patch(Int32(truncatingIfNeeded: count &- offset), at: offset)
    }
}
