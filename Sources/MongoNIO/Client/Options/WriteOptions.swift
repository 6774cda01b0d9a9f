// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/crud/crud.md#insert-update-replace-delete-and-bulk-writes

public import MongoBSON

/// How to insert a document.
public struct InsertOneOptions: Sendable {
    /// Whether to skip the collection's validator.
    public var bypassDocumentValidation: Bool?
    /// A note for the server's log and profiler.
    public var comment: BSON?
    /// For MongoDB's own use: how a time series is stored. Servers before 8.2 are not sent it.
    public var rawData: Bool?
    /// How long it may take in all, retries included, instead of what the collection, database or client says.
    /// URI option `timeoutMS`.
    public var timeout: Duration?

    /// Options with the given values; everything else has its default.
    public init(
        bypassDocumentValidation: Bool? = nil,
        comment: BSON? = nil,
        rawData: Bool? = nil,
        timeout: Duration? = nil
    ) {
        self.bypassDocumentValidation = bypassDocumentValidation
        self.comment = comment
        self.rawData = rawData
        self.timeout = timeout
    }
}

/// How to insert documents.
public struct InsertManyOptions: Sendable {
    /// Whether to skip the collection's validator.
    public var bypassDocumentValidation: Bool?
    /// A note for the server's log and profiler.
    public var comment: BSON?
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
        ordered: Bool = true,
        rawData: Bool? = nil,
        timeout: Duration? = nil
    ) {
        self.bypassDocumentValidation = bypassDocumentValidation
        self.comment = comment
        self.ordered = ordered
        self.rawData = rawData
        self.timeout = timeout
    }
}

/// How to update documents.
public struct UpdateOptions: Sendable {
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
    /// For MongoDB's own use: how a time series is stored. Servers before 8.2 are not sent it.
    public var rawData: Bool?
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
        rawData: Bool? = nil,
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
        self.rawData = rawData
        self.sort = sort
        self.timeout = timeout
        self.upsert = upsert
    }
}

/// How to replace a document.
public struct ReplaceOptions: Sendable {
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
    /// For MongoDB's own use: how a time series is stored. Servers before 8.2 are not sent it.
    public var rawData: Bool?
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
        rawData: Bool? = nil,
        sort: BSONDocument? = nil,
        timeout: Duration? = nil,
        upsert: Bool? = nil
    ) {
        self.bypassDocumentValidation = bypassDocumentValidation
        self.collation = collation
        self.comment = comment
        self.hint = hint
        self.`let` = `let`
        self.rawData = rawData
        self.sort = sort
        self.timeout = timeout
        self.upsert = upsert
    }
}

/// How to delete documents.
public struct DeleteOptions: Sendable {
    /// How text is compared, for example `["locale": "de"]`.
    public var collation: BSONDocument?
    /// A note for the server's log and profiler.
    public var comment: BSON?
    /// The index to use: its name, or its keys as a document.
    public var hint: BSON?
    /// Variables for expressions, which name them `$$name`.
    public var `let`: BSONDocument?
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
        `let`: BSONDocument? = nil,
        rawData: Bool? = nil,
        timeout: Duration? = nil
    ) {
        self.collation = collation
        self.comment = comment
        self.hint = hint
        self.`let` = `let`
        self.rawData = rawData
        self.timeout = timeout
    }
}
