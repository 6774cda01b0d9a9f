// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/read-write-concern/read-write-concern.md#read-concern

/// How consistent and how isolated the data of a read has to be.
///
/// A read concern without a level is the server's default: nothing is sent. That is not the same as the level
/// ``Level/local``, which is sent.
public struct ReadConcern: Sendable, Hashable {
    /// The level; `nil` is the server's default. URI option `readConcernLevel`.
    public var level: Level?

    /// Makes a read concern.
    ///
    /// - Parameter level: The level; `nil` is the server's default.
    public init(level: Level? = nil) {
        self.level = level
    }

    /// The server's default: nothing is sent.
    public static let serverDefault = ReadConcern()
    /// The data of the queried member, which may be rolled back.
    public static let local = ReadConcern(level: .local)
    /// Data that a majority of the members have acknowledged.
    public static let majority = ReadConcern(level: .majority)
    /// All writes that a majority acknowledged before the read began.
    public static let linearizable = ReadConcern(level: .linearizable)
    /// The data of the queried member, orphaned documents of sharded clusters included.
    public static let available = ReadConcern(level: .available)
    /// Majority-committed data of one point in time.
    public static let snapshot = ReadConcern(level: .snapshot)

    /// Whether this is the server's default, so that nothing needs to be sent.
    public var isServerDefault: Bool { level == nil }
}

extension ReadConcern {
    /// The level of a read concern. Any name is passed on to the server, which judges it.
    public struct Level: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
        /// The name as it is sent to the server.
        public let rawValue: String

        /// Makes a level of its name, known to this driver or not.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The name as it is sent to the server.
        public var description: String { rawValue }

        /// `local`
        public static let local = Level(rawValue: "local")
        /// `majority`
        public static let majority = Level(rawValue: "majority")
        /// `linearizable`
        public static let linearizable = Level(rawValue: "linearizable")
        /// `available`
        public static let available = Level(rawValue: "available")
        /// `snapshot`
        public static let snapshot = Level(rawValue: "snapshot")
    }
}
