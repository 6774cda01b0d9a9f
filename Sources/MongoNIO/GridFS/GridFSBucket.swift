// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/gridfs/gridfs-spec.md#configurable-gridfsbucket-class

import MongoBSON
import NIOCore
import Synchronization

/// Files of any size in a database: each is kept in parts in one collection, and described by a document in another.
///
/// ```swift
/// let bucket = client.database("home").gridFSBucket()
/// let id = try await bucket.upload("roscoe.mp4", from: video)
/// for try await bytes in try await bucket.openDownloadStream(id) {
///     try await output.write(bytes)
/// }
/// ```
///
/// Nothing is held in memory but a few parts. Before the first upload the bucket sees to the indexes that it needs.
public final class GridFSBucket: Sendable {
    /// The bucket's name.
    public let name: String
    /// How large the parts of new files are, in bytes.
    public let chunkSizeBytes: Int

    let files: MongoCollection<BSONDocument>
    let chunks: MongoCollection<BSONDocument>
    private let hasIndexes = Mutex(false)

    init(_ database: MongoDatabase, _ options: GridFSBucketOptions) {
        let settings = CollectionOptions(
            readConcern: options.readConcern,
            readPreference: options.readPreference,
            timeout: options.timeout,
            writeConcern: options.writeConcern
        )
        name = options.bucketName
        chunkSizeBytes = options.chunkSizeBytes
        files = database.collection("\(options.bucketName).files", options: settings)
        chunks = database.collection("\(options.bucketName).chunks", options: settings)
    }

    /// The collections, with the time that one operation may take.
    func collections(within timeout: Duration?, session: ClientSession?) -> GridFSCollections {
        GridFSCollections(files: files, chunks: chunks, session: session, timeout: timeout)
    }

    /// Sees to the indexes before the first upload.
    ///
    /// They are looked for before they are made: whoever may only read and write could not make them.
    func prepareForWriting(_ collections: GridFSCollections) async throws(MongoError) {
        guard !hasIndexes.withLock({ $0 }) else { return }
        let primary = CollectionOptions(readPreference: .primary)
        let isEmpty =
            try await collections.filesNow().withOptions(primary).findOne(
                options: FindOneOptions(projection: ["_id": 1]),
                session: collections.session
            ) == nil
        if isEmpty {
            try await ensureIndex(["filename": 1, "uploadDate": 1], IndexOptions()) { () throws(MongoError) in
                try collections.filesNow()
            }
            try await ensureIndex(["files_id": 1, "n": 1], IndexOptions(unique: true)) { () throws(MongoError) in
                try collections.chunksNow()
            }
        }
        hasIndexes.withLock { $0 = true }
    }

    private func ensureIndex(
        _ keys: BSONDocument,
        _ options: IndexOptions,
        on collection: () throws(MongoError) -> MongoCollection<BSONDocument>
    ) async throws(MongoError) {
        for index in try await collection().listIndexes().toArray() {
            guard let found = index.document(forKey: "key"), Self.sameKeys(found, keys) else { continue }
            return
        }
        try await collection().createIndex(keys, indexOptions: options)
    }

    /// Numbers are compared by value: some shells make all of them floating point numbers.
    static func sameKeys(_ lhs: BSONDocument, _ rhs: BSONDocument) -> Bool {
        lhs.elements.map(\.key) == rhs.elements.map(\.key)
            && lhs.elements.map(\.number) == rhs.elements.map(\.number)
    }
}

extension MongoDatabase {
    /// A bucket of files. Nothing is sent; a bucket that does not exist is made by the first upload.
    public func gridFSBucket(options: GridFSBucketOptions = GridFSBucketOptions()) -> GridFSBucket {
        GridFSBucket(self, options)
    }
}

/// The two collections of a bucket during one operation, which may take no longer than its timeout in all.
struct GridFSCollections: Sendable {
    private let files: MongoCollection<BSONDocument>
    private let chunks: MongoCollection<BSONDocument>
    let session: ClientSession?
    private let deadline: Deadline
    /// What the caller said of this one operation.
    private let timeout: Duration?

    init(
        files: MongoCollection<BSONDocument>,
        chunks: MongoCollection<BSONDocument>,
        session: ClientSession?,
        timeout: Duration?
    ) {
        self.files = files
        self.chunks = chunks
        self.session = session
        self.timeout = timeout
        deadline = Deadline(after: (timeout ?? files.settings.timeout).flatMap { $0 == .zero ? nil : $0 })
    }

    /// The collection of the files' documents.
    ///
    /// - Throws: `MongoError` when the time is over.
    func filesNow() throws(MongoError) -> MongoCollection<BSONDocument> { try withTimeLeft(files) }

    /// The collection of the files' parts.
    ///
    /// - Throws: `MongoError` when the time is over.
    func chunksNow() throws(MongoError) -> MongoCollection<BSONDocument> { try withTimeLeft(chunks) }

    private func withTimeLeft(
        _ collection: MongoCollection<BSONDocument>
    ) throws(MongoError) -> MongoCollection<BSONDocument> {
        guard !deadline.isNever else {
            // Without limit, when that was said, whatever the bucket says.
            return timeout == nil ? collection : collection.withOptions(CollectionOptions(timeout: timeout))
        }
        let left = Duration.nanoseconds(deadline.remaining().nanoseconds)
        guard left > .zero else { throw MongoError(.timeout, "the time for the operation on the file is over") }
        return collection.withOptions(CollectionOptions(timeout: left))
    }
}
