// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/crud/crud.md#read

public import MongoBSON

/// How to find documents.
public struct FindOptions: Sendable {
    /// Whether the server may use its disk for what does not fit into its memory.
    public var allowDiskUse: Bool?
    /// Whether a sharded cluster answers with what it has when a shard is down.
    public var allowPartialResults: Bool?
    /// How many documents the server sends at once; `nil` leaves it to the server.
    public var batchSize: Int?
    /// How text is compared, for example `["locale": "de"]`.
    public var collation: BSONDocument?
    /// A note for the server's log and profiler.
    public var comment: BSON?
    /// Whether the cursor waits at the end for more, in a capped collection. Default: it does not.
    public var cursorType: CursorType
    /// The index to use: its name, or its keys as a document.
    public var hint: BSON?
    /// Variables for expressions, which name them `$$name`.
    public var `let`: BSONDocument?
    /// How many documents to answer at most. Negative: the same, in one batch. 0 or `nil`: all.
    public var limit: Int?
    /// The upper bound in the index of `hint`, exclusive.
    public var max: BSONDocument?
    /// How long the server waits for documents when a cursor that waits is at its end, in whole
    /// milliseconds. Command field `maxTimeMS` of `getMore`.
    public var maxAwaitTime: Duration?
    /// How long the server may work on it, in whole milliseconds. Prefer `timeout`, which takes its place. Command
    /// field `maxTimeMS`.
    public var maxTime: Duration?
    /// The lower bound in the index of `hint`, inclusive.
    public var min: BSONDocument?
    /// Whether the server keeps the cursor when nobody reads it for ten minutes.
    public var noCursorTimeout: Bool?
    /// Which fields to answer, for example `["name": 1]`.
    public var projection: BSONDocument?
    /// For MongoDB's own use: how a time series is stored. Servers before 8.2 are not sent it.
    public var rawData: Bool?
    /// Whether to answer only the index's keys.
    public var returnKey: Bool?
    /// Whether to add the number of the record. Command field `showRecordId`.
    public var showRecordID: Bool?
    /// How many documents to pass over first.
    public var skip: Int?
    /// The order, for example `["name": 1]`.
    public var sort: BSONDocument?
    /// How long it may take in all, retries included, instead of what the collection, database or client says.
    /// URI option `timeoutMS`.
    public var timeout: Duration?
    /// What `timeout` is for. Default: the cursor's whole life, or each of its steps when the cursor waits for more.
    public var timeoutMode: CursorTimeoutMode?

    /// Options with the given values; everything else has its default.
    public init(
        allowDiskUse: Bool? = nil,
        allowPartialResults: Bool? = nil,
        batchSize: Int? = nil,
        collation: BSONDocument? = nil,
        comment: BSON? = nil,
        cursorType: CursorType = .nonTailable,
        hint: BSON? = nil,
        `let`: BSONDocument? = nil,
        limit: Int? = nil,
        max: BSONDocument? = nil,
        maxAwaitTime: Duration? = nil,
        maxTime: Duration? = nil,
        min: BSONDocument? = nil,
        noCursorTimeout: Bool? = nil,
        projection: BSONDocument? = nil,
        rawData: Bool? = nil,
        returnKey: Bool? = nil,
        showRecordID: Bool? = nil,
        skip: Int? = nil,
        sort: BSONDocument? = nil,
        timeout: Duration? = nil,
        timeoutMode: CursorTimeoutMode? = nil
    ) {
        self.allowDiskUse = allowDiskUse
        self.allowPartialResults = allowPartialResults
        self.batchSize = batchSize
        self.collation = collation
        self.comment = comment
        self.cursorType = cursorType
        self.hint = hint
        self.`let` = `let`
        self.limit = limit
        self.max = max
        self.maxAwaitTime = maxAwaitTime
        self.maxTime = maxTime
        self.min = min
        self.noCursorTimeout = noCursorTimeout
        self.projection = projection
        self.rawData = rawData
        self.returnKey = returnKey
        self.showRecordID = showRecordID
        self.skip = skip
        self.sort = sort
        self.timeout = timeout
        self.timeoutMode = timeoutMode
    }
}

/// How to find one document.
public struct FindOneOptions: Sendable {
    /// Whether the server may use its disk for what does not fit into its memory.
    public var allowDiskUse: Bool?
    /// Whether a sharded cluster answers with what it has when a shard is down.
    public var allowPartialResults: Bool?
    /// How text is compared, for example `["locale": "de"]`.
    public var collation: BSONDocument?
    /// A note for the server's log and profiler.
    public var comment: BSON?
    /// The index to use: its name, or its keys as a document.
    public var hint: BSON?
    /// Variables for expressions, which name them `$$name`.
    public var `let`: BSONDocument?
    /// The upper bound in the index of `hint`, exclusive.
    public var max: BSONDocument?
    /// How long the server may work on it, in whole milliseconds. Prefer `timeout`, which takes its place. Command
    /// field `maxTimeMS`.
    public var maxTime: Duration?
    /// The lower bound in the index of `hint`, inclusive.
    public var min: BSONDocument?
    /// Which fields to answer, for example `["name": 1]`.
    public var projection: BSONDocument?
    /// For MongoDB's own use: how a time series is stored. Servers before 8.2 are not sent it.
    public var rawData: Bool?
    /// Whether to answer only the index's keys.
    public var returnKey: Bool?
    /// Whether to add the number of the record. Command field `showRecordId`.
    public var showRecordID: Bool?
    /// How many documents to pass over first.
    public var skip: Int?
    /// The order, for example `["name": 1]`.
    public var sort: BSONDocument?
    /// How long it may take in all, retries included, instead of what the collection, database or client says.
    /// URI option `timeoutMS`.
    public var timeout: Duration?

    /// Options with the given values; everything else has its default.
    public init(
        allowDiskUse: Bool? = nil,
        allowPartialResults: Bool? = nil,
        collation: BSONDocument? = nil,
        comment: BSON? = nil,
        hint: BSON? = nil,
        `let`: BSONDocument? = nil,
        max: BSONDocument? = nil,
        maxTime: Duration? = nil,
        min: BSONDocument? = nil,
        projection: BSONDocument? = nil,
        rawData: Bool? = nil,
        returnKey: Bool? = nil,
        showRecordID: Bool? = nil,
        skip: Int? = nil,
        sort: BSONDocument? = nil,
        timeout: Duration? = nil
    ) {
        self.allowDiskUse = allowDiskUse
        self.allowPartialResults = allowPartialResults
        self.collation = collation
        self.comment = comment
        self.hint = hint
        self.`let` = `let`
        self.max = max
        self.maxTime = maxTime
        self.min = min
        self.projection = projection
        self.rawData = rawData
        self.returnKey = returnKey
        self.showRecordID = showRecordID
        self.skip = skip
        self.sort = sort
        self.timeout = timeout
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
    /// How many documents to count at most, at least 1; `nil` counts them all.
    public var limit: Int?
    /// How long the server may work on it, in whole milliseconds. Prefer `timeout`, which takes its place. Command
    /// field `maxTimeMS`.
    public var maxTime: Duration?
    /// For MongoDB's own use: how a time series is stored. Servers before 8.2 are not sent it.
    public var rawData: Bool?
    /// How many documents to pass over first.
    public var skip: Int?
    /// How long it may take in all, retries included, instead of what the collection, database or client says.
    /// URI option `timeoutMS`.
    public var timeout: Duration?

    /// Options with the given values; everything else has its default.
    public init(
        collation: BSONDocument? = nil,
        comment: BSON? = nil,
        hint: BSON? = nil,
        limit: Int? = nil,
        maxTime: Duration? = nil,
        rawData: Bool? = nil,
        skip: Int? = nil,
        timeout: Duration? = nil
    ) {
        self.collation = collation
        self.comment = comment
        self.hint = hint
        self.limit = limit
        self.maxTime = maxTime
        self.rawData = rawData
        self.skip = skip
        self.timeout = timeout
    }
}

/// How to estimate the number of documents.
public struct EstimatedDocumentCountOptions: Sendable {
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

/// How to find the distinct values of a field.
public struct DistinctOptions: Sendable {
    /// How text is compared, for example `["locale": "de"]`.
    public var collation: BSONDocument?
    /// A note for the server's log and profiler.
    public var comment: BSON?
    /// The index to use: its name, or its keys as a document.
    public var hint: BSON?
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
        collation: BSONDocument? = nil,
        comment: BSON? = nil,
        hint: BSON? = nil,
        maxTime: Duration? = nil,
        rawData: Bool? = nil,
        timeout: Duration? = nil
    ) {
        self.collation = collation
        self.comment = comment
        self.hint = hint
        self.maxTime = maxTime
        self.rawData = rawData
        self.timeout = timeout
    }
}

/// How to aggregate documents.
public struct AggregateOptions: Sendable {
    /// Whether the server may use its disk for what does not fit into its memory.
    public var allowDiskUse: Bool?
    /// How many documents the server sends at once; `nil` leaves it to the server.
    public var batchSize: Int?
    /// Whether to skip the collection's validator.
    public var bypassDocumentValidation: Bool?
    /// How text is compared, for example `["locale": "de"]`.
    public var collation: BSONDocument?
    /// A note for the server's log and profiler.
    public var comment: BSON?
    /// The index to use: its name, or its keys as a document.
    public var hint: BSON?
    /// Variables for expressions, which name them `$$name`.
    public var `let`: BSONDocument?
    /// How long the server waits for documents when a cursor that waits is at its end, in whole
    /// milliseconds. Command field `maxTimeMS` of `getMore`.
    public var maxAwaitTime: Duration?
    /// How long the server may work on it, in whole milliseconds. Prefer `timeout`, which takes its place. Command
    /// field `maxTimeMS`.
    public var maxTime: Duration?
    /// For MongoDB's own use: how a time series is stored. Servers before 8.2 are not sent it.
    public var rawData: Bool?
    /// How long it may take in all, retries included, instead of what the collection, database or client says.
    /// URI option `timeoutMS`.
    public var timeout: Duration?
    /// What `timeout` is for. Default: the cursor's whole life, or each of its steps when the cursor waits for more.
    public var timeoutMode: CursorTimeoutMode?

    /// Options with the given values; everything else has its default.
    public init(
        allowDiskUse: Bool? = nil,
        batchSize: Int? = nil,
        bypassDocumentValidation: Bool? = nil,
        collation: BSONDocument? = nil,
        comment: BSON? = nil,
        hint: BSON? = nil,
        `let`: BSONDocument? = nil,
        maxAwaitTime: Duration? = nil,
        maxTime: Duration? = nil,
        rawData: Bool? = nil,
        timeout: Duration? = nil,
        timeoutMode: CursorTimeoutMode? = nil
    ) {
        self.allowDiskUse = allowDiskUse
        self.batchSize = batchSize
        self.bypassDocumentValidation = bypassDocumentValidation
        self.collation = collation
        self.comment = comment
        self.hint = hint
        self.`let` = `let`
        self.maxAwaitTime = maxAwaitTime
        self.maxTime = maxTime
        self.rawData = rawData
        self.timeout = timeout
        self.timeoutMode = timeoutMode
    }
}
