// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import Testing

@testable import MongoNIO

@Suite("How many writes go into one message")
struct WriteBatchTests {
    private func documents(_ lengths: [Int]) -> ArraySlice<BSONDocument> {
        lengths.map { ["t": .string(String(repeating: "x", count: $0))] }[...]
    }

    private func limits(
        documentSize: Int = 16 << 20,
        messageSize: Int = 48_000_000,
        writeCount: Int = 100_000
    ) -> MessageLimits {
        var limits = MessageLimits()
        limits.documentSize = documentSize
        limits.messageSize = messageSize
        limits.writeCount = writeCount
        return limits
    }

    @Test("All, when they fit")
    func all() throws {
        #expect(try WriteBatch.prefix(of: documents([1, 2, 3]), within: limits()).count == 3)
    }

    @Test("No more than the server's count")
    func count() throws {
        #expect(try WriteBatch.prefix(of: documents([1, 2, 3]), within: limits(writeCount: 2)).count == 2)
    }

    @Test("No more than the server's message holds, and at least one")
    func size() throws {
        let three = documents([1000, 1000, 1000])
        let room = WriteBatch.overhead + 2 * three[0].byteCount
        #expect(try WriteBatch.prefix(of: three, within: limits(messageSize: room)).count == 2)
        #expect(try WriteBatch.prefix(of: three, within: limits(messageSize: room - 1)).count == 1)
        #expect(try WriteBatch.prefix(of: three, within: limits(messageSize: 10)).count == 1)
    }

    @Test("A document that is too large stops the batch before it, and is refused when it comes first")
    func tooLarge() throws {
        let mixed = documents([10, 5000, 10])
        let small = limits(documentSize: 1000)
        #expect(try WriteBatch.prefix(of: mixed, within: small).count == 1)
        #expect(throws: MongoError.self) { _ = try WriteBatch.prefix(of: mixed.dropFirst(), within: small) }
    }
}
