// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// What a value is given to encode itself. Two words, so that `any Encoder` holds it without an allocation.
struct ValueEncoder: Encoder {
    let core: EncoderCore
    let slot: Int

    var codingPath: [any CodingKey] { core.path(ofSlot: slot) }

    var userInfo: [CodingUserInfoKey: Any] { core.userInfo }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(KeyedEncoding<Key>(core: core, node: open(isArray: false)))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        UnkeyedEncoding(core: core, node: open(isArray: true))
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        SingleValueEncoding(core: core, slot: slot)
    }

    /// Asking for a container cannot throw; what is wrong is kept until the value has returned.
    @inline(__always)
    private func open(isArray: Bool) -> Int {
        do {
            return try core.openSlot(slot, isArray: isArray)
        } catch {
            return core.fail(error, codingPath)
        }
    }
}

struct KeyedEncoding<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let core: EncoderCore
    let node: Int

    var codingPath: [any CodingKey] { core.path(ofNode: node) }

    /// Writes a value of the frequent types: nearly always the container is the innermost one, and then nothing is
    /// asked of the core but its bytes.
    @inline(__always)
    private func write(_ type: BSONType, _ key: Key, _ size: Int, _ body: (inout ByteSink) -> Void) {
        guard core.state.pointee.top == node, !core.convertsKeys else {
            writeElsewhere(type, key, size, body)
            return
        }
        if core.sink.pointee.beginElement(type, key.stringValue, valueSize: size) {
            body(&core.sink.pointee)
        }
    }

    @inline(never)
    private func writeElsewhere(_ type: BSONType, _ key: Key, _ size: Int, _ body: (inout ByteSink) -> Void) {
        let name = core.name(for: key, node: node)
        let sink = core.target(node).core.sink
        if sink.pointee.beginElement(type, name, valueSize: size) {
            body(&sink.pointee)
        }
    }

    /// A number that may not fit; what it becomes is decided once its element has begun.
    @inline(__always)
    private func write(integer value: some FixedWidthInteger, _ key: Key) throws {
        let core = core.target(node).core
        let place = try core.beginField(self.core.name(for: key, node: node))
        try core.fill(place) { try core.put(integer: value, at: $0) }
    }

    @inline(__always)
    private func write(_ value: Int64, _ key: Key) { write(.int64, key, 8) { $0.write(UInt64(bitPattern: value)) } }

    @inline(__always)
    private func write(_ value: Double, _ key: Key) { write(.double, key, 8) { $0.write(value.bitPattern) } }

    func encodeNil(forKey key: Key) throws { write(.null, key, 0) { _ in } }
    func encode(_ value: Bool, forKey key: Key) throws { write(.bool, key, 1) { $0.write(value ? 1 : 0 as UInt8) } }
    func encode(_ value: String, forKey key: Key) throws { write(.string, key, 5) { $0.append(string: value) } }
    func encode(_ value: Double, forKey key: Key) throws { write(value, key) }
    func encode(_ value: Float, forKey key: Key) throws { write(Double(value), key) }
    func encode(_ value: Int, forKey key: Key) throws { write(Int64(value), key) }
    func encode(_ value: Int8, forKey key: Key) throws { try write(integer: value, key) }
    func encode(_ value: Int16, forKey key: Key) throws { try write(integer: value, key) }
    func encode(_ value: Int32, forKey key: Key) throws { write(.int32, key, 4) { $0.write(value) } }
    func encode(_ value: Int64, forKey key: Key) throws { write(value, key) }
    func encode(_ value: Int128, forKey key: Key) throws { try write(integer: value, key) }
    func encode(_ value: UInt, forKey key: Key) throws { try write(integer: value, key) }
    func encode(_ value: UInt8, forKey key: Key) throws { try write(integer: value, key) }
    func encode(_ value: UInt16, forKey key: Key) throws { try write(integer: value, key) }
    func encode(_ value: UInt32, forKey key: Key) throws { try write(integer: value, key) }
    func encode(_ value: UInt64, forKey key: Key) throws { try write(integer: value, key) }
    func encode(_ value: UInt128, forKey key: Key) throws { try write(integer: value, key) }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        if core.state.pointee.top == node, !core.convertsKeys {
            try core.encode(value, name: key.stringValue)
        } else {
            try core.target(node).core.encode(value, name: core.name(for: key, node: node))
        }
    }

    // The default implementations ask the standard library for everything once more.

    func encodeIfPresent(_ value: Bool?, forKey key: Key) throws { if let value { try encode(value, forKey: key) } }
    func encodeIfPresent(_ value: String?, forKey key: Key) throws { if let value { try encode(value, forKey: key) } }
    func encodeIfPresent(_ value: Double?, forKey key: Key) throws { if let value { try encode(value, forKey: key) } }
    func encodeIfPresent(_ value: Int?, forKey key: Key) throws { if let value { try encode(value, forKey: key) } }
    func encodeIfPresent(_ value: Int32?, forKey key: Key) throws { if let value { try encode(value, forKey: key) } }
    func encodeIfPresent(_ value: Int64?, forKey key: Key) throws { if let value { try encode(value, forKey: key) } }

    func encodeIfPresent<Value: Encodable>(_ value: Value?, forKey key: Key) throws {
        try withValue(of: value) { try encode($0, forKey: key) }
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type,
        forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        let (core, node) = core.openNested(isArray: false, in: node, name: core.name(for: key, node: node))
        return KeyedEncodingContainer(KeyedEncoding<NestedKey>(core: core, node: node))
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        let (core, node) = core.openNested(isArray: true, in: node, name: core.name(for: key, node: node))
        return UnkeyedEncoding(core: core, node: node)
    }

    func superEncoder() -> any Encoder {
        core.laterEncoder(in: node, name: BSONCodingKey.super.stringValue)
    }

    func superEncoder(forKey key: Key) -> any Encoder {
        core.laterEncoder(in: node, name: core.name(for: key, node: node))
    }
}

/// Calls the closure with the value, if there is one. That is borrowed: to copy an optional whose type is not known when
/// this is compiled takes a look-up of its metadata, which was a quarter of encoding deep values.
@inline(__always)
private func withValue<Value: ~Copyable>(
    of optional: borrowing Value?,
    _ body: (borrowing Value) throws -> Void
) rethrows {
    switch optional {
    case .some(let value): try body(value)
    case .none: break
    }
}

struct UnkeyedEncoding: UnkeyedEncodingContainer {
    let core: EncoderCore
    let node: Int

    var codingPath: [any CodingKey] { core.path(ofNode: node) }

    var count: Int {
        let (core, node) = core.target(node)
        return max(0, core.state.pointee.nodes.last { $0.id == node }?.nextIndex ?? 0)
    }

    @inline(__always)
    private func write(_ type: BSONType, _ size: Int, _ body: (inout ByteSink) -> Void) {
        let core = core.target(node).core
        if core.sink.pointee.beginElement(type, index: core.takeIndex(), valueSize: size) {
            body(&core.sink.pointee)
        }
    }

    @inline(__always)
    private func write(_ value: Int64) { write(.int64, 8) { $0.write(UInt64(bitPattern: value)) } }

    @inline(__always)
    private func write(_ value: Double) { write(.double, 8) { $0.write(value.bitPattern) } }

    @inline(__always)
    private func write(integer value: some FixedWidthInteger) throws {
        let core = core.target(node).core
        try core.fill(try core.beginItem()) { try core.put(integer: value, at: $0) }
    }

    func encodeNil() throws { write(.null, 0) { _ in } }
    func encode(_ value: Bool) throws { write(.bool, 1) { $0.write(value ? 1 : 0 as UInt8) } }
    func encode(_ value: String) throws { write(.string, 5) { $0.append(string: value) } }
    func encode(_ value: Double) throws { write(value) }
    func encode(_ value: Float) throws { write(Double(value)) }
    func encode(_ value: Int) throws { write(Int64(value)) }
    func encode(_ value: Int8) throws { try write(integer: value) }
    func encode(_ value: Int16) throws { try write(integer: value) }
    func encode(_ value: Int32) throws { write(.int32, 4) { $0.write(value) } }
    func encode(_ value: Int64) throws { write(value) }
    func encode(_ value: Int128) throws { try write(integer: value) }
    func encode(_ value: UInt) throws { try write(integer: value) }
    func encode(_ value: UInt8) throws { try write(integer: value) }
    func encode(_ value: UInt16) throws { try write(integer: value) }
    func encode(_ value: UInt32) throws { try write(integer: value) }
    func encode(_ value: UInt64) throws { try write(integer: value) }
    func encode(_ value: UInt128) throws { try write(integer: value) }

    func encode<Value: Encodable>(_ value: Value) throws {
        try core.target(node).core.encodeItem(value)
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type
    ) -> KeyedEncodingContainer<NestedKey> {
        let (core, node) = core.openNested(isArray: false, in: node, name: nil)
        return KeyedEncodingContainer(KeyedEncoding<NestedKey>(core: core, node: node))
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        let (core, node) = core.openNested(isArray: true, in: node, name: nil)
        return UnkeyedEncoding(core: core, node: node)
    }

    func superEncoder() -> any Encoder {
        core.laterEncoder(in: node, name: nil)
    }
}

struct SingleValueEncoding: SingleValueEncodingContainer {
    let core: EncoderCore
    let slot: Int

    var codingPath: [any CodingKey] { core.path(ofSlot: slot) }

    /// The place of the value, once.
    @inline(__always)
    private func takePlace() throws -> EncoderCore.Place {
        guard slot < core.state.pointee.slots.count, !core.state.pointee.slots[slot].isWritten else {
            throw BSONError(.misuse, "a value encoded more than one single value, or one after it had returned")
        }
        core.state.pointee.slots[slot].isWritten = true
        return core.state.pointee.slots[slot].place
    }

    func encodeNil() throws { try core.putNull(at: takePlace()) }
    func encode(_ value: Bool) throws { try core.put(value, at: takePlace()) }
    func encode(_ value: String) throws { try core.put(value, at: takePlace()) }
    func encode(_ value: Double) throws { try core.put(value, at: takePlace()) }
    func encode(_ value: Float) throws { try core.put(Double(value), at: takePlace()) }
    func encode(_ value: Int) throws { try core.put(Int64(value), at: takePlace()) }
    func encode(_ value: Int8) throws { try core.put(integer: value, at: takePlace()) }
    func encode(_ value: Int16) throws { try core.put(integer: value, at: takePlace()) }
    func encode(_ value: Int32) throws { try core.put(value, at: takePlace()) }
    func encode(_ value: Int64) throws { try core.put(value, at: takePlace()) }
    func encode(_ value: Int128) throws { try core.put(integer: value, at: takePlace()) }
    func encode(_ value: UInt) throws { try core.put(integer: value, at: takePlace()) }
    func encode(_ value: UInt8) throws { try core.put(integer: value, at: takePlace()) }
    func encode(_ value: UInt16) throws { try core.put(integer: value, at: takePlace()) }
    func encode(_ value: UInt32) throws { try core.put(integer: value, at: takePlace()) }
    func encode(_ value: UInt64) throws { try core.put(integer: value, at: takePlace()) }
    func encode(_ value: UInt128) throws { try core.put(integer: value, at: takePlace()) }
    func encode<Value: Encodable>(_ value: Value) throws { try core.encode(value, at: takePlace()) }
}

extension EncoderCore {
    /// Opens a document or an array, as a field or, without a name, as the next element, that code may hold on to while
    /// it writes elsewhere.
    func openNested(isArray: Bool, in node: Int, name: String?) -> (core: EncoderCore, node: Int) {
        let core = target(node).core
        do {
            let place = try name.map { try core.beginField($0) } ?? core.beginItem()
            return (core, try core.open(isArray: isArray, at: place, isExplicit: true, keepsKeys: false))
        } catch {
            return (core, core.fail(error, core.path(ofNode: node)))
        }
    }

    /// Keeps an error for the end, and answers the node that does not exist.
    @inline(never)
    func fail(_ error: any Error, _ path: [any CodingKey]) -> Int {
        var error = BSONError(coding: error)
        if error.path.isEmpty {
            error.path = path.map(\.stringValue)
        }
        sink.pointee.fail(error)
        return Self.none
    }

    func path(ofSlot slot: Int) -> [BSONCodingKey] {
        slot < state.pointee.slots.count ? path(of: state.pointee.slots[slot].place) : []
    }
}
