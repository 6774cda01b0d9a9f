// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/gridfs/gridfs-spec.md#file-upload

public import MongoBSON
public import NIOCore

extension GridFSBucket {
    /// Opens a new file for writing.
    ///
    /// - Parameters:
    ///   - filename: The file's name; other files may have the same.
    ///   - id: The file's id; by default a new `BSONObjectID`.
    ///   - options: What else to keep with it, the size of its parts, and a timeout.
    ///   - session: The session that it belongs to.
    /// - Returns: Where to write. The file is there when it is closed.
    /// - Throws: ``MongoError``.
    public func openUploadStream(
        _ filename: String,
        id: BSON = .objectID(BSONObjectID()),
        options: GridFSUploadOptions = GridFSUploadOptions(),
        session: ClientSession? = nil
    ) throws(MongoError) -> GridFSUploadStream {
        let chunkSize = options.chunkSizeBytes ?? chunkSizeBytes
        // A part and what is around it have to fit into a document.
        guard (1...(16 << 20) - (16 << 10)).contains(chunkSize) else {
            throw MongoError(.invalidArgument, "the parts of a file must have at least 1 byte and fit into a document")
        }
        return GridFSUploadStream(
            self,
            collections(within: options.timeout, session: session),
            GridFSUploadStream.Plan(id: id, filename: filename, chunkSize: chunkSize, metadata: options.metadata)
        )
    }

    /// Stores a file.
    ///
    /// When the source fails, what was stored of it is deleted again.
    ///
    /// - Parameters:
    ///   - filename: The file's name; other files may have the same.
    ///   - source: The file's bytes. It is not read faster than they are stored. A timeout cannot interrupt it: only what
    ///     the bucket does is timed.
    ///   - id: The file's id; by default a new `BSONObjectID`.
    ///   - options: What else to keep with it, the size of its parts, and a timeout.
    ///   - session: The session that it belongs to.
    /// - Returns: The file's id.
    /// - Throws: ``MongoError``, or what the source throws.
    @discardableResult
    public func upload<Source: AsyncSequence>(
        _ filename: String,
        from source: Source,
        id: BSON = .objectID(BSONObjectID()),
        options: GridFSUploadOptions = GridFSUploadOptions(),
        session: ClientSession? = nil
    ) async throws -> BSON where Source.Element == ByteBuffer {
        let stream = try openUploadStream(filename, id: id, options: options, session: session)
        var refusal: MongoError?
        do {
            for try await bytes in source {
                do throws(MongoError) {
                    try await stream.write(bytes)
                } catch {
                    refusal = error
                    throw error
                }
            }
        } catch {
            // What the source says is what matters; parts that could not be deleted are of no use and no harm. When the
            // server refused them, it would refuse this, too.
            if let refusal {
                await stream.abortIfCancelled(refusal)
            } else {
                try? await stream.abort()
            }
            throw error
        }
        try await finish(stream)
        return id
    }

    private func finish(_ stream: GridFSUploadStream) async throws(MongoError) {
        do throws(MongoError) {
            try await stream.close()
        } catch {
            await stream.abortIfCancelled(error)
            throw error
        }
    }

    /// Stores a file whose bytes are all there.
    ///
    /// - Parameters:
    ///   - filename: The file's name; other files may have the same.
    ///   - bytes: The file's bytes.
    ///   - id: The file's id; by default a new `BSONObjectID`.
    ///   - options: What else to keep with it, the size of its parts, and a timeout.
    ///   - session: The session that it belongs to.
    /// - Returns: The file's id.
    /// - Throws: ``MongoError``.
    @discardableResult
    public func upload(
        _ filename: String,
        bytes: ByteBuffer,
        id: BSON = .objectID(BSONObjectID()),
        options: GridFSUploadOptions = GridFSUploadOptions(),
        session: ClientSession? = nil
    ) async throws(MongoError) -> BSON {
        let stream = try openUploadStream(filename, id: id, options: options, session: session)
        do throws(MongoError) {
            try await stream.write(bytes)
        } catch {
            await stream.abortIfCancelled(error)
            throw error
        }
        try await finish(stream)
        return id
    }
}
