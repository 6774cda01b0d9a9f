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

    /// Options with the given values; everything else has its default.
    public init(
        bypassDocumentValidation: Bool? = nil,
        comment: BSON? = nil
    ) {
        self.bypassDocumentValidation = bypassDocumentValidation
        self.comment = comment
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

    /// Options with the given values; everything else has its default.
    public init(
        bypassDocumentValidation: Bool? = nil,
        comment: BSON? = nil,
        ordered: Bool = true
    ) {
        self.bypassDocumentValidation = bypassDocumentValidation
        self.comment = comment
        self.ordered = ordered
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
    /// Whether to insert a document when none matches.
    public var upsert: Bool?
    /// Variables for expressions. Command field `let`.
    public var variables: BSONDocument?

    /// Options with the given values; everything else has its default.
    public init(
        arrayFilters: [BSONDocument]? = nil,
        bypassDocumentValidation: Bool? = nil,
        collation: BSONDocument? = nil,
        comment: BSON? = nil,
        hint: BSON? = nil,
        upsert: Bool? = nil,
        variables: BSONDocument? = nil
    ) {
        self.arrayFilters = arrayFilters
        self.bypassDocumentValidation = bypassDocumentValidation
        self.collation = collation
        self.comment = comment
        self.hint = hint
        self.upsert = upsert
        self.variables = variables
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
    /// Variables for expressions. Command field `let`.
    public var variables: BSONDocument?

    /// Options with the given values; everything else has its default.
    public init(
        collation: BSONDocument? = nil,
        comment: BSON? = nil,
        hint: BSON? = nil,
        variables: BSONDocument? = nil
    ) {
        self.collation = collation
        self.comment = comment
        self.hint = hint
        self.variables = variables
    }
}
