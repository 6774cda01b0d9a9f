// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import NIOCore
import Testing

@testable import MongoNIO

@Suite("Messages on the wire")
struct MessageFramerTests {
    /// A message with a document as its body.
    private func message(_ body: BSONDocument, responseTo: Int32 = 1) -> [UInt8] {
        var bytes = ByteBuffer(repeating: 0, count: OpMessage.prefixLength)
        bytes.writeImmutableBuffer(body.buffer)
        OpMessage.finish(&bytes, requestID: 77)
        bytes.setInteger(responseTo, at: 8, endianness: .little)
        return Array(bytes.readableBytesView)
    }

    /// Feeds bytes in pieces; answers the messages that came out.
    private func frames(
        _ framer: inout MessageFramer,
        _ pieces: [ArraySlice<UInt8>]
    ) throws -> [MessageFramer.Frame] {
        var frames: [MessageFramer.Frame] = []
        for piece in pieces {
            var rest = piece
            while !rest.isEmpty {
                let filled = framer.fill { space in
                    let count = min(space.count, rest.count)
                    space.copyBytes(from: rest.prefix(count))
                    return count
                }
                rest = rest.dropFirst(filled)
                if let frame = try framer.next() { frames.append(frame) }
                guard filled > 0 else { break }
            }
        }
        return frames
    }

    @Test("Two messages that are split anywhere come out whole")
    func splitAtEveryOffset() throws {
        let bodies: [BSONDocument] = [["ok": 1, "text": "first"], ["ok": 1, "list": [1, 2, 3]]]
        let bytes = message(bodies[0], responseTo: 5) + message(bodies[1], responseTo: 6)
        for split in 0...bytes.count {
            var framer = MessageFramer()
            let found = try frames(&framer, [bytes[..<split], bytes[split...]])
            #expect(found.map(\.header.responseTo) == [5, 6])
            #expect(try found.map { try OpMessage.decode($0).body } == bodies)
            #expect(!framer.isMidMessage)
        }
    }

    @Test("A message that arrives byte by byte comes out whole")
    func byteByByte() throws {
        let body: BSONDocument = ["ok": 1.0, "nested": ["a": ["b": "c"]]]
        let bytes = message(body)
        var framer = MessageFramer()
        let found = try frames(&framer, bytes.indices.map { bytes[$0...$0] })
        #expect(try found.map { try OpMessage.decode($0).body } == [body])
    }

    @Test("A reply of 16 MB comes out whole")
    func large() throws {
        let body: BSONDocument = ["ok": 1, "text": .string(String(repeating: "x", count: 16 << 20))]
        let bytes = message(body)
        var framer = MessageFramer()
        let pieces = stride(from: 0, to: bytes.count, by: 60_000).map { bytes[$0..<min($0 + 60_000, bytes.count)] }
        let found = try frames(&framer, pieces)
        #expect(found.count == 1)
        #expect(try found.first.map { try OpMessage.decode($0).body } == body)
    }

    @Test("The memory offered never reaches beyond the message that is awaited")
    func noReadingAhead() throws {
        let bytes = message(["ok": 1])
        var framer = MessageFramer()
        var offered: [Int] = []
        var position = 0
        while position < bytes.count {
            position += framer.fill { space in
                offered.append(space.count)
                space.copyBytes(from: bytes[position..<(position + space.count)])
                return space.count
            }
            _ = try framer.next()
        }
        #expect(offered == [16, bytes.count - 16])
    }

    @Test(
        "A header that cannot be one is refused",
        arguments: [
            [0, 0, 0, 0], [16, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 0x80], [0xFF, 0xFF, 0xFF, 0x7F],
            Array("HTTP".utf8),
        ] as [[UInt8]]
    )
    func impossibleLength(_ length: [UInt8]) {
        var framer = MessageFramer()
        #expect(throws: MongoError.self) {
            _ = try frames(&framer, [(length + [UInt8](repeating: 0, count: 12))[...]])
        }
    }

    @Test("A message of another kind than OP_MSG is refused")
    func otherKind() {
        var bytes = message(["ok": 1])
        bytes[12] = 1
        var framer = MessageFramer()
        #expect(throws: MongoError.self) { _ = try frames(&framer, [bytes[...]]) }
    }

    @Test("A message that is longer than the server's own limit is refused before it is stored")
    func limit() throws {
        var framer = MessageFramer()
        framer.maximumLength = 1000
        var header = message(["ok": 1])
        header[0] = 0xE9
        header[1] = 0x03
        #expect(throws: MongoError.self) { _ = try frames(&framer, [header[..<16]]) }
    }

    @Test("Garbage gives an error or waits for more, and nothing worse", arguments: 0..<64)
    func garbage(seed: UInt64) {
        var random = SplitMix(seed: seed)
        for _ in 0..<200 {
            let count = Int.random(in: 1...400, using: &random)
            var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            // Every other time with a plausible beginning, so that it gets further.
            if Bool.random(using: &random), bytes.count > 21 {
                bytes.replaceSubrange(0..<4, with: withUnsafeBytes(of: Int32(bytes.count).littleEndian, Array.init))
                bytes.replaceSubrange(12..<16, with: [0xDD, 7, 0, 0])
                bytes.replaceSubrange(16..<21, with: [0, 0, 0, 0, 0])
            }
            decodeOrRefuse(bytes)
        }
    }

    @Test("A reply with any one byte changed gives an answer or an error, and nothing worse")
    func mutated() {
        let bytes = message([
            "ok": 1.0, "cursor": ["id": .int64(5), "ns": "db.c", "firstBatch": [["_id": 1, "t": "text"]]],
            "b": .bool(true), "n": .null,
        ])
        for index in bytes.indices {
            for value: UInt8 in [0, 1, 2, 3, 4, 5, 0x7F, 0x80, 0xFE, 0xFF] {
                var changed = bytes
                changed[index] = value
                decodeOrRefuse(changed)
            }
            decodeOrRefuse(Array(bytes[..<index]))
        }
    }

    /// Decodes as the driver would, down to the cursor.
    private func decodeOrRefuse(_ bytes: [UInt8]) {
        var framer = MessageFramer()
        do {
            for frame in try frames(&framer, [bytes[...]]) {
                let reply = try ReplyDecoder.decode(frame, address: nil)
                if let cursor = reply.document(forKey: "cursor"), let batch = cursor.array(forKey: "firstBatch") {
                    var documents = CursorBatch(batch)
                    while let document = documents.next() {
                        for (key, value) in document { _ = (key, value) }
                    }
                }
            }
        } catch {
            #expect(error is MongoError)
        }
    }

    @Test("The sections of a reply are checked")
    func sections() throws {
        let body = message(["ok": 1])
        func decode(_ bytes: [UInt8]) throws -> BSONDocument {
            var bytes = bytes
            bytes.replaceSubrange(0..<4, with: withUnsafeBytes(of: Int32(bytes.count).littleEndian, Array.init))
            var framer = MessageFramer()
            let found = try frames(&framer, [bytes[...]])
            return try OpMessage.decode(try #require(found.first)).body
        }
        #expect(try decode(body) == ["ok": 1])
        // A document sequence beside the body is allowed.
        let sequence: [UInt8] = [1, 6, 0, 0, 0, 0x61, 0]
        #expect(try decode(body + sequence) == ["ok": 1])
        // Two bodies, an unknown kind, a length beyond the end, no body at all, a required flag nobody knows.
        #expect(throws: MongoError.self) { try decode(body + body[20...]) }
        #expect(throws: MongoError.self) { try decode(body + [2, 5, 0, 0, 0, 0]) }
        #expect(throws: MongoError.self) { try decode(body + [1, 99, 0, 0, 0, 0]) }
        #expect(throws: MongoError.self) { try decode(Array(body[..<20])) }
        var flagged = body
        flagged[16] = 4
        #expect(throws: MongoError.self) { try decode(flagged) }
        // An optional flag nobody knows is ignored; a checksum is cut off.
        flagged[16] = 0
        flagged[18] = 2
        #expect(try decode(flagged) == ["ok": 1])
        flagged[16] = 1
        #expect(try decode(flagged + [1, 2, 3, 4]) == ["ok": 1])
    }
}

/// Random numbers that are the same in every run.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed &+ 0x9E37_79B9_7F4A_7C15 }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
