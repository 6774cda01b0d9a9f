// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The place of one value that is being decoded. 16 bytes, so that with its core it fits into an existential without
/// an allocation; documents are shorter than 2³¹ bytes.
struct CodedElement {
    let start: Int32
    let end: Int32
    /// The place's coding path, an index into ``DecoderCore/State/paths``, or −1 at the root.
    let path: Int32
    let type: BSONType

    @inline(__always)
    init(type: BSONType, start: Int, end: Int, path: Int32) {
        self.type = type
        self.start = Int32(truncatingIfNeeded: start)
        self.end = Int32(truncatingIfNeeded: end)
        self.path = path
    }

    @inline(__always)
    init(_ element: RawElement, path: Int32) {
        self.init(type: element.type, start: element.valueOffset, end: element.endOffset, path: path)
    }

    @inline(__always) var offset: Int { Int(start) }
    @inline(__always) var count: Int { Int(end) &- Int(start) }
}

/// The state of one run of a ``BSONDecoder``, shared by all decoders and containers that it hands out.
///
/// It keeps the buffer, and with it the memory behind ``base``, which nobody changes while it is shared.
final class DecoderCore {
    let options: BSONDecoder
    let buffer: ByteBuffer
    let base: UnsafeRawPointer
    let state: UnsafeMutablePointer<State>
    /// Whether names of fields are converted before they are compared with coding keys.
    let convertsKeys: Bool

    struct State: ~Copyable {
        /// The coding paths of open places, each as a step from another.
        var paths: [(parent: Int32, key: BSONCodingKey)] = []
        /// Where the search of each keyed container goes on: fields mostly come in the order they are asked for.
        var cursors: [(document: Int32, offset: Int32)] = []
        /// Where the dictionaries that are being decoded begin, whose names no strategy converts.
        var verbatim: [Int32] = []
        /// Types that were found to need no special treatment.
        var plainTypes = RecentTypes()
    }

    init(_ options: BSONDecoder, _ buffer: ByteBuffer) {
        self.options = options
        self.buffer = buffer
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
        BSON(
            reading: RawElement(
                type: element.type,
                keyOffset: element.offset,
                valueOffset: element.offset,
                endOffset: Int(element.end)
            ),
            base: base,
            buffer: buffer
        )
    }
}

// MARK: Paths and errors

extension DecoderCore {
    func push(_ key: BSONCodingKey, to parent: Int32) -> Int32 {
        state.pointee.paths.append((parent, key))
        return Int32(truncatingIfNeeded: state.pointee.paths.count &- 1)
    }

    func path(_ path: Int32) -> [BSONCodingKey] {
        var keys: [BSONCodingKey] = []
        var index = Int(path)
        while state.pointee.paths.indices.contains(index) {
            keys.append(state.pointee.paths[index].key)
            let parent = Int(state.pointee.paths[index].parent)
            guard parent < index else { break }
            index = parent
        }
        return keys.reversed()
    }

    @inline(never)
    func mismatch(_ type: Any.Type, _ element: CodedElement) -> DecodingError {
        let context = DecodingError.Context(
            codingPath: path(element.path),
            debugDescription: "expected \(type), found the BSON type \(element.type)"
        )
        return element.type == .null ? .valueNotFound(type, context) : .typeMismatch(type, context)
    }

    @inline(never)
    func corrupted(_ element: CodedElement, _ code: BSONError.Code, _ message: String) -> DecodingError {
        .dataCorrupted(
            .init(
                codingPath: path(element.path),
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
    private func notRepresentable(_ type: Any.Type, _ element: CodedElement) -> DecodingError {
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
