// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/collection-management/tests/README.md

public import MongoBSON

/// How to create a collection.
public struct CreateCollectionOptions: Sendable {
    /// Whether the collection keeps its size by removing its oldest documents. Needs `size`.
    public var capped: Bool?
    /// Whether change streams can show documents as they were before a change: `["enabled": true]`.
    public var changeStreamPreAndPostImages: BSONDocument?
    /// The index that the collection is stored by, for example `["key": ["_id": 1], "unique": true]`.
    public var clusteredIndex: BSONDocument?
    /// How text is compared, for example `["locale": "de"]`.
    public var collation: BSONDocument?
    /// A note for the server's log and profiler.
    public var comment: BSON?
    /// The description of encrypted fields. It is passed on to the server; this driver encrypts nothing.
    public var encryptedFields: BSONDocument?
    /// After how many seconds documents of a time series or a clustered collection are removed.
    public var expireAfterSeconds: Int?
    /// What indexes of the collection get when nothing else is said, for example a storage engine.
    public var indexOptionDefaults: BSONDocument?
    /// The most documents of a capped collection. Command field `max`.
    public var max: Int?
    /// The stages that make the view of what it is a view of.
    public var pipeline: [BSONDocument]?
    /// The most bytes of a capped collection.
    public var size: Int?
    /// Options of the storage engine.
    public var storageEngine: BSONDocument?
    /// How long it may take in all, retries included, instead of what the collection, database or client says.
    /// URI option `timeoutMS`.
    public var timeout: Duration?
    /// What makes the collection a time series, for example `["timeField": "at", "metaField": "sensor"]`.
    public var timeseries: BSONDocument?
    /// What becomes of a document that does not match: `error`, `warn`, or `errorAndLog`.
    public var validationAction: String?
    /// Which documents are validated: `off`, `strict`, or `moderate` (not those that were invalid before).
    public var validationLevel: String?
    /// What every document has to match, a query or a `$jsonSchema`.
    public var validator: BSONDocument?
    /// The collection or view that this is to be a view of. Use it with `pipeline`, or take `createView`.
    public var viewOn: String?

    /// Options with the given values; everything else has its default.
    public init(
        capped: Bool? = nil,
        changeStreamPreAndPostImages: BSONDocument? = nil,
        clusteredIndex: BSONDocument? = nil,
        collation: BSONDocument? = nil,
        comment: BSON? = nil,
        encryptedFields: BSONDocument? = nil,
        expireAfterSeconds: Int? = nil,
        indexOptionDefaults: BSONDocument? = nil,
        max: Int? = nil,
        pipeline: [BSONDocument]? = nil,
        size: Int? = nil,
        storageEngine: BSONDocument? = nil,
        timeout: Duration? = nil,
        timeseries: BSONDocument? = nil,
        validationAction: String? = nil,
        validationLevel: String? = nil,
        validator: BSONDocument? = nil,
        viewOn: String? = nil
    ) {
        self.capped = capped
        self.changeStreamPreAndPostImages = changeStreamPreAndPostImages
        self.clusteredIndex = clusteredIndex
        self.collation = collation
        self.comment = comment
        self.encryptedFields = encryptedFields
        self.expireAfterSeconds = expireAfterSeconds
        self.indexOptionDefaults = indexOptionDefaults
        self.max = max
        self.pipeline = pipeline
        self.size = size
        self.storageEngine = storageEngine
        self.timeout = timeout
        self.timeseries = timeseries
        self.validationAction = validationAction
        self.validationLevel = validationLevel
        self.validator = validator
        self.viewOn = viewOn
    }
}

/// How to create a view.
public struct CreateViewOptions: Sendable {
    /// How text is compared, for example `["locale": "de"]`.
    public var collation: BSONDocument?
    /// A note for the server's log and profiler.
    public var comment: BSON?
    /// How long it may take in all, retries included, instead of what the collection, database or client says.
    /// URI option `timeoutMS`.
    public var timeout: Duration?

    /// Options with the given values; everything else has its default.
    public init(
        collation: BSONDocument? = nil,
        comment: BSON? = nil,
        timeout: Duration? = nil
    ) {
        self.collation = collation
        self.comment = comment
        self.timeout = timeout
    }
}

/// How to remove a collection.
public struct DropCollectionOptions: Sendable {
    /// A note for the server's log and profiler.
    public var comment: BSON?
    /// How long it may take in all, retries included, instead of what the collection, database or client says.
    /// URI option `timeoutMS`.
    public var timeout: Duration?

    /// Options with the given values; everything else has its default.
    public init(
        comment: BSON? = nil,
        timeout: Duration? = nil
    ) {
        self.comment = comment
        self.timeout = timeout
    }
}

/// How to remove a database.
public struct DropDatabaseOptions: Sendable {
    /// A note for the server's log and profiler.
    public var comment: BSON?
    /// How long it may take in all, retries included, instead of what the collection, database or client says.
    /// URI option `timeoutMS`.
    public var timeout: Duration?

    /// Options with the given values; everything else has its default.
    public init(
        comment: BSON? = nil,
        timeout: Duration? = nil
    ) {
        self.comment = comment
        self.timeout = timeout
    }
}

/// How to rename a collection.
public struct RenameCollectionOptions: Sendable {
    /// A note for the server's log and profiler.
    public var comment: BSON?
    /// Whether a collection that has the new name already is removed first. Otherwise that is an error.
    public var dropTarget: Bool?
    /// How long it may take in all, retries included, instead of what the collection, database or client says.
    /// URI option `timeoutMS`.
    public var timeout: Duration?

    /// Options with the given values; everything else has its default.
    public init(
        comment: BSON? = nil,
        dropTarget: Bool? = nil,
        timeout: Duration? = nil
    ) {
        self.comment = comment
        self.dropTarget = dropTarget
        self.timeout = timeout
    }
}

/// What to change of a collection.
public struct ModifyCollectionOptions: Sendable {
    /// The most documents of a capped collection.
    public var cappedMax: Int?
    /// The most bytes of a capped collection.
    public var cappedSize: Int?
    /// Whether change streams can show documents as they were before a change: `["enabled": true]`.
    public var changeStreamPreAndPostImages: BSONDocument?
    /// A note for the server's log and profiler.
    public var comment: BSON?
    /// After how many seconds documents of a time series or a clustered collection are removed; `"off"`: never.
    public var expireAfterSeconds: BSON?
    /// What to change of an index, for example `["name": "age_1", "hidden": true]`.
    public var index: BSONDocument?
    /// The stages that make the view of what it is a view of.
    public var pipeline: [BSONDocument]?
    /// How long it may take in all, retries included, instead of what the collection, database or client says.
    /// URI option `timeoutMS`.
    public var timeout: Duration?
    /// What makes the collection a time series, for example `["timeField": "at", "metaField": "sensor"]`.
    public var timeseries: BSONDocument?
    /// What becomes of a document that does not match: `error`, `warn`, or `errorAndLog`.
    public var validationAction: String?
    /// Which documents are validated: `off`, `strict`, or `moderate` (not those that were invalid before).
    public var validationLevel: String?
    /// What every document has to match, a query or a `$jsonSchema`.
    public var validator: BSONDocument?
    /// The collection or view that this is to be a view of. Use it with `pipeline`, or take `createView`.
    public var viewOn: String?

    /// Options with the given values; everything else has its default.
    public init(
        cappedMax: Int? = nil,
        cappedSize: Int? = nil,
        changeStreamPreAndPostImages: BSONDocument? = nil,
        comment: BSON? = nil,
        expireAfterSeconds: BSON? = nil,
        index: BSONDocument? = nil,
        pipeline: [BSONDocument]? = nil,
        timeout: Duration? = nil,
        timeseries: BSONDocument? = nil,
        validationAction: String? = nil,
        validationLevel: String? = nil,
        validator: BSONDocument? = nil,
        viewOn: String? = nil
    ) {
        self.cappedMax = cappedMax
        self.cappedSize = cappedSize
        self.changeStreamPreAndPostImages = changeStreamPreAndPostImages
        self.comment = comment
        self.expireAfterSeconds = expireAfterSeconds
        self.index = index
        self.pipeline = pipeline
        self.timeout = timeout
        self.timeseries = timeseries
        self.validationAction = validationAction
        self.validationLevel = validationLevel
        self.validator = validator
        self.viewOn = viewOn
    }
}

/// Which collections to list, and how.
public struct ListCollectionsOptions: Sendable {
    /// Whether to name only the collections that the user may use; for names only.
    public var authorizedCollections: Bool?
    /// How many documents the server sends at once; `nil` leaves it to the server.
    public var batchSize: Int?
    /// A note for the server's log and profiler.
    public var comment: BSON?
    /// What has to match to be listed.
    public var filter: BSONDocument?
    /// For MongoDB's own use: how a time series is stored. Servers before 8.2 are not sent it.
    public var rawData: Bool?
    /// How long it may take in all, retries included, instead of what the collection, database or client says.
    /// URI option `timeoutMS`.
    public var timeout: Duration?
    /// What `timeout` is for. Default: the cursor's whole life, or each of its steps when the cursor waits for more.
    public var timeoutMode: CursorTimeoutMode?

    /// Options with the given values; everything else has its default.
    public init(
        authorizedCollections: Bool? = nil,
        batchSize: Int? = nil,
        comment: BSON? = nil,
        filter: BSONDocument? = nil,
        rawData: Bool? = nil,
        timeout: Duration? = nil,
        timeoutMode: CursorTimeoutMode? = nil
    ) {
        self.authorizedCollections = authorizedCollections
        self.batchSize = batchSize
        self.comment = comment
        self.filter = filter
        self.rawData = rawData
        self.timeout = timeout
        self.timeoutMode = timeoutMode
    }
}

/// Which databases to list, and how.
public struct ListDatabasesOptions: Sendable {
    /// Whether to name only the databases that the user may see.
    public var authorizedDatabases: Bool?
    /// A note for the server's log and profiler.
    public var comment: BSON?
    /// What has to match to be listed.
    public var filter: BSONDocument?
    /// How long it may take in all, retries included, instead of what the collection, database or client says.
    /// URI option `timeoutMS`.
    public var timeout: Duration?

    /// Options with the given values; everything else has its default.
    public init(
        authorizedDatabases: Bool? = nil,
        comment: BSON? = nil,
        filter: BSONDocument? = nil,
        timeout: Duration? = nil
    ) {
        self.authorizedDatabases = authorizedDatabases
        self.comment = comment
        self.filter = filter
        self.timeout = timeout
    }
}
