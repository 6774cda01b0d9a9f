// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

public import NIOCore

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// Bytes, with a subtype that says what they are.
public struct BSONBinary: Sendable, Hashable {
    /// The bytes; for ``Subtype/binaryDeprecated`` without the inner length.
    public let data: ByteBuffer
    /// What the bytes are.
    public let subtype: Subtype

    /// Bytes and what they are.
    public init(data: ByteBuffer, subtype: Subtype = .generic) {
        self.data = data
        self.subtype = subtype
    }

    /// Bytes and what they are.
    public init(bytes: some Sequence<UInt8>, subtype: Subtype = .generic) {
        self.init(data: ByteBuffer(bytes: bytes), subtype: subtype)
    }

    /// The bytes of Base 64 text with padding.
    ///
    /// - Throws: ``BSONError/Code-swift.struct/invalidValue`` when the text is not Base 64.
    public init(base64: String, subtype: Subtype = .generic) throws(BSONError) {
        guard let bytes = Base64.decode(base64) else {
            throw BSONError(.invalidValue, "the text is not Base 64 with padding")
        }
        self.init(bytes: bytes, subtype: subtype)
    }

    /// The bytes.
    public var bytes: [UInt8] { Array(data.readableBytesView) }

    /// The bytes as Base 64 text with padding.
    public var base64: String { data.withUnsafeReadableBytes { Base64.encode($0) } }

    /// The bytes as `Data`.
    public var dataValue: Data { Data(data.readableBytesView) }
}

extension BSONBinary {
    /// What bytes are.
    public struct Subtype: RawRepresentable, Sendable, Hashable {
        /// The byte that BSON has for the subtype.
        public let rawValue: UInt8

        /// The subtype of a byte. From 0x80 on they are the user's own.
        public init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// Any bytes.
        public static let generic = Subtype(rawValue: 0x00)
        /// A function.
        public static let function = Subtype(rawValue: 0x01)
        /// Any bytes, in an old form with an inner length.
        public static let binaryDeprecated = Subtype(rawValue: 0x02)
        /// A UUID in one of three old byte orders; see ``BSONBinary/UUIDRepresentation``.
        public static let uuidDeprecated = Subtype(rawValue: 0x03)
        /// A UUID.
        public static let uuid = Subtype(rawValue: 0x04)
        /// An MD5 digest.
        public static let md5 = Subtype(rawValue: 0x05)
        /// An encrypted value (client-side encryption).
        public static let encrypted = Subtype(rawValue: 0x06)
        /// A compressed column (time series).
        public static let column = Subtype(rawValue: 0x07)
        /// A value that logs must not show.
        public static let sensitive = Subtype(rawValue: 0x08)
        /// A vector of numbers; see ``BSONVector``.
        public static let vector = Subtype(rawValue: 0x09)
        /// The first of the user's own subtypes.
        public static let userDefined = Subtype(rawValue: 0x80)
    }
}
