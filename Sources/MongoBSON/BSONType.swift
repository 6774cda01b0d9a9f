// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// The type of a BSON value, with the byte that stands for it (<https://bsonspec.org/spec.html>).
public enum BSONType: UInt8, Sendable, Hashable, CaseIterable {
    /// A 64-bit IEEE 754 number.
    case double = 0x01
    /// UTF-8 text.
    case string = 0x02
    /// An embedded document.
    case document = 0x03
    /// An array.
    case array = 0x04
    /// Bytes with a subtype.
    case binary = 0x05
    /// The deprecated JavaScript value `undefined`.
    case undefined = 0x06
    /// A 12-byte object identifier.
    case objectID = 0x07
    /// True or false.
    case bool = 0x08
    /// Milliseconds since 1970-01-01T00:00:00Z.
    case datetime = 0x09
    /// The null value.
    case null = 0x0A
    /// A regular expression.
    case regex = 0x0B
    /// The deprecated pointer to a document of another collection.
    case dbPointer = 0x0C
    /// JavaScript code.
    case code = 0x0D
    /// The deprecated symbol.
    case symbol = 0x0E
    /// The deprecated JavaScript code with variables.
    case codeWithScope = 0x0F
    /// A 32-bit signed integer.
    case int32 = 0x10
    /// The internal timestamp of replication.
    case timestamp = 0x11
    /// A 64-bit signed integer.
    case int64 = 0x12
    /// A 128-bit decimal floating point number.
    case decimal128 = 0x13
    /// The value that is less than all others.
    case minKey = 0xFF
    /// The value that is greater than all others.
    case maxKey = 0x7F
}

extension BSONType: CustomStringConvertible {
    /// The alias of the type in the server's `$type` operator, such as `"objectId"`.
    public var description: String {
        switch self {
        case .double: "double"
        case .string: "string"
        case .document: "object"
        case .array: "array"
        case .binary: "binData"
        case .undefined: "undefined"
        case .objectID: "objectId"
        case .bool: "bool"
        case .datetime: "date"
        case .null: "null"
        case .regex: "regex"
        case .dbPointer: "dbPointer"
        case .code: "javascript"
        case .symbol: "symbol"
        case .codeWithScope: "javascriptWithScope"
        case .int32: "int"
        case .timestamp: "timestamp"
        case .int64: "long"
        case .decimal128: "decimal"
        case .minKey: "minKey"
        case .maxKey: "maxKey"
        }
    }
}

extension BSONType {
    /// The type that a byte stands for. It is written out because the compiler does not inline `init(rawValue:)`,
    /// and this is asked for every element that is read. The types that follow each other are apart from the last two:
    /// so they are one subtraction, and no jump that is guessed wrong whenever types change.
    @inlinable @inline(__always)
    static func of(_ byte: UInt8) -> BSONType? {
        guard byte &- 1 < 0x13 else {
            return byte == 0xFF ? .minKey : byte == 0x7F ? .maxKey : nil
        }
        return switch byte {
        case 0x01: .double
        case 0x02: .string
        case 0x03: .document
        case 0x04: .array
        case 0x05: .binary
        case 0x06: .undefined
        case 0x07: .objectID
        case 0x08: .bool
        case 0x09: .datetime
        case 0x0A: .null
        case 0x0B: .regex
        case 0x0C: .dbPointer
        case 0x0D: .code
        case 0x0E: .symbol
        case 0x0F: .codeWithScope
        case 0x10: .int32
        case 0x11: .timestamp
        case 0x12: .int64
        default: .decimal128
        }
    }

    /// How many bytes each value of the type with this byte takes; negative when that is said by the value itself, or
    /// when there is no such type.
    ///
    /// Looked up in two numbers: a digit for each type, 0x13 the first and 0x00 the last, is the index of a size.
    @inlinable @inline(__always)
    static func fixedSize(_ byte: UInt8) -> Int {
        guard byte <= 0x13 else { return byte == 0xFF || byte == 0x7F ? 0 : -1 }
        let index = (0o5332_7777_7031_4077_7737 as UInt64) &>> (3 &* UInt64(byte)) & 7
        return Int(Int8(truncatingIfNeeded: (0xFFFF_100C_0804_0100 as UInt64) &>> (8 &* index)))
    }
}
