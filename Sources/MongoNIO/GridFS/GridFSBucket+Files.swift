// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/gridfs/gridfs-spec.md

public import MongoBSON

extension GridFSBucket {
    /// Finds files by what their documents say, for example `["filename": "roscoe.mp4"]`, or
    /// `["metadata.owner": "Alice"]` of what the application keeps with them.
    ///
    /// - Parameters:
    ///   - filter: What their documents have to match; empty means all.
    ///   - options: Order, limits and more.
    ///   - session: The session that it belongs to.
    /// - Returns: A cursor over the files' documents.
    /// - Throws: ``MongoError``.
    public func find(
        _ filter: BSONDocument = [:],
        options: GridFSFindOptions = GridFSFindOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> MongoCursor<GridFSFile> {
        let options = FindOptions(
            allowDiskUse: options.allowDiskUse,
            batchSize: options.batchSize,
            limit: options.limit,
            maxTime: options.maxTime,
            noCursorTimeout: options.noCursorTimeout,
            skip: options.skip,
            sort: options.sort,
            timeout: options.timeout
        )
        return try await files.find(filter, as: GridFSFile.self, options: options, session: session)
    }

    /// Deletes a file: its document first, so that nobody begins to read it, then its parts.
    ///
    /// - Parameters:
    ///   - id: The file's id.
    ///   - options: A timeout.
    ///   - session: The session that it belongs to.
    /// - Throws: ``MongoError``, of the kind `gridFS` when there is no such file.
    public func delete(
        _ id: BSON,
        options: GridFSOptions = GridFSOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) {
        let collections = collections(within: options.timeout, session: session)
        let deleted = try await collections.filesNow().deleteOne(["_id": id], session: session)
        // Parts of a file that has no document any more are of use to nobody.
        try await collections.chunksNow().deleteMany(["files_id": id], session: session)
        if deleted.isAcknowledged, deleted.deletedCount == 0 { throw Self.noFile("with this id") }
    }

    /// Deletes every file of a name.
    ///
    /// - Parameters:
    ///   - filename: The files' name.
    ///   - options: A timeout.
    ///   - session: The session that it belongs to.
    /// - Throws: ``MongoError``, of the kind `gridFS` when there is no such file.
    public func deleteByName(
        _ filename: String,
        options: GridFSOptions = GridFSOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) {
        let collections = collections(within: options.timeout, session: session)
        let found = try await collections.filesNow().find(
            ["filename": .string(filename)],
            options: FindOptions(projection: ["_id": 1]),
            session: session
        )
        let ids = try await found.toArray().compactMap { $0["_id"] }
        guard !ids.isEmpty else { throw Self.noFile("named '\(filename)'") }
        try await collections.filesNow().deleteMany(["_id": ["$in": .array(ids)]], session: session)
        try await collections.chunksNow().deleteMany(["files_id": ["$in": .array(ids)]], session: session)
    }

    /// Gives a file another name.
    ///
    /// - Parameters:
    ///   - id: The file's id.
    ///   - newFilename: The new name.
    ///   - options: A timeout.
    ///   - session: The session that it belongs to.
    /// - Throws: ``MongoError``, of the kind `gridFS` when there is no such file.
    public func rename(
        _ id: BSON,
        to newFilename: String,
        options: GridFSOptions = GridFSOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) {
        let renamed = try await collections(within: options.timeout, session: session).filesNow().updateOne(
            ["_id": id],
            ["$set": ["filename": .string(newFilename)]],
            session: session
        )
        if renamed.isAcknowledged, renamed.matchedCount == 0 { throw Self.noFile("with this id") }
    }

    /// Gives every file of a name another name.
    ///
    /// - Parameters:
    ///   - filename: The files' name.
    ///   - newFilename: The new name.
    ///   - options: A timeout.
    ///   - session: The session that it belongs to.
    /// - Throws: ``MongoError``, of the kind `gridFS` when there is no such file.
    public func renameByName(
        _ filename: String,
        to newFilename: String,
        options: GridFSOptions = GridFSOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) {
        let renamed = try await collections(within: options.timeout, session: session).filesNow().updateMany(
            ["filename": .string(filename)],
            ["$set": ["filename": .string(newFilename)]],
            session: session
        )
        if renamed.isAcknowledged, renamed.matchedCount == 0 { throw Self.noFile("named '\(filename)'") }
    }

    /// Removes the bucket with all its files.
    ///
    /// - Parameters:
    ///   - options: A timeout.
    ///   - session: The session that it belongs to.
    /// - Throws: ``MongoError``.
    public func drop(
        options: GridFSOptions = GridFSOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) {
        let collections = collections(within: options.timeout, session: session)
        try await collections.filesNow().drop(session: session)
        try await collections.chunksNow().drop(session: session)
    }

    static func noFile(_ which: String) -> MongoError {
        MongoError(.gridFS, "the bucket has no file \(which)")
    }
}
