// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// A type that reads its fields itself, for where `Decodable` is too slow.
///
/// It takes the place of `Decodable` wherever ``BSONDecoder`` meets it, so a type can be both. Fields are found
/// fastest in the order they are stored in.
///
/// ```swift
/// extension Cat: BSONDecodable {
///     init(from fields: inout BSONFieldDecoder) throws(BSONError) {
///         name = try fields.decode(String.self, forKey: "name")
///         born = try fields.decodeIfPresent(Date.self, forKey: "born")
///     }
/// }
/// let cat = try Cat(document)
/// ```
public protocol BSONDecodable {
    /// Reads the fields.
    init(from fields: inout BSONFieldDecoder) throws(BSONError)
}

extension BSONDecodable {
    /// The value that a document stands for.
    ///
    /// - Throws: What the type's ``init(from:)`` throws.
    public init(_ document: BSONDocument) throws(BSONError) {
        if let error = document.encodingError {
            throw error
        }
        let buffer = document.buffer
        let outcome = buffer.withUnsafeReadableBytes { bytes -> Result<Self, BSONError> in
            guard let base = bytes.baseAddress else {
                return .failure(BSONError(.malformedBSON, "a document has at least 5 bytes"))
            }
            var fields = BSONFieldDecoder(base: base, buffer: buffer, document: 0, limit: bytes.count)
            do throws(BSONError) {
                return .success(try Self(from: &fields))
            } catch {
                return .failure(error)
            }
        }
        self = try outcome.get()
    }
}

/// Gives the fields of a document to a ``BSONDecodable`` type.
///
/// It is only valid while that type's initializer runs. Numbers are taken by value, as ``BSONDecoder`` does.
public struct BSONFieldDecoder: ~Copyable {
    private let reader: FieldReader
    private let first: Int
    private let end: Int
    /// Where the next search begins.
    private var cursor: Int

    init(base: UnsafeRawPointer, buffer: ByteBuffer, document: Int, limit: Int) {
        reader = FieldReader(base: base, buffer: buffer)
        let scanner = ElementScanner(base: base, documentAt: document, limit: limit)
        first = scanner.offset
        end = scanner.end
        cursor = scanner.offset
    }

    /// The field with this name, searched from the last one found onwards, and then from the beginning.
    @inline(__always)
    private mutating func find(_ key: String) -> RawElement? {
        let (base, end, first, start) = (reader.base, end, first, cursor)
        let found = key.withBytes { name -> RawElement? in
            var scanner = ElementScanner(base: base, elementAt: start, end: end)
            if let element = scanner.next(key: name) {
                return element
            }
            guard start > first else { return nil }
            scanner = ElementScanner(base: base, elementAt: first, end: start)
            return scanner.next(key: name)
        }
        if let found {
            cursor = found.endOffset
        }
        return found
    }

    /// The field with this name, unless it is absent or null.
    @inline(__always)
    private mutating func present(_ key: String) -> RawElement? {
        guard let element = find(key), element.type != .null, element.type != .undefined else { return nil }
        return element
    }

    @inline(__always)
    private mutating func required(_ key: String) throws(BSONError) -> RawElement {
        guard let element = find(key) else {
            throw BSONError(.keyNotFound, "there is no field for a required key", path: [key])
        }
        return element
    }

    /// Whether there is a field with this name, even if it is null.
    public mutating func contains(_ key: String) -> Bool {
        find(key) != nil
    }
}

// MARK: Required fields

extension BSONFieldDecoder {
    /// Reads text.
    public mutating func decode(_ type: String.Type, forKey key: String) throws(BSONError) -> String {
        let element = try required(key)
        return try reader.string(element, key)
    }

    /// Reads an integer.
    public mutating func decode(_ type: Int.Type, forKey key: String) throws(BSONError) -> Int {
        let element = try required(key)
        return try reader.integer(element, key, as: type)
    }

    /// Reads a 32-bit integer.
    public mutating func decode(_ type: Int32.Type, forKey key: String) throws(BSONError) -> Int32 {
        let element = try required(key)
        return try reader.integer(element, key, as: type)
    }

    /// Reads a 64-bit integer.
    public mutating func decode(_ type: Int64.Type, forKey key: String) throws(BSONError) -> Int64 {
        let element = try required(key)
        return try reader.integer(element, key, as: type)
    }

    /// Reads a floating point number.
    public mutating func decode(_ type: Double.Type, forKey key: String) throws(BSONError) -> Double {
        let element = try required(key)
        return try reader.double(element, key)
    }

    /// Reads true or false.
    public mutating func decode(_ type: Bool.Type, forKey key: String) throws(BSONError) -> Bool {
        let element = try required(key)
        return try reader.bool(element, key)
    }

    /// Reads a date.
    public mutating func decode(_ type: Date.Type, forKey key: String) throws(BSONError) -> Date {
        let element = try required(key)
        return try reader.date(element, key)
    }

    /// Reads an object identifier.
    public mutating func decode(_ type: BSONObjectID.Type, forKey key: String) throws(BSONError) -> BSONObjectID {
        let element = try required(key)
        return try reader.objectID(element, key)
    }

    /// Reads a document, as a slice of the same memory.
    public mutating func decode(_ type: BSONDocument.Type, forKey key: String) throws(BSONError) -> BSONDocument {
        let element = try required(key)
        return try reader.document(element, key)
    }

    /// Reads any value.
    public mutating func decode(_ type: BSON.Type, forKey key: String) throws(BSONError) -> BSON {
        let element = try required(key)
        return try reader.any(element, key)
    }

    /// Reads an array of text.
    public mutating func decode(_ type: [String].Type, forKey key: String) throws(BSONError) -> [String] {
        let element = try required(key)
        return try reader.array(element, key, reader.string)
    }

    /// Reads an array of integers.
    public mutating func decode(_ type: [Int].Type, forKey key: String) throws(BSONError) -> [Int] {
        let element = try required(key)
        return try reader.array(element, key, reader.int)
    }

    /// Reads an array of floating point numbers.
    public mutating func decode(_ type: [Double].Type, forKey key: String) throws(BSONError) -> [Double] {
        let element = try required(key)
        return try reader.array(element, key, reader.double)
    }

    /// Reads a value that has fields of its own.
    public mutating func decode<Value: BSONDecodable>(
        _ type: Value.Type,
        forKey key: String
    ) throws(BSONError) -> Value {
        let element = try required(key)
        return try reader.nested(type, element, key)
    }

    /// Reads an array of values that have fields of their own.
    public mutating func decode<Value: BSONDecodable>(
        _ type: [Value].Type,
        forKey key: String
    ) throws(BSONError) -> [Value] {
        let element = try required(key)
        return try reader.nestedArray(type, element, key)
    }
}

// MARK: Optional fields

extension BSONFieldDecoder {
    /// Reads text, unless the field is absent or null.
    public mutating func decodeIfPresent(_ type: String.Type, forKey key: String) throws(BSONError) -> String? {
        guard let element = present(key) else { return nil }
        return try reader.string(element, key)
    }

    /// Reads an integer, unless the field is absent or null.
    public mutating func decodeIfPresent(_ type: Int.Type, forKey key: String) throws(BSONError) -> Int? {
        guard let element = present(key) else { return nil }
        return try reader.integer(element, key, as: type)
    }

    /// Reads a 32-bit integer, unless the field is absent or null.
    public mutating func decodeIfPresent(_ type: Int32.Type, forKey key: String) throws(BSONError) -> Int32? {
        guard let element = present(key) else { return nil }
        return try reader.integer(element, key, as: type)
    }

    /// Reads a 64-bit integer, unless the field is absent or null.
    public mutating func decodeIfPresent(_ type: Int64.Type, forKey key: String) throws(BSONError) -> Int64? {
        guard let element = present(key) else { return nil }
        return try reader.integer(element, key, as: type)
    }

    /// Reads a floating point number, unless the field is absent or null.
    public mutating func decodeIfPresent(_ type: Double.Type, forKey key: String) throws(BSONError) -> Double? {
        guard let element = present(key) else { return nil }
        return try reader.double(element, key)
    }

    /// Reads true or false, unless the field is absent or null.
    public mutating func decodeIfPresent(_ type: Bool.Type, forKey key: String) throws(BSONError) -> Bool? {
        guard let element = present(key) else { return nil }
        return try reader.bool(element, key)
    }

    /// Reads a date, unless the field is absent or null.
    public mutating func decodeIfPresent(_ type: Date.Type, forKey key: String) throws(BSONError) -> Date? {
        guard let element = present(key) else { return nil }
        return try reader.date(element, key)
    }

    /// Reads an object identifier, unless the field is absent or null.
    public mutating func decodeIfPresent(
        _ type: BSONObjectID.Type,
        forKey key: String
    ) throws(BSONError) -> BSONObjectID? {
        guard let element = present(key) else { return nil }
        return try reader.objectID(element, key)
    }

    /// Reads a document, as a slice of the same memory, unless the field is absent or null.
    public mutating func decodeIfPresent(
        _ type: BSONDocument.Type,
        forKey key: String
    ) throws(BSONError) -> BSONDocument? {
        guard let element = present(key) else { return nil }
        return try reader.document(element, key)
    }

    /// Reads any value, unless the field is absent or null.
    public mutating func decodeIfPresent(_ type: BSON.Type, forKey key: String) throws(BSONError) -> BSON? {
        guard let element = present(key) else { return nil }
        return try reader.any(element, key)
    }

    /// Reads an array of text, unless the field is absent or null.
    public mutating func decodeIfPresent(_ type: [String].Type, forKey key: String) throws(BSONError) -> [String]? {
        guard let element = present(key) else { return nil }
        return try reader.array(element, key, reader.string)
    }

    /// Reads an array of integers, unless the field is absent or null.
    public mutating func decodeIfPresent(_ type: [Int].Type, forKey key: String) throws(BSONError) -> [Int]? {
        guard let element = present(key) else { return nil }
        return try reader.array(element, key, reader.int)
    }

    /// Reads an array of floating point numbers, unless the field is absent or null.
    public mutating func decodeIfPresent(_ type: [Double].Type, forKey key: String) throws(BSONError) -> [Double]? {
        guard let element = present(key) else { return nil }
        return try reader.array(element, key, reader.double)
    }

    /// Reads a value that has fields of its own, unless the field is absent or null.
    public mutating func decodeIfPresent<Value: BSONDecodable>(
        _ type: Value.Type,
        forKey key: String
    ) throws(BSONError) -> Value? {
        guard let element = present(key) else { return nil }
        return try reader.nested(type, element, key)
    }

    /// Reads an array of values that have fields of their own, unless the field is absent or null.
    public mutating func decodeIfPresent<Value: BSONDecodable>(
        _ type: [Value].Type,
        forKey key: String
    ) throws(BSONError) -> [Value]? {
        guard let element = present(key) else { return nil }
        return try reader.nestedArray(type, element, key)
    }
}

/// Reads the value of one field, and names the field in its errors.
private struct FieldReader {
    let base: UnsafeRawPointer
    let buffer: ByteBuffer

    @inline(never)
    func mismatch(_ type: Any.Type, _ element: RawElement, _ key: String) -> BSONError {
        BSONError(
            element.type == .null ? .valueNotFound : .typeMismatch,
            "expected \(type), found the BSON type \(element.type)",
            path: [key]
        )
    }

    @inline(never)
    func notRepresentable(_ type: Any.Type, _ element: RawElement, _ key: String) -> BSONError {
        BSONError(
            .numberNotRepresentable,
            "the number, of the BSON type \(element.type), cannot be a \(type) without loss",
            path: [key]
        )
    }

    func value(_ element: RawElement) -> BSON {
        BSON(reading: element, base: base, buffer: buffer)
    }

    @inline(__always)
    func string(_ element: RawElement, _ key: String) throws(BSONError) -> String {
        guard element.type == .string else { throw mismatch(String.self, element, key) }
        return RawBytes.string(base, element.valueOffset &+ 4, count: element.valueCount &- 5)
    }

    @inline(__always)
    func integer<Value: FixedWidthInteger>(
        _ element: RawElement,
        _ key: String,
        as type: Value.Type
    ) throws(BSONError) -> Value {
        let value: Value?
        switch element.type {
        case .int64: value = Value(exactly: RawBytes.int64(base, element.valueOffset))
        case .int32: value = Value(exactly: RawBytes.int32(base, element.valueOffset))
        case .double: value = Value(exactly: RawBytes.double(base, element.valueOffset))
        case .decimal128: value = self.value(element).toInt64().flatMap { Value(exactly: $0) }
        default: throw mismatch(type, element, key)
        }
        guard let value else { throw notRepresentable(type, element, key) }
        return value
    }

    @inline(__always)
    func double(_ element: RawElement, _ key: String) throws(BSONError) -> Double {
        let value: Double?
        switch element.type {
        case .double: value = RawBytes.double(base, element.valueOffset)
        case .int32: value = Double(RawBytes.int32(base, element.valueOffset))
        case .int64: value = Double(exactly: RawBytes.int64(base, element.valueOffset))
        case .decimal128: value = self.value(element).decimal128Value.flatMap { Double(exactly: $0) }
        default: throw mismatch(Double.self, element, key)
        }
        guard let value else { throw notRepresentable(Double.self, element, key) }
        return value
    }

    @inline(__always)
    func bool(_ element: RawElement, _ key: String) throws(BSONError) -> Bool {
        guard element.type == .bool else { throw mismatch(Bool.self, element, key) }
        return RawBytes.byte(base, element.valueOffset) != 0
    }

    @inline(__always)
    func date(_ element: RawElement, _ key: String) throws(BSONError) -> Date {
        guard element.type == .datetime else { throw mismatch(Date.self, element, key) }
        guard let date = BSONDateTime(milliseconds: RawBytes.int64(base, element.valueOffset)).exactDate else {
            throw notRepresentable(Date.self, element, key)
        }
        return date
    }

    @inline(__always)
    func objectID(_ element: RawElement, _ key: String) throws(BSONError) -> BSONObjectID {
        guard element.type == .objectID else { throw mismatch(BSONObjectID.self, element, key) }
        return BSONObjectID(reading: base + element.valueOffset)
    }

    @inline(__always)
    func document(_ element: RawElement, _ key: String) throws(BSONError) -> BSONDocument {
        guard element.type == .document else { throw mismatch(BSONDocument.self, element, key) }
        return BSON.slice(buffer, element.valueOffset, element.valueCount)
    }

    func any(_ element: RawElement, _ key: String) throws(BSONError) -> BSON {
        value(element)
    }

    func nested<Value: BSONDecodable>(
        _ type: Value.Type,
        _ element: RawElement,
        _ key: String
    ) throws(BSONError) -> Value {
        guard element.type == .document else { throw mismatch(type, element, key) }
        var fields = BSONFieldDecoder(
            base: base,
            buffer: buffer,
            document: element.valueOffset,
            limit: element.endOffset
        )
        do throws(BSONError) {
            return try Value(from: &fields)
        } catch {
            var error = error
            error.path.insert(key, at: 0)
            throw error
        }
    }

    @inline(__always)
    func array<Value>(
        _ element: RawElement,
        _ key: String,
        _ read: (RawElement, String) throws(BSONError) -> Value
    ) throws(BSONError) -> [Value] {
        guard element.type == .array else { throw mismatch([Value].self, element, key) }
        var values: [Value] = []
        var scanner = ElementScanner(base: base, documentAt: element.valueOffset, limit: element.endOffset)
        while let item = scanner.next() {
            do throws(BSONError) {
                values.append(try read(item, String(values.count)))
            } catch {
                var error = error
                error.path.insert(key, at: 0)
                throw error
            }
        }
        return values
    }

    @inline(__always)
    func int(_ element: RawElement, _ key: String) throws(BSONError) -> Int {
        try integer(element, key, as: Int.self)
    }

    func nestedArray<Value: BSONDecodable>(
        _ type: [Value].Type,
        _ element: RawElement,
        _ key: String
    ) throws(BSONError) -> [Value] {
        try array(element, key) { element, index throws(BSONError) in try nested(Value.self, element, index) }
    }
}
