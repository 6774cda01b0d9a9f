// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Reads of little-endian integers and of text at offsets that the caller has checked.
///
/// The module reads BSON through raw pointers: measured on the standard benchmark's documents, the checked `RawSpan`
/// costs a third to a half of the speed. All bounds are checked in three places only, ``ElementScanner``,
/// ``BSONValidator`` and the value readers that take a range one of these two has measured.
@usableFromInline
enum RawBytes {
    @inlinable @inline(__always)
    static func int32(_ base: UnsafeRawPointer, _ offset: Int) -> Int32 {
        Int32(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: Int32.self))
    }

    @inlinable @inline(__always)
    static func int64(_ base: UnsafeRawPointer, _ offset: Int) -> Int64 {
        Int64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: Int64.self))
    }

    @inlinable @inline(__always)
    static func uint64(_ base: UnsafeRawPointer, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    @inlinable @inline(__always)
    static func double(_ base: UnsafeRawPointer, _ offset: Int) -> Double {
        Double(bitPattern: uint64(base, offset))
    }

    @inlinable @inline(__always)
    static func byte(_ base: UnsafeRawPointer, _ offset: Int) -> UInt8 {
        base.load(fromByteOffset: offset, as: UInt8.self)
    }

    /// The text at `offset`; ill-formed UTF-8 is repaired with U+FFFD.
    @inlinable @inline(__always)
    static func string(_ base: UnsafeRawPointer, _ offset: Int, count: Int) -> String {
        String(decoding: UnsafeRawBufferPointer(start: base + offset, count: count), as: UTF8.self)
    }

    /// The high bit of each byte of the word that is zero. Only the lowest bit is exact: those above it may be wrong.
    @inlinable @inline(__always)
    static func zeros(_ word: UInt64) -> UInt64 {
        (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
    }

    /// The offset of the first zero byte in `offset..<end`, or nil.
    @inlinable @inline(__always)
    static func endOfCString(_ base: UnsafeRawPointer, _ offset: Int, _ end: Int) -> Int? {
        // Field names are short: two words hold nearly all of them. (One after the other: asked for both at once, the
        // compiler takes vector registers, which are slower.)
        guard offset &+ 16 <= end else { return endOfLongerCString(base, offset, end) }
        let first = zeros(uint64(base, offset))
        if first != 0 {
            return offset &+ first.trailingZeroBitCount &>> 3
        }
        let second = zeros(uint64(base, offset &+ 8))
        if second != 0 {
            return offset &+ 8 &+ second.trailingZeroBitCount &>> 3
        }
        return endOfLongerCString(base, offset &+ 16, end)
    }

    @usableFromInline
    static func endOfLongerCString(_ base: UnsafeRawPointer, _ offset: Int, _ end: Int) -> Int? {
        var position = offset
        while position &+ 8 <= end {
            let zeros = zeros(uint64(base, position))
            if zeros != 0 {
                return position &+ zeros.trailingZeroBitCount &>> 3
            }
            position &+= 8
        }
        while position < end {
            if byte(base, position) == 0 {
                return position
            }
            position &+= 1
        }
        return nil
    }

    /// Whether two runs of bytes are the same. Names are short: up to 16 bytes, two loads of each that may overlap
    /// cost less than the call.
    @inline(__always)
    static func equal(_ lhs: UnsafeRawPointer, _ rhs: UnsafeRawPointer, count: Int) -> Bool {
        if count >= 8 {
            guard count <= 16 else { return memcmp(lhs, rhs, count) == 0 }
            return uint64(lhs, 0) == uint64(rhs, 0) && uint64(lhs, count &- 8) == uint64(rhs, count &- 8)
        }
        if count >= 4 {
            return int32(lhs, 0) == int32(rhs, 0) && int32(lhs, count &- 4) == int32(rhs, count &- 4)
        }
        for offset in 0..<max(0, count) where byte(lhs, offset) != byte(rhs, offset) {
            return false
        }
        return true
    }

    /// Whether the bytes hold a zero. As in ``equal(_:_:count:)``, words that may overlap answer for names.
    @inline(__always)
    static func containsZero(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let base = bytes.baseAddress else { return false }
        let count = bytes.count
        if count >= 8, count <= 16 {
            return zeros(uint64(base, 0)) | zeros(uint64(base, count &- 8)) != 0
        }
        if count >= 4, count < 8 {
            let (first, last) = (int32(base, 0), int32(base, count &- 4))
            return zeros(UInt64(UInt32(bitPattern: first)) | UInt64(UInt32(bitPattern: last)) &<< 32) != 0
        }
        return endOfCString(base, 0, count) != nil
    }
}

extension String {
    /// The bytes of UTF-8. `withUTF8` asks for a variable, and so for a copy with its retain and release, which was 8 % of
    /// encoding; only strings bridged from Objective-C need it.
    @inline(__always)
    func withBytes<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        if let value = utf8.withContiguousStorageIfAvailable({ body(UnsafeRawBufferPointer($0)) }) {
            return value
        }
        return withBytesOfCopy(body)
    }

    @inline(never)
    private func withBytesOfCopy<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        var copy = self
        return copy.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }
}
