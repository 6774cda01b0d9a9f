// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// A BSON value of any type.
///
/// ```swift
/// let color: BSON = "orange"
/// let cat: BSONDocument = ["name": "Roscoe", "colors": [color, "white"], "age": 3, "owner": .null]
/// cat["age"]?.toInt()        // 3
/// cat["colors"]?[0]          // .string("orange")
/// ```
///
/// Integer literals become ``int64(_:)``, and floating point literals ``double(_:)``.
/// Documents inside are not read until asked for; arrays are built when the value is.
public enum BSON: Sendable, Hashable {
    /// A 64-bit IEEE 754 number.
    case double(Double)
    /// Text.
    case string(String)
    /// An embedded document.
    case document(BSONDocument)
    /// An array.
    case array([BSON])
    /// Bytes with a subtype.
    case binary(BSONBinary)
    /// The deprecated JavaScript value `undefined`.
    case undefined
    /// An object identifier.
    case objectID(BSONObjectID)
    /// True or false.
    case bool(Bool)
    /// A point in time, in milliseconds.
    case datetime(BSONDateTime)
    /// The null value.
    case null
    /// A regular expression.
    indirect case regex(BSONRegularExpression)
    /// The deprecated pointer to a document of another collection.
    indirect case dbPointer(BSONDBPointer)
    /// The deprecated symbol.
    case symbol(BSONSymbol)
    /// JavaScript code.
    case code(BSONCode)
    /// The deprecated JavaScript code with variables.
    indirect case codeWithScope(BSONCodeWithScope)
    /// A 32-bit signed integer.
    case int32(Int32)
    /// The internal timestamp of replication.
    case timestamp(BSONTimestamp)
    /// A 64-bit signed integer.
    case int64(Int64)
    /// A 128-bit decimal floating point number.
    case decimal128(BSONDecimal128)
    /// The value that is less than all others.
    case minKey
    /// The value that is greater than all others.
    case maxKey

    /// The type of the value.
    public var type: BSONType {
        switch self {
        case .double: .double
        case .string: .string
        case .document: .document
        case .array: .array
        case .binary: .binary
        case .undefined: .undefined
        case .objectID: .objectID
        case .bool: .bool
        case .datetime: .datetime
        case .null: .null
        case .regex: .regex
        case .dbPointer: .dbPointer
        case .symbol: .symbol
        case .code: .code
        case .codeWithScope: .codeWithScope
        case .int32: .int32
        case .timestamp: .timestamp
        case .int64: .int64
        case .decimal128: .decimal128
        case .minKey: .minKey
        case .maxKey: .maxKey
        }
    }
}
