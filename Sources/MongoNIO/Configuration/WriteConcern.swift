// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/read-write-concern/read-write-concern.md#write-concern

/// How much of the deployment has to acknowledge a write before it counts as done.
///
/// A write concern without any value is the server's default: nothing is sent. That is not the same as `w: 1` or
/// `journal: false`, which override the default.
public struct WriteConcern: Sendable, Hashable {
    /// Who has to acknowledge; `nil` leaves it to the server. URI option `w`.
    public let w: Acknowledgment?
    /// Whether the write has to be in the journal; `nil` leaves it to the server. URI option `journal`.
    public let journal: Bool?
    /// How long the server waits for the acknowledgments; zero or `nil`: without limit. Sent in milliseconds.
    ///
    /// Kept for older applications: prefer ``MongoClientOptions/timeout``. URI option `wTimeoutMS`.
    public let wTimeout: Duration?

    /// Makes a write concern.
    ///
    /// - Parameters:
    ///   - w: Who has to acknowledge.
    ///   - journal: Whether the write has to be in the journal.
    ///   - wTimeout: How long the server waits for the acknowledgments. Kept for older applications.
    /// - Throws: ``MongoError/Code/invalidArgument`` for a negative number or time, and for `w: 0` together with
    ///   `journal: true`, which contradict each other.
    public init(w: Acknowledgment? = nil, journal: Bool? = nil, wTimeout: Duration? = nil) throws(MongoError) {
        if case .nodes(let count) = w {
            guard (0...Int(Int32.max)).contains(count) else {
                throw MongoError(.invalidArgument, "write concern: w must be a 32-bit number of at least 0")
            }
            guard count > 0 || journal != true else {
                throw MongoError(.invalidArgument, "write concern: w = 0 contradicts journal = true")
            }
        }
        if let wTimeout, wTimeout < .zero {
            throw MongoError(.invalidArgument, "write concern: wTimeout must not be negative")
        }
        self.init(uncheckedW: w, journal: journal, wTimeout: wTimeout)
    }

    private init(uncheckedW w: Acknowledgment?, journal: Bool? = nil, wTimeout: Duration? = nil) {
        self.w = w
        self.journal = journal
        self.wTimeout = wTimeout
    }

    /// The server's default: nothing is sent.
    public static let serverDefault = WriteConcern(uncheckedW: nil)
    /// A majority of the members has to acknowledge.
    public static let majority = WriteConcern(uncheckedW: .majority)
    /// Nobody has to acknowledge: errors of the server go unseen.
    public static let unacknowledged = WriteConcern(uncheckedW: .nodes(0))

    /// Whether this is the server's default, so that nothing needs to be sent.
    public var isServerDefault: Bool { w == nil && journal == nil && wTimeout == nil }

    /// Whether the server answers a write at all.
    public var isAcknowledged: Bool { w != .nodes(0) || journal == true }
}

extension WriteConcern {
    /// Who has to acknowledge a write.
    public enum Acknowledgment: Sendable, Hashable {
        /// That many members; 0: nobody.
        case nodes(Int)
        /// The members that a tag of the replica set's configuration describes.
        case tag(String)

        /// A majority of the data-bearing, voting members.
        public static let majority = Acknowledgment.tag("majority")
    }
}

extension WriteConcern.Acknowledgment: ExpressibleByIntegerLiteral, CustomStringConvertible {
    /// A number of members, as in `w: 3`.
    public init(integerLiteral value: Int) {
        self = .nodes(value)
    }

    /// The number or the tag.
    public var description: String {
        switch self {
        case .nodes(let count): "\(count)"
        case .tag(let name): name
        }
    }
}
