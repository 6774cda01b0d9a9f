// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The place of one value that is being decoded. 12 bytes, so that with its core it fits into an existential without an
/// allocation; documents are shorter than 2³¹ bytes.
struct CodedElement {
    let start: Int32
    let end: Int32
    let type: BSONType

    @inline(__always)
    init(type: BSONType, start: Int, end: Int) {
        self.type = type
        self.start = Int32(truncatingIfNeeded: start)
        self.end = Int32(truncatingIfNeeded: end)
    }

    @inline(__always)
    init(_ element: RawElement) {
        self.init(type: element.type, start: element.valueOffset, end: element.endOffset)
    }

    @inline(__always) var offset: Int { Int(start) }
    @inline(__always) var count: Int { Int(end) &- Int(start) }
    @inline(__always) var isNull: Bool { type == .null || type == .undefined }

    @inline(__always)
    var raw: RawElement {
        RawElement(type: type, keyOffset: offset, valueOffset: offset, endOffset: Int(end))
    }
}

/// The state of one run of a ``BSONDecoder``, shared by all decoders and containers that it hands out.
///
/// It keeps the buffer, and with it the memory behind ``base``, which nobody changes while it is shared. No coding path
/// is kept: where a value is in the bytes says what its path is, so only errors pay for it (``path(of:)``).
final class DecoderCore {
    let options: BSONDecoder
    let buffer: ByteBuffer
    let base: UnsafeRawPointer
    /// The value that the run decodes.
    let root: CodedElement
    let state: UnsafeMutablePointer<State>
    /// Whether names of fields are converted before they are compared with coding keys.
    let convertsKeys: Bool

    struct State: ~Copyable {
        /// The document in which a field was found last.
        var lastDocument: Int32 = -1
        /// Where the field after that one begins: fields mostly come in the order they are asked for.
        var nextField: Int32 = 0
        /// The fields of documents by their converted names; only with a strategy for keys.
        var converted: [Int32: [String: RawElement]] = [:]
        /// Where the dictionaries that are being decoded begin, whose names no strategy converts.
        var verbatim: [Int32] = []
        /// Types that were found to need no special treatment.
        var plainTypes = RecentTypes()
    }

    init(_ options: BSONDecoder, _ buffer: ByteBuffer, root: CodedElement) {
        self.options = options
        self.buffer = buffer
        self.root = root
        // The memory stays where it is while this object holds the buffer, which it never changes.
        base = self.buffer.withUnsafeReadableBytes { bytes in
            bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
        }
        if case .useDefaultKeys = options.keyStrategy {
            convertsKeys = false
        } else {
            convertsKeys = true
        }
        state = .allocate(capacity: 1)
        state.initialize(to: State())
    }

    deinit {
        state.deinitialize(count: 1)
        state.deallocate()
    }

    var userInfo: [CodingUserInfoKey: Any] { options.userInfo }

    func value(of element: CodedElement) -> BSON {
        BSON(reading: element.raw, base: base, buffer: buffer)
    }
}

// MARK: Fields

extension DecoderCore {
    /// The field of a document with this name, searched from the last one found onwards, and then from the beginning.
    @inline(__always)
    func find(_ name: String, in document: CodedElement) -> RawElement? {
        if convertsKeys, let fields = convertedFields(of: document) {
            return fields[name]
        }
        // A closure that takes the object with it counts a reference, which costs as much as the search.
        let (base, state) = (base, state)
        return name.withBytes { Self.find($0, in: document, base, state) }
    }

    private static func find(
        _ name: UnsafeRawBufferPointer,
        in document: CodedElement,
        _ base: UnsafeRawPointer,
        _ state: UnsafeMutablePointer<State>
    ) -> RawElement? {
        let first = document.offset &+ 4
        let start = state.pointee.lastDocument == document.start ? Int(state.pointee.nextField) : first
        var scanner = ElementScanner(base: base, elementAt: start, end: Int(document.end) &- 1)
        var found = scanner.next(key: name)
        if found == nil, start > first {
            scanner = ElementScanner(base: base, elementAt: first, end: start)
            found = scanner.next(key: name)
        }
        if let found {
            state.pointee.lastDocument = document.start
            state.pointee.nextField = Int32(truncatingIfNeeded: found.endOffset)
        }
        return found
    }

    /// Lets the next search in the document begin here.
    @inline(__always)
    func goOn(in document: CodedElement, at offset: Int) {
        state.pointee.lastDocument = document.start
        state.pointee.nextField = Int32(truncatingIfNeeded: offset)
    }

    /// The fields of a document by the names that the strategy makes of theirs, or nil when it leaves them alone.
    @inline(never)
    func convertedFields(of document: CodedElement) -> [String: RawElement]? {
        guard !state.pointee.verbatim.contains(document.start) else { return nil }
        if let fields = state.pointee.converted[document.start] {
            return fields
        }
        var fields: [String: RawElement] = [:]
        let parents = path(of: document).map(\.stringValue)
        var scanner = ElementScanner(base: base, documentAt: document.offset, limit: Int(document.end))
        while let field = scanner.next() {
            let key = codingName(of: field, parents)
            if fields[key] == nil {
                fields[key] = field
            }
        }
        state.pointee.converted[document.start] = fields
        return fields
    }

    private func codingName(of field: RawElement, _ parents: [String]) -> String {
        let name = RawBytes.string(base, field.keyOffset, count: field.keyCount)
        return switch options.keyStrategy {
        case .useDefaultKeys: name
        case .convertFromSnakeCase: SnakeCase.decode(name)
        case .custom(let convert): convert(parents + [name])
        }
    }
}

// MARK: Paths and errors

extension DecoderCore {
    /// The coding path of a value, found by walking from the root to where the value is.
    @inline(never)
    func path(of element: CodedElement) -> [BSONCodingKey] {
        var path: [BSONCodingKey] = []
        var current = root
        while current.start != element.start, current.type == .document || current.type == .array {
            var scanner = ElementScanner(base: base, documentAt: current.offset, limit: Int(current.end))
            var index = 0
            var next: RawElement?
            while next == nil, let candidate = scanner.next() {
                if candidate.valueOffset == element.offset
                    || (candidate.valueOffset < element.offset && element.offset < candidate.endOffset)
                {
                    next = candidate
                } else {
                    index += 1
                }
            }
            guard let next else { break }
            if current.type == .array {
                path.append(.index(index))
            } else if convertsKeys, !state.pointee.verbatim.contains(current.start) {
                path.append(.name(codingName(of: next, path.map(\.stringValue))))
            } else {
                path.append(.name(RawBytes.string(base, next.keyOffset, count: next.keyCount)))
            }
            current = CodedElement(next)
        }
        return path
    }

    @inline(never)
    func mismatch(_ type: Any.Type, _ element: CodedElement) -> DecodingError {
        let context = DecodingError.Context(
            codingPath: path(of: element),
            debugDescription: "expected \(type), found the BSON type \(element.type)"
        )
        return element.type == .null ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }

    @inline(never)
    func corrupted(_ element: CodedElement, _ code: BSONError.Code, _ message: String) -> DecodingError {
        .dataCorrupted(
            .init(
                codingPath: path(of: element),
                debugDescription: message,
                underlyingError: BSONError(code, message)
            )
        )
    }
}

// MARK: Values

extension DecoderCore {
    @inline(__always)
    func string(_ element: CodedElement) throws -> String {
        guard element.type == .string else {
            if element.type == .symbol {
                return RawBytes.string(base, element.offset &+ 4, count: element.count &- 5)
            }
            throw mismatch(String.self, element)
        }
        return RawBytes.string(base, element.offset &+ 4, count: element.count &- 5)
    }

    @inline(__always)
    func bool(_ element: CodedElement) throws -> Bool {
        guard element.type == .bool else { throw mismatch(Bool.self, element) }
        return RawBytes.byte(base, element.offset) != 0
    }

    @inline(__always)
    func integer<Value: FixedWidthInteger>(_ element: CodedElement, as type: Value.Type) throws -> Value {
        let value: Value?
        switch element.type {
        case .int64: value = Value(exactly: RawBytes.int64(base, element.offset))
        case .int32: value = Value(exactly: RawBytes.int32(base, element.offset))
        case .double: value = Value(exactly: RawBytes.double(base, element.offset))
        case .decimal128: value = self.value(of: element).decimal128Value.flatMap { Value(exactly: $0) }
        default: throw mismatch(type, element)
        }
        guard let value else { throw notRepresentable(type, element) }
        return value
    }

    @inline(__always)
    func double(_ element: CodedElement) throws -> Double {
        if element.type == .double {
            return RawBytes.double(base, element.offset)
        }
        return try otherDouble(element)
    }

    @inline(never)
    private func otherDouble(_ element: CodedElement) throws -> Double {
        let value: Double?
        switch element.type {
        case .int32: value = Double(RawBytes.int32(base, element.offset))
        case .int64: value = Double(exactly: RawBytes.int64(base, element.offset))
        case .decimal128: value = self.value(of: element).decimal128Value.flatMap { Double(exactly: $0) }
        default: throw mismatch(Double.self, element)
        }
        guard let value else { throw notRepresentable(Double.self, element) }
        return value
    }

    func float(_ element: CodedElement) throws -> Float {
        let value = try double(element)
        let float = Float(value)
        guard float.isFinite || !value.isFinite else { throw notRepresentable(Float.self, element) }
        return float
    }

    @inline(never)
    func notRepresentable(_ type: Any.Type, _ element: CodedElement) -> DecodingError {
        corrupted(
            element,
            .numberNotRepresentable,
            "the number, of the BSON type \(element.type), cannot be a \(type) without loss"
        )
    }

    @inline(__always)
    func objectID(_ element: CodedElement) throws -> BSONObjectID {
        guard element.type == .objectID else { throw mismatch(BSONObjectID.self, element) }
        return BSONObjectID(reading: base + element.offset)
    }

    @inline(__always)
    func document(_ element: CodedElement) throws -> BSONDocument {
        guard element.type == .document else { throw mismatch(BSONDocument.self, element) }
        return BSON.slice(buffer, element.offset, element.count)
    }
}
