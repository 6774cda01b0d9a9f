// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

extension BSON: ExpressibleByStringLiteral {
    /// Text.
    public init(stringLiteral value: String) {
        self = .string(value)
    }
}

extension BSON: ExpressibleByStringInterpolation {}

extension BSON: ExpressibleByBooleanLiteral {
    /// True or false.
    public init(booleanLiteral value: Bool) {
        self = .bool(value)
    }
}

extension BSON: ExpressibleByIntegerLiteral {
    /// A 64-bit integer.
    public init(integerLiteral value: Int64) {
        self = .int64(value)
    }
}

extension BSON: ExpressibleByFloatLiteral {
    /// A floating point number.
    public init(floatLiteral value: Double) {
        self = .double(value)
    }
}

extension BSON: ExpressibleByDictionaryLiteral {
    /// A document with these fields, in this order.
    public init(dictionaryLiteral elements: (String, BSON)...) {
        self = .document(BSONDocument(elements))
    }
}

extension BSON: ExpressibleByArrayLiteral {
    /// An array.
    public init(arrayLiteral elements: BSON...) {
        self = .array(elements)
    }
}

extension BSON {
    /// A 64-bit integer.
    public init(_ value: Int) {
        self = .int64(Int64(value))
    }

    /// A date, to the nearest millisecond; see ``BSONDateTime/init(_:)`` for the range.
    public static func datetime(_ date: Date) -> BSON {
        .datetime(BSONDateTime(date))
    }

    /// A UUID as binary of subtype 4.
    public static func uuid(_ uuid: UUID) -> BSON {
        .binary(BSONBinary(uuid))
    }
}
