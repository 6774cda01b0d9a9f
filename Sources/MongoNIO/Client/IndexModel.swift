// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/index-management/index-management.md#common-api-components

public import MongoBSON

/// An index to be created: its keys and what else there is to say.
///
/// ```swift
/// try await kittens.createIndex(IndexModel(["name": 1], options: IndexOptions(unique: true)))
/// ```
public struct IndexModel: Sendable {
    /// The fields and their order, for example `["name": 1, "age": -1]`.
    public var keys: BSONDocument
    /// What else there is to say.
    public var options: IndexOptions

    /// Makes a model.
    public init(_ keys: BSONDocument, options: IndexOptions = IndexOptions()) {
        self.keys = keys
        self.options = options
    }

    /// The index's name: the one given, or the fields and their order, for example `name_1_age_-1`.
    public var name: String {
        options.name
            ?? keys.map { key, value in
                switch value {
                case .string(let text): "\(key)_\(text)"
                case .double(let number): "\(key)_\(Int64(exactly: number).map { "\($0)" } ?? "\(number)")"
                case .int32(let number): "\(key)_\(number)"
                case .int64(let number): "\(key)_\(number)"
                default: key
                }
            }.joined(separator: "_")
    }

    func encode(into index: inout BSONWriter) {
        index.append("key", keys)
        index.append("name", name)
        index.append("background", ifPresent: options.background)
        index.append("expireAfterSeconds", ifPresent: options.expireAfterSeconds)
        index.append("sparse", ifPresent: options.sparse)
        index.append("storageEngine", ifPresent: options.storageEngine)
        index.append("unique", ifPresent: options.unique)
        index.append("v", ifPresent: options.version)
        index.append("default_language", ifPresent: options.defaultLanguage)
        index.append("language_override", ifPresent: options.languageOverride)
        index.append("textIndexVersion", ifPresent: options.textIndexVersion)
        index.append("weights", ifPresent: options.weights)
        index.append("2dsphereIndexVersion", ifPresent: options.sphereIndexVersion)
        index.append("bits", ifPresent: options.bits)
        if let max = options.max { index.append("max", max) }
        if let min = options.min { index.append("min", min) }
        index.append("bucketSize", ifPresent: options.bucketSize)
        index.append("partialFilterExpression", ifPresent: options.partialFilterExpression)
        index.append("collation", ifPresent: options.collation)
        index.append("wildcardProjection", ifPresent: options.wildcardProjection)
        index.append("hidden", ifPresent: options.hidden)
        index.append("clustered", ifPresent: options.clustered)
    }

    /// Reads what the server says of an index.
    init?(_ document: BSONDocument) {
        guard let keys = document.document(forKey: "key") else { return nil }
        func integer(_ key: String) -> Int? { document.integer(forKey: key).flatMap { Int(exactly: $0) } }
        func bool(_ key: String) -> Bool? { document.element(forKey: key)?.truth }
        self.keys = keys
        options = IndexOptions(
            background: bool("background"),
            bits: integer("bits"),
            bucketSize: integer("bucketSize"),
            clustered: bool("clustered"),
            collation: document.document(forKey: "collation"),
            defaultLanguage: document.string(forKey: "default_language"),
            expireAfterSeconds: integer("expireAfterSeconds"),
            hidden: bool("hidden"),
            languageOverride: document.string(forKey: "language_override"),
            max: document.element(forKey: "max")?.number,
            min: document.element(forKey: "min")?.number,
            name: document.string(forKey: "name"),
            partialFilterExpression: document.document(forKey: "partialFilterExpression"),
            sparse: bool("sparse"),
            sphereIndexVersion: integer("2dsphereIndexVersion"),
            storageEngine: document.document(forKey: "storageEngine"),
            textIndexVersion: integer("textIndexVersion"),
            unique: bool("unique"),
            version: integer("v"),
            weights: document.document(forKey: "weights"),
            wildcardProjection: document.document(forKey: "wildcardProjection")
        )
    }
}

/// A search index to be created, in deployments that have them (Atlas).
public struct SearchIndexModel: Sendable {
    /// The definition, for example `["mappings": ["dynamic": true]]`.
    public var definition: BSONDocument
    /// The index's name; `nil` leaves it to the server: `default`.
    public var name: String?
    /// `search` or `vectorSearch`; `nil` leaves it to the server: `search`.
    public var type: String?

    /// Makes a model.
    public init(_ definition: BSONDocument, name: String? = nil, type: String? = nil) {
        self.definition = definition
        self.name = name
        self.type = type
    }
}
