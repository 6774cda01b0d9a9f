// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/change-streams/change-streams.md#response-format

public import MongoBSON

/// One change of a change stream.
public struct ChangeStreamDocument<FullDocument: Decodable & Sendable>: Decodable, Sendable {
    /// The change's own token.
    public var id: ResumeToken
    /// What happened.
    public var operationType: ChangeStreamOperationType
    /// Where it happened; `nil` for changes of the whole deployment and after an `invalidate`.
    public var namespace: ChangeStreamNamespace?
    /// What was made: `collection`, `timeseries` or `view`. With `showExpandedEvents`, of `create`.
    public var namespaceType: String?
    /// The new name, of `rename`.
    public var to: ChangeStreamNamespace?
    /// More about it. With `showExpandedEvents`, for example of `createIndexes`.
    public var operationDescription: BSONDocument?
    /// The `_id` of the document, and its shard key.
    public var documentKey: BSONDocument?
    /// What an update changed.
    public var updateDescription: ChangeStreamUpdateDescription?
    /// The document: always of `insert` and `replace`, of `update` as far as ``ChangeStreamOptions/fullDocument`` says.
    public var fullDocument: FullDocument?
    /// The document as it was before, as far as ``ChangeStreamOptions/fullDocumentBeforeChange`` says.
    public var fullDocumentBeforeChange: FullDocument?
    /// The server's clock when it happened. Of MongoDB 6.0 and newer.
    public var wallTime: BSONDateTime?
    /// The collection's own number. With `showExpandedEvents`.
    public var collectionUUID: BSONBinary?
    /// The cluster's time when it happened.
    public var clusterTime: BSONTimestamp?
    /// Which part of a change this is that was too large for one document; `nil` when it is whole. With the stage
    /// `$changeStreamSplitLargeEvent`.
    public var splitEvent: ChangeStreamSplitEvent?
    /// The number of the transaction that it was part of, in its session.
    public var transactionNumber: Int64?

    private enum CodingKeys: String, CodingKey {
        case id = "_id"
        case operationType
        case namespace = "ns"
        case namespaceType = "nsType"
        case to, operationDescription, documentKey, updateDescription, fullDocument, fullDocumentBeforeChange, wallTime
        case collectionUUID, clusterTime, splitEvent
        case transactionNumber = "txnNumber"
    }
}

/// What happened. Servers know more kinds than are named here.
public struct ChangeStreamOperationType: RawRepresentable, Sendable, Hashable, Decodable, CustomStringConvertible {
    /// The server's name for it.
    public let rawValue: String

    /// Makes a kind of its name, known to this driver or not.
    public init(rawValue: String) {
        self.rawValue = rawValue
    }

    /// The server's name for it.
    public var description: String { rawValue }

    /// A document was inserted.
    public static let insert = ChangeStreamOperationType(rawValue: "insert")
    /// A document was changed.
    public static let update = ChangeStreamOperationType(rawValue: "update")
    /// A document was replaced by another.
    public static let replace = ChangeStreamOperationType(rawValue: "replace")
    /// A document was deleted.
    public static let delete = ChangeStreamOperationType(rawValue: "delete")
    /// What is watched is no more; the stream ends.
    public static let invalidate = ChangeStreamOperationType(rawValue: "invalidate")
    /// A collection was removed.
    public static let drop = ChangeStreamOperationType(rawValue: "drop")
    /// A database was removed.
    public static let dropDatabase = ChangeStreamOperationType(rawValue: "dropDatabase")
    /// A collection got another name.
    public static let rename = ChangeStreamOperationType(rawValue: "rename")
    /// Indexes were made. With `showExpandedEvents`, like the following.
    public static let createIndexes = ChangeStreamOperationType(rawValue: "createIndexes")
    /// Indexes were removed.
    public static let dropIndexes = ChangeStreamOperationType(rawValue: "dropIndexes")
    /// A collection was modified.
    public static let modify = ChangeStreamOperationType(rawValue: "modify")
    /// A collection was made.
    public static let create = ChangeStreamOperationType(rawValue: "create")
    /// A collection was distributed over shards.
    public static let shardCollection = ChangeStreamOperationType(rawValue: "shardCollection")
    /// A collection was distributed over shards by another key. Of MongoDB 6.1 and newer, like the following.
    public static let reshardCollection = ChangeStreamOperationType(rawValue: "reshardCollection")
    /// The key by which a collection is distributed over shards was refined.
    public static let refineCollectionShardKey = ChangeStreamOperationType(rawValue: "refineCollectionShardKey")
}

/// Where a change happened.
public struct ChangeStreamNamespace: Sendable, Hashable, Decodable {
    /// The database.
    public var database: String
    /// The collection; `nil` for changes of the whole database.
    public var collection: String?

    private enum CodingKeys: String, CodingKey {
        case database = "db"
        case collection = "coll"
    }
}

/// What an update changed.
public struct ChangeStreamUpdateDescription: Sendable, Decodable {
    /// The fields that were set, with their new values; names of nested ones have dots.
    public var updatedFields: BSONDocument?
    /// The fields that were removed.
    public var removedFields: [String]?
    /// The arrays that were shortened, each with `field` and `newSize`.
    public var truncatedArrays: [BSONDocument]?
    /// The parts of names that could be read in two ways. With `showExpandedEvents`.
    public var disambiguatedPaths: BSONDocument?
}

/// Which part of a large change a document is.
public struct ChangeStreamSplitEvent: Sendable, Hashable, Decodable {
    /// Which part, from 1.
    public var fragment: Int
    /// How many parts there are.
    public var of: Int
}
