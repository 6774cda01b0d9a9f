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
    @inline(__always)
    func decode<Value: Decodable>(_ type: Value.Type, from element: CodedElement) throws -> Value {
        state.pointee.plainTypes.contains(type)
            ? try decodePlain(type, from: element) : try decodeUnknown(type, from: element)
    }

    /// Decodes a type that is not remembered. It is apart because its optional alone costs a look-up of metadata, also
    /// where it is not used.
    @inline(never)
    private func decodeUnknown<Value: Decodable>(_ type: Value.Type, from element: CodedElement) throws -> Value {
        if let value = try decodeSpecial(type, from: element) {
            return value
        }
        state.pointee.plainTypes.insert(type)
        return try decodePlain(type, from: element)
    }

    /// Lets the type decode itself.
    @inline(__always)
    private func decodePlain<Value: Decodable>(_ type: Value.Type, from element: CodedElement) throws -> Value {
        do {
            return try type.init(from: ValueDecoder(core: self, element: element))
        } catch {
            throw located(error, at: element)
        }
    }

    /// Decodes the value of a field.
    @inline(__always)
    func decode<Value: Decodable>(
        _ type: Value.Type,
        from field: CodedElement,
        of document: CodedElement
    ) throws -> Value {
        // Documents inside move the place where the search goes on.
        defer { goOn(in: document, at: Int(field.end)) }
        return convertsKeys && type is any StringKeyedDictionary.Type
            ? try decodeDictionary(type, from: field) : try decode(type, from: field)
    }

    /// A dictionary's keys are the names themselves, in spite of the strategy.
    @inline(never)
    private func decodeDictionary<Value: Decodable>(_ type: Value.Type, from element: CodedElement) throws -> Value {
        state.pointee.verbatim.append(element.start)
        defer { state.pointee.verbatim.removeLast() }
        return try decode(type, from: element)
    }

    /// An error of this module's, thrown by a type's own code, with the path of the value.
    @inline(never)
    private func located(_ error: any Error, at element: CodedElement) -> any Error {
        guard var error = error as? BSONError, error.path.isEmpty else { return error }
        error.path = path(of: element).map(\.stringValue)
        return error
    }

    @inline(never)
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
        if let value = try decodeOwn(type, from: element) {
            return value
        }
        if type == [String].self { return cast(try array(element) { try string($0) }) }
        if type == [Int].self { return cast(try array(element) { try integer($0, as: Int.self) }) }
        if type == [Int32].self { return cast(try array(element) { try integer($0, as: Int32.self) }) }
        if type == [Int64].self { return cast(try array(element) { try integer($0, as: Int64.self) }) }
        if type == [Double].self { return cast(try array(element) { try double($0) }) }
        if let direct = type as? any BSONDecodable.Type {
            return try decode(direct: direct, from: element) as? Value
        }
        return nil
    }

    /// Decodes one of the module's types that are a BSON value; the list of ``BSONValueConvertible``'s conformances.
    private func decodeOwn<Value: Decodable>(_ type: Value.Type, from element: CodedElement) throws -> Value? {
        @inline(__always)
        func decode<Own: BSONValueConvertible>(_: Own.Type) throws -> Value {
            guard let value = Own(bsonValue: self.value(of: element)) else { throw mismatch(Own.self, element) }
            return withUnsafePointer(to: value) { UnsafeRawPointer($0).assumingMemoryBound(to: Value.self).pointee }
        }
        if type == BSONBinary.self { return try decode(BSONBinary.self) }
        if type == BSONDateTime.self { return try decode(BSONDateTime.self) }
        if type == BSONDecimal128.self { return try decode(BSONDecimal128.self) }
        if type == BSONTimestamp.self { return try decode(BSONTimestamp.self) }
        if type == BSONRegularExpression.self { return try decode(BSONRegularExpression.self) }
        if type == BSONVector.self { return try decode(BSONVector.self) }
        if type == BSONCode.self { return try decode(BSONCode.self) }
        if type == BSONCodeWithScope.self { return try decode(BSONCodeWithScope.self) }
        if type == BSONSymbol.self { return try decode(BSONSymbol.self) }
        if type == BSONDBPointer.self { return try decode(BSONDBPointer.self) }
        return nil
    }

    @inline(__always)
    private func array<Value>(_ element: CodedElement, _ read: (CodedElement) throws -> Value) throws -> [Value] {
        guard element.type == .array else { throw mismatch([Value].self, element) }
        var values: [Value] = []
        var scanner = ElementScanner(base: base, documentAt: element.offset, limit: Int(element.end))
        while let item = scanner.next() {
            values.append(try read(CodedElement(item)))
        }
        return values
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
            error.path.insert(contentsOf: path(of: element).map(\.stringValue), at: 0)
            throw error
        }
    }

    private func date(_ element: CodedElement) throws -> Date? {
        switch options.dateStrategy {
        case .datetime:
            guard element.type == .datetime else { throw mismatch(Date.self, element) }
            return try date(milliseconds: RawBytes.int64(base, element.offset), element)
        case .millisecondsSince1970:
            return try date(milliseconds: try integer(element, as: Int64.self), element)
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

    private func date(milliseconds: Int64, _ element: CodedElement) throws -> Date {
        guard let date = BSONDateTime(milliseconds: milliseconds).exactDate else {
            throw notRepresentable(Date.self, element)
        }
        return date
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
