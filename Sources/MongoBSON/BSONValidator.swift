// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// How strictly text is checked when bytes from elsewhere become a ``BSONDocument``.
public enum BSONTextValidation: Sendable, Hashable {
    /// Field names and strings must be well-formed UTF-8, as BSON demands.
    case strict
    /// Ill-formed UTF-8 is let through and reads as U+FFFD. Old servers cut error messages inside a character, and
    /// old clients stored such text; with this it can still be read.
    case lenient
}

/// Checks the whole structure of a document once, so that no later read has to.
///
/// Checked are all lengths, terminators and types, that a boolean is 0 or 1, that each embedded document ends where
/// its parent says, the inner length of binary subtype 2, UTF-8, and the depth. Not checked are duplicate names and
/// the names of array elements: both can be read (<https://github.com/mongodb/specifications/blob/master/source/bson-corpus/bson-corpus.md>,
/// "degenerate" BSON). The walk keeps its own stack, so that no input can exhaust the thread's.
package enum BSONValidator {
    /// Checks the document that begins at `start` and answers its length.
    ///
    /// - Parameters:
    ///   - bytes: Where the document is.
    ///   - start: Its offset in `bytes`, not negative.
    ///   - text: Whether UTF-8 is checked.
    ///   - exact: Whether the document must end where `bytes` ends.
    package static func validate(
        _ bytes: UnsafeRawBufferPointer,
        at start: Int = 0,
        text: BSONTextValidation = .strict,
        exact: Bool = true
    ) throws(BSONError) -> Int {
        guard let base = bytes.baseAddress, bytes.count - start >= 5 else {
            throw malformed("a document has at least 5 bytes", start)
        }
        let length = Int(RawBytes.int32(base, start))
        guard length >= 5, length <= bytes.count - start else {
            throw malformed("the document's length does not fit the bytes that are there", start)
        }
        guard !exact || length == bytes.count - start else {
            throw malformed("bytes follow the end of the document", start + length)
        }
        // Typed throws do not pass through the closure's rethrows yet (Swift 6.3): the outcome does as a value.
        let failure = withUnsafeTemporaryAllocation(of: Int32.self, capacity: BSONDocument.maximumDepth) { stack in
            var walk = Walk(base: base, limit: bytes.count, isStrict: text == .strict, stack: stack)
            return walk.run(from: start, length: length)
        }
        if let failure {
            throw failure
        }
        return length
    }

    /// Checks the document at the buffer's reader index and takes it out as a slice, without copying.
    package static func readDocument(
        from buffer: inout ByteBuffer,
        text: BSONTextValidation = .strict
    ) throws(BSONError) -> BSONDocument {
        let outcome = buffer.withUnsafeReadableBytes { bytes -> Result<Int, BSONError> in
            do throws(BSONError) {
                return .success(try validate(bytes, text: text, exact: false))
            } catch {
                return .failure(error)
            }
        }
        guard let slice = buffer.readSlice(length: try outcome.get()) else {
            throw malformed("the document's length does not fit the bytes that are there", 0)
        }
        return BSONDocument(trusted: slice)
    }

    private static func malformed(_ message: String, _ offset: Int) -> BSONError {
        BSONError(.malformedBSON, message, location: .byteOffset(offset))
    }
}

extension BSONValidator {
    /// The state of one walk: where it is, and where the open documents end.
    private struct Walk {
        let base: UnsafeRawPointer
        /// The number of bytes that may be read at all; whole words are loaded up to here, across documents' ends.
        let limit: Int
        let isStrict: Bool
        /// The ends (offsets of the closing zero byte from the outermost document's beginning) of the documents around
        /// the current one. In 32 bits, all 256 are few enough to be on the thread's stack.
        let stack: UnsafeMutableBufferPointer<Int32>

        init(base: UnsafeRawPointer, limit: Int, isStrict: Bool, stack: UnsafeMutableBufferPointer<Int32>) {
            self.base = base
            self.limit = limit
            self.isStrict = isStrict
            self.stack = stack
        }

        mutating func run(from start: Int, length: Int) -> BSONError? {
            guard RawBytes.byte(base, start &+ length &- 1) == 0 else {
                return malformed("the document does not end with a zero byte", start &+ length &- 1)
            }
            var depth = 0
            var end = start &+ length &- 1
            var position = start &+ 4
            while true {
                if position == end {
                    if depth == 0 {
                        return nil
                    }
                    position = end &+ 1
                    depth &-= 1
                    end = start &+ Int(stack[depth])
                    continue
                }
                let typeByte = RawBytes.byte(base, position)
                let keyStart = position &+ 1
                guard let keyEnd = endOfText(keyStart, end) else {
                    return malformed("a field name does not end, or is not UTF-8", keyStart)
                }
                position = keyEnd &+ 1
                let available = end &- position
                var count = BSONType.fixedSize(typeByte)
                if count >= 0 {
                    // No switch: a jump by type is guessed wrong whenever types change.
                    guard count <= available else {
                        return malformed("a value is cut off", position)
                    }
                    guard typeByte != 0x08 || RawBytes.byte(base, position) <= 1 else {
                        return malformed("a boolean is neither 0 nor 1", position)
                    }
                    position &+= count
                    continue
                }
                switch typeByte {
                case 0x02, 0x0D, 0x0E:
                    guard let text = stringCount(position, end) else {
                        return malformed("a string's length, end or UTF-8 is wrong", position)
                    }
                    count = text
                case 0x03, 0x04:
                    guard available >= 5 else {
                        return malformed("a document is cut off", position)
                    }
                    let inner = Int(RawBytes.int32(base, position))
                    guard inner >= 5, inner <= available, RawBytes.byte(base, position &+ inner &- 1) == 0 else {
                        return malformed("an embedded document's length or end is wrong", position)
                    }
                    guard depth &+ 1 < stack.count else {
                        return tooDeep(position)
                    }
                    stack[depth] = Int32(truncatingIfNeeded: end &- start)
                    depth &+= 1
                    end = position &+ inner &- 1
                    position &+= 4
                    continue
                case 0x05:
                    guard let binary = binaryCount(position, end) else {
                        return malformed("a binary value's length is wrong", position)
                    }
                    count = binary
                case 0x0B:
                    guard let pattern = endOfText(position, end), let options = endOfText(pattern &+ 1, end) else {
                        return malformed("a regular expression does not end, or is not UTF-8", position)
                    }
                    count = options &+ 1 &- position
                case 0x0C:
                    guard let text = stringCount(position, end) else {
                        return malformed("a pointer's namespace has a wrong length, end or UTF-8", position)
                    }
                    count = text &+ 12
                case 0x0F:
                    // int32 total length, string, document; the document must end where the total says. The scope is
                    // walked as an embedded document.
                    guard available >= 14 else {
                        return malformed("code with scope is cut off", position)
                    }
                    let total = Int(RawBytes.int32(base, position))
                    guard total >= 14, total <= available, let text = stringCount(position &+ 4, position &+ total)
                    else {
                        return malformed("code with scope has a wrong length", position)
                    }
                    let scope = position &+ 4 &+ text
                    let rest = total &- 4 &- text
                    guard rest >= 5, Int(RawBytes.int32(base, scope)) == rest,
                        RawBytes.byte(base, scope &+ rest &- 1) == 0
                    else {
                        return malformed("the scope of code does not fill its place", scope)
                    }
                    guard depth &+ 1 < stack.count else {
                        return tooDeep(position)
                    }
                    stack[depth] = Int32(truncatingIfNeeded: end &- start)
                    depth &+= 1
                    end = scope &+ rest &- 1
                    position = scope &+ 4
                    continue
                default:
                    return malformed("there is no BSON type 0x\(String(typeByte, radix: 16))", keyStart &- 1)
                }
                guard count <= available else {
                    return malformed("a value is cut off", position)
                }
                position &+= count
            }
        }

        /// The offset of the zero byte that ends the text at `start`, when that is well-formed and before `end`.
        @inline(__always)
        private func endOfText(_ start: Int, _ end: Int) -> Int? {
            guard start &+ 16 <= limit else { return endOfLongerText(start, start, end, 0) }
            let first = RawBytes.uint64(base, start)
            var zeros = RawBytes.zeros(first)
            if zeros != 0 {
                return finishText(start, start &+ zeros.trailingZeroBitCount &>> 3, end, first & Self.below(zeros))
            }
            let second = RawBytes.uint64(base, start &+ 8)
            zeros = RawBytes.zeros(second)
            if zeros != 0 {
                let zero = start &+ 8 &+ zeros.trailingZeroBitCount &>> 3
                return finishText(start, zero, end, first | second & Self.below(zeros))
            }
            return endOfLongerText(start, start &+ 16, end, first | second)
        }

        /// All bits below the lowest one.
        @inline(__always)
        private static func below(_ bits: UInt64) -> UInt64 {
            (bits & (0 &- bits)) &- 1
        }

        /// The same from `from` onwards, when there is no zero byte before that.
        @inline(never)
        private func endOfLongerText(_ start: Int, _ from: Int, _ end: Int, _ bits: UInt64) -> Int? {
            var position = from
            var highBits = bits
            while position < end, position &+ 8 <= limit {
                let word = RawBytes.uint64(base, position)
                let zeros = RawBytes.zeros(word)
                if zeros != 0 {
                    position &+= zeros.trailingZeroBitCount &>> 3
                    return finishText(start, position, end, highBits | word & Self.below(zeros))
                }
                highBits |= word
                position &+= 8
            }
            while position < end {
                let byte = RawBytes.byte(base, position)
                if byte == 0 {
                    return finishText(start, position, end, highBits)
                }
                highBits |= UInt64(byte)
                position &+= 1
            }
            return nil
        }

        @inline(__always)
        private func finishText(_ start: Int, _ zero: Int, _ end: Int, _ highBits: UInt64) -> Int? {
            guard zero < end else { return nil }
            if highBits & 0x8080_8080_8080_8080 != 0, isStrict, UTF8Validation.firstError(base, start, zero) != nil {
                return nil
            }
            return zero
        }

        /// The bytes that a string with its length prefix takes, when it is well-formed and ends before `end`.
        @inline(__always)
        private func stringCount(_ offset: Int, _ end: Int) -> Int? {
            guard end &- offset >= 5 else { return nil }
            let length = Int(RawBytes.int32(base, offset))
            guard length >= 1, length <= end &- offset &- 4 else { return nil }
            let zero = offset &+ 4 &+ length &- 1
            guard RawBytes.byte(base, zero) == 0 else { return nil }
            // In front of the text there are at least the document's length, a type, a name's end and the text's length.
            if isStrict, !UTF8Validation.isASCII(base, offset &+ 4, zero),
                UTF8Validation.firstError(base, offset &+ 4, zero) != nil
            {
                return nil
            }
            return 4 &+ length
        }

        @inline(__always)
        private func binaryCount(_ offset: Int, _ end: Int) -> Int? {
            guard end &- offset >= 5 else { return nil }
            let length = Int(RawBytes.int32(base, offset))
            guard length >= 0, length <= end &- offset &- 5 else { return nil }
            // Subtype 2 repeats the length inside (https://bsonspec.org/spec.html).
            if RawBytes.byte(base, offset &+ 4) == 2 {
                guard length >= 4, Int(RawBytes.int32(base, offset &+ 5)) == length &- 4 else { return nil }
            }
            return 5 &+ length
        }

        @inline(never)
        private func malformed(_ message: String, _ offset: Int) -> BSONError {
            BSONValidator.malformed(message, offset)
        }

        @inline(never)
        private func tooDeep(_ offset: Int) -> BSONError {
            BSONError(
                .nestingTooDeep,
                "documents are nested deeper than \(BSONDocument.maximumDepth) levels",
                location: .byteOffset(offset)
            )
        }
    }
}
