// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/crud/crud.md#write-results

public import MongoBSON

/// What became of `bulkWrite` on a collection.
public struct BulkWriteResult: Sendable, Hashable {
    /// Whether the server said so. With the write concern `w: 0` it does not answer, and all counts are 0.
    public var isAcknowledged = true
    /// How many documents were deleted.
    public var deletedCount = 0
    /// How many documents were inserted, upserts apart.
    public var insertedCount = 0
    /// The `_id` of each document that was inserted, by the place of its write.
    public var insertedIDs: [Int: BSON] = [:]
    /// How many documents updates and replacements matched.
    public var matchedCount = 0
    /// How many documents updates and replacements changed.
    public var modifiedCount = 0
    /// The `_id` of each document that an upsert inserted, by the place of its write.
    public var upsertedIDs: [Int: BSON] = [:]
    /// How many documents upserts inserted.
    public var upsertedCount: Int { upsertedIDs.count }
}
