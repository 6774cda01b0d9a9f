// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/crud/crud.md#read

public import MongoBSON

/// How to find documents.
public struct FindOptions: Sendable {
    /// Whether the server may use its disk for a large sort.
    public var allowDiskUse: Bool?
    /// How many documents the server sends at once; `nil` leaves it to the server.
    public var batchSize: Int?
    /// How text is compared, for example `["locale": "de"]`.
    public var collation: BSONDocument?
    /// A note for the server's log and profiler.
    public var comment: BSON?
    /// The index to use: its name, or its keys as a document.
    public var hint: BSON?
    /// How many documents to answer at most. Negative: the same, in one batch. 0 or `nil`: all.
    public var limit: Int?
    /// The upper bound in the index of `hint`, exclusive.
    public var max: BSONDocument?
    /// How long the server may work on it, in whole milliseconds. Command field `maxTimeMS`.
    public var maxTime: Duration?
    /// The lower bound in the index of `hint`, inclusive.
    public var min: BSONDocument?
    /// Whether the server keeps the cursor when nobody reads it for ten minutes.
    public var noCursorTimeout: Bool?
    /// Which fields to answer, for example `["name": 1]`.
    public var projection: BSONDocument?
    /// Whether to answer only the index's keys.
    public var returnKey: Bool?
    /// Whether to add the number of the record. Command field `showRecordId`.
    public var showRecordID: Bool?
    /// How many documents to pass over first.
    public var skip: Int?
    /// The order, for example `["name": 1]`.
    public var sort: BSONDocument?
    /// Variables for expressions. Command field `let`.
    public var variables: BSONDocument?

    /// Options with the given values; everything else has its default.
    public init(
        allowDiskUse: Bool? = nil,
        batchSize: Int? = nil,
        collation: BSONDocument? = nil,
        comment: BSON? = nil,
        hint: BSON? = nil,
        limit: Int? = nil,
        max: BSONDocument? = nil,
        maxTime: Duration? = nil,
        min: BSONDocument? = nil,
        noCursorTimeout: Bool? = nil,
        projection: BSONDocument? = nil,
        returnKey: Bool? = nil,
        showRecordID: Bool? = nil,
        skip: Int? = nil,
        sort: BSONDocument? = nil,
        variables: BSONDocument? = nil
    ) {
        self.allowDiskUse = allowDiskUse
        self.batchSize = batchSize
        self.collation = collation
        self.comment = comment
        self.hint = hint
        self.limit = limit
        self.max = max
        self.maxTime = maxTime
        self.min = min
        self.noCursorTimeout = noCursorTimeout
        self.projection = projection
        self.returnKey = returnKey
        self.showRecordID = showRecordID
        self.skip = skip
        self.sort = sort
        self.variables = variables
    }
}

/// How to count documents.
public struct CountDocumentsOptions: Sendable {
    /// How text is compared, for example `["locale": "de"]`.
    public var collation: BSONDocument?
    /// A note for the server's log and profiler.
    public var comment: BSON?
    /// The index to use: its name, or its keys as a document.
    public var hint: BSON?
    /// How many documents to answer at most. Negative: the same, in one batch. 0 or `nil`: all.
    public var limit: Int?
    /// How long the server may work on it, in whole milliseconds. Command field `maxTimeMS`.
    public var maxTime: Duration?
    /// How many documents to pass over first.
    public var skip: Int?

    /// Options with the given values; everything else has its default.
    public init(
        collation: BSONDocument? = nil,
        comment: BSON? = nil,
        hint: BSON? = nil,
        limit: Int? = nil,
        maxTime: Duration? = nil,
        skip: Int? = nil
    ) {
        self.collation = collation
        self.comment = comment
        self.hint = hint
        self.limit = limit
        self.maxTime = maxTime
        self.skip = skip
    }
}
