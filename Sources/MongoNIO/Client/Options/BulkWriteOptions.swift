// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/crud/crud.md#insert-update-replace-delete-and-bulk-writes

public import MongoBSON

/// How to carry out many writes to a collection.
public struct BulkWriteOptions: Sendable {
    /// Whether to skip the collection's validator.
    public var bypassDocumentValidation: Bool?
    /// A note for the server's log and profiler.
    public var comment: BSON?
    /// Variables for expressions, which name them `$$name`.
    public var `let`: BSONDocument?
    /// Whether to stop at the first refusal. Otherwise the rest is tried. Default: `true`.
    public var ordered: Bool
    /// For MongoDB's own use: how a time series is stored. Servers before 8.2 are not sent it.
    public var rawData: Bool?
    /// How long it may take in all, retries included, instead of what the collection, database or client says.
    /// URI option `timeoutMS`.
    public var timeout: Duration?

    /// Options with the given values; everything else has its default.
    public init(
        bypassDocumentValidation: Bool? = nil,
        comment: BSON? = nil,
        `let`: BSONDocument? = nil,
        ordered: Bool = true,
        rawData: Bool? = nil,
        timeout: Duration? = nil
    ) {
        self.bypassDocumentValidation = bypassDocumentValidation
        self.comment = comment
        self.`let` = `let`
        self.ordered = ordered
        self.rawData = rawData
        self.timeout = timeout
    }
}

/// How to carry out one update of many writes.
public struct UpdateModelOptions: Sendable {
    /// Which elements of arrays an update with `$[name]` changes.
    public var arrayFilters: [BSONDocument]?
    /// How text is compared, for example `["locale": "de"]`.
    public var collation: BSONDocument?
    /// The index to use: its name, or its keys as a document.
    public var hint: BSON?
    /// Which document it is when several match: the first in this order.
    public var sort: BSONDocument?
    /// Whether to insert a document when none matches.
    public var upsert: Bool?

    /// Options with the given values; everything else has its default.
    public init(
        arrayFilters: [BSONDocument]? = nil,
        collation: BSONDocument? = nil,
        hint: BSON? = nil,
        sort: BSONDocument? = nil,
        upsert: Bool? = nil
    ) {
        self.arrayFilters = arrayFilters
        self.collation = collation
        self.hint = hint
        self.sort = sort
        self.upsert = upsert
    }
}

/// How to carry out one replacement of many writes.
public struct ReplaceModelOptions: Sendable {
    /// How text is compared, for example `["locale": "de"]`.
    public var collation: BSONDocument?
    /// The index to use: its name, or its keys as a document.
    public var hint: BSON?
    /// Which document it is when several match: the first in this order.
    public var sort: BSONDocument?
    /// Whether to insert a document when none matches.
    public var upsert: Bool?

    /// Options with the given values; everything else has its default.
    public init(
        collation: BSONDocument? = nil,
        hint: BSON? = nil,
        sort: BSONDocument? = nil,
        upsert: Bool? = nil
    ) {
        self.collation = collation
        self.hint = hint
        self.sort = sort
        self.upsert = upsert
    }
}

/// How to carry out one deletion of many writes.
public struct DeleteModelOptions: Sendable {
    /// How text is compared, for example `["locale": "de"]`.
    public var collation: BSONDocument?
    /// The index to use: its name, or its keys as a document.
    public var hint: BSON?

    /// Options with the given values; everything else has its default.
    public init(
        collation: BSONDocument? = nil,
        hint: BSON? = nil
    ) {
        self.collation = collation
        self.hint = hint
    }
}

/// How to carry out many writes to many collections.
public struct ClientBulkWriteOptions: Sendable {
    /// Whether to skip the collection's validator.
    public var bypassDocumentValidation: Bool?
    /// A note for the server's log and profiler.
    public var comment: BSON?
    /// Variables for expressions, which name them `$$name`.
    public var `let`: BSONDocument?
    /// Whether to stop at the first refusal. Otherwise the rest is tried. Default: `true`.
    public var ordered: Bool
    /// For MongoDB's own use: how a time series is stored. Servers before 8.2 are not sent it.
    public var rawData: Bool?
    /// How long it may take in all, retries included, instead of what the collection, database or client says.
    /// URI option `timeoutMS`.
    public var timeout: Duration?
    /// Whether to answer what became of each single write. Default: `false`.
    public var verboseResults: Bool
    /// Who has to acknowledge writes; `nil`: as inherited.
    public var writeConcern: WriteConcern?

    /// Options with the given values; everything else has its default.
    public init(
        bypassDocumentValidation: Bool? = nil,
        comment: BSON? = nil,
        `let`: BSONDocument? = nil,
        ordered: Bool = true,
        rawData: Bool? = nil,
        timeout: Duration? = nil,
        verboseResults: Bool = false,
        writeConcern: WriteConcern? = nil
    ) {
        self.bypassDocumentValidation = bypassDocumentValidation
        self.comment = comment
        self.`let` = `let`
        self.ordered = ordered
        self.rawData = rawData
        self.timeout = timeout
        self.verboseResults = verboseResults
        self.writeConcern = writeConcern
    }
}
