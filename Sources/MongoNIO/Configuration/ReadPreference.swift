// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/server-selection/server-selection.md#read-preference
// The deprecated `hedge` parameter is left out: MongoDB 8.0 ignores it.

/// Which members of a replica set may answer a read.
public struct ReadPreference: Sendable, Hashable {
    /// Which kinds of members may answer.
    public let mode: Mode
    /// Sets of tags, tried in order: the first set that fits any candidate decides. A member fits when it carries every
    /// tag of the set, so the empty set fits every member. Empty list: tags do not matter.
    public let tagSets: [[String: String]]
    /// How far a secondary may lag behind and still answer; `nil`: without limit. Replica sets want at least 90 seconds.
    public let maxStaleness: Duration?

    /// Makes a read preference.
    ///
    /// - Parameters:
    ///   - mode: Which kinds of members may answer.
    ///   - tagSets: Sets of tags, tried in order.
    ///   - maxStaleness: How far a secondary may lag behind; whole seconds, as they are sent. It is checked against the
    ///     least value of 90 seconds when a server is selected, because only replica sets have that limit.
    /// - Throws: ``MongoError/Code/invalidArgument`` for a staleness that is not positive, and for tags or a staleness
    ///   together with ``Mode/primary``, which no other member could answer.
    public init(
        _ mode: Mode,
        tagSets: [[String: String]] = [],
        maxStaleness: Duration? = nil
    ) throws(MongoError) {
        if let maxStaleness, maxStaleness <= .zero {
            throw MongoError(.invalidArgument, "read preference: the maximum staleness must be positive")
        }
        if mode == .primary {
            guard tagSets.allSatisfy(\.isEmpty) else {
                throw MongoError(.invalidArgument, "read preference: tags do not go together with mode 'primary'")
            }
            guard maxStaleness == nil else {
                throw MongoError(
                    .invalidArgument,
                    "read preference: a maximum staleness does not go together with mode 'primary'"
                )
            }
        }
        self.mode = mode
        self.tagSets = tagSets
        self.maxStaleness = maxStaleness
    }

    private init(plain mode: Mode) {
        self.mode = mode
        self.tagSets = []
        self.maxStaleness = nil
    }

    /// Only the primary. The default.
    public static let primary = ReadPreference(plain: .primary)
    /// The primary; a secondary when there is none.
    public static let primaryPreferred = ReadPreference(plain: .primaryPreferred)
    /// Only secondaries.
    public static let secondary = ReadPreference(plain: .secondary)
    /// A secondary; the primary when there is none.
    public static let secondaryPreferred = ReadPreference(plain: .secondaryPreferred)
    /// Whoever is near, primary or secondary.
    public static let nearest = ReadPreference(plain: .nearest)
}

extension ReadPreference {
    /// Which kinds of members may answer a read. The raw value is the name in the connection string and on the wire.
    public enum Mode: String, Sendable, Hashable, CaseIterable {
        /// Only the primary.
        case primary
        /// The primary; a secondary when there is none.
        case primaryPreferred
        /// Only secondaries.
        case secondary
        /// A secondary; the primary when there is none.
        case secondaryPreferred
        /// Whoever is near, primary or secondary.
        case nearest
    }
}
