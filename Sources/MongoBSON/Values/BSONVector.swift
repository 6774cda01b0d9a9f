// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// A vector of numbers of one type, packed into binary of subtype 9, as vector search stores them.
///
/// <https://github.com/mongodb/specifications/blob/master/source/bson-binary-vector/bson-binary-vector.md>
///
/// ```swift
/// document["embedding"] = .binary(BSONBinary(BSONVector.float32([0.25, -1])))
/// let vector = try document["embedding"]?.binaryValue?.vector()
/// ```
public enum BSONVector: Sendable, Hashable {
    /// Signed bytes.
    case int8([Int8])
    /// 32-bit floating point numbers.
    case float32([Float])
    /// Bits, eight in a byte, the first in the highest place; see ``Bits``.
    case packedBits(Bits)

    /// Bits, eight in a byte, the first in the highest place.
    public struct Bits: Sendable, Hashable {
        /// The bytes with the bits.
        public let bytes: [UInt8]
        /// How many of the last byte's lowest bits are no part of the vector, 0 to 7. These are zero.
        public let padding: Int

        /// Packed bits.
        ///
        /// - Throws: ``BSONError/Code-swift.struct/invalidValue`` when the padding is not from 0 to 7, when there is
        ///   padding without bytes, or when a bit that is no part of the vector is set.
        public init(bytes: [UInt8], padding: Int = 0) throws(BSONError) {
            guard (0...7).contains(padding) else {
                throw BSONError(.invalidValue, "the padding of a vector of bits is from 0 to 7, not \(padding)")
            }
            guard padding == 0 || !bytes.isEmpty else {
                throw BSONError(.invalidValue, "a vector without bits has no padding")
            }
            guard let last = bytes.last, last & (1 << UInt8(padding) - 1) != 0 else {
                self.bytes = bytes
                self.padding = padding
                return
            }
            throw BSONError(.invalidValue, "a bit that the padding excludes is set")
        }

        /// The bits, one by one.
        public init(_ bits: [Bool]) {
            var bytes = [UInt8](repeating: 0, count: (bits.count + 7) / 8)
            for (index, bit) in bits.enumerated() where bit {
                bytes[index / 8] |= 0x80 >> UInt8(index % 8)
            }
            self.bytes = bytes
            padding = bytes.count * 8 - bits.count
        }

        /// The bits, one by one.
        public var bits: [Bool] {
            (0..<(bytes.count * 8 - padding)).map { bytes[$0 / 8] & 0x80 >> UInt8($0 % 8) != 0 }
        }
    }

    /// The first byte of the binary value.
    private enum ElementType {
        static let int8: UInt8 = 0x03
        static let float32: UInt8 = 0x27
        static let packedBits: UInt8 = 0x10
    }

    fileprivate var packed: ByteBuffer {
        var buffer = ByteBuffer()
        switch self {
        case .int8(let values):
            buffer.writeMultipleIntegers(ElementType.int8, 0 as UInt8)
            buffer.writeBytes(values.lazy.map(UInt8.init(bitPattern:)))
        case .float32(let values):
            buffer.reserveCapacity(2 + values.count * 4)
            buffer.writeMultipleIntegers(ElementType.float32, 0 as UInt8)
            for value in values {
                buffer.writeInteger(value.bitPattern, endianness: .little)
            }
        case .packedBits(let bits):
            buffer.writeMultipleIntegers(ElementType.packedBits, UInt8(truncatingIfNeeded: bits.padding))
            buffer.writeBytes(bits.bytes)
        }
        return buffer
    }

    fileprivate init(packed: ByteBuffer) throws(BSONError) {
        var buffer = packed
        guard let (type, padding) = buffer.readMultipleIntegers(as: (UInt8, UInt8).self) else {
            throw BSONError(.invalidValue, "a vector begins with its type and its padding")
        }
        guard type == ElementType.packedBits || padding == 0 else {
            throw BSONError(.invalidValue, "only a vector of bits has padding")
        }
        switch type {
        case ElementType.int8:
            self = .int8(buffer.readableBytesView.map(Int8.init(bitPattern:)))
        case ElementType.float32:
            guard buffer.readableBytes.isMultiple(of: 4) else {
                throw BSONError(
                    .invalidValue,
                    "a vector of 32-bit numbers has a number of bytes that 4 does not divide"
                )
            }
            var values: [Float] = []
            values.reserveCapacity(buffer.readableBytes / 4)
            while let bits = buffer.readInteger(endianness: .little, as: UInt32.self) {
                values.append(Float(bitPattern: bits))
            }
            self = .float32(values)
        case ElementType.packedBits:
            self = .packedBits(try Bits(bytes: Array(buffer.readableBytesView), padding: Int(padding)))
        default:
            throw BSONError(.invalidValue, "there is no vector type 0x\(String(type, radix: 16))")
        }
    }
}

extension BSONBinary {
    /// The vector as binary of subtype 9.
    public init(_ vector: BSONVector) {
        self.init(data: vector.packed, subtype: .vector)
    }

    /// The vector that these bytes are.
    ///
    /// - Throws: ``BSONError/Code-swift.struct/invalidValue`` when the subtype is not 9, or the bytes are no vector.
    public func vector() throws(BSONError) -> BSONVector {
        guard subtype == .vector else {
            throw BSONError(.invalidValue, "binary subtype \(subtype.rawValue) is not a vector")
        }
        return try BSONVector(packed: data)
    }
}
