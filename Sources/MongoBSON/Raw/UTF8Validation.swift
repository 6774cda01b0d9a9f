// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// Checks that text is well-formed UTF-8, as BSON strings and field names must be
/// (<https://bsonspec.org/spec.html>; the byte ranges are table 3-7 of the Unicode Standard).
enum UTF8Validation {
    private static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// Whether no byte in `start..<end` has its high bit set. At least 8 bytes in front of `end` must be readable: the
    /// last ones are read as one word, together with some that were read already or that are not asked for.
    @inline(__always)
    static func isASCII(_ base: UnsafeRawPointer, _ start: Int, _ end: Int) -> Bool {
        let count = end &- start
        if count < 8 {
            return count == 0 || RawBytes.uint64(base, end &- 8) &>> UInt64(64 &- 8 &* count) & highBits == 0
        }
        var position = start
        var bits = RawBytes.uint64(base, end &- 8)
        while position &+ 32 <= end {
            bits |= RawBytes.uint64(base, position) | RawBytes.uint64(base, position &+ 8)
            bits |= RawBytes.uint64(base, position &+ 16) | RawBytes.uint64(base, position &+ 24)
            position &+= 32
        }
        while position &+ 8 <= end {
            bits |= RawBytes.uint64(base, position)
            position &+= 8
        }
        return bits & highBits == 0
    }

    /// The offset of the first byte in `start..<end` that does not continue well-formed UTF-8, or nil when all do.
    @inline(__always)
    static func firstError(_ base: UnsafeRawPointer, _ start: Int, _ end: Int) -> Int? {
        var position = start
        while position &+ 8 <= end {
            guard RawBytes.uint64(base, position) & highBits == 0 else {
                return firstErrorBeyondASCII(base, position, end)
            }
            position &+= 8
        }
        while position < end {
            guard RawBytes.byte(base, position) < 0x80 else {
                return firstErrorBeyondASCII(base, position, end)
            }
            position &+= 1
        }
        return nil
    }

    @inline(never)
    private static func firstErrorBeyondASCII(_ base: UnsafeRawPointer, _ start: Int, _ end: Int) -> Int? {
        var position = start
        while position < end {
            let lead = RawBytes.byte(base, position)
            if lead < 0x80 {
                position &+= 1
                while position &+ 8 <= end, RawBytes.uint64(base, position) & highBits == 0 {
                    position &+= 8
                }
                continue
            }
            // What the second byte may be depends on the first: that excludes overlong forms, surrogates and
            // everything above U+10FFFF.
            let length: Int
            let second: ClosedRange<UInt8>
            switch lead {
            case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
            case 0xE0: (length, second) = (3, 0xA0...0xBF)
            case 0xE1...0xEC, 0xEE...0xEF: (length, second) = (3, 0x80...0xBF)
            case 0xED: (length, second) = (3, 0x80...0x9F)
            case 0xF0: (length, second) = (4, 0x90...0xBF)
            case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
            case 0xF4: (length, second) = (4, 0x80...0x8F)
            default: return position
            }
            guard length <= end &- position, second.contains(RawBytes.byte(base, position &+ 1)) else {
                return position
            }
            for offset in 2..<max(2, length) where RawBytes.byte(base, position &+ offset) & 0xC0 != 0x80 {
                return position
            }
            position &+= length
        }
        return nil
    }
}
