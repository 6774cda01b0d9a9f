// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/crud/crud.md#find-and-modify

public import MongoBSON

/// How to find a document and delete it.
public struct FindOneAndDeleteOptions: Sendable {
    /// How text is compared, for example `["locale": "de"]`.
    public var collation: BSONDocument?
    /// A note for the server's log and profiler.
    public var comment: BSON?
    /// The index to use: its name, or its keys as a document.
    public var hint: BSON?
    /// Variables for expressions, which name them `$$name`.
    public var `let`: BSONDocument?
    /// How long the server may work on it, in whole milliseconds. Prefer `timeout`, which takes its place. Command
    /// field `maxTimeMS`.
    public var maxTime: Duration?
    /// Which fields to answer, for example `["name": 1]`.
    public var projection: BSONDocument?
    /// For MongoDB's own use: how a time series is stored. Servers before 8.2 are not sent it.
    public var rawData: Bool?
    /// Which document it is when several match: the first in this order.
    public var sort: BSONDocument?
    /// How long it may take in all, retries included, instead of what the collection, database or client says.
    /// URI option `timeoutMS`.
    public var timeout: Duration?

    /// Options with the given values; everything else has its default.
    public init(
        collation: BSONDocument? = nil,
        comment: BSON? = nil,
        hint: BSON? = nil,
        `let`: BSONDocument? = nil,
        maxTime: Duration? = nil,
        projection: BSONDocument? = nil,
        rawData: Bool? = nil,
        sort: BSONDocument? = nil,
        timeout: Duration? = nil
    ) {
        self.collation = collation
        self.comment = comment
        self.hint = hint
        self.`let` = `let`
        self.maxTime = maxTime
        self.projection = projection
        self.rawData = rawData
        self.sort = sort
        self.timeout = timeout
    }
}

/// How to find a document and replace it.
public struct FindOneAndReplaceOptions: Sendable {
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
    /// How long the server may work on it, in whole milliseconds. Prefer `timeout`, which takes its place. Command
    /// field `maxTimeMS`.
    public var maxTime: Duration?
    /// Which fields to answer, for example `["name": 1]`.
    public var projection: BSONDocument?
    /// For MongoDB's own use: how a time series is stored. Servers before 8.2 are not sent it.
    public var rawData: Bool?
    /// Whether to answer the document as it was before, or after. Default: before.
    public var returnDocument: ReturnDocument?
    /// Which document it is when several match: the first in this order.
    public var sort: BSONDocument?
    /// How long it may take in all, retries included, instead of what the collection, database or client says.
    /// URI option `timeoutMS`.
    public var timeout: Duration?
    /// Whether to insert a document when none matches.
    public var upsert: Bool?

    /// Options with the given values; everything else has its default.
    public init(
        bypassDocumentValidation: Bool? = nil,
        collation: BSONDocument? = nil,
        comment: BSON? = nil,
        hint: BSON? = nil,
        `let`: BSONDocument? = nil,
        maxTime: Duration? = nil,
        projection: BSONDocument? = nil,
        rawData: Bool? = nil,
        returnDocument: ReturnDocument? = nil,
        sort: BSONDocument? = nil,
        timeout: Duration? = nil,
        upsert: Bool? = nil
    ) {
        self.bypassDocumentValidation = bypassDocumentValidation
        self.collation = collation
        self.comment = comment
        self.hint = hint
        self.`let` = `let`
        self.maxTime = maxTime
        self.projection = projection
        self.rawData = rawData
        self.returnDocument = returnDocument
        self.sort = sort
        self.timeout = timeout
        self.upsert = upsert
    }
}

/// How to find a document and update it.
public struct FindOneAndUpdateOptions: Sendable {
    /// Which elements of arrays an update with `$[name]` changes.
    public var arrayFilters: [BSONDocument]?
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
    /// How long the server may work on it, in whole milliseconds. Prefer `timeout`, which takes its place. Command
    /// field `maxTimeMS`.
    public var maxTime: Duration?
    /// Which fields to answer, for example `["name": 1]`.
    public var projection: BSONDocument?
    /// For MongoDB's own use: how a time series is stored. Servers before 8.2 are not sent it.
    public var rawData: Bool?
    /// Whether to answer the document as it was before, or after. Default: before.
    public var returnDocument: ReturnDocument?
    /// Which document it is when several match: the first in this order.
    public var sort: BSONDocument?
    /// How long it may take in all, retries included, instead of what the collection, database or client says.
    /// URI option `timeoutMS`.
    public var timeout: Duration?
    /// Whether to insert a document when none matches.
    public var upsert: Bool?

    /// Options with the given values; everything else has its default.
    public init(
        arrayFilters: [BSONDocument]? = nil,
        bypassDocumentValidation: Bool? = nil,
        collation: BSONDocument? = nil,
        comment: BSON? = nil,
        hint: BSON? = nil,
        `let`: BSONDocument? = nil,
        maxTime: Duration? = nil,
        projection: BSONDocument? = nil,
        rawData: Bool? = nil,
        returnDocument: ReturnDocument? = nil,
        sort: BSONDocument? = nil,
        timeout: Duration? = nil,
        upsert: Bool? = nil
    ) {
        self.arrayFilters = arrayFilters
        self.bypassDocumentValidation = bypassDocumentValidation
        self.collation = collation
        self.comment = comment
        self.hint = hint
        self.`let` = `let`
        self.maxTime = maxTime
        self.projection = projection
        self.rawData = rawData
        self.returnDocument = returnDocument
        self.sort = sort
        self.timeout = timeout
        self.upsert = upsert
    }
}

/// Which state of a document is answered.
public enum ReturnDocument: Sendable, Hashable {
    /// As it was before the change; nothing when it was inserted.
    case before
    /// As it is after the change.
    case after
}
