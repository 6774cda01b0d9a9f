// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/run-command/run-command.md

public import MongoBSON

/// How to run a command.
public struct RunCommandOptions: Sendable {
    /// Which members of a replica set may answer. Default: the primary, whatever the database says.
    public var readPreference: ReadPreference?
    /// How long it may take in all, retries included, instead of what the database or client says.
    /// URI option `timeoutMS`.
    public var timeout: Duration?

    /// Options with the given values; everything else has its default.
    public init(
        readPreference: ReadPreference? = nil,
        timeout: Duration? = nil
    ) {
        self.readPreference = readPreference
        self.timeout = timeout
    }
}

/// How to run a command that is answered with a cursor. `batchSize`, `comment` and `maxTime` are for the
/// `getMore` commands only: what the command itself says is the caller's business.
public struct RunCursorCommandOptions: Sendable {
    /// How many documents the server sends at once; `nil` leaves it to the server.
    public var batchSize: Int?
    /// A note for the server's log and profiler.
    public var comment: BSON?
    /// Whether the cursor waits at the end for more, in a capped collection. Default: it does not.
    public var cursorType: CursorType
    /// How long the server waits for documents when a cursor that waits is at its end, in whole milliseconds. It
    /// does not go together with `timeout`.
    public var maxTime: Duration?
    /// Which members of a replica set may answer. Default: the primary, whatever the database says.
    public var readPreference: ReadPreference?
    /// How long it may take in all, retries included, instead of what the database or client says.
    /// URI option `timeoutMS`.
    public var timeout: Duration?
    /// What `timeout` is for. Default: the cursor's whole life, or each of its steps when the cursor waits for more.
    public var timeoutMode: CursorTimeoutMode?

    /// Options with the given values; everything else has its default.
    public init(
        batchSize: Int? = nil,
        comment: BSON? = nil,
        cursorType: CursorType = .nonTailable,
        maxTime: Duration? = nil,
        readPreference: ReadPreference? = nil,
        timeout: Duration? = nil,
        timeoutMode: CursorTimeoutMode? = nil
    ) {
        self.batchSize = batchSize
        self.comment = comment
        self.cursorType = cursorType
        self.maxTime = maxTime
        self.readPreference = readPreference
        self.timeout = timeout
        self.timeoutMode = timeoutMode
    }
}
