// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

/// Walks the fields of a document, and of those inside it, and builds nothing that it is not asked for.
///
/// This is the fastest way to look at a document: a step costs a few nanoseconds, and no allocation. A loop over the
/// document itself builds every value.
///
/// ```swift
/// var reader = BSONReader(document)
/// while let type = reader.next() {
///     if reader.hasKey("price"), let price = reader.number { total += price }
///     if reader.enter() {                     // the value is a document or an array: its fields are next
///         while reader.next() != nil { count += 1 }
///         reader.leave()                      // what follows it is next
///     }
/// }
/// ```
///
/// The names of an array's elements are its indexes, as BSON stores them.
///
/// The steps are inlined where they are used: called, each would cost more than what it does.
public struct BSONReader: ~Copyable {
    @usableFromInline let storage: ByteBuffer
    /// Walks the memory that `storage` keeps, and that nobody changes while it is shared.
    @usableFromInline var scanner: ElementScanner
    /// The field that ``next()`` found.
    @usableFromInline var field: RawElement?
    /// Where the documents around the current one end.
    @usableFromInline var ends = OffsetStack()

    /// A reader in front of the first field.
    public init(_ document: BSONDocument) {
        storage = document.storage
        scanner = ElementScanner(walking: document.storage)
    }

    deinit {
        ends.deallocate()
    }

    /// Goes to the next field of the current document, and answers its type; nil after the last one.
    @inlinable @inline(__always)
    public mutating func next() -> BSONType? {
        field = withExtendedLifetime(storage) { scanner.next() }
        return field?.type
    }

    /// Goes into the current value, if it is a document or an array: its first field is the next one.
    ///
    /// - Returns: Whether it is one. Then call ``leave()`` when done with it, at its end or before.
    @inlinable
    public mutating func enter() -> Bool {
        guard let field, field.type == .document || field.type == .array else { return false }
        ends.push(scanner.end)
        scanner.offset = field.valueOffset &+ 4
        scanner.end = field.endOffset &- 1
        self.field = nil
        return true
    }

    /// Goes back to the document around the current one: the field after it is the next one. In the outermost
    /// document it goes to the end.
    @inlinable
    public mutating func leave() {
        field = nil
        let offset = scanner.end &+ 1
        guard let end = ends.pop() else {
            scanner.offset = scanner.end
            return
        }
        scanner.offset = offset
        scanner.end = end
    }
}

extension BSONReader {
    /// How many fields of the current document follow. It walks them, which is cheaper than an array that grows again
    /// and again while they are added.
    @inlinable
    public var remainingFieldCount: Int {
        withExtendedLifetime(storage) {
            var scanner = scanner
            var count = 0
            while scanner.next() != nil {
                count &+= 1
            }
            return count
        }
    }
}

// MARK: The current field

extension BSONReader {
    /// The name, or an empty text when there is no current field.
    @inlinable
    public var key: String {
        read { RawBytes.string($0, $1.keyOffset, count: $1.keyCount) } ?? ""
    }

    /// How many bytes of UTF-8 the name has.
    @inlinable
    public var keyByteCount: Int { field?.keyCount ?? 0 }

    /// How many bytes the value takes.
    @inlinable
    public var valueByteCount: Int { field?.valueCount ?? 0 }

    /// Whether the field has this name, compared byte by byte.
    public func hasKey(_ key: String) -> Bool {
        var key = key
        return key.withUTF8 { name in
            guard let field, field.keyCount == name.count else { return false }
            guard let address = name.baseAddress else { return true }
            return withExtendedLifetime(storage) {
                RawBytes.equal(scanner.base + field.keyOffset, address, count: name.count)
            }
        }
    }

    /// The value, built; nil when there is no current field.
    @inlinable
    public var value: BSON? {
        read { base, field -> BSON in
            let offset = field.valueOffset
            switch field.type {
            case .string: return .string(RawBytes.string(base, offset &+ 4, count: field.valueCount &- 5))
            case .int32: return .int32(RawBytes.int32(base, offset))
            case .int64: return .int64(RawBytes.int64(base, offset))
            case .double: return .double(RawBytes.double(base, offset))
            case .bool: return .bool(RawBytes.byte(base, offset) != 0)
            default: return rarerValue(field)
            }
        }
    }

    @usableFromInline
    func rarerValue(_ field: RawElement) -> BSON {
        BSON(reading: field, base: scanner.base, buffer: storage)
    }

    /// The number, when the value is a 32- or 64-bit integer.
    @inlinable
    public var integer: Int64? {
        read { base, field in
            switch field.type {
            case .int32: Int64(RawBytes.int32(base, field.valueOffset))
            case .int64: RawBytes.int64(base, field.valueOffset)
            default: nil
            }
        } ?? nil
    }

    /// The number, when the value is an integer or a floating point number; integers beyond 2⁵³ are rounded.
    @inlinable
    public var number: Double? {
        read { base, field in
            switch field.type {
            case .double: RawBytes.double(base, field.valueOffset)
            case .int32: Double(RawBytes.int32(base, field.valueOffset))
            case .int64: Double(RawBytes.int64(base, field.valueOffset))
            default: nil
            }
        } ?? nil
    }

    /// The text, when the value is a string.
    @inlinable
    public var string: String? {
        read { base, field in
            field.type == .string
                ? RawBytes.string(base, field.valueOffset &+ 4, count: field.valueCount &- 5) : nil
        } ?? nil
    }

    /// True or false, when the value is that.
    @inlinable
    public var bool: Bool? {
        read { base, field in field.type == .bool ? RawBytes.byte(base, field.valueOffset) != 0 : nil } ?? nil
    }

    /// The object identifier, when the value is one.
    public var objectID: BSONObjectID? {
        read { base, field in field.type == .objectID ? BSONObjectID(reading: base + field.valueOffset) : nil } ?? nil
    }

    /// The document, when the value is one, without copying its bytes.
    public var document: BSONDocument? {
        guard let field, field.type == .document else { return nil }
        return BSON.slice(storage, field.valueOffset, field.valueCount)
    }

    @inlinable @inline(__always)
    func read<Value>(_ body: (UnsafeRawPointer, RawElement) -> Value) -> Value? {
        guard let field else { return nil }
        return withExtendedLifetime(storage) { body(scanner.base, field) }
    }
}
