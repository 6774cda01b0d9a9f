// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MongoNIO
import NIOCore
import TestSupport
import Testing

@Suite("GridFS")
struct GridFSTests {
    /// Lends a bucket of its own to the body, and removes it.
    private func with(
        _ name: String,
        chunkSizeBytes: Int = 4,
        _ body: (MongoDatabase, GridFSBucket) async throws -> Void
    ) async throws {
        try await withMongoClient(await TestDatabase.uri()) { client in
            let database = client.database("mongonio_gridfs_\(name)")
            try await database.drop()
            try await body(database, database.gridFSBucket(options: .init(chunkSizeBytes: chunkSizeBytes)))
            try await database.drop()
        }
    }

    private func text(_ stream: GridFSDownloadStream) async throws -> String {
        String(buffer: try await stream.collect(upTo: 1 << 20))
    }

    @Test("Files of every length go there and come back", arguments: [0, 1, 3, 4, 5, 8, 9, 1000])
    func lengths(length: Int) async throws {
        try await with("lengths\(length)") { database, bucket in
            let contents = String((0..<length).map { "abcdefghijklmnopqrstuvwxyz"[$0 % 26] })
            let id = try await bucket.upload("a", bytes: ByteBuffer(string: contents))
            #expect(try await text(try await bucket.openDownloadStream(id)) == contents)
            let file = try #require(try await bucket.find(["_id": id]).next())
            #expect(file.length == Int64(length) && file.chunkSize == 4 && file.filename == "a")
            #expect(file.uploadDate != nil && file.metadata == nil)
            #expect(file.document["md5"] == nil)
            let chunks = try await database.collection("fs.chunks").countDocuments()
            #expect(chunks == (length + 3) / 4)
        }
    }

    @Test("Bytes that come in pieces of any size are cut into parts of one size")
    func pieces() async throws {
        try await with("pieces") { database, bucket in
            let stream = try bucket.openUploadStream("a", options: .init(metadata: ["owner": "Alice"]))
            for piece in ["a", "bcdefghij", "", "klm", "n"] { try await stream.write(ByteBuffer(string: piece)) }
            try await stream.close()
            #expect(try await text(try await bucket.openDownloadStream(stream.id)) == "abcdefghijklmn")
            let sizes = try await database.collection("fs.chunks").find(options: FindOptions(sort: ["n": 1])).toArray()
                .map { $0["data"]?.binaryValue?.data.readableBytes }
            #expect(sizes == [4, 4, 4, 2])
            #expect(try await bucket.find(["metadata.owner": "Alice"]).toArray().count == 1)
            let closed = await #expect(throws: MongoError.self) { try await stream.write(ByteBuffer(string: "x")) }
            #expect(closed?.code == .invalidArgument)
            await #expect(throws: MongoError.self) { try await stream.close() }
            await #expect(throws: MongoError.self) { try await stream.abort() }
        }
    }

    @Test("Some of the bytes are read without the others")
    func ranges() async throws {
        try await with("ranges") { _, bucket in
            let id = try await bucket.upload("a", bytes: ByteBuffer(string: "abcdefghij"))
            for (range, expected) in [(2..<7, "cdefg"), (4..<8, "efgh"), (9..<10, "j"), (3..<3, ""), (10..<10, "")] {
                let range = Int64(range.lowerBound)..<Int64(range.upperBound)
                let stream = try await bucket.openDownloadStream(id, options: .init(range: range))
                #expect(try await text(stream) == expected)
            }
        }
    }

    @Test("The type and the other names of a file are kept where older applications look for them")
    func deprecatedFields() async throws {
        try await with("deprecated") { _, bucket in
            let options = GridFSUploadOptions(metadata: ["of": "a cat"], contentType: "image/png", aliases: ["b", "c"])
            let id = try await bucket.upload("a", bytes: ByteBuffer(string: "abc"), options: options)
            let file = try #require(try await bucket.find(["_id": id]).next())
            #expect(file.contentType == "image/png")
            #expect(file.aliases == ["b", "c"])
            #expect(file.metadata == ["of": "a cat"])
            let plain = try await bucket.upload("b", bytes: ByteBuffer(string: "abc"))
            let keys = try #require(try await bucket.find(["_id": plain]).next()).document.keys
            #expect(Array(keys) == ["_id", "length", "chunkSize", "uploadDate", "filename"])
        }
    }

    @Test("Zero is no limit for one operation, whatever the bucket says")
    func withoutLimit() async throws {
        try await with("nolimit") { database, _ in
            let bucket = database.gridFSBucket(options: .init(timeout: .nanoseconds(1)))
            await #expect(throws: MongoError.self) { try await bucket.upload("a", bytes: ByteBuffer(string: "abc")) }
            let options = GridFSUploadOptions(timeout: .zero)
            let id = try await bucket.upload("a", bytes: ByteBuffer(string: "abc"), options: options)
            try await bucket.rename(id, to: "b", options: GridFSOptions(timeout: .zero))
        }
    }

    @Test("Revisions are told apart by their age")
    func revisions() async throws {
        try await with("revisions") { _, bucket in
            for contents in ["one", "two", "three"] {
                try await bucket.upload("a", bytes: ByteBuffer(string: contents))
                // The revisions are ordered by the millisecond.
                try await Task.sleep(for: .milliseconds(3))
            }
            for (revision, expected) in [(0, "one"), (1, "two"), (2, "three"), (-1, "three"), (-2, "two"), (-3, "one")]
            {
                #expect(
                    try await text(try await bucket.openDownloadStream(byName: "a", revision: revision)) == expected
                )
            }
            let noRevision = await #expect(throws: MongoError.self) {
                try await bucket.openDownloadStream(byName: "a", revision: 3)
            }
            let noFile = await #expect(throws: MongoError.self) { try await bucket.openDownloadStream(byName: "b") }
            #expect(noRevision?.code == .gridFS && noFile?.code == .gridFS)
            #expect(noRevision?.message != noFile?.message)
        }
    }

    @Test("Files are renamed and deleted, by id and by name; what is not there is an error")
    func manage() async throws {
        try await with("manage") { database, bucket in
            let first = try await bucket.upload("a", bytes: ByteBuffer(string: "12345"))
            try await bucket.upload("a", bytes: ByteBuffer(string: "6789"), id: "custom")
            try await bucket.rename(first, to: "b")
            #expect(try await bucket.find(["filename": "b"]).toArray().map(\.id) == [first])
            try await bucket.renameByName("a", to: "c")
            try await bucket.delete("custom")
            #expect(try await database.collection("fs.chunks").countDocuments() == 2)
            try await bucket.deleteByName("b")
            #expect(try await database.collection("fs.chunks").countDocuments() == 0)
            let attempts: [() async throws -> Void] = [
                { try await bucket.rename("no", to: "x") }, { try await bucket.renameByName("no", to: "x") },
                { try await bucket.delete("no") }, { try await bucket.deleteByName("no") },
                { _ = try await bucket.openDownloadStream("no") },
            ]
            for attempt in attempts {
                let error = await #expect(throws: MongoError.self) { try await attempt() }
                #expect(error?.code == .gridFS)
            }
            try await bucket.drop()
            #expect(try await database.listCollectionNames().isEmpty)
        }
    }

    @Test("The indexes are made before the first upload, and left alone when they are there in another type of number")
    func indexes() async throws {
        try await with("indexes") { database, bucket in
            try await bucket.upload("a", bytes: ByteBuffer(string: "x"))
            let files = database.collection("fs.files"), chunks = database.collection("fs.chunks")
            #expect(try await files.listIndexNames().contains("filename_1_uploadDate_1"))
            let unique = try await chunks.listIndexes().toArray().first { $0["name"] == "files_id_1_n_1" }
            #expect(unique?["unique"] == true)

            let other = database.gridFSBucket(options: .init(bucketName: "other"))
            try await database.collection("other.files").createIndex(
                ["filename": .double(1), "uploadDate": .double(1)],
                indexOptions: IndexOptions(name: "mine")
            )
            try await other.upload("a", bytes: ByteBuffer(string: "x"))
            #expect(try await database.collection("other.files").listIndexNames() == ["_id_", "mine"])
        }
    }

    @Test("A source that fails leaves nothing behind, and its own error is what is thrown")
    func failingSource() async throws {
        struct Broken: Error {}
        try await with("failing") { database, bucket in
            let source = AsyncThrowingStream<ByteBuffer, any Error> { continuation in
                continuation.yield(ByteBuffer(repeating: 1, count: 3 << 20))
                continuation.finish(throwing: Broken())
            }
            await #expect(throws: Broken.self) {
                try await bucket.upload("a", from: source, options: .init(chunkSizeBytes: 1 << 20))
            }
            let files = try await database.collection("fs.files").countDocuments()
            let chunks = try await database.collection("fs.chunks").countDocuments()
            #expect(files == 0 && chunks == 0)
        }
    }

    @Test("An upload that is aborted leaves nothing behind, and takes no more")
    func abort() async throws {
        try await with("abort") { database, bucket in
            let stream = try bucket.openUploadStream("a", options: .init(chunkSizeBytes: 1 << 20))
            try await stream.write(ByteBuffer(repeating: 1, count: 5 << 20))
            #expect(try await database.collection("fs.chunks").countDocuments() > 0)
            try await stream.abort()
            #expect(try await database.collection("fs.chunks").countDocuments() == 0)
            await #expect(throws: MongoError.self) { try await stream.write(ByteBuffer(string: "x")) }
            await #expect(throws: MongoError.self) { try await stream.close() }
            #expect(throws: MongoError.self) { try bucket.openUploadStream("b", options: .init(chunkSizeBytes: 0)) }
        }
    }

    @Test("A file whose parts are not whole is an error")
    func damaged() async throws {
        try await with("damaged") { database, bucket in
            let chunks = database.collection("fs.chunks")
            let id = try await bucket.upload("a", bytes: ByteBuffer(string: "abcdefghij"))
            try await chunks.deleteOne(["n": 1])
            var error = await #expect(throws: MongoError.self) {
                try await text(try await bucket.openDownloadStream(id))
            }
            #expect(error?.code == .gridFS)
            let shortened = try await bucket.upload("b", bytes: ByteBuffer(string: "abcd"))
            let data = BSONBinary(bytes: Array("abc".utf8))
            try await chunks.updateOne(["files_id": shortened], ["$set": ["data": .binary(data)]])
            error = await #expect(throws: MongoError.self) {
                try await text(try await bucket.openDownloadStream(shortened))
            }
            #expect(error?.code == .gridFS)
        }
    }

    /// The memory that is resident now, in bytes; `nil` where the system does not tell.
    private static var residentMemory: Int? {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
            let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return nil }
        return pages * 4096
    }

    private static let megabytes =
        ProcessInfo.processInfo.environment["MONGODB_GRIDFS_MEGABYTES"].flatMap { Int($0) } ?? 128

    /// 1 GB with `MONGODB_GRIDFS_MEGABYTES=1024`.
    @Test("A large file goes there and comes back, the same to the byte, with flat memory")
    func large() async throws {
        try await with("large", chunkSizeBytes: 255 * 1024) { _, bucket in
            let start = try #require(Self.residentMemory)
            var peak = start
            var sent = Checksum(), received = Checksum()
            let stream = try bucket.openUploadStream("large")
            var piece = ByteBuffer(bytes: (0..<(1 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) })
            for number in 0..<Self.megabytes {
                piece.setInteger(number, at: 0)
                sent.add(piece)
                try await stream.write(piece)
                peak = max(peak, Self.residentMemory ?? 0)
            }
            try await stream.close()
            for try await bytes in try await bucket.openDownloadStream(stream.id) {
                received.add(bytes)
                peak = max(peak, Self.residentMemory ?? 0)
            }
            #expect(received == sent)
            #expect(received.count == Self.megabytes << 20)
            let grown = peak - start
            print("GridFS: \(Self.megabytes) MiB up and down, the resident memory grew by \(grown >> 20) MiB at most")
            #expect(grown < 100 << 20)
        }
    }
}

/// FNV-1a over words of eight bytes, whatever the borders of the buffers are.
private struct Checksum: Equatable {
    private(set) var count = 0
    private var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    private var word: UInt64 = 0

    mutating func add(_ buffer: ByteBuffer) {
        buffer.withUnsafeReadableBytes { bytes in
            for byte in bytes {
                word = word << 8 | UInt64(byte)
                count += 1
                if count % 8 == 0 { hash = (hash ^ word) &* 0x0000_0100_0000_01B3 }
            }
        }
    }
}

extension String {
    fileprivate subscript(_ offset: Int) -> Character { self[index(startIndex, offsetBy: offset)] }
}
