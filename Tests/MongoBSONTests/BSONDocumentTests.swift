// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import NIOCore
import Testing

@Suite("BSONDocument")
struct BSONDocumentTests {
    @Test("a literal keeps order, types and repeated names")
    func literal() {
        let document: BSONDocument = ["b": 1, "a": [true, .null, "x"], "b": 2.5, "c": ["d": ["e": "f"]]]
        #expect(document.keys == ["b", "a", "b", "c"])
        #expect(document.values == [1, [true, .null, "x"], 2.5, ["d": ["e": "f"]]])
        #expect(document.count == 4)
        #expect(document["b"] == .int64(1))
        #expect(document["c"]?["d"]?["e"] == "f")
        #expect(document["a"]?[2] == "x")
        #expect(document["a"]?[3] == nil)
        #expect(document["nothing"] == nil)
        #expect(document["nothing", default: 7] == 7)
    }

    @Test("fields are set, replaced and removed, and copies do not change")
    func mutation() throws {
        var document: BSONDocument = ["a": 1, "b": "two", "c": 3]
        let copy = document
        document["b"] = "a much longer text than the one before"
        document["d"] = [1, 2, 3]
        document["a"] = nil
        document["nothing"] = nil
        document["c"] = .int32(4)
        #expect(document == ["b": "a much longer text than the one before", "c": .int32(4), "d": [1, 2, 3]])
        #expect(copy == ["a": 1, "b": "two", "c": 3])
        #expect(try BSONDocument(validating: document.buffer) == document)
        #expect(document.removeValue(forKey: "c") == .int32(4))
        #expect(document.removeValue(forKey: "c") == nil)
        document["self"] = .document(document)
        #expect(document["self"] == ["b": "a much longer text than the one before", "d": [1, 2, 3]])
    }

    @Test("a slice of a larger buffer can grow without touching what follows it")
    func sliceGrows() throws {
        let first: BSONDocument = ["a": 1]
        let second: BSONDocument = ["b": 2]
        var frame = ByteBuffer()
        frame.writeImmutableBuffer(first.buffer)
        frame.writeImmutableBuffer(second.buffer)
        var one = try BSONValidator.readDocument(from: &frame)
        let two = try BSONValidator.readDocument(from: &frame)
        #expect(frame.readableBytes == 0)
        one["more"] = "text"
        #expect(one == ["a": 1, "more": "text"])
        #expect(two == ["b": 2])
        #expect(two.detached() == two)
    }

    @Test("a path of names reaches through documents and arrays, for reading and for writing")
    func paths() {
        var document: BSONDocument = ["a": ["b": [10, ["c": 20]]]]
        #expect(document["a", "b", "0"] == 10)
        #expect(document["a", "b", "1", "c"] == 20)
        #expect(document["a", "x", "y"] == nil)
        #expect(document["a", "b", "9"] == nil)
        document["a", "b", "1", "c"] = 21
        document["new", "way", "down"] = true
        document["a", "b", "0"] = nil
        document["gone", "gone"] = nil
        #expect(document == ["a": ["b": [["c": 21]]], "new": ["way": ["down": true]]])
    }

    @Test("a default stands for what is not there, and is what a change begins with")
    func defaults() {
        var document: BSONDocument = ["a": ["b": 1]]
        #expect(document["x", default: 5] == 5)
        #expect(document["a", "b", default: 5] == 1)
        #expect(document["a", "c", default: 5] == 5)
        #expect(document["a", "b", "c", "d", default: "none"] == "none")
        document["a", "log", default: []] = .array((document["a", "log", default: []].arrayValue ?? []) + ["x"])
        document["n", default: 0] = 7
        #expect(document == ["a": ["b": 1, "log": ["x"]], "n": 7])
    }

    @Test("it is a collection of names and values")
    func collection() {
        let document: BSONDocument = ["a": 1, "b": 2, "c": 3]
        #expect(document.map(\.key) == ["a", "b", "c"])
        #expect(document.reduce(0) { $0 + ($1.value.toInt() ?? 0) } == 6)
        #expect(document.first?.key == "a")
        #expect(document[document.index(document.startIndex, offsetBy: 2)].value == 3)
        #expect(document.filter { $0.value != 2 } == ["a": 1, "c": 3])
        #expect(document.mapValues { .string("\($0)") } == ["a": "1", "b": "2", "c": "3"])
        #expect(document.merging(["b": 20, "d": 4]) == ["a": 1, "b": 20, "c": 3, "d": 4])
        #expect(document.merging(["b": 20]) { current, _ in current } == document)
        #expect(BSONDocument().isEmpty && !document.isEmpty)
        #expect(BSONDocument(["z": 1, "a": 2] as [String: BSON]).keys == ["a", "z"])
    }

    @Test("equality is by bytes, and another comparison ignores the order of fields, not of elements")
    func equality() {
        let one: BSONDocument = ["a": 1, "b": ["c": 1, "d": [1, ["x": 1, "y": 2]]]]
        let two: BSONDocument = ["b": ["d": [1, ["y": 2, "x": 1]], "c": 1], "a": 1]
        #expect(one != two)
        #expect(one.equalsIgnoringKeyOrder(two))
        #expect(Set([one, one, two]).count == 2)
        #expect(!one.equalsIgnoringKeyOrder(["b": ["d": [["y": 2, "x": 1], 1], "c": 1], "a": 1]))
        #expect(BSONDocument(["n": .double(.nan)]).equalsIgnoringKeyOrder(["n": .double(.nan)]))
        #expect(!BSONDocument(["n": 1]).equalsIgnoringKeyOrder(["n": .int32(1)]))
    }

    @Test("a name with U+0000 is refused, wherever it comes in, and no such document can be used")
    func zeroInName() throws {
        var document: BSONDocument = ["a": 1]
        #expect(throws: BSONError.self) { try document.set(1, forKey: "x\0y") }
        #expect(document.encodingError == nil)
        document["x\0y"] = 1
        #expect(document.buffer == BSONDocument(["a": 1]).buffer)
        #expect(document.encodingError?.code == .invalidKey)
        #expect(document != ["a": 1])
        let nested: BSONDocument = ["outer": .document(document)]
        #expect(nested.encodingError != nil)
        #expect(BSONDocument(["a\0": 1]).encodingError?.code == .invalidKey)
        #expect(throws: BSONError.self) { try BSONEncoder().encode(["d": document]) }
        #expect(throws: BSONError.self) { try BSONEncoder().encode(document) }
        #expect(throws: BSONError.self) { try BSONRegularExpression(pattern: "a\0b") }
        #expect(throws: BSONError.self) { try BSONRegularExpression(pattern: "a", options: "i\0") }
    }

    @Test("the writer leaves room for a header, nests, splices and reports the first failure at the end")
    func writer() throws {
        var writer = BSONWriter(reserving: 21, capacity: 32)
        writer.append("find", "kittens")
        writer.beginDocument("filter")
        writer.append("n", Int32(1))
        writer.appendFields(of: ["x": 1, "y": ["z": true]])
        writer.endDocument()
        writer.beginArray("list")
        writer.append("text")
        writer.beginDocument()
        writer.append("deep", 1.5)
        writer.endDocument()
        writer.append(BSON.null)
        writer.endArray()
        writer.append("documents", [["a": 1], ["b": 2]] as [BSONDocument])
        let expected: BSONDocument = [
            "find": "kittens", "filter": ["n": .int32(1), "x": 1, "y": ["z": true]],
            "list": ["text", ["deep": 1.5], .null], "documents": [["a": 1], ["b": 2]],
        ]
        var bytes = try writer.finish()
        #expect(bytes.readSlice(length: 21) == ByteBuffer(repeating: 0, count: 21))
        #expect(try BSONDocument(validating: bytes) == expected)

        #expect(throws: BSONError.self) {
            var refused = BSONWriter()
            refused.append("a\0", 1)
            refused.append("b", 2)
            _ = try refused.finishDocument()
        }
        #expect(throws: BSONError.self) {
            var unbalanced = BSONWriter()
            unbalanced.endDocument()
            _ = try unbalanced.finishDocument()
        }
        #expect(throws: BSONError.self) {
            var nameless = BSONWriter()
            nameless.append("no name")
            _ = try nameless.finishDocument()
        }
    }

    @Test("views of elements read what the driver looks for without building values")
    func views() throws {
        let reply: BSONDocument = [
            "ok": 1.0, "cursor": ["id": 7, "ns": "a.b", "firstBatch": [["x": 1], ["x": 2]]], "yes": true,
        ]
        #expect(reply.integer(forKey: "ok") == 1)
        #expect(reply.truth(forKey: "ok") == true)
        #expect(reply.truth(forKey: "yes") == true)
        let cursor = try #require(reply.document(forKey: "cursor"))
        #expect(cursor.integer(forKey: "id") == 7)
        #expect(cursor.string(forKey: "ns") == "a.b")
        let batch = try #require(cursor.array(forKey: "firstBatch"))
        #expect(batch.elements.compactMap(\.document) == [["x": 1], ["x": 2]])
        #expect(reply.elements.map(\.key) == ["ok", "cursor", "yes"])
        #expect(reply.elements.contains { $0.hasKey("cursor") && $0.type == .document })
    }
}
