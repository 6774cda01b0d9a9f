// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/index-management/index-management.md

public import MongoBSON

/// How to create indexes.
public struct CreateIndexOptions: Sendable {
    /// A note for the server's log and profiler.
    public var comment: BSON?
    /// How many members have to be done before the primary uses the index: a number, `"majority"`, or
    /// `"votingMembers"`.
    public var commitQuorum: WriteConcern.Acknowledgment?
    /// How long the server may work on it, in whole milliseconds. Prefer `timeout`, which takes its place. Command
    /// field `maxTimeMS`.
    public var maxTime: Duration?
    /// For MongoDB's own use: how a time series is stored. Servers before 8.2 are not sent it.
    public var rawData: Bool?
    /// How long it may take in all, retries included, instead of what the collection, database or client says.
    /// URI option `timeoutMS`.
    public var timeout: Duration?

    /// Options with the given values; everything else has its default.
    public init(
        comment: BSON? = nil,
        commitQuorum: WriteConcern.Acknowledgment? = nil,
        maxTime: Duration? = nil,
        rawData: Bool? = nil,
        timeout: Duration? = nil
    ) {
        self.comment = comment
        self.commitQuorum = commitQuorum
        self.maxTime = maxTime
        self.rawData = rawData
        self.timeout = timeout
    }
}

/// How to remove indexes.
public struct DropIndexOptions: Sendable {
    /// A note for the server's log and profiler.
    public var comment: BSON?
    /// How long the server may work on it, in whole milliseconds. Prefer `timeout`, which takes its place. Command
    /// field `maxTimeMS`.
    public var maxTime: Duration?
    /// For MongoDB's own use: how a time series is stored. Servers before 8.2 are not sent it.
    public var rawData: Bool?
    /// How long it may take in all, retries included, instead of what the collection, database or client says.
    /// URI option `timeoutMS`.
    public var timeout: Duration?

    /// Options with the given values; everything else has its default.
    public init(
        comment: BSON? = nil,
        maxTime: Duration? = nil,
        rawData: Bool? = nil,
        timeout: Duration? = nil
    ) {
        self.comment = comment
        self.maxTime = maxTime
        self.rawData = rawData
        self.timeout = timeout
    }
}

/// How to list indexes.
public struct ListIndexesOptions: Sendable {
    /// How many documents the server sends at once; `nil` leaves it to the server.
    public var batchSize: Int?
    /// A note for the server's log and profiler.
    public var comment: BSON?
    /// For MongoDB's own use: how a time series is stored. Servers before 8.2 are not sent it.
    public var rawData: Bool?
    /// How long it may take in all, retries included, instead of what the collection, database or client says.
    /// URI option `timeoutMS`.
    public var timeout: Duration?
    /// What `timeout` is for. Default: the cursor's whole life, or each of its steps when the cursor waits for more.
    public var timeoutMode: CursorTimeoutMode?

    /// Options with the given values; everything else has its default.
    public init(
        batchSize: Int? = nil,
        comment: BSON? = nil,
        rawData: Bool? = nil,
        timeout: Duration? = nil,
        timeoutMode: CursorTimeoutMode? = nil
    ) {
        self.batchSize = batchSize
        self.comment = comment
        self.rawData = rawData
        self.timeout = timeout
        self.timeoutMode = timeoutMode
    }
}
