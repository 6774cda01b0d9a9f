// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension EncoderCore {
    /// Encodes any value at a place.
    ///
    /// The types with a treatment of their own are compared one by one: a comparison costs a nanosecond, and a
    /// dynamic cast to a protocol fifty and a copy of the value. The last types that had none are remembered, as arrays
    /// ask again and again.
    func encode<Value: Encodable>(_ value: Value, at place: Place) throws {
        if !state.pointee.plainTypes.contains(Value.self) {
            if try encodeSpecial(value, at: place) {
                return
            }
            state.pointee.plainTypes.insert(Value.self)
        }
        try encodePlain(value, at: place)
    }

    /// Lets the value encode itself.
    func encodePlain<Value: Encodable>(_ value: Value, at place: Place) throws {
        guard state.pointee.slots.count < Self.maximumSlots else {
            throw BSONError(
                .nestingTooDeep,
                "values are nested deeper than \(Self.maximumSlots) levels, perhaps in a cycle",
                path: path(of: place).prefix(8).map(\.stringValue)
            )
        }
        let slot = state.pointee.slots.count
        let top = state.pointee.top
        let firstID = state.pointee.nextID
        let keepsKeys = convertsKeys && value is any StringKeyedDictionary
        state.pointee.slots.append(Slot(place: place, keepsKeys: keepsKeys))
        defer {
            state.pointee.slots.removeLast(state.pointee.slots.count - slot)
        }
        do {
            try value.encode(to: ValueEncoder(core: self, slot: slot))
            if slot < state.pointee.slots.count, !state.pointee.slots[slot].isWritten {
                // A value without anything to encode is an empty document.
                _ = try openSlot(slot, isArray: false)
            }
        } catch let error as BSONError where error.path.isEmpty {
            var error = error
            error.path = path(of: place).map(\.stringValue)
            throw error
        }
        close(downTo: top)
        // Nobody may use the containers of what has returned.
        while let last = state.pointee.closed.last, last.node.id >= firstID {
            state.pointee.closed.removeLast()
        }
        if var failure = sink.pointee.failure {
            if failure.path.isEmpty {
                failure.path = path(of: place).map(\.stringValue)
            }
            throw failure
        }
    }

    /// Opens the document or array that a slot's value is, once.
    func openSlot(_ slot: Int, isArray: Bool) throws -> (EncoderCore, Int) {
        guard slot < state.pointee.slots.count else {
            throw BSONError(.misuse, "an encoder was used after the encode(to:) that it was given to had returned")
        }
        let current = state.pointee.slots[slot]
        if let node = current.node {
            // A subclass and its superclass may each ask for the container of the same encoder.
            return (self, node)
        }
        guard !current.isWritten else {
            throw BSONError(.misuse, "a value encoded a single value and a container")
        }
        let (core, node) = try open(
            isArray: isArray,
            at: current.place,
            isExplicit: false,
            keepsKeys: current.keepsKeys
        )
        state.pointee.slots[slot].isWritten = true
        if core === self {
            state.pointee.slots[slot].node = node
        }
        return (core, node)
    }

    /// Encodes the value, if its type is one of those with a treatment of their own.
    @inline(__always)
    private func encodeSpecial<Value: Encodable>(_ value: Value, at place: Place) throws -> Bool {
        @inline(__always)
        func cast<Other>(_: Other.Type) -> Other {
            // The types are the same; `as!` would ask the runtime once more.
            withUnsafePointer(to: value) { UnsafeRawPointer($0).assumingMemoryBound(to: Other.self).pointee }
        }
        if Value.self == String.self {
            try put(cast(String.self), at: place)
        } else if Value.self == Int.self {
            try put(Int64(cast(Int.self)), at: place)
        } else if Value.self == Double.self {
            try put(cast(Double.self), at: place)
        } else if Value.self == Bool.self {
            try put(cast(Bool.self), at: place)
        } else if Value.self == Int32.self {
            try put(cast(Int32.self), at: place)
        } else if Value.self == Int64.self {
            try put(cast(Int64.self), at: place)
        } else if Value.self == BSONObjectID.self {
            try put(cast(BSONObjectID.self), at: place)
        } else if Value.self == BSONDocument.self {
            try put(cast(BSONDocument.self), at: place)
        } else if Value.self == BSON.self {
            try put(cast(BSON.self), at: place)
        } else if Value.self == Date.self {
            return try encode(date: cast(Date.self), at: place)
        } else if Value.self == UUID.self {
            return try encode(uuid: cast(UUID.self), at: place)
        } else if Value.self == Data.self {
            return try encode(data: cast(Data.self), at: place)
        } else if Value.self == URL.self {
            try put(cast(URL.self).absoluteString, at: place)
        } else if Value.self == BSONBinary.self {
            try put(.binary(cast(BSONBinary.self)), at: place)
        } else if Value.self == BSONDateTime.self {
            try put(.datetime(cast(BSONDateTime.self)), at: place)
        } else if Value.self == BSONDecimal128.self {
            try put(.decimal128(cast(BSONDecimal128.self)), at: place)
        } else if Value.self == BSONTimestamp.self {
            try put(.timestamp(cast(BSONTimestamp.self)), at: place)
        } else if Value.self is any BSONValueConvertible.Type, let value = value as? any BSONValueConvertible {
            try put(value.bsonValue, at: place)
        } else if Value.self is any BSONEncodable.Type, let value = value as? any BSONEncodable {
            try encode(direct: value, at: place)
        } else {
            return false
        }
        return true
    }

    private func encode(date: Date, at place: Place) throws -> Bool {
        let value: BSON
        switch options.dateStrategy {
        case .datetime:
            guard let time = BSONDateTime(exactly: date) else {
                throw invalid(date, "a date is beyond the range of BSON", at: place)
            }
            value = .datetime(time)
        case .millisecondsSince1970:
            guard let time = BSONDateTime(exactly: date) else {
                throw invalid(date, "a date is beyond the range of 64-bit milliseconds", at: place)
            }
            value = .int64(time.milliseconds)
        case .secondsSince1970:
            value = .double(date.timeIntervalSince1970)
        case .iso8601:
            value = .string(date.formatted(.iso8601))
        case .deferredToDate:
            return false
        case .custom(let convert):
            value = try convert(date)
        }
        try put(value, at: place)
        return true
    }

    private func encode(uuid: UUID, at place: Place) throws -> Bool {
        switch options.uuidStrategy {
        case .binary: try put(.binary(BSONBinary(uuid)), at: place)
        case .legacy(let representation):
            try put(.binary(BSONBinary(uuid, representation: representation)), at: place)
        case .deferredToUUID: return false
        }
        return true
    }

    private func encode(data: Data, at place: Place) throws -> Bool {
        switch options.dataStrategy {
        case .binary: try put(.binary(BSONBinary(bytes: data)), at: place)
        case .base64: try put(data.withUnsafeBytes { Base64.encode($0) }, at: place)
        case .deferredToData: return false
        case .custom(let convert): try put(try convert(data), at: place)
        }
        return true
    }

    private func encode(direct value: any BSONEncodable, at place: Place) throws {
        let (core, node) = try open(isArray: false, at: place, isExplicit: false, keepsKeys: true)
        var fields = BSONFieldEncoder(sink: core.sink, depth: core.state.pointee.nodes.count)
        do throws(BSONError) {
            try value.encode(to: &fields)
        } catch {
            var error = error
            error.path.insert(contentsOf: path(of: place).map(\.stringValue), at: 0)
            throw error
        }
        core.close(downTo: node - 1)
    }

    func invalid(_ value: Any, _ message: String, at place: Place) -> EncodingError {
        .invalidValue(value, .init(codingPath: path(of: place), debugDescription: message))
    }
}

// MARK: Single values

extension EncoderCore {
    @inline(__always)
    func put(_ value: String, at place: Place) throws {
        try begin(.string, at: place, size: 5)?.sink.pointee.append(string: value)
    }

    @inline(__always)
    func put(_ value: Int32, at place: Place) throws {
        try begin(.int32, at: place, size: 4)?.sink.pointee.write(value)
    }

    @inline(__always)
    func put(_ value: Int64, at place: Place) throws {
        try begin(.int64, at: place, size: 8)?.sink.pointee.write(UInt64(bitPattern: value))
    }

    @inline(__always)
    func put(_ value: Double, at place: Place) throws {
        try begin(.double, at: place, size: 8)?.sink.pointee.write(value.bitPattern)
    }

    @inline(__always)
    func put(_ value: Bool, at place: Place) throws {
        try begin(.bool, at: place, size: 1)?.sink.pointee.write(value ? 1 : 0 as UInt8)
    }

    @inline(__always)
    func put(_ value: BSONObjectID, at place: Place) throws {
        try begin(.objectID, at: place, size: 12)?.sink.pointee.append(objectID: value)
    }

    func put(_ value: BSONDocument, at place: Place) throws {
        if case .root = place {
            sink.pointee.append(document: value)
        } else {
            try begin(.document, at: place, size: 5)?.sink.pointee.append(document: value)
        }
    }

    func put(_ value: BSON, at place: Place) throws {
        if case .root = place, case .document(let document) = value {
            sink.pointee.append(document: document)
        } else {
            try begin(value.type, at: place, size: 16)?.sink.pointee.append(valueOf: value)
        }
    }

    func putNull(at place: Place) throws {
        _ = try begin(.null, at: place, size: 0)
    }

    /// An integer of another width, as 32 bits if all values of its type fit there, else as 64.
    @inline(__always)
    func put(integer value: some FixedWidthInteger, at place: Place) throws {
        if value.bitWidthFitsInt32, let small = Int32(exactly: value) {
            try put(small, at: place)
        } else if let large = Int64(exactly: value) {
            try put(large, at: place)
        } else {
            throw invalid(value, "\(type(of: value)) holds a number that 64 bits with a sign cannot", at: place)
        }
    }
}

extension FixedWidthInteger {
    @inline(__always)
    fileprivate var bitWidthFitsInt32: Bool { Self.isSigned ? Self.bitWidth <= 32 : Self.bitWidth < 32 }
}

/// A dictionary whose keys are field names as they are.
protocol StringKeyedDictionary {}

extension Dictionary: StringKeyedDictionary where Key == String {}
