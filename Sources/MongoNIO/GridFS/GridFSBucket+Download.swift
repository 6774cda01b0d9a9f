// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/gridfs/gridfs-spec.md#file-download

public import MongoBSON
public import NIOCore
import Synchronization

extension GridFSBucket {
    /// Opens a file for reading.
    ///
    /// - Parameters:
    ///   - id: The file's id.
    ///   - options: Which bytes of it, and a timeout.
    ///   - session: The session that it belongs to.
    /// - Returns: The file's bytes, to be read part by part.
    /// - Throws: ``MongoError``, of the kind `gridFS` when there is no such file.
    public func openDownloadStream(
        _ id: BSON,
        options: GridFSDownloadOptions = GridFSDownloadOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> GridFSDownloadStream {
        let collections = collections(within: options.timeout, session: session)
        guard let document = try await collections.filesNow().findOne(["_id": id], session: session) else {
            throw Self.noFile("with this id")
        }
        return try await GridFSDownloadStream(GridFSFile(document), options, collections)
    }

    /// Opens a file for reading, by its name.
    ///
    /// - Parameters:
    ///   - filename: The file's name.
    ///   - revision: Which of the files of the name: 0 the oldest, 1 the next, -1 the newest, -2 the one before it.
    ///   - options: Which bytes of it, and a timeout.
    ///   - session: The session that it belongs to.
    /// - Returns: The file's bytes, to be read part by part.
    /// - Throws: ``MongoError``, of the kind `gridFS` when there is no such file or revision.
    public func openDownloadStream(
        byName filename: String,
        revision: Int = -1,
        options: GridFSDownloadOptions = GridFSDownloadOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> GridFSDownloadStream {
        let collections = collections(within: options.timeout, session: session)
        let filter: BSONDocument = ["filename": .string(filename)]
        let found = try await collections.filesNow().findOne(
            filter,
            options: FindOneOptions(
                skip: revision < 0 ? -(revision + 1) : revision,
                sort: ["uploadDate": revision < 0 ? -1 : 1]
            ),
            session: session
        )
        if let found { return try await GridFSDownloadStream(GridFSFile(found), options, collections) }
        guard try await collections.filesNow().findOne(filter, session: session) != nil else {
            throw Self.noFile("named '\(filename)'")
        }
        throw MongoError(.gridFS, "the file '\(filename)' has no revision \(revision)")
    }
}

/// The bytes of a file, read part by part.
///
/// It is read once, by one task at a time. Left early, it frees what the server keeps for it.
public final class GridFSDownloadStream: AsyncSequence, Sendable {
    /// What a download throws.
    public typealias Failure = MongoError

    /// The file.
    public let file: GridFSFile
    private let cursor: MongoCursor<BSONDocument>?
    private let chunks: Mutex<GridFSChunks>

    init(
        _ file: GridFSFile,
        _ options: GridFSDownloadOptions,
        _ collections: GridFSCollections
    ) async throws(MongoError) {
        let chunks = try GridFSChunks(file, range: options.range)
        self.file = file
        self.chunks = Mutex(chunks)
        let numbers = chunks.numbers
        guard !numbers.isEmpty else {
            cursor = nil
            return
        }
        var filter: BSONDocument = ["files_id": file.id]
        if options.range != nil {
            filter["n"] = ["$gte": .int64(numbers.lowerBound), "$lt": .int64(numbers.upperBound)]
        }
        cursor = try await collections.chunksNow().find(
            filter,
            options: FindOptions(sort: ["n": 1]),
            session: collections.session
        )
    }

    /// The next bytes; `nil` at the end of the file.
    ///
    /// - Throws: ``MongoError``, of the kind `gridFS` when parts of the file are missing or wrong.
    public func next() async throws(MongoError) -> ByteBuffer? {
        guard let cursor else { return nil }
        while let chunk = try await cursor.next() {
            let bytes = chunks.withLock { chunks in
                Result { () throws(MongoError) -> ByteBuffer? in try chunks.bytes(of: chunk) }
            }
            do throws(MongoError) {
                if let bytes = try bytes.get() { return bytes }
            } catch {
                await cursor.close()
                throw error
            }
        }
        try chunks.withLock { $0 }.finish()
        return nil
    }

    /// All bytes that are left, in one buffer.
    ///
    /// - Parameter limit: How many bytes to take at most; 2 GiB is the most that one buffer takes in any case.
    /// - Throws: ``MongoError``, of the kind `gridFS` also when there are more bytes than the limit allows.
    public func collect(upTo limit: Int) async throws(MongoError) -> ByteBuffer {
        let limit = Swift.min(limit, Int(Int32.max))
        var all = ByteBuffer()
        while var bytes = try await next() {
            guard all.readableBytes + bytes.readableBytes <= limit else {
                await close()
                throw MongoError(.gridFS, "the file has more than the \(limit) bytes that were wanted at most")
            }
            all.writeBuffer(&bytes)
        }
        return all
    }

    /// Ends the reading, and frees what the server keeps for it.
    public func close() async {
        await cursor?.close()
    }

    /// Reads the file.
    public func makeAsyncIterator() -> Iterator {
        Iterator(stream: self)
    }

    /// Reads a file.
    public struct Iterator: AsyncIteratorProtocol {
        let stream: GridFSDownloadStream

        /// The next bytes; `nil` at the end of the file.
        public mutating func next() async throws(MongoError) -> ByteBuffer? {
            try await stream.next()
        }

        /// The next bytes; `nil` at the end of the file.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(MongoError) -> ByteBuffer? {
            try await stream.next()
        }
    }
}
