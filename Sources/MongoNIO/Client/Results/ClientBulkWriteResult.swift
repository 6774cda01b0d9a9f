// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/crud/bulk-write.md#result

/// What became of ``MongoClient/bulkWrite(_:options:session:)``.
public struct ClientBulkWriteResult: Sendable, Hashable {
    /// Whether the server said so. With the write concern `w: 0` it does not answer, and all counts are 0.
    public var isAcknowledged = true
    /// How many documents were inserted, upserts apart.
    public var insertedCount = 0
    /// How many documents upserts inserted.
    public var upsertedCount = 0
    /// How many documents updates and replacements matched.
    public var matchedCount = 0
    /// How many documents updates and replacements changed.
    public var modifiedCount = 0
    /// How many documents were deleted.
    public var deletedCount = 0
    /// What became of each insertion that was done, by its place; `nil` unless `verboseResults` was asked for.
    public var insertResults: [Int: InsertOneResult]?
    /// What became of each update and replacement that was done, by its place; `nil` unless `verboseResults` was asked for.
    public var updateResults: [Int: UpdateResult]?
    /// What became of each deletion that was done, by its place; `nil` unless `verboseResults` was asked for.
    public var deleteResults: [Int: DeleteResult]?

    /// Whether the results of single writes are there.
    public var hasVerboseResults: Bool { insertResults != nil }
}

/// What came of the single writes when ``MongoClient/bulkWrite(_:options:session:)`` failed.
public struct ClientBulkWriteError: Sendable {
    /// What ended it, other than the refusal of a write: a lost connection, or a refusal of the whole command.
    public var error: MongoError?
    /// What went wrong with the write concern, after the writes themselves were done.
    public var writeConcernErrors: [MongoError.WriteConcernError] = []
    /// The writes that were refused, by their place.
    public var writeErrors: [Int: MongoError.WriteError] = [:]
    /// What was done; `nil` when nothing is known to have been done.
    public var partialResult: ClientBulkWriteResult?
}
