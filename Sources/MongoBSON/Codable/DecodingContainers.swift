// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// What a type is given to decode itself.
struct ValueDecoder: Decoder {
    let core: DecoderCore
    let element: CodedElement

    var codingPath: [any CodingKey] { core.path(of: element) }
    var userInfo: [CodingUserInfoKey: Any] { core.userInfo }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(try KeyedDecoding<Key>(core: core, element: element))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try UnkeyedDecoding(core: core, element: element)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        SingleValueDecoding(core: core, element: element)
    }
}

/// The fields of a document. It is small and holds one reference, because the standard library's box around it copies
/// it for each call.
struct KeyedDecoding<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let core: DecoderCore
    let element: CodedElement

    init(core: DecoderCore, element: CodedElement) throws {
        guard element.type == .document else { throw core.mismatch([String: Any].self, element) }
        self.core = core
        self.element = element
    }

    var codingPath: [any CodingKey] { core.path(of: element) }

    var allKeys: [Key] {
        if core.convertsKeys, let fields = core.convertedFields(of: element) {
            return fields.sorted { $0.value.keyOffset < $1.value.keyOffset }.compactMap { Key(stringValue: $0.key) }
        }
        var keys: [Key] = []
        var scanner = ElementScanner(base: core.base, documentAt: element.offset, limit: Int(element.end))
        while let field = scanner.next() {
            let name = RawBytes.string(core.base, field.keyOffset, count: field.keyCount)
            if let key = Key(stringValue: name) {
                keys.append(key)
            }
        }
        return keys
    }

    @inline(__always)
    private func find(_ key: Key) -> RawElement? {
        core.find(key.stringValue, in: element)
    }

    @inline(__always)
    private func value(_ key: Key) throws -> CodedElement {
        guard let field = find(key) else { throw notFound(key) }
        return CodedElement(field)
    }

    /// The value for a key, or nil when it is absent or null.
    @inline(__always)
    private func presentValue(_ key: Key) -> CodedElement? {
        guard let field = find(key) else { return nil }
        let value = CodedElement(field)
        return value.isNull ? nil : value
    }

    @inline(never)
    private func notFound(_ key: Key) -> DecodingError {
        .keyNotFound(
            key,
            .init(codingPath: codingPath + [key], debugDescription: "there is no field for a required key")
        )
    }

    func contains(_ key: Key) -> Bool { find(key) != nil }

    func decodeNil(forKey key: Key) throws -> Bool {
        try value(key).isNull
    }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try core.bool(value(key)) }

    func decode(_ type: String.Type, forKey key: Key) throws -> String {
        try core.string(value(key))
    }

    func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
        try core.double(value(key))
    }

    func decode(_ type: Float.Type, forKey key: Key) throws -> Float {
        try core.float(value(key))
    }

    @inline(__always)
    private func integer<Value: FixedWidthInteger>(_ type: Value.Type, _ key: Key) throws -> Value {
        try core.integer(value(key), as: type)
    }

    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try integer(type, key) }
    func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try integer(type, key) }
    func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try integer(type, key) }
    func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try integer(type, key) }
    func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try integer(type, key) }
    func decode(_ type: Int128.Type, forKey key: Key) throws -> Int128 { try integer(type, key) }
    func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try integer(type, key) }
    func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try integer(type, key) }
    func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try integer(type, key) }
    func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try integer(type, key) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try integer(type, key) }
    func decode(_ type: UInt128.Type, forKey key: Key) throws -> UInt128 { try integer(type, key) }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try core.decode(type, from: value(key), of: element)
    }

    // The default implementations search three times.

    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? {
        guard let value = presentValue(key) else { return nil }
        return try core.bool(value)
    }

    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
        guard let value = presentValue(key) else { return nil }
        return try core.string(value)
    }

    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? {
        guard let value = presentValue(key) else { return nil }
        return try core.double(value)
    }

    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? {
        guard let value = presentValue(key) else { return nil }
        return try core.integer(value, as: type)
    }

    func decodeIfPresent(_ type: Int32.Type, forKey key: Key) throws -> Int32? {
        guard let value = presentValue(key) else { return nil }
        return try core.integer(value, as: type)
    }

    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? {
        guard let value = presentValue(key) else { return nil }
        return try core.integer(value, as: type)
    }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        guard let value = presentValue(key) else { return nil }
        return try core.decode(type, from: value, of: element)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type,
        forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        KeyedDecodingContainer(try KeyedDecoding<NestedKey>(core: core, element: value(key)))
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try UnkeyedDecoding(core: core, element: value(key))
    }

    func superDecoder() throws -> any Decoder {
        guard let key = Key(stringValue: BSONCodingKey.super.stringValue) else {
            // Keys that cannot be called "super" have no field of that name to offer, but the document may.
            var name = BSONCodingKey.super.stringValue
            let field = name.withUTF8 { name in
                var scanner = ElementScanner(base: core.base, documentAt: element.offset, limit: Int(element.end))
                return scanner.next(key: UnsafeRawBufferPointer(name))
            }
            guard let field else {
                throw DecodingError.keyNotFound(
                    BSONCodingKey.super,
                    .init(codingPath: codingPath, debugDescription: "there is no field \"super\"")
                )
            }
            return ValueDecoder(core: core, element: CodedElement(field))
        }
        return try superDecoder(forKey: key)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        ValueDecoder(core: core, element: try value(key))
    }
}

struct UnkeyedDecoding: UnkeyedDecodingContainer {
    private let core: DecoderCore
    private let element: CodedElement
    private var offset: Int32
    private var index: Int32 = 0

    init(core: DecoderCore, element: CodedElement) throws {
        guard element.type == .array else { throw core.mismatch([Any].self, element) }
        self.core = core
        self.element = element
        offset = element.start &+ 4
    }

    var codingPath: [any CodingKey] { core.path(of: element) }
    var currentIndex: Int { Int(index) }
    var isAtEnd: Bool { offset >= element.end &- 1 }

    var count: Int? {
        var scanner = scanner
        var count = currentIndex
        while scanner.next() != nil {
            count += 1
        }
        return count
    }

    @inline(__always)
    private var scanner: ElementScanner {
        ElementScanner(base: core.base, elementAt: Int(offset), end: Int(element.end) &- 1)
    }

    /// The next element, which stays the next one until ``advance(past:)``: a failed read can be tried once more.
    @inline(__always)
    private func next() throws -> RawElement {
        var scanner = scanner
        guard let element = scanner.next() else {
            throw DecodingError.valueNotFound(
                Any.self,
                .init(
                    codingPath: codingPath + [BSONCodingKey.index(currentIndex)],
                    debugDescription: "the array has ended"
                )
            )
        }
        return element
    }

    @inline(__always)
    private mutating func advance(past element: RawElement) {
        offset = Int32(truncatingIfNeeded: element.endOffset)
        index &+= 1
    }

    /// Reads the next element and goes past it.
    @inline(__always)
    private mutating func read<Value>(_ body: (CodedElement) throws -> Value) throws -> Value {
        let element = try next()
        let value = try body(CodedElement(element))
        advance(past: element)
        return value
    }

    mutating func decodeNil() throws -> Bool {
        let element = try next()
        guard CodedElement(element).isNull else { return false }
        advance(past: element)
        return true
    }

    mutating func decode(_ type: Bool.Type) throws -> Bool { try read { [core] in try core.bool($0) } }
    mutating func decode(_ type: String.Type) throws -> String { try read { [core] in try core.string($0) } }
    mutating func decode(_ type: Double.Type) throws -> Double { try read { [core] in try core.double($0) } }
    mutating func decode(_ type: Float.Type) throws -> Float { try read { [core] in try core.float($0) } }

    @inline(__always)
    private mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type) throws -> Value {
        try read { [core] in try core.integer($0, as: type) }
    }

    mutating func decode(_ type: Int.Type) throws -> Int { try integer(type) }
    mutating func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
    mutating func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
    mutating func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
    mutating func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
    mutating func decode(_ type: Int128.Type) throws -> Int128 { try integer(type) }
    mutating func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
    mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
    mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
    mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
    mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }
    mutating func decode(_ type: UInt128.Type) throws -> UInt128 { try integer(type) }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try read { [core] in try core.decode(type, from: $0) }
    }

    private mutating func takeNext() throws -> CodedElement {
        let element = try next()
        advance(past: element)
        return CodedElement(element)
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
        KeyedDecodingContainer(try KeyedDecoding<NestedKey>(core: core, element: takeNext()))
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try UnkeyedDecoding(core: core, element: takeNext())
    }

    mutating func superDecoder() throws -> any Decoder {
        ValueDecoder(core: core, element: try takeNext())
    }
}

struct SingleValueDecoding: SingleValueDecodingContainer {
    let core: DecoderCore
    let element: CodedElement

    var codingPath: [any CodingKey] { core.path(of: element) }

    func decodeNil() -> Bool { element.isNull }
    func decode(_ type: Bool.Type) throws -> Bool { try core.bool(element) }
    func decode(_ type: String.Type) throws -> String { try core.string(element) }
    func decode(_ type: Double.Type) throws -> Double { try core.double(element) }
    func decode(_ type: Float.Type) throws -> Float { try core.float(element) }
    func decode(_ type: Int.Type) throws -> Int { try core.integer(element, as: type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try core.integer(element, as: type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try core.integer(element, as: type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try core.integer(element, as: type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try core.integer(element, as: type) }
    func decode(_ type: Int128.Type) throws -> Int128 { try core.integer(element, as: type) }
    func decode(_ type: UInt.Type) throws -> UInt { try core.integer(element, as: type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try core.integer(element, as: type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try core.integer(element, as: type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try core.integer(element, as: type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try core.integer(element, as: type) }
    func decode(_ type: UInt128.Type) throws -> UInt128 { try core.integer(element, as: type) }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try core.decode(type, from: element) }
}
