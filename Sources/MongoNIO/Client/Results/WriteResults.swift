// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/crud/crud.md#write-results

public import MongoBSON

/// What became of `insertOne`.
public struct InsertOneResult: Sendable, Hashable {
    /// Whether the server said so. With the write concern `w: 0` it does not answer, and nothing is known of the outcome.
    public var isAcknowledged = true
    /// The document's `_id`, made by the driver if the document had none.
    public var insertedID: BSON
}

/// What became of `insertMany`.
public struct InsertManyResult: Sendable, Hashable {
    /// Whether the server said so. With the write concern `w: 0` it does not answer, and nothing is known of the outcome.
    public var isAcknowledged = true
    /// The `_id` of each document, by its place in what was given.
    public var insertedIDs: [Int: BSON]
}

/// What became of an update or a replacement.
public struct UpdateResult: Sendable, Hashable {
    /// Whether the server said so. With the write concern `w: 0` it does not answer, and all counts are 0.
    public var isAcknowledged = true
    /// How many documents matched.
    public var matchedCount: Int
    /// How many documents were changed: one that was as wanted already is not.
    public var modifiedCount: Int
    /// The `_id` of the document that an upsert inserted; `nil` when it did not.
    public var upsertedID: BSON?
    /// How many documents an upsert inserted.
    public var upsertedCount: Int { upsertedID == nil ? 0 : 1 }
}

/// What became of a deletion.
public struct DeleteResult: Sendable, Hashable {
    /// Whether the server said so. With the write concern `w: 0` it does not answer, and the count is 0.
    public var isAcknowledged = true
    /// How many documents were deleted.
    public var deletedCount: Int
}
