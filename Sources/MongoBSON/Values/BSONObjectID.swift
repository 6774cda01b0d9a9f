// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// A 12-byte identifier that clients make without asking the server, the usual `_id` of a document.
///
/// Seconds since 1970 (4 bytes, big-endian), a number that is random per process (5 bytes), a counter (3 bytes):
/// <https://github.com/mongodb/specifications/blob/master/source/bson-objectid/objectid.md>. Identifiers are ordered
/// by their bytes, so those of one process by the time of their making, to the second.
public struct BSONObjectID: Sendable, Hashable {
    /// Bytes 0–7, as a big-endian number.
    let high: UInt64
    /// Bytes 8–11, as a big-endian number.
    let low: UInt32

    init(high: UInt64, low: UInt32) {
        self.high = high
        self.low = low
    }

    /// A new identifier, different from every other.
    public init() {
        self = ObjectIDGenerator.shared.next()
    }

    /// The identifier made of 12 bytes.
    ///
    /// - Throws: ``BSONError/Code-swift.struct/invalidValue`` when there are fewer or more.
    public init(bytes: some Collection<UInt8>) throws(BSONError) {
        guard bytes.count == 12 else {
            throw BSONError(.invalidValue, "an object identifier has 12 bytes, not \(bytes.count)")
        }
        high = bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
        low = bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// The identifier written as 24 hexadecimal digits, of either case.
    ///
    /// - Throws: ``BSONError/Code-swift.struct/invalidValue`` when the text is anything else.
    public init(_ hex: String) throws(BSONError) {
        guard let bytes = Hexadecimal.bytes(hex), bytes.count == 12 else {
            throw BSONError(.invalidValue, "an object identifier is written as 24 hexadecimal digits")
        }
        try self.init(bytes: bytes)
    }

    /// The identifier at an address with 12 readable bytes.
    @inline(__always)
    init(reading address: UnsafeRawPointer) {
        high = UInt64(bigEndian: address.loadUnaligned(as: UInt64.self))
        low = UInt32(bigEndian: address.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
    }

    /// The 12 bytes.
    public var bytes: [UInt8] {
        withUnsafeBytes { Array($0) }
    }

    /// The 24 hexadecimal digits, in lower case.
    public var hexString: String {
        withUnsafeBytes { Hexadecimal.string($0) }
    }

    /// When the identifier was made, to the second, between 1970 and 2106.
    public var timestamp: Date {
        Date(timeIntervalSince1970: Double(UInt32(truncatingIfNeeded: high >> 32)))
    }

    @inline(__always)
    func withUnsafeBytes<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        let bytes = (high.bigEndian, low.bigEndian)
        return Swift.withUnsafeBytes(of: bytes) { body(UnsafeRawBufferPointer(rebasing: $0.prefix(12))) }
    }
}

extension BSONObjectID: Comparable {
    /// Orders identifiers by their bytes, as the server does.
    public static func < (lhs: BSONObjectID, rhs: BSONObjectID) -> Bool {
        (lhs.high, lhs.low) < (rhs.high, rhs.low)
    }
}

extension BSONObjectID: CustomStringConvertible {
    /// The 24 hexadecimal digits, in lower case.
    public var description: String { hexString }
}
