// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/index-management/index-management.md#common-api-components

public import MongoBSON

/// What there is to say about an index beside its keys.
public struct IndexOptions: Sendable {
    /// Ignored by servers since 4.2.
    public var background: Bool?
    /// The precision of a `2d` index.
    public var bits: Int?
    /// How many units a bucket of a `geoHaystack` index covers.
    public var bucketSize: Int?
    /// Whether the server stores the collection by this index. Only ever read from a server.
    public var clustered: Bool?
    /// How text is compared, for example `["locale": "de"]`.
    public var collation: BSONDocument?
    /// The language of a text index. Index field `default_language`. The server's default: `english`.
    public var defaultLanguage: String?
    /// After how many seconds documents are removed.
    public var expireAfterSeconds: Int?
    /// Whether queries are planned as if the index were not there.
    public var hidden: Bool?
    /// The field of documents that names their language. Index field `language_override`.
    public var languageOverride: String?
    /// The upper bound of a `2d` index.
    public var max: Double?
    /// The lower bound of a `2d` index.
    public var min: Double?
    /// The index's name; `nil` makes one of the keys.
    public var name: String?
    /// Which documents are in the index.
    public var partialFilterExpression: BSONDocument?
    /// Whether documents without the field are left out.
    public var sparse: Bool?
    /// The version of a `2dsphere` index. Index field `2dsphereIndexVersion`.
    public var sphereIndexVersion: Int?
    /// Options of the storage engine.
    public var storageEngine: BSONDocument?
    /// The version of a text index.
    public var textIndexVersion: Int?
    /// Whether no two documents may have the same keys.
    public var unique: Bool?
    /// The version of the index. Index field `v`.
    public var version: Int?
    /// How much the fields of a text index count.
    public var weights: BSONDocument?
    /// Which fields a wildcard index covers.
    public var wildcardProjection: BSONDocument?

    /// Options with the given values; everything else has its default.
    public init(
        background: Bool? = nil,
        bits: Int? = nil,
        bucketSize: Int? = nil,
        clustered: Bool? = nil,
        collation: BSONDocument? = nil,
        defaultLanguage: String? = nil,
        expireAfterSeconds: Int? = nil,
        hidden: Bool? = nil,
        languageOverride: String? = nil,
        max: Double? = nil,
        min: Double? = nil,
        name: String? = nil,
        partialFilterExpression: BSONDocument? = nil,
        sparse: Bool? = nil,
        sphereIndexVersion: Int? = nil,
        storageEngine: BSONDocument? = nil,
        textIndexVersion: Int? = nil,
        unique: Bool? = nil,
        version: Int? = nil,
        weights: BSONDocument? = nil,
        wildcardProjection: BSONDocument? = nil
    ) {
        self.background = background
        self.bits = bits
        self.bucketSize = bucketSize
        self.clustered = clustered
        self.collation = collation
        self.defaultLanguage = defaultLanguage
        self.expireAfterSeconds = expireAfterSeconds
        self.hidden = hidden
        self.languageOverride = languageOverride
        self.max = max
        self.min = min
        self.name = name
        self.partialFilterExpression = partialFilterExpression
        self.sparse = sparse
        self.sphereIndexVersion = sphereIndexVersion
        self.storageEngine = storageEngine
        self.textIndexVersion = textIndexVersion
        self.unique = unique
        self.version = version
        self.weights = weights
        self.wildcardProjection = wildcardProjection
    }
}
