// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension DecoderCore {
    /// Decodes any type from a value.
    ///
    /// The types with a treatment of their own are compared one by one, as in the encoder; the last types that had none
    /// are remembered.
    func decode<Value: Decodable>(_ type: Value.Type, from element: CodedElement) throws -> Value {
        if !state.pointee.plainTypes.contains(type) {
            if let value = try decodeSpecial(type, from: element) {
                return value
            }
            state.pointee.plainTypes.insert(type)
        }
        return try decodePlain(type, from: element)
    }

    /// Lets the type decode itself.
    func decodePlain<Value: Decodable>(_ type: Value.Type, from element: CodedElement) throws -> Value {
        let marks = (state.pointee.paths.count, state.pointee.cursors.count)
        defer {
            state.pointee.paths.removeLast(max(0, state.pointee.paths.count - marks.0))
            state.pointee.cursors.removeLast(max(0, state.pointee.cursors.count - marks.1))
        }
        do {
            return try type.init(from: ValueDecoder(core: self, element: element))
        } catch let error as BSONError where error.path.isEmpty {
            var error = error
            error.path = path(element.path).map(\.stringValue)
            throw error
        }
    }

    @inline(__always)
    private func decodeSpecial<Value: Decodable>(_ type: Value.Type, from element: CodedElement) throws -> Value? {
        @inline(__always)
        func cast<Other>(_ value: Other) -> Value {
            // The types are the same; `as!` would ask the runtime once more.
            withUnsafePointer(to: value) { UnsafeRawPointer($0).assumingMemoryBound(to: Value.self).pointee }
        }
        if type == String.self { return cast(try string(element)) }
        if type == Int.self { return cast(try integer(element, as: Int.self)) }
        if type == Double.self { return cast(try double(element)) }
        if type == Bool.self { return cast(try bool(element)) }
        if type == Int32.self { return cast(try integer(element, as: Int32.self)) }
        if type == Int64.self { return cast(try integer(element, as: Int64.self)) }
        if type == BSONObjectID.self { return cast(try objectID(element)) }
        if type == BSONDocument.self { return cast(try document(element)) }
        if type == BSON.self { return cast(value(of: element)) }
        if type == Date.self { return try date(element).map(cast) }
        if type == UUID.self { return try uuid(element).map(cast) }
        if type == Data.self { return try data(element).map(cast) }
        if type == URL.self {
            guard let url = URL(string: try string(element)) else {
                throw corrupted(element, .invalidValue, "the text is not a URL")
            }
            return cast(url)
        }
        if let convertible = type as? any BSONValueConvertible.Type {
            guard let value = convertible.init(bsonValue: value(of: element)) as? Value else {
                throw mismatch(type, element)
            }
            return value
        }
        if let direct = type as? any BSONDecodable.Type {
            return try decode(direct: direct, from: element) as? Value
        }
        return nil
    }

    private func decode<Value: BSONDecodable>(direct type: Value.Type, from element: CodedElement) throws -> Value {
        guard element.type == .document else { throw mismatch(type, element) }
        var fields = BSONFieldDecoder(
            base: base,
            buffer: buffer,
            document: element.offset,
            limit: Int(element.end)
        )
        do throws(BSONError) {
            return try type.init(from: &fields)
        } catch {
            var error = error
            error.path.insert(contentsOf: path(element.path).map(\.stringValue), at: 0)
            throw error
        }
    }

    private func date(_ element: CodedElement) throws -> Date? {
        switch options.dateStrategy {
        case .datetime:
            guard element.type == .datetime else { throw mismatch(Date.self, element) }
            return BSONDateTime(milliseconds: RawBytes.int64(base, element.offset)).date
        case .millisecondsSince1970:
            return BSONDateTime(milliseconds: try integer(element, as: Int64.self)).date
        case .secondsSince1970:
            return Date(timeIntervalSince1970: try double(element))
        case .iso8601:
            guard let date = try? Date(try string(element), strategy: .iso8601) else {
                throw corrupted(element, .invalidValue, "the text is not a date in the form of ISO 8601")
            }
            return date
        case .deferredToDate:
            return nil
        case .custom(let convert):
            return try convert(value(of: element))
        }
    }

    private func uuid(_ element: CodedElement) throws -> UUID? {
        let representation: BSONBinary.UUIDRepresentation
        switch options.uuidStrategy {
        case .binary: representation = .standard
        case .legacy(let legacy): representation = legacy
        case .deferredToUUID: return nil
        }
        guard let binary = value(of: element).binaryValue else { throw mismatch(UUID.self, element) }
        do throws(BSONError) {
            return try binary.uuid(representation)
        } catch {
            throw corrupted(element, error.code, error.message)
        }
    }

    private func data(_ element: CodedElement) throws -> Data? {
        switch options.dataStrategy {
        case .binary:
            guard let binary = value(of: element).binaryValue else { throw mismatch(Data.self, element) }
            return binary.dataValue
        case .base64:
            guard let bytes = Base64.decode(try string(element)) else {
                throw corrupted(element, .invalidValue, "the text is not Base 64 with padding")
            }
            return Data(bytes)
        case .deferredToData:
            return nil
        case .custom(let convert):
            return try convert(value(of: element))
        }
    }
}
