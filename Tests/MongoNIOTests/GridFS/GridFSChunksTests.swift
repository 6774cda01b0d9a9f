// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import NIOCore
import Testing

@testable import MongoNIO

@Suite("The parts of a file")
struct GridFSChunksTests {
    private func file(length: BSON, chunkSize: BSON = 4) -> GridFSFile {
        GridFSFile(["_id": 1, "length": length, "chunkSize": chunkSize])
    }

    private func chunk(_ number: Int, _ text: String) -> BSONDocument {
        ["files_id": 1, "n": .int32(Int32(number)), "data": .binary(BSONBinary(bytes: Array(text.utf8)))]
    }

    /// What comes out of the parts, or the error.
    private func read(_ chunks: [BSONDocument], _ file: GridFSFile, range: Range<Int64>? = nil) throws -> String {
        var reading = try GridFSChunks(file, range: range)
        var text = ""
        for chunk in chunks { text += try reading.bytes(of: chunk).map { String(buffer: $0) } ?? "" }
        try reading.finish()
        return text
    }

    @Test("come in their order, the last one shorter")
    func whole() throws {
        #expect(try read([chunk(0, "abcd"), chunk(1, "efgh"), chunk(2, "i")], file(length: 9)) == "abcdefghi")
        #expect(try read([chunk(0, "abcd")], file(length: 4)) == "abcd")
        #expect(try read([], file(length: 0)) == "")
        #expect(try read([], file(length: 0, chunkSize: 0)) == "")
    }

    @Test("have lengths of any type of number")
    func numbers() throws {
        #expect(try read([chunk(0, "abcd"), chunk(1, "e")], file(length: .double(5), chunkSize: .int64(4))) == "abcde")
    }

    @Test("are an error when one is missing, at the beginning, in the middle or at the end")
    func missing() {
        for chunks in [
            [chunk(1, "efgh"), chunk(2, "i")], [chunk(0, "abcd"), chunk(2, "i")], [chunk(0, "abcd"), chunk(1, "efgh")],
            [],
        ] {
            let error = #expect(throws: MongoError.self) { try read(chunks, file(length: 9)) }
            #expect(error?.code == .gridFS)
        }
    }

    @Test("are an error when one is too long or too short")
    func wrongSize() {
        #expect(throws: MongoError.self) { try read([chunk(0, "abcde"), chunk(1, "f")], file(length: 5)) }
        #expect(throws: MongoError.self) { try read([chunk(0, "abc"), chunk(1, "f")], file(length: 5)) }
        #expect(throws: MongoError.self) { try read([chunk(0, "abcd"), chunk(1, "ef")], file(length: 5)) }
    }

    @Test("are an error when there is one more; an empty one is passed over")
    func extra() throws {
        #expect(throws: MongoError.self) { try read([chunk(0, "abcd"), chunk(1, "e")], file(length: 4)) }
        #expect(try read([chunk(0, "abcd"), chunk(1, "")], file(length: 4)) == "abcd")
    }

    @Test("are an error without a number or data, and so is a file of an impossible size")
    func malformed() {
        #expect(throws: MongoError.self) { try read([["files_id": 1, "n": 0]], file(length: 4)) }
        #expect(throws: MongoError.self) { try read([["data": .binary(BSONBinary(bytes: [1]))]], file(length: 4)) }
        #expect(throws: MongoError.self) { try read([], file(length: -1)) }
        #expect(throws: MongoError.self) { try read([], file(length: 4, chunkSize: 0)) }
        #expect(throws: MongoError.self) { try read([], file(length: 4, chunkSize: -4)) }
        #expect(throws: MongoError.self) { try read([], file(length: .int64(.max), chunkSize: 1)) }
    }

    @Test(
        "are cut to the bytes that are wanted",
        arguments: [(0, 9), (0, 0), (1, 3), (3, 5), (4, 8), (8, 9), (9, 9)]
    )
    func ranges(bounds: (Int64, Int64)) throws {
        let all = "abcdefghi"
        let chunks = [chunk(0, "abcd"), chunk(1, "efgh"), chunk(2, "i")]
        let range = bounds.0..<bounds.1
        let numbers = try GridFSChunks(file(length: 9), range: range).numbers
        let read = try read(
            Array(chunks[Int(numbers.lowerBound)..<Int(numbers.upperBound)]),
            file(length: 9),
            range: range
        )
        let start = all.index(all.startIndex, offsetBy: Int(range.lowerBound))
        #expect(read == all[start...].prefix(range.count))
    }

    @Test("are not cut to bytes that the file does not have")
    func impossibleRanges() {
        for range in [Int64(-1)..<3, 5..<10, 10..<10] {
            let error = #expect(throws: MongoError.self) { try GridFSChunks(file(length: 9), range: range) }
            #expect(error?.code == .invalidArgument)
        }
    }
}

@Suite("A GridFS bucket")
struct GridFSBucketTests {
    @Test("knows its indexes whatever type their numbers have")
    func indexKeys() {
        #expect(
            GridFSBucket.sameKeys(["filename": .double(1), "uploadDate": .int32(1)], ["filename": 1, "uploadDate": 1])
        )
        #expect(!GridFSBucket.sameKeys(["uploadDate": 1, "filename": 1], ["filename": 1, "uploadDate": 1]))
        #expect(!GridFSBucket.sameKeys(["filename": 1], ["filename": 1, "uploadDate": 1]))
        #expect(!GridFSBucket.sameKeys(["filename": "text", "uploadDate": 1], ["filename": 1, "uploadDate": 1]))
    }
}
