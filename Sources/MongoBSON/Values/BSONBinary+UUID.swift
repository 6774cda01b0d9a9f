// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

extension BSONBinary {
    /// The byte order of a UUID, of which drivers once had several
    /// (<https://github.com/mongodb/specifications/blob/master/source/bson-binary-uuid/uuid.md>).
    public enum UUIDRepresentation: String, Sendable, Hashable, CaseIterable {
        /// None was chosen; nothing is converted without being told how.
        case unspecified
        /// The order of RFC 4122, subtype 4. What new data should have.
        case standard
        /// Subtype 3 with the groups of bytes 0–3, 4–5 and 6–7 reversed.
        case csharpLegacy
        /// Subtype 3 with bytes 0–7 and 8–15 reversed.
        case javaLegacy
        /// Subtype 3 in the order of RFC 4122.
        case pythonLegacy

        /// Which of the UUID's bytes stands at each place.
        fileprivate var order: [Int] {
            switch self {
            case .unspecified, .standard, .pythonLegacy: Array(0..<16)
            case .csharpLegacy: [3, 2, 1, 0, 5, 4, 7, 6] + Array(8..<16)
            case .javaLegacy: (0..<8).reversed() + (8..<16).reversed()
            }
        }

        fileprivate var subtype: Subtype { self == .standard ? .uuid : .uuidDeprecated }
    }

    /// A UUID in the standard representation, subtype 4.
    public init(_ uuid: UUID) {
        self.init(uuid, order: UUIDRepresentation.standard)
    }

    /// A UUID in a representation that old data has.
    ///
    /// - Throws: ``BSONError/Code-swift.struct/invalidValue`` for ``UUIDRepresentation/unspecified``.
    public init(_ uuid: UUID, representation: UUIDRepresentation) throws(BSONError) {
        guard representation != .unspecified else {
            throw BSONError(.invalidValue, "a UUID cannot be encoded with an unspecified representation")
        }
        self.init(uuid, order: representation)
    }

    private init(_ uuid: UUID, order representation: UUIDRepresentation) {
        let data = withUnsafeBytes(of: uuid.uuid) { bytes in
            ByteBuffer(bytes: representation.order.map { bytes[$0] })
        }
        self.init(data: data, subtype: representation.subtype)
    }

    /// The UUID, when these bytes are one in the given representation.
    ///
    /// - Throws: ``BSONError/Code-swift.struct/invalidValue`` for ``UUIDRepresentation/unspecified``, when the subtype
    ///   is not the representation's, and when there are not 16 bytes.
    public func uuid(_ representation: UUIDRepresentation = .standard) throws(BSONError) -> UUID {
        guard representation != .unspecified else {
            throw BSONError(.invalidValue, "a UUID cannot be decoded with an unspecified representation")
        }
        guard subtype == representation.subtype else {
            throw BSONError(
                .invalidValue,
                "binary subtype \(subtype.rawValue) is not a UUID in the \(representation.rawValue) representation"
            )
        }
        guard data.readableBytes == 16 else {
            throw BSONError(.invalidValue, "a UUID has 16 bytes, not \(data.readableBytes)")
        }
        let bytes = self.bytes
        var uuid = UUID().uuid
        withUnsafeMutableBytes(of: &uuid) { target in
            for (place, source) in representation.order.enumerated() {
                target[source] = bytes[place]
            }
        }
        return UUID(uuid: uuid)
    }
}
