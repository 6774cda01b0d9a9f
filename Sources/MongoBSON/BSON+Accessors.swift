// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

extension BSON {
    /// The number, when this is a ``double(_:)``.
    public var doubleValue: Double? {
        if case .double(let value) = self { value } else { nil }
    }

    /// The text, when this is a ``string(_:)``.
    public var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The document, when this is one.
    public var documentValue: BSONDocument? {
        if case .document(let value) = self { value } else { nil }
    }

    /// The elements, when this is an ``array(_:)``.
    public var arrayValue: [BSON]? {
        if case .array(let value) = self { value } else { nil }
    }

    /// The bytes, when this is a ``binary(_:)``.
    public var binaryValue: BSONBinary? {
        if case .binary(let value) = self { value } else { nil }
    }

    /// The identifier, when this is an ``objectID(_:)``.
    public var objectIDValue: BSONObjectID? {
        if case .objectID(let value) = self { value } else { nil }
    }

    /// True or false, when this is a ``bool(_:)``.
    public var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The time in milliseconds, when this is a datetime.
    public var datetimeValue: BSONDateTime? {
        if case .datetime(let value) = self { value } else { nil }
    }

    /// The date, when this is a datetime; see ``BSONDateTime/date``.
    public var dateValue: Date? {
        datetimeValue?.date
    }

    /// The expression, when this is a ``regex(_:)``.
    public var regexValue: BSONRegularExpression? {
        if case .regex(let value) = self { value } else { nil }
    }

    /// The pointer, when this is a ``dbPointer(_:)``.
    public var dbPointerValue: BSONDBPointer? {
        if case .dbPointer(let value) = self { value } else { nil }
    }

    /// The symbol, when this is a ``symbol(_:)``.
    public var symbolValue: BSONSymbol? {
        if case .symbol(let value) = self { value } else { nil }
    }

    /// The code, when this is ``code(_:)``.
    public var codeValue: BSONCode? {
        if case .code(let value) = self { value } else { nil }
    }

    /// The code and its variables, when this is ``codeWithScope(_:)``.
    public var codeWithScopeValue: BSONCodeWithScope? {
        if case .codeWithScope(let value) = self { value } else { nil }
    }

    /// The number, when this is an ``int32(_:)``.
    public var int32Value: Int32? {
        if case .int32(let value) = self { value } else { nil }
    }

    /// The timestamp, when this is a ``timestamp(_:)``.
    public var timestampValue: BSONTimestamp? {
        if case .timestamp(let value) = self { value } else { nil }
    }

    /// The number, when this is an ``int64(_:)``.
    public var int64Value: Int64? {
        if case .int64(let value) = self { value } else { nil }
    }

    /// The number, when this is a ``decimal128(_:)``.
    public var decimal128Value: BSONDecimal128? {
        if case .decimal128(let value) = self { value } else { nil }
    }

    /// Whether this is ``null``.
    public var isNull: Bool {
        self == .null
    }

    /// The element with this index, when this is an array that has it.
    public subscript(index: Int) -> BSON? {
        guard case .array(let values) = self, values.indices.contains(index) else { return nil }
        return values[index]
    }

    /// The field with this name, when this is a document that has it.
    public subscript(key: String) -> BSON? {
        documentValue?[key]
    }
}

// MARK: Numbers by value

extension BSON {
    /// The number as an `Int`, when this is a number of any type that one can hold without loss.
    public func toInt() -> Int? {
        toInt64().flatMap(Int.init(exactly:))
    }

    /// The number as an `Int32`, when this is a number of any type that one can hold without loss.
    public func toInt32() -> Int32? {
        toInt64().flatMap(Int32.init(exactly:))
    }

    /// The number as an `Int64`, when this is a number of any type that one can hold without loss.
    public func toInt64() -> Int64? {
        switch self {
        case .int32(let value): Int64(value)
        case .int64(let value): value
        case .double(let value): Int64(exactly: value)
        case .decimal128(let value): Int64(exactly: value)
        default: nil
        }
    }

    /// The number as a `Double`, when this is a number of any type.
    ///
    /// A 64-bit integer or a decimal that a `Double` cannot hold exactly becomes the nearest one.
    public func toDouble() -> Double? {
        switch self {
        case .int32(let value): Double(value)
        case .int64(let value): Double(value)
        case .double(let value): value
        case .decimal128(let value): Double(value)
        default: nil
        }
    }

    /// The number as a decimal, when this is an integer or a decimal, or a `Double` that 34 digits can hold exactly.
    public func toDecimal128() -> BSONDecimal128? {
        switch self {
        case .int32(let value): BSONDecimal128(value)
        case .int64(let value): BSONDecimal128(value)
        case .double(let value): BSONDecimal128(exactly: value)
        case .decimal128(let value): value
        default: nil
        }
    }
}
