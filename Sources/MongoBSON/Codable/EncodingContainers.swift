// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// What a value is given to encode itself. Two words, so that `any Encoder` holds it without an allocation.
struct ValueEncoder: Encoder {
    let core: EncoderCore
    let slot: Int

    var codingPath: [any CodingKey] {
        slot < core.state.pointee.slots.count ? core.path(of: core.state.pointee.slots[slot].place) : []
    }

    var userInfo: [CodingUserInfoKey: Any] { core.userInfo }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        let (core, node) = open(isArray: false)
        return KeyedEncodingContainer(KeyedEncoding<Key>(core: core, node: node))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        let (core, node) = open(isArray: true)
        return UnkeyedEncoding(core: core, node: node)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer {
        SingleValueEncoding(core: core, slot: slot)
    }

    /// Asking for a container cannot throw; what is wrong is kept until the value has returned.
    private func open(isArray: Bool) -> (EncoderCore, Int) {
        do {
            return try core.openSlot(slot, isArray: isArray)
        } catch {
            var error = BSONError(coding: error)
            error.path = codingPath.map(\.stringValue)
            core.sink.pointee.fail(error)
            return (core, -1)
        }
    }
}

struct KeyedEncoding<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let core: EncoderCore
    let node: Int

    var codingPath: [any CodingKey] { core.path(ofNode: node) }

    @inline(__always)
    private func place(_ key: Key) -> EncoderCore.Place {
        let name = core.convertsKeys ? core.name(for: key, node: node) : key.stringValue
        return .field(node: node, name: name)
    }

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
        let name = core.convertsKeys ? core.name(for: key, node: node) : key.stringValue
        let sink = core.target(node).core.sink
        if sink.pointee.beginElement(type, name, valueSize: size) {
            body(&sink.pointee)
        }
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
    func encode(_ value: Int8, forKey key: Key) throws { try core.put(integer: value, at: place(key)) }
    func encode(_ value: Int16, forKey key: Key) throws { try core.put(integer: value, at: place(key)) }
    func encode(_ value: Int32, forKey key: Key) throws { write(.int32, key, 4) { $0.write(value) } }
    func encode(_ value: Int64, forKey key: Key) throws { write(value, key) }
    func encode(_ value: Int128, forKey key: Key) throws { try core.put(integer: value, at: place(key)) }
    func encode(_ value: UInt, forKey key: Key) throws { try core.put(integer: value, at: place(key)) }
    func encode(_ value: UInt8, forKey key: Key) throws { try core.put(integer: value, at: place(key)) }
    func encode(_ value: UInt16, forKey key: Key) throws { try core.put(integer: value, at: place(key)) }
    func encode(_ value: UInt32, forKey key: Key) throws { try core.put(integer: value, at: place(key)) }
    func encode(_ value: UInt64, forKey key: Key) throws { try core.put(integer: value, at: place(key)) }
    func encode(_ value: UInt128, forKey key: Key) throws { try core.put(integer: value, at: place(key)) }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        if core.state.pointee.top == node, !core.convertsKeys {
            try core.encode(value, at: .field(node: node, name: key.stringValue))
            return
        }
        let (core, node) = core.target(node)
        let name = core.convertsKeys ? core.name(for: key, node: node) : key.stringValue
        try core.encode(value, at: .field(node: node, name: name))
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type,
        forKey key: Key
    ) -> KeyedEncodingContainer<NestedKey> {
        let (core, node) = core.openNested(isArray: false, at: place(key))
        return KeyedEncodingContainer(KeyedEncoding<NestedKey>(core: core, node: node))
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        let (core, node) = core.openNested(isArray: true, at: place(key))
        return UnkeyedEncoding(core: core, node: node)
    }

    func superEncoder() -> any Encoder {
        let addition = core.addition(to: node, name: BSONCodingKey.super.stringValue)
        return addition.core.encoder(at: addition.place)
    }

    func superEncoder(forKey key: Key) -> any Encoder {
        let name = core.convertsKeys ? core.name(for: key, node: node) : key.stringValue
        let addition = core.addition(to: node, name: name)
        return addition.core.encoder(at: addition.place)
    }
}

struct UnkeyedEncoding: UnkeyedEncodingContainer {
    let core: EncoderCore
    let node: Int

    var codingPath: [any CodingKey] { core.path(ofNode: node) }

    var count: Int {
        let (core, node) = core.target(node)
        return core.state.pointee.nodes.last { $0.id == node }?.nextIndex ?? 0
    }

    @inline(__always)
    private var place: EncoderCore.Place { .element(node: node) }

    func encodeNil() throws { try core.putNull(at: place) }
    func encode(_ value: Bool) throws { try core.put(value, at: place) }
    func encode(_ value: String) throws { try core.put(value, at: place) }
    func encode(_ value: Double) throws { try core.put(value, at: place) }
    func encode(_ value: Float) throws { try core.put(Double(value), at: place) }
    func encode(_ value: Int) throws { try core.put(Int64(value), at: place) }
    func encode(_ value: Int8) throws { try core.put(integer: value, at: place) }
    func encode(_ value: Int16) throws { try core.put(integer: value, at: place) }
    func encode(_ value: Int32) throws { try core.put(value, at: place) }
    func encode(_ value: Int64) throws { try core.put(value, at: place) }
    func encode(_ value: Int128) throws { try core.put(integer: value, at: place) }
    func encode(_ value: UInt) throws { try core.put(integer: value, at: place) }
    func encode(_ value: UInt8) throws { try core.put(integer: value, at: place) }
    func encode(_ value: UInt16) throws { try core.put(integer: value, at: place) }
    func encode(_ value: UInt32) throws { try core.put(integer: value, at: place) }
    func encode(_ value: UInt64) throws { try core.put(integer: value, at: place) }
    func encode(_ value: UInt128) throws { try core.put(integer: value, at: place) }

    func encode<Value: Encodable>(_ value: Value) throws {
        let (core, node) = core.target(node)
        try core.encode(value, at: .element(node: node))
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy keyType: NestedKey.Type
    ) -> KeyedEncodingContainer<NestedKey> {
        let (core, node) = core.openNested(isArray: false, at: place)
        return KeyedEncodingContainer(KeyedEncoding<NestedKey>(core: core, node: node))
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        let (core, node) = core.openNested(isArray: true, at: place)
        return UnkeyedEncoding(core: core, node: node)
    }

    func superEncoder() -> any Encoder {
        let addition = core.addition(to: node, name: nil)
        return addition.core.encoder(at: addition.place)
    }
}

struct SingleValueEncoding: SingleValueEncodingContainer {
    let core: EncoderCore
    let slot: Int

    var codingPath: [any CodingKey] {
        slot < core.state.pointee.slots.count ? core.path(of: core.state.pointee.slots[slot].place) : []
    }

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
    /// Opens a document or an array that code may hold on to while it writes elsewhere.
    func openNested(isArray: Bool, at place: Place) -> (EncoderCore, Int) {
        do {
            return try open(isArray: isArray, at: place, isExplicit: true, keepsKeys: false)
        } catch {
            var error = BSONError(coding: error)
            error.path = path(of: place).map(\.stringValue)
            sink.pointee.fail(error)
            return (self, -1)
        }
    }

    /// An encoder that is not bound to a call of `encode(to:)`.
    func encoder(at place: Place) -> any Encoder {
        state.pointee.slots.append(Slot(place: place, keepsKeys: false))
        return ValueEncoder(core: self, slot: state.pointee.slots.count - 1)
    }
}
