// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import NIOCore
import Testing

@Suite("Reading without building values")
struct BSONReaderTests {
    private let document: BSONDocument = [
        "a": 1, "b": .int32(2), "c": 2.5, "text": "tëxt", "": true,
        "inner": ["x": ["y": 1], "z": .null], "list": ["zero", ["k": "v"], []], "end": .maxKey,
    ]

    /// Every field with its path, by the reader alone.
    private func lines(_ reader: inout BSONReader, _ path: String = "") -> [String] {
        var lines: [String] = []
        while let type = reader.next() {
            let key = path + reader.key
            lines.append("\(key): \(type)")
            if reader.enter() {
                lines += self.lines(&reader, key + ".")
                reader.leave()
            }
        }
        return lines
    }

    @Test("it visits all fields in their order, at every depth")
    func order() {
        var reader = BSONReader(document)
        #expect(
            lines(&reader) == [
                "a: long", "b: int", "c: double", "text: string", ": bool", "inner: object", "inner.x: object",
                "inner.x.y: long", "inner.z: null", "list: array", "list.0: string", "list.1: object",
                "list.1.k: string", "list.2: array", "end: maxKey",
            ]
        )
        let end = reader.next()
        #expect(end == nil)
    }

    @Test("the values are those of the document")
    func values() {
        var reader = BSONReader(document)
        var fields: [(String, BSON)] = []
        while reader.next() != nil {
            let key = reader.key
            let (isSame, isOther, count) = (reader.hasKey(key), reader.hasKey(key + "x"), reader.keyByteCount)
            #expect(isSame && !isOther && count == key.utf8.count)
            fields.append((key, reader.value ?? .undefined))
        }
        #expect(BSONDocument(fields) == document)
    }

    @Test("typed values are there for their types, and nil for all others")
    func types() {
        var reader = BSONReader(["i": .int32(-7), "l": .int64(.max), "d": 0.5, "s": "x", "b": true, "n": .null])
        var seen: [String] = []
        while reader.next() != nil {
            seen.append(
                "\(reader.integer as Int64?) \(reader.number as Double?) \(reader.string as String?) \(reader.bool as Bool?)"
                    .replacing("Optional", with: "")
            )
        }
        #expect(
            seen == [
                "(-7) (-7.0) nil nil", "(9223372036854775807) (9.223372036854776e+18) nil nil", "nil (0.5) nil nil",
                "nil nil (\"x\") nil", "nil nil nil (true)", "nil nil nil nil",
            ]
        )
        let id = BSONObjectID()
        reader = BSONReader(["id": .objectID(id), "doc": ["x": 1]])
        _ = reader.next()
        let (read, none) = (reader.objectID, reader.document)
        #expect(read == id && none == nil)
        _ = reader.next()
        let (noID, document) = (reader.objectID, reader.document)
        #expect(noID == nil && document == ["x": 1])
    }

    @Test("leaving a document early goes on behind it, and leaving the outermost one ends")
    func leaving() {
        var reader = BSONReader(["a": ["b": ["c": 1], "d": 2], "e": 3])
        var steps: [String] = []
        func note(_ step: Bool) { steps.append("\(step) \(reader.key)") }
        note(reader.enter())
        note(reader.remainingFieldCount == 2)
        note(reader.next() == .document)
        note(reader.remainingFieldCount == 1)
        note(reader.enter())
        note(reader.value == nil)
        note(reader.next() == .document)
        note(reader.enter())
        reader.leave()
        note(reader.next() == .int64)
        reader.leave()
        note(reader.value == nil)
        note(reader.next() == .int64)
        note(reader.enter())
        reader.leave()
        note(reader.next() == nil)
        #expect(
            steps == [
                "false ", "true ", "true a", "true a", "true ", "true ", "true b", "true ", "true d", "true ", "true e",
                "false e",
                "true ",
            ]
        )
    }

    @Test("it goes into documents as deep as they are, and out again")
    func depth() {
        let depth = 1000
        var reader = BSONReader(
            (0..<depth).reduce(BSONDocument()) { inner, _ in ["inner": .document(inner), "after": 1] }
        )
        var steps = 0
        while reader.next() == .document, reader.enter() {
            steps += 1
        }
        #expect(steps == depth)
        reader.leave()
        while reader.next() == .int64, reader.key == "after" {
            steps -= 1
            reader.leave()
        }
        #expect(steps == 0)
    }

    @Test("it reads a slice of a larger buffer, after all other owners of the memory are gone")
    func slices() throws {
        var reader = try {
            var buffer = ByteBuffer(repeating: 0xFF, count: 33)
            buffer.writeImmutableBuffer(document.buffer)
            buffer.moveReaderIndex(forwardBy: 33)
            return BSONReader(try BSONDocument(validating: buffer))
        }()
        #expect(lines(&reader).count == 15)
    }
}
