// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// An ordered list of named values, kept as the bytes of BSON.
///
/// Reading a field walks the bytes and builds that value only; nothing is converted beforehand. Copies share the
/// bytes until one of them changes. A document that came from a server is a view into the reply: keeping it keeps the
/// whole reply in memory, which ``detached()`` ends.
///
/// ```swift
/// var cat: BSONDocument = ["name": "Roscoe", "owner": ["name": "Ada"]]
/// cat["color"] = "orange"
/// cat["owner", "name"]                       // .string("Ada")
/// for (key, value) in cat { print(key, value) }
/// ```
///
/// Names may repeat, as BSON allows; a lookup finds the first. Finding a field and ``count`` take time in proportion
/// to the length of the document.
///
/// A name that holds U+0000 cannot be stored, and neither can a value that would make the document longer than
/// 2³¹ − 1 bytes. As an assignment cannot throw, the document leaves such a field out, and refuses to be encoded,
/// written or sent from then on; ``set(_:forKey:)`` throws at once.
public struct BSONDocument: Sendable {
    /// Exactly the bytes of the document, valid.
    var storage: ByteBuffer
    /// Why the document must not be used, if so.
    var refusal: Refusal?

    /// How deep documents and arrays may be nested in bytes and JSON texts that are read: 256 levels.
    ///
    /// The server allows 200 levels, and wraps what it returns in a few more.
    public static let maximumDepth = 256

    /// The bytes of a document without fields.
    static let empty = ByteBuffer(bytes: [5, 0, 0, 0, 0])

    /// A document without fields.
    public init() {
        storage = Self.empty
    }

    /// A document of bytes that are known to be one: written by this module, or checked by ``BSONValidator``.
    package init(trusted buffer: ByteBuffer) {
        storage = buffer
    }

    /// The document in the buffer's readable bytes, after all of them were checked. They are not copied.
    ///
    /// - Parameters:
    ///   - buffer: Exactly one document.
    ///   - text: Whether text must be well-formed UTF-8.
    /// - Throws: ``BSONError/Code-swift.struct/malformedBSON`` with the byte offset, or
    ///   ``BSONError/Code-swift.struct/nestingTooDeep`` beyond ``maximumDepth``.
    public init(validating buffer: ByteBuffer, text: BSONTextValidation = .strict) throws(BSONError) {
        let failure = buffer.withUnsafeReadableBytes { bytes -> BSONError? in
            do throws(BSONError) {
                _ = try BSONValidator.validate(bytes, text: text)
                return nil
            } catch {
                return error
            }
        }
        if let failure {
            throw failure
        }
        storage = buffer
    }

    /// The document in these bytes, after all of them were checked. They are copied.
    ///
    /// - Throws: As ``init(validating:text:)-(ByteBuffer,_)``.
    public init(validating bytes: some Sequence<UInt8>, text: BSONTextValidation = .strict) throws(BSONError) {
        try self.init(validating: ByteBuffer(bytes: bytes), text: text)
    }

    /// The bytes of the document. An empty document has five.
    ///
    /// They are without the fields that were refused; check ``encodingError`` before sending them anywhere.
    public var buffer: ByteBuffer { storage }

    /// The bytes of the document, as `Data`.
    public var data: Data { Data(storage.readableBytesView) }

    /// The bytes of the document, as an array.
    public var bytes: [UInt8] { Array(storage.readableBytesView) }

    /// How many bytes the document has.
    public var byteCount: Int { storage.readableBytes }

    /// A copy with memory of its own, for keeping a small document of a large reply.
    public func detached() -> BSONDocument {
        var copy = self
        copy.storage = ByteBuffer(bytes: storage.readableBytesView)
        return copy
    }

    /// Why the document cannot be encoded, when one of its fields was refused; nil for all others.
    public var encodingError: BSONError? { refusal?.error }

    @inline(__always)
    func withUnsafeBytes<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        storage.withUnsafeReadableBytes(body)
    }

    /// The first element with this name.
    @inline(__always)
    func find(_ key: String) -> RawElement? {
        key.withBytes { name in
            storage.withUnsafeReadableBytes { bytes -> RawElement? in
                guard let base = bytes.baseAddress else { return nil }
                var scanner = ElementScanner(base: base, documentAt: 0, limit: bytes.count)
                return scanner.next(key: name)
            }
        }
    }
}

extension BSONDocument {
    /// Why a document must not be used. One byte, so that it fits beside the buffer's own fields.
    enum Refusal: UInt8, Sendable, Hashable {
        case zeroInKey
        case tooLarge
        case invalidValue

        init(_ error: BSONError) {
            switch error.code {
            case .invalidKey: self = .zeroInKey
            case .documentTooLarge: self = .tooLarge
            default: self = .invalidValue
            }
        }

        var error: BSONError {
            switch self {
            case .zeroInKey:
                BSONError(.invalidKey, "a field was refused: its name holds the character U+0000")
            case .tooLarge:
                BSONError(.documentTooLarge, "a field was refused: the document would be longer than 2147483647 bytes")
            case .invalidValue:
                BSONError(.invalidValue, "a field was refused: its value cannot be written as BSON")
            }
        }
    }

    mutating func refuse(_ error: BSONError) {
        if refusal == nil {
            refusal = Refusal(error)
        }
    }
}
