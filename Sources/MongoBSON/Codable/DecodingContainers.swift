// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// What a type is given to decode itself.
struct ValueDecoder: Decoder {
    let core: DecoderCore
    let element: CodedElement

    var codingPath: [any CodingKey] { core.path(element.path) }
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

struct KeyedDecoding<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let core: DecoderCore
    let element: CodedElement
    /// The names of fields, converted, and where they are; only with a strategy for keys.
    let converted: [String: RawElement]?
    private let cursor: Int

    init(core: DecoderCore, element: CodedElement) throws {
        guard element.type == .document else { throw core.mismatch([String: Any].self, element) }
        self.core = core
        self.element = element
        converted = core.convertsKeys ? core.convertedKeys(of: element) : nil
        cursor = core.state.pointee.cursors.count
        core.state.pointee.cursors.append((element.start, element.start &+ 4))
    }

    var codingPath: [any CodingKey] { core.path(element.path) }

    var allKeys: [Key] {
        if let converted {
            return converted.sorted { $0.value.keyOffset < $1.value.keyOffset }.compactMap { Key(stringValue: $0.key) }
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

    /// The field for a key, searched from the last one found onwards, and then from the beginning.
    @inline(__always)
    private func find(_ key: Key) -> RawElement? {
        if let converted {
            return converted[key.stringValue]
        }
        var name = key.stringValue
        return name.withUTF8 { name in
            let name = UnsafeRawBufferPointer(name)
            let state = core.state
            let end = Int(element.end) &- 1
            let first = element.offset &+ 4
            // A container that outlived its decoder may find another's cursor here; then it starts at the beginning.
            let isOwn = cursor < state.pointee.cursors.count && state.pointee.cursors[cursor].document == element.start
            let start = isOwn ? Int(state.pointee.cursors[cursor].offset) : first
            var scanner = ElementScanner(base: core.base, elementAt: start, end: end)
            var found = scanner.next(key: name)
            if found == nil, start > first {
                scanner = ElementScanner(base: core.base, elementAt: first, end: end)
                found = scanner.next(key: name)
            }
            if let found, isOwn {
                state.pointee.cursors[cursor].offset = Int32(truncatingIfNeeded: found.endOffset)
            }
            return found
        }
    }

    /// The value for a key, without a path of its own: that is only made for errors and for types with containers.
    @inline(__always)
    private func value(_ key: Key) throws -> CodedElement {
        guard let field = find(key) else { throw notFound(key) }
        return CodedElement(field, path: element.path)
    }

    /// The value for a key, or nil when it is absent or null.
    @inline(__always)
    private func presentValue(_ key: Key) -> CodedElement? {
        guard let field = find(key), field.type != .null, field.type != .undefined else { return nil }
        return CodedElement(field, path: element.path)
    }

    @inline(never)
    private func notFound(_ key: Key) -> DecodingError {
        .keyNotFound(
            key,
            .init(codingPath: codingPath + [key], debugDescription: "there is no field for a required key")
        )
    }

    /// Runs a read that knows no path, and gives its error the path.
    @inline(__always)
    private func read<Value>(
        _ value: CodedElement,
        _ key: Key,
        _ body: (CodedElement) throws -> Value
    ) throws -> Value {
        do {
            return try body(value)
        } catch {
            throw located(error, value, key, body)
        }
    }

    /// The same error with the key in its path: the read is repeated, with the path this time.
    @inline(never)
    private func located<Value>(
        _ error: any Error,
        _ value: CodedElement,
        _ key: Key,
        _ body: (CodedElement) throws -> Value
    ) -> any Error {
        let path = core.push(.name(key.stringValue), to: element.path)
        do {
            _ = try body(CodedElement(type: value.type, start: value.offset, end: Int(value.end), path: path))
            return error
        } catch {
            return error
        }
    }

    @inline(__always)
    private func withPath(_ value: CodedElement, _ key: Key) -> CodedElement {
        let path = core.push(.name(key.stringValue), to: element.path)
        return CodedElement(type: value.type, start: value.offset, end: Int(value.end), path: path)
    }

    func contains(_ key: Key) -> Bool { find(key) != nil }

    func decodeNil(forKey key: Key) throws -> Bool {
        let type = try value(key).type
        return type == .null || type == .undefined
    }

    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try read(value(key), key) { try core.bool($0) } }

    func decode(_ type: String.Type, forKey key: Key) throws -> String {
        try read(value(key), key) { try core.string($0) }
    }

    func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
        try read(value(key), key) { try core.double($0) }
    }

    func decode(_ type: Float.Type, forKey key: Key) throws -> Float {
        try read(value(key), key) { try core.float($0) }
    }

    @inline(__always)
    private func integer<Value: FixedWidthInteger>(_ type: Value.Type, _ key: Key) throws -> Value {
        try read(value(key), key) { try core.integer($0, as: type) }
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
        try core.decodeField(type, value(key), key.stringValue, parent: element.path)
    }

    // The default implementations search three times.

    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? {
        guard let value = presentValue(key) else { return nil }
        return try read(value, key) { try core.bool($0) }
    }

    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? {
        guard let value = presentValue(key) else { return nil }
        return try read(value, key) { try core.string($0) }
    }

    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? {
        guard let value = presentValue(key) else { return nil }
        return try read(value, key) { try core.double($0) }
    }

    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? {
        guard let value = presentValue(key) else { return nil }
        return try read(value, key) { try core.integer($0, as: type) }
    }

    func decodeIfPresent(_ type: Int32.Type, forKey key: Key) throws -> Int32? {
        guard let value = presentValue(key) else { return nil }
        return try read(value, key) { try core.integer($0, as: type) }
    }

    func decodeIfPresent(_ type: Int64.Type, forKey key: Key) throws -> Int64? {
        guard let value = presentValue(key) else { return nil }
        return try read(value, key) { try core.integer($0, as: type) }
    }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        guard let value = presentValue(key) else { return nil }
        return try core.decodeField(type, value, key.stringValue, parent: element.path)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type,
        forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        KeyedDecodingContainer(try KeyedDecoding<NestedKey>(core: core, element: withPath(value(key), key)))
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try UnkeyedDecoding(core: core, element: withPath(value(key), key))
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
            let path = core.push(.super, to: element.path)
            return ValueDecoder(core: core, element: CodedElement(field, path: path))
        }
        return try superDecoder(forKey: key)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder {
        ValueDecoder(core: core, element: withPath(try value(key), key))
    }
}

struct UnkeyedDecoding: UnkeyedDecodingContainer {
    private let core: DecoderCore
    private var offset: Int32
    private let end: Int32
    private let path: Int32
    private var index: Int32 = 0

    init(core: DecoderCore, element: CodedElement) throws {
        guard element.type == .array else { throw core.mismatch([Any].self, element) }
        self.core = core
        offset = element.start &+ 4
        end = element.end &- 1
        path = element.path
    }

    var codingPath: [any CodingKey] { core.path(path) }
    var currentIndex: Int { Int(index) }
    var isAtEnd: Bool { offset >= end }

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
        ElementScanner(base: core.base, elementAt: Int(offset), end: Int(end))
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

    /// Reads the next element, with its path, and goes past it.
    @inline(__always)
    private mutating func read<Value>(_ body: (CodedElement) throws -> Value) throws -> Value {
        let element = try next()
        let paths = core.state.pointee.paths.count
        let path = core.push(.index(currentIndex), to: path)
        let value = try body(CodedElement(element, path: path))
        core.state.pointee.paths.removeLast(max(0, core.state.pointee.paths.count &- paths))
        advance(past: element)
        return value
    }

    mutating func decodeNil() throws -> Bool {
        let element = try next()
        guard element.type == .null || element.type == .undefined else { return false }
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

    /// Nested containers outlive the read, and keep their path until the type that asked for them has returned.
    private mutating func takeNext() throws -> CodedElement {
        let element = try next()
        let coded = CodedElement(element, path: core.push(.index(currentIndex), to: path))
        advance(past: element)
        return coded
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

    var codingPath: [any CodingKey] { core.path(element.path) }

    func decodeNil() -> Bool { element.type == .null || element.type == .undefined }
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

extension DecoderCore {
    /// Decodes the value of a field, with its path while that lasts.
    func decodeField<Value: Decodable>(
        _ type: Value.Type,
        _ value: CodedElement,
        _ name: String,
        parent: Int32
    ) throws -> Value {
        let paths = state.pointee.paths.count
        let path = push(.name(name), to: parent)
        let keepsKeys = convertsKeys && type is any StringKeyedDictionary.Type
        let element = CodedElement(type: value.type, start: value.offset, end: Int(value.end), path: path)
        let result = keepsKeys ? try decodeDictionary(type, element) : try decode(type, from: element)
        state.pointee.paths.removeLast(max(0, state.pointee.paths.count &- paths))
        return result
    }

    /// A dictionary's keys are the names themselves, in spite of the strategy.
    private func decodeDictionary<Value: Decodable>(_ type: Value.Type, _ element: CodedElement) throws -> Value {
        state.pointee.verbatim.append(element.start)
        defer { state.pointee.verbatim.removeLast() }
        return try decode(type, from: element)
    }

    /// The fields of a document by the names that the strategy makes of theirs.
    func convertedKeys(of element: CodedElement) -> [String: RawElement]? {
        guard state.pointee.verbatim.last != element.start else { return nil }
        var fields: [String: RawElement] = [:]
        let parents = path(element.path).map(\.stringValue)
        var scanner = ElementScanner(base: base, documentAt: element.offset, limit: Int(element.end))
        while let field = scanner.next() {
            let name = RawBytes.string(base, field.keyOffset, count: field.keyCount)
            let key =
                switch options.keyStrategy {
                case .useDefaultKeys: name
                case .convertFromSnakeCase: SnakeCase.decode(name)
                case .custom(let convert): convert(parents + [name])
                }
            if fields[key] == nil {
                fields[key] = field
            }
        }
        return fields
    }
}
