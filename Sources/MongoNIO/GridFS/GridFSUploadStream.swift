// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/gridfs/gridfs-spec.md#file-upload

public import MongoBSON
public import NIOCore
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Where the bytes of a new file are written.
///
/// ```swift
/// let stream = try bucket.openUploadStream("notes.txt")
/// try await stream.write(ByteBuffer(string: "Roscoe sleeps."))
/// try await stream.close()
/// ```
///
/// One task writes at a time. The file is there when the stream is closed; what was written of one that is neither closed
/// nor aborted stays behind as parts of no file.
public final class GridFSUploadStream: Sendable {
    struct Plan: Sendable {
        var id: BSON
        var filename: String
        var chunkSize: Int
        var options: GridFSUploadOptions

        /// As many parts go out at once as this many bytes hold: few messages, and little memory.
        static let batchBytes = 2 << 20

        /// How many parts go out at once.
        var batchCount: Int { max(1, Self.batchBytes / chunkSize) }
    }

    private struct State: ~Copyable {
        enum Phase {
            case open, busy, closed, aborted
            case failed(MongoError)
        }

        var phase = Phase.open
        var buffer = ByteBuffer()
        var written: Int64 = 0
        var nextChunk: Int64 = 0
        /// Whether the file's document was sent: there may be a file from then on.
        var mayBeStored = false
    }

    /// The file's id.
    public var id: BSON { plan.id }
    /// The file's name.
    public var filename: String { plan.filename }

    private let bucket: GridFSBucket
    private let collections: GridFSCollections
    private let plan: Plan
    private let state = Mutex(State())

    init(_ bucket: GridFSBucket, _ collections: GridFSCollections, _ plan: Plan) {
        self.bucket = bucket
        self.collections = collections
        self.plan = plan
    }

    /// Writes bytes. They are stored as soon as there are enough for some parts.
    ///
    /// - Throws: ``MongoError``, also when the stream is closed or aborted, or has failed.
    public func write(_ bytes: ByteBuffer) async throws(MongoError) {
        try begin()
        try await finishing { () throws(MongoError) in
            var bytes = bytes
            let full = self.plan.chunkSize * self.plan.batchCount
            while bytes.readableBytes > 0 {
                // No more is kept than goes out at once, however much is given.
                let isFull = self.state.withLock { state -> Bool in
                    let room = full - state.buffer.readableBytes
                    if var some = bytes.readSlice(length: min(room, bytes.readableBytes)) {
                        state.written += Int64(some.readableBytes)
                        state.buffer.writeBuffer(&some)
                    }
                    return state.buffer.readableBytes >= full
                }
                if isFull { try await self.store() }
            }
        }
    }

    /// Stores what is left, and the file's document: the file is there.
    ///
    /// - Throws: ``MongoError``, also when the stream is closed or aborted, or has failed.
    public func close() async throws(MongoError) {
        try begin()
        try await finishing(as: .closed) { () throws(MongoError) in
            try await self.store()
            var document: BSONDocument = [
                "_id": self.plan.id,
                "length": .int64(self.state.withLock { $0.written }),
                "chunkSize": .int32(Int32(clamping: self.plan.chunkSize)),
                "uploadDate": .datetime(BSONDateTime(Date())),
                "filename": .string(self.plan.filename),
            ]
            let options = self.plan.options
            if let metadata = options.metadata { document["metadata"] = .document(metadata) }
            if let contentType = options.contentType { document["contentType"] = .string(contentType) }
            if let aliases = options.aliases { document["aliases"] = .array(aliases.map { .string($0) }) }
            try await self.bucket.prepareForWriting(self.collections)
            self.state.withLock { $0.mayBeStored = true }
            try await self.collections.filesNow().insertOne(document, session: self.collections.session)
        }
    }

    /// Deletes what was stored. There will be no file.
    ///
    /// It is carried out also when the task is cancelled, which then does not wait for it.
    ///
    /// - Throws: ``MongoError`` when it could not be deleted, or the stream is closed already.
    public func abort() async throws(MongoError) {
        try await abort(within: nil)
    }

    /// - Parameter timeout: How long it may take, instead of what the bucket's operations may.
    private func abort(within timeout: Duration?) async throws(MongoError) {
        let isOver = state.withLock { state -> MongoError? in
            switch state.phase {
            case .closed: return MongoError(.invalidArgument, "the file is stored already")
            case .busy: return Self.busy
            case .open, .failed, .aborted:
                state.phase = .aborted
                state.buffer.clear()
                return nil
            }
        }
        if let isOver { throw isOver }
        let collection = try collections.chunksNow()
        let (results, continuation) = AsyncStream<Result<Void, MongoError>>.makeStream()
        // Ends with its timeout, or with the client.
        Task { [plan, collections] in
            do throws(MongoError) {
                _ = try await collection.deleteMany(
                    ["files_id": plan.id],
                    options: DeleteOptions(timeout: timeout),
                    session: collections.session
                )
                continuation.yield(.success(()))
            } catch {
                continuation.yield(.failure(error))
            }
            continuation.finish()
        }
        for await result in results { return try result.get() }
        throw MongoError(.cancelled, "the task was cancelled while the parts of the file were deleted")
    }

    /// Deletes what was stored, after the task was cancelled in the middle.
    func abortIfCancelled(_ error: MongoError) async {
        guard error.code == .cancelled, !state.withLock({ $0.mayBeStored }) else { return }
        // Goes on by itself, as nobody waits for it, and not for long.
        try? await abort(within: .seconds(1))
    }

    private static let busy = MongoError(.invalidArgument, "an upload is written by one task at a time")

    private func begin() throws(MongoError) {
        let refusal = state.withLock { state -> MongoError? in
            switch state.phase {
            case .open:
                state.phase = .busy
                return nil
            case .busy: return Self.busy
            case .closed: return MongoError(.invalidArgument, "the upload is closed")
            case .aborted: return MongoError(.invalidArgument, "the upload was aborted")
            case .failed(let error): return error
            }
        }
        if let refusal { throw refusal }
    }

    private func finishing(
        as phase: State.Phase = .open,
        _ body: () async throws(MongoError) -> Void
    ) async throws(MongoError) {
        do throws(MongoError) {
            try await body()
            state.withLock { $0.phase = phase }
        } catch {
            state.withLock { $0.phase = .failed(error) }
            throw error
        }
    }

    /// Stores what is buffered, the last part perhaps shorter than the others.
    private func store() async throws(MongoError) {
        let chunks = state.withLock { state -> [BSONDocument] in
            var chunks: [BSONDocument] = []
            while let data = state.buffer.readSlice(length: min(plan.chunkSize, state.buffer.readableBytes)),
                data.readableBytes > 0
            {
                chunks.append([
                    "_id": .objectID(BSONObjectID()), "files_id": plan.id,
                    "n": .int32(Int32(clamping: state.nextChunk)),
                    "data": .binary(BSONBinary(data: data)),
                ])
                state.nextChunk += 1
            }
            state.buffer = ByteBuffer()
            return chunks
        }
        guard !chunks.isEmpty else { return }
        try await bucket.prepareForWriting(collections)
        try await collections.chunksNow().insertMany(chunks, session: collections.session)
    }
}
