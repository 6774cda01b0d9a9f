// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/gridfs/gridfs-spec.md#file-download

import MongoBSON
import NIOCore

/// What the parts of a file have to be. Pure: it is told the parts one after the other, and answers their bytes.
struct GridFSChunks: Sendable {
    private let id: BSON
    private let length: Int64
    private let chunkSize: Int64
    private let range: Range<Int64>
    /// The number of the next part.
    private var next: Int64

    /// - Throws: `MongoError` when the file's document cannot be right, or the range goes beyond it.
    init(_ file: GridFSFile, range: Range<Int64>?) throws(MongoError) {
        id = file.id
        length = file.length
        chunkSize = Int64(file.chunkSize)
        guard length >= 0, length == 0 || chunkSize > 0 else {
            throw MongoError(.gridFS, "the file says of itself that it has \(length) bytes in parts of \(chunkSize)")
        }
        let range = range ?? 0..<length
        guard range.lowerBound >= 0, range.upperBound <= length else {
            throw MongoError(
                .invalidArgument,
                "bytes \(range.lowerBound) to \(range.upperBound) were asked for of a file that has \(length)"
            )
        }
        self.range = range
        next = chunkSize > 0 ? range.lowerBound / chunkSize : 0
    }

    /// The numbers of the parts that hold what is wanted.
    var numbers: Range<Int64> {
        guard !range.isEmpty, chunkSize > 0 else { return 0..<0 }
        return next..<((range.upperBound - 1) / chunkSize + 1)
    }

    /// Whether all parts that hold what is wanted were there.
    var isComplete: Bool { numbers.isEmpty || next > (range.upperBound - 1) / chunkSize }

    /// A part came.
    ///
    /// - Returns: Those of its bytes that are wanted; `nil` for an empty one beyond the end, which some drivers wrote.
    /// - Throws: `MongoError` when it is not the one that has to come now.
    mutating func bytes(of chunk: BSONDocument) throws(MongoError) -> ByteBuffer? {
        guard let number = chunk.integer(forKey: "n"), let data = chunk["data"]?.binaryValue?.data else {
            throw MongoError(.gridFS, "a part of the file has no number or no data")
        }
        guard !isComplete else {
            guard data.readableBytes == 0 else { throw MongoError(.gridFS, "the file has more parts than it should") }
            return nil
        }
        guard number == next else {
            throw MongoError(.gridFS, "part \(next) of the file is missing: part \(number) came")
        }
        let (start, overflow) = number.multipliedReportingOverflow(by: chunkSize)
        guard !overflow else { throw MongoError(.gridFS, "the file has more parts than it can have") }
        let expected = min(chunkSize, length - start)
        guard data.readableBytes == expected else {
            throw MongoError(
                .gridFS,
                "part \(number) of the file has \(data.readableBytes) bytes, and should have \(expected)"
            )
        }
        next += 1
        let wanted = range.clamped(to: start..<(start + expected))
        return data.getSlice(
            at: data.readerIndex + Int(wanted.lowerBound - start),
            length: Int(wanted.upperBound - wanted.lowerBound)
        )
    }

    /// The last part came.
    ///
    /// - Throws: `MongoError` when parts are missing.
    func finish() throws(MongoError) {
        guard isComplete else { throw MongoError(.gridFS, "part \(next) of the file is missing") }
    }
}
