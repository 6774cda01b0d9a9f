// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// The internal timestamp of replication: a second and a count within it. For dates use ``BSONDateTime``.
public struct BSONTimestamp: Sendable, Hashable {
    /// Seconds since 1970-01-01T00:00:00Z.
    public var timestamp: UInt32
    /// The count within the second.
    public var increment: UInt32

    /// A timestamp of its parts.
    public init(timestamp: UInt32, increment: UInt32) {
        self.timestamp = timestamp
        self.increment = increment
    }

    /// The 64 bits of BSON: the count in the lower half.
    init(bits: UInt64) {
        timestamp = UInt32(truncatingIfNeeded: bits >> 32)
        increment = UInt32(truncatingIfNeeded: bits)
    }

    var bits: UInt64 { UInt64(timestamp) << 32 | UInt64(increment) }
}

extension BSONTimestamp: Comparable {
    /// Orders timestamps by second, then by count.
    public static func < (lhs: BSONTimestamp, rhs: BSONTimestamp) -> Bool {
        lhs.bits < rhs.bits
    }
}
