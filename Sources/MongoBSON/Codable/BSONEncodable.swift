// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// A type that writes its fields itself, for where `Encodable` is too slow.
///
/// It takes the place of `Encodable` wherever ``BSONEncoder`` meets it, so a type can be both. Strategies do not
/// apply to its fields: names and types are what it says.
///
/// ```swift
/// extension Cat: BSONEncodable {
///     func encode(to fields: inout BSONFieldEncoder) throws(BSONError) {
///         fields.encode(name, forKey: "name")
///         fields.encodeIfPresent(born, forKey: "born")
///     }
/// }
/// let document = try BSONDocument(encoding: cat)
/// ```
public protocol BSONEncodable {
    /// Writes the fields, in the order they shall have.
    func encode(to fields: inout BSONFieldEncoder) throws(BSONError)
}

extension BSONDocument {
    /// The document that a value encodes itself as.
    ///
    /// - Throws: What the value throws; ``BSONError/Code-swift.struct/invalidKey`` for a name with U+0000, and
    ///   ``BSONError/Code-swift.struct/documentTooLarge``.
    public init(encoding value: some BSONEncodable) throws(BSONError) {
        let sink = UnsafeMutablePointer<ByteSink>.allocate(capacity: 1)
        sink.initialize(to: ByteSink(capacity: 512))
        defer {
            sink.deinitialize(count: 1)
            sink.deallocate()
        }
        let start = sink.pointee.beginDocument()
        var fields = BSONFieldEncoder(sink: sink, depth: 1)
        try value.encode(to: &fields)
        sink.pointee.endDocument(at: start)
        self.init(trusted: try sink.pointee.replaced(with: ByteSink(capacity: 0)).finish())
    }
}

/// Takes the fields of a ``BSONEncodable`` value.
///
/// What is wrong with a field, such as U+0000 in its name, is thrown at the end of the whole document.
public struct BSONFieldEncoder: ~Copyable {
    let sink: UnsafeMutablePointer<ByteSink>
    let depth: Int

    init(sink: UnsafeMutablePointer<ByteSink>, depth: Int) {
        self.sink = sink
        self.depth = depth
    }

    /// Writes text.
    public mutating func encode(_ value: String, forKey key: String) {
        guard sink.pointee.beginElement(.string, key, valueSize: 5) else { return }
        sink.pointee.append(string: value)
    }

    /// Writes a 32-bit integer.
    public mutating func encode(_ value: Int32, forKey key: String) {
        guard sink.pointee.beginElement(.int32, key, valueSize: 4) else { return }
        sink.pointee.write(value)
    }

    /// Writes a 64-bit integer.
    public mutating func encode(_ value: Int64, forKey key: String) {
        guard sink.pointee.beginElement(.int64, key, valueSize: 8) else { return }
        sink.pointee.write(UInt64(bitPattern: value))
    }

    /// Writes an integer as 64 bits.
    public mutating func encode(_ value: Int, forKey key: String) {
        encode(Int64(value), forKey: key)
    }

    /// Writes a floating point number.
    public mutating func encode(_ value: Double, forKey key: String) {
        guard sink.pointee.beginElement(.double, key, valueSize: 8) else { return }
        sink.pointee.write(value.bitPattern)
    }

    /// Writes true or false.
    public mutating func encode(_ value: Bool, forKey key: String) {
        guard sink.pointee.beginElement(.bool, key, valueSize: 1) else { return }
        sink.pointee.write(value ? 1 : 0 as UInt8)
    }

    /// Writes a date as a BSON datetime; see ``BSONDateTime/init(_:)`` for the range.
    public mutating func encode(_ value: Date, forKey key: String) {
        guard sink.pointee.beginElement(.datetime, key, valueSize: 8) else { return }
        sink.pointee.write(UInt64(bitPattern: BSONDateTime(value).milliseconds))
    }

    /// Writes an object identifier.
    public mutating func encode(_ value: BSONObjectID, forKey key: String) {
        guard sink.pointee.beginElement(.objectID, key, valueSize: 12) else { return }
        sink.pointee.append(objectID: value)
    }

    /// Writes a document.
    public mutating func encode(_ value: BSONDocument, forKey key: String) {
        guard sink.pointee.beginElement(.document, key, valueSize: 5) else { return }
        sink.pointee.append(document: value)
    }

    /// Writes any value.
    public mutating func encode(_ value: BSON, forKey key: String) {
        sink.pointee.append(key, value)
    }

    /// Writes null.
    public mutating func encodeNull(forKey key: String) {
        _ = sink.pointee.beginElement(.null, key, valueSize: 0)
    }

    /// Writes a value that has fields of its own.
    public mutating func encode<Value: BSONEncodable>(_ value: Value, forKey key: String) throws(BSONError) {
        guard sink.pointee.beginElement(.document, key, valueSize: 5) else { return }
        try encode(fieldsOf: value, key)
    }

    /// Writes values that have fields of their own, as an array.
    public mutating func encode<Value: BSONEncodable>(_ values: [Value], forKey key: String) throws(BSONError) {
        guard sink.pointee.beginElement(.array, key, valueSize: 5) else { return }
        let start = sink.pointee.beginDocument()
        for (index, value) in values.enumerated() {
            guard sink.pointee.beginElement(.document, index: index, valueSize: 5) else { return }
            try encode(fieldsOf: value, key)
        }
        sink.pointee.endDocument(at: start)
    }

    /// Writes an array of text.
    public mutating func encode(_ values: [String], forKey key: String) {
        encodeArray(values, .string, 5, key) { $0.append(string: $1) }
    }

    /// Writes an array of integers, as 64 bits each.
    public mutating func encode(_ values: [Int], forKey key: String) {
        encodeArray(values, .int64, 8, key) { $0.write(UInt64(bitPattern: Int64($1))) }
    }

    /// Writes an array of floating point numbers.
    public mutating func encode(_ values: [Double], forKey key: String) {
        encodeArray(values, .double, 8, key) { $0.write($1.bitPattern) }
    }

    /// Writes an array of any values.
    public mutating func encode(_ values: [BSON], forKey key: String) {
        guard sink.pointee.beginElement(.array, key, valueSize: 5) else { return }
        sink.pointee.append(array: values)
    }

    @inline(__always)
    private func encodeArray<Value>(
        _ values: [Value],
        _ type: BSONType,
        _ size: Int,
        _ key: String,
        _ write: (inout ByteSink, Value) -> Void
    ) {
        guard sink.pointee.beginElement(.array, key, valueSize: 5) else { return }
        let start = sink.pointee.beginDocument()
        for (index, value) in values.enumerated() {
            guard sink.pointee.beginElement(type, index: index, valueSize: size) else { return }
            write(&sink.pointee, value)
        }
        sink.pointee.endDocument(at: start)
    }

    private func encode<Value: BSONEncodable>(fieldsOf value: Value, _ key: String) throws(BSONError) {
        guard depth < BSONDocument.maximumDepth else {
            throw BSONError(.nestingTooDeep, "values are nested deeper than \(BSONDocument.maximumDepth) levels")
        }
        let start = sink.pointee.beginDocument()
        var fields = BSONFieldEncoder(sink: sink, depth: depth + 1)
        do throws(BSONError) {
            try value.encode(to: &fields)
        } catch {
            var error = error
            error.path.insert(key, at: 0)
            throw error
        }
        sink.pointee.endDocument(at: start)
    }
}

// MARK: Optional fields

extension BSONFieldEncoder {
    /// Writes text, if there is any.
    public mutating func encodeIfPresent(_ value: String?, forKey key: String) {
        if let value { encode(value, forKey: key) }
    }

    /// Writes a 32-bit integer, if there is one.
    public mutating func encodeIfPresent(_ value: Int32?, forKey key: String) {
        if let value { encode(value, forKey: key) }
    }

    /// Writes a 64-bit integer, if there is one.
    public mutating func encodeIfPresent(_ value: Int64?, forKey key: String) {
        if let value { encode(value, forKey: key) }
    }

    /// Writes an integer as 64 bits, if there is one.
    public mutating func encodeIfPresent(_ value: Int?, forKey key: String) {
        if let value { encode(value, forKey: key) }
    }

    /// Writes a floating point number, if there is one.
    public mutating func encodeIfPresent(_ value: Double?, forKey key: String) {
        if let value { encode(value, forKey: key) }
    }

    /// Writes true or false, if there is an answer.
    public mutating func encodeIfPresent(_ value: Bool?, forKey key: String) {
        if let value { encode(value, forKey: key) }
    }

    /// Writes a date as a BSON datetime, if there is one.
    public mutating func encodeIfPresent(_ value: Date?, forKey key: String) {
        if let value { encode(value, forKey: key) }
    }

    /// Writes an object identifier, if there is one.
    public mutating func encodeIfPresent(_ value: BSONObjectID?, forKey key: String) {
        if let value { encode(value, forKey: key) }
    }

    /// Writes a document, if there is one.
    public mutating func encodeIfPresent(_ value: BSONDocument?, forKey key: String) {
        if let value { encode(value, forKey: key) }
    }

    /// Writes any value, if there is one.
    public mutating func encodeIfPresent(_ value: BSON?, forKey key: String) {
        if let value { encode(value, forKey: key) }
    }

    /// Writes a value that has fields of its own, if there is one.
    public mutating func encodeIfPresent<Value: BSONEncodable>(_ value: Value?, forKey key: String) throws(BSONError) {
        if let value { try encode(value, forKey: key) }
    }
}
