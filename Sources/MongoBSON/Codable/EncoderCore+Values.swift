// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension EncoderCore {
    /// Encodes any value as a field of the innermost node.
    @inline(__always)
    func encode<Value: Encodable>(_ value: Value, name: String) throws {
        try fill(try beginField(name)) { try encode(value, at: $0) }
    }

    /// Encodes any value as the next element of the innermost node, an array.
    @inline(__always)
    func encodeItem<Value: Encodable>(_ value: Value) throws {
        try fill(try beginItem()) { try encode(value, at: $0) }
    }

    /// Has a value written where its element has begun, and takes the element back when that fails.
    @inline(__always)
    func fill(_ place: Place, _ write: (Place) throws -> Void) throws {
        do {
            try write(place)
        } catch {
            abandon(place)
            throw error
        }
    }

    /// Encodes any value at a place.
    ///
    /// The types with a treatment of their own are compared one by one: a comparison costs a nanosecond, and a
    /// dynamic cast to a protocol fifty and a copy of the value. The last types that had none are remembered, as arrays
    /// ask again and again.
    @inline(__always)
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
    private func encodePlain<Value: Encodable>(_ value: Value, at place: Place) throws {
        let slot = try pushSlot(place, keepsKeys: convertsKeys && value is any StringKeyedDictionary)
        let (top, firstID) = (state.pointee.top, state.pointee.nextID)
        do {
            try value.encode(to: ValueEncoder(core: self, slot: slot))
            try popSlot(slot)
        } catch {
            state.pointee.slots.removeLast(max(0, state.pointee.slots.count - slot))
            throw located(error, at: place)
        }
        close(downTo: top)
        // Nobody may use the containers of what has returned.
        while let last = state.pointee.closed.last, last.node.id >= firstID {
            state.pointee.closed.removeLast()
        }
        if sink.pointee.failure != nil {
            throw located(sink.pointee.failure, at: place)
        }
    }

    @inline(__always)
    private func pushSlot(_ place: Place, keepsKeys: Bool) throws -> Int {
        let slot = state.pointee.slots.count
        guard slot < Self.maximumSlots else {
            throw BSONError(
                .nestingTooDeep,
                "values are nested deeper than \(Self.maximumSlots) levels, perhaps in a cycle",
                path: path(of: place).prefix(8).map(\.stringValue)
            )
        }
        state.pointee.slots.append(Slot(place: place, keepsKeys: keepsKeys))
        return slot
    }

    /// Ends a slot; a value that had nothing to encode is an empty document.
    @inline(__always)
    private func popSlot(_ slot: Int) throws {
        guard let last = state.pointee.slots.last, last.isWritten else {
            _ = try openSlot(slot, isArray: false)
            state.pointee.slots.removeLast()
            return
        }
        state.pointee.slots.removeLast()
    }

    /// An error of this module's with the path of the value.
    @inline(never)
    private func located(_ error: (any Error)?, at place: Place) -> any Error {
        guard var error = error as? BSONError else {
            return error ?? BSONError(.codingFailed, "a value could not be encoded")
        }
        if error.path.isEmpty {
            error.path = path(of: place).map(\.stringValue)
        }
        return error
    }

    /// Opens the document or array that a slot's value is, once.
    func openSlot(_ slot: Int, isArray: Bool) throws -> Int {
        guard slot < state.pointee.slots.count else {
            throw BSONError(.misuse, "an encoder was used after the encode(to:) that it was given to had returned")
        }
        let current = state.pointee.slots[slot]
        if current.node != Self.none {
            // A subclass and its superclass may each ask for the container of the same encoder.
            return current.node
        }
        guard !current.isWritten else {
            throw BSONError(.misuse, "a value encoded a single value and a container")
        }
        let node = try open(isArray: isArray, at: current.place, isExplicit: false, keepsKeys: current.keepsKeys)
        state.pointee.slots[slot].isWritten = true
        state.pointee.slots[slot].node = node
        return node
    }

    /// Encodes the value, if its type is one of those with a treatment of their own.
    @inline(never)
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
            return try put(cast(Date.self), at: place)
        } else if Value.self == UUID.self {
            return try put(cast(UUID.self), at: place)
        } else if Value.self == Data.self {
            return try put(cast(Data.self), at: place)
        } else if Value.self == URL.self {
            try put(cast(URL.self).absoluteString, at: place)
        } else if let own = Self.own(value) {
            try put(own, at: place)
        } else if Value.self == [String].self {
            try put(cast([String].self), .string, 5, at: place) { $0.append(string: $1) }
        } else if Value.self == [Int].self {
            try put(cast([Int].self), .int64, 8, at: place) { $0.write(UInt64(bitPattern: Int64($1))) }
        } else if Value.self == [Int32].self {
            try put(cast([Int32].self), .int32, 4, at: place) { $0.write($1) }
        } else if Value.self == [Int64].self {
            try put(cast([Int64].self), .int64, 8, at: place) { $0.write(UInt64(bitPattern: $1)) }
        } else if Value.self == [Double].self {
            try put(cast([Double].self), .double, 8, at: place) { $0.write($1.bitPattern) }
        } else if Value.self is any BSONEncodable.Type, let value = value as? any BSONEncodable {
            try encode(direct: value, at: place)
        } else {
            return false
        }
        return true
    }

    /// The value as BSON, if its type is one of the module's that are a BSON value; the list of
    /// ``BSONValueConvertible``'s conformances.
    private static func own<Value>(_ value: Value) -> BSON? {
        @inline(__always)
        func bson<Own: BSONValueConvertible>(_: Own.Type) -> BSON? {
            guard Value.self == Own.self else { return nil }
            return withUnsafePointer(to: value) {
                UnsafeRawPointer($0).assumingMemoryBound(to: Own.self).pointee.bsonValue
            }
        }
        return bson(BSONBinary.self) ?? bson(BSONDateTime.self) ?? bson(BSONDecimal128.self)
            ?? bson(BSONTimestamp.self) ?? bson(BSONRegularExpression.self) ?? bson(BSONVector.self)
            ?? bson(BSONCode.self) ?? bson(BSONCodeWithScope.self) ?? bson(BSONSymbol.self)
            ?? bson(BSONDBPointer.self)
    }

    private func put(_ date: Date, at place: Place) throws -> Bool {
        let value: BSON
        switch options.dateStrategy {
        case .datetime:
            guard let time = BSONDateTime(exactly: date) else {
                throw invalid(date, "a date is beyond the range of BSON", at: place)
            }
            try set(.datetime, at: place)
            sink.pointee.append(fixed: UInt64(bitPattern: time.milliseconds))
            return true
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

    private func put(_ uuid: UUID, at place: Place) throws -> Bool {
        switch options.uuidStrategy {
        case .binary: try put(.binary(BSONBinary(uuid)), at: place)
        case .legacy(let representation):
            try put(.binary(BSONBinary(uuid, representation: representation)), at: place)
        case .deferredToUUID: return false
        }
        return true
    }

    private func put(_ data: Data, at place: Place) throws -> Bool {
        switch options.dataStrategy {
        case .binary: try put(.binary(BSONBinary(bytes: data)), at: place)
        case .base64: try put(data.withUnsafeBytes { Base64.encode($0) }, at: place)
        case .deferredToData: return false
        case .custom(let convert): try put(try convert(data), at: place)
        }
        return true
    }

    private func encode(direct value: any BSONEncodable, at place: Place) throws {
        let node = try open(isArray: false, at: place, isExplicit: false, keepsKeys: true)
        var fields = BSONFieldEncoder(sink: sink, depth: state.pointee.nodes.count)
        do throws(BSONError) {
            try value.encode(to: &fields)
        } catch {
            var error = error
            error.path.insert(contentsOf: path(of: place).map(\.stringValue), at: 0)
            throw error
        }
        close(downTo: node - 1)
    }

    func invalid(_ value: Any, _ message: String, at place: Place) -> EncodingError {
        let cause = BSONError(.invalidValue, message)
        return .invalidValue(
            value,
            .init(codingPath: path(of: place), debugDescription: message, underlyingError: cause)
        )
    }
}

// MARK: Single values

extension EncoderCore {
    @inline(__always)
    func put(_ value: String, at place: Place) throws {
        try set(.string, at: place)
        sink.pointee.append(string: value)
    }

    @inline(__always)
    func put(_ value: Int32, at place: Place) throws {
        try set(.int32, at: place)
        sink.pointee.append(fixed: value)
    }

    @inline(__always)
    func put(_ value: Int64, at place: Place) throws {
        try set(.int64, at: place)
        sink.pointee.append(fixed: UInt64(bitPattern: value))
    }

    @inline(__always)
    func put(_ value: Double, at place: Place) throws {
        try set(.double, at: place)
        sink.pointee.append(fixed: value.bitPattern)
    }

    @inline(__always)
    func put(_ value: Bool, at place: Place) throws {
        try set(.bool, at: place)
        sink.pointee.append(value ? 1 : 0 as UInt8)
    }

    @inline(__always)
    func put(_ value: BSONObjectID, at place: Place) throws {
        try set(.objectID, at: place)
        sink.pointee.append(objectID: value)
    }

    func put(_ value: BSONDocument, at place: Place) throws {
        if place.element != Self.none {
            try set(.document, at: place)
        }
        sink.pointee.append(document: value)
    }

    func put(_ value: BSON, at place: Place) throws {
        if case .document(let document) = value {
            try put(document, at: place)
        } else {
            try set(value.type, at: place)
            sink.pointee.append(valueOf: value)
        }
    }

    func putNull(at place: Place) throws {
        try set(.null, at: place)
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

    @inline(__always)
    private func put<Item>(
        _ items: [Item],
        _ type: BSONType,
        _ size: Int,
        at place: Place,
        _ write: (inout ByteSink, Item) -> Void
    ) throws {
        let node = try open(isArray: true, at: place, isExplicit: false, keepsKeys: false)
        for (index, item) in items.enumerated() {
            guard sink.pointee.beginElement(type, index: index, valueSize: size) else { break }
            write(&sink.pointee, item)
        }
        close(downTo: node - 1)
    }
}

extension FixedWidthInteger {
    @inline(__always)
    fileprivate var bitWidthFitsInt32: Bool { Self.isSigned ? Self.bitWidth <= 32 : Self.bitWidth < 32 }
}

/// A dictionary whose keys are field names as they are.
protocol StringKeyedDictionary {}

extension Dictionary: StringKeyedDictionary where Key == String {}
