// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// A type of this module that is one BSON value, and is coded as that value.
protocol BSONValueConvertible: Codable {
    static var bsonType: BSONType { get }
    var bsonValue: BSON { get }
    init?(bsonValue: BSON)
}

extension BSONObjectID: BSONValueConvertible {
    static var bsonType: BSONType { .objectID }
    var bsonValue: BSON { .objectID(self) }

    init?(bsonValue: BSON) {
        guard let value = bsonValue.objectIDValue else { return nil }
        self = value
    }
}

extension BSONDocument: BSONValueConvertible {
    static var bsonType: BSONType { .document }
    var bsonValue: BSON { .document(self) }

    init?(bsonValue: BSON) {
        guard let value = bsonValue.documentValue else { return nil }
        self = value
    }
}

extension BSONBinary: BSONValueConvertible {
    static var bsonType: BSONType { .binary }
    var bsonValue: BSON { .binary(self) }

    init?(bsonValue: BSON) {
        guard let value = bsonValue.binaryValue else { return nil }
        self = value
    }
}

extension BSONDateTime: BSONValueConvertible {
    static var bsonType: BSONType { .datetime }
    var bsonValue: BSON { .datetime(self) }

    init?(bsonValue: BSON) {
        guard let value = bsonValue.datetimeValue else { return nil }
        self = value
    }
}

extension BSONRegularExpression: BSONValueConvertible {
    static var bsonType: BSONType { .regex }
    var bsonValue: BSON { .regex(self) }

    init?(bsonValue: BSON) {
        guard let value = bsonValue.regexValue else { return nil }
        self = value
    }
}

extension BSONDBPointer: BSONValueConvertible {
    static var bsonType: BSONType { .dbPointer }
    var bsonValue: BSON { .dbPointer(self) }

    init?(bsonValue: BSON) {
        guard let value = bsonValue.dbPointerValue else { return nil }
        self = value
    }
}

extension BSONSymbol: BSONValueConvertible {
    static var bsonType: BSONType { .symbol }
    var bsonValue: BSON { .symbol(self) }

    init?(bsonValue: BSON) {
        guard let value = bsonValue.symbolValue else { return nil }
        self = value
    }
}

extension BSONCode: BSONValueConvertible {
    static var bsonType: BSONType { .code }
    var bsonValue: BSON { .code(self) }

    init?(bsonValue: BSON) {
        guard let value = bsonValue.codeValue else { return nil }
        self = value
    }
}

extension BSONCodeWithScope: BSONValueConvertible {
    static var bsonType: BSONType { .codeWithScope }
    var bsonValue: BSON { .codeWithScope(self) }

    init?(bsonValue: BSON) {
        guard let value = bsonValue.codeWithScopeValue else { return nil }
        self = value
    }
}

extension BSONTimestamp: BSONValueConvertible {
    static var bsonType: BSONType { .timestamp }
    var bsonValue: BSON { .timestamp(self) }

    init?(bsonValue: BSON) {
        guard let value = bsonValue.timestampValue else { return nil }
        self = value
    }
}

extension BSONDecimal128: BSONValueConvertible {
    static var bsonType: BSONType { .decimal128 }
    var bsonValue: BSON { .decimal128(self) }

    init?(bsonValue: BSON) {
        guard let value = bsonValue.decimal128Value else { return nil }
        self = value
    }
}

extension BSONVector: BSONValueConvertible {
    static var bsonType: BSONType { .binary }
    var bsonValue: BSON { .binary(BSONBinary(self)) }

    init?(bsonValue: BSON) {
        guard let binary = bsonValue.binaryValue, let vector = try? binary.vector() else { return nil }
        self = vector
    }
}

// MARK: Codable

extension BSONValueConvertible {
    /// Encodes the value as itself.
    ///
    /// - Throws: An `EncodingError` when the encoder is not a ``BSONEncoder``'s.
    public func encode(to encoder: any Encoder) throws {
        try bsonValue.encode(to: encoder)
    }

    /// Decodes the value from one of the same BSON type.
    ///
    /// - Throws: A `DecodingError` when the type is another one, or the decoder is not a ``BSONDecoder``'s.
    public init(from decoder: any Decoder) throws {
        let value = try BSON(from: decoder)
        guard let result = Self(bsonValue: value) else {
            throw DecodingError.typeMismatch(
                Self.self,
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "expected \(Self.self), found the BSON type \(value.type)"
                )
            )
        }
        self = result
    }
}

extension BSON: Codable {
    /// Encodes the value as itself.
    ///
    /// - Throws: An `EncodingError` when the encoder is not a ``BSONEncoder``'s.
    public func encode(to encoder: any Encoder) throws {
        guard let encoder = encoder as? ValueEncoder else {
            throw EncodingError.invalidValue(
                self,
                .init(
                    codingPath: encoder.codingPath,
                    debugDescription: "BSON values can only be encoded by a BSONEncoder; for JSON, write Extended JSON"
                )
            )
        }
        var container = encoder.singleValueContainer()
        try container.encode(self)
    }

    /// Decodes any value.
    ///
    /// - Throws: A `DecodingError` when the decoder is not a ``BSONDecoder``'s.
    public init(from decoder: any Decoder) throws {
        guard let decoder = decoder as? ValueDecoder else {
            throw DecodingError.typeMismatch(
                BSON.self,
                .init(
                    codingPath: decoder.codingPath,
                    debugDescription: "BSON values can only be decoded by a BSONDecoder; for JSON, read Extended JSON"
                )
            )
        }
        self = decoder.core.value(of: decoder.element)
    }
}
