// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MongoBSON
import Testing

@Suite("Codable")
struct CodableTests {
    struct Cat: Codable, Equatable {
        var name: String
        var age: Int
        var lives: Int8 = 9
        var weight: Double
        var born: Date?
        var owner: Owner?
        var colors: [String]
        var id: BSONObjectID
        var tags: [String: Int]
        var friends: [Owner] = []
        var extra: BSON = .null
        var uuid = UUID()
        var blob = Data([1, 2, 3])
    }

    struct Owner: Codable, Equatable {
        var name: String
        var city: String?
    }

    enum Shape: Codable, Equatable {
        case circle(radius: Double)
        case polygon([Int], closed: Bool)
        case empty
    }

    @Test("a struct with all kinds of fields survives the way through bytes")
    func structRoundTrip() throws {
        let cat = Cat(
            name: "Roscoe",
            age: 3,
            weight: 4.5,
            born: Date(timeIntervalSince1970: 1_600_000_000.123),
            owner: Owner(name: "Ada", city: nil),
            colors: ["orange", "white"],
            id: BSONObjectID(),
            tags: ["a": 1, "b": 2],
            friends: [Owner(name: "x", city: "y"), Owner(name: "z")],
            extra: ["deep": ["er": [1, 2.5, .null]]]
        )
        let document = try BSONEncoder().encode(cat)
        #expect(try BSONDocument(validating: document.buffer) == document)
        #expect(document["name"] == "Roscoe")
        #expect(document["lives"] == .int32(9))
        #expect(document["owner"] == ["name": "Ada"])
        #expect(document["blob"]?.binaryValue?.bytes == [1, 2, 3])
        #expect(document["uuid"]?.binaryValue?.subtype == .uuid)
        #expect(document["born"] == .datetime(BSONDateTime(milliseconds: 1_600_000_000_123)))
        #expect(try BSONDecoder().decode(Cat.self, from: document) == cat)
    }

    @Test("enums with associated values survive, alone and in arrays")
    func enums() throws {
        let shapes: [Shape] = [.circle(radius: 1.5), .polygon([1, 2, 3], closed: true), .empty]
        let document = try BSONEncoder().encode(["shapes": shapes])
        #expect(
            document["shapes"] == [
                ["circle": ["radius": 1.5]], ["polygon": ["_0": [1, 2, 3], "closed": true]], ["empty": [:]],
            ]
        )
        #expect(try BSONDecoder().decode([String: [Shape]].self, from: document) == ["shapes": shapes])
    }

    @Test("a container that is written to after its parent went on keeps its place")
    func interleavedContainers() throws {
        struct Interleaved: Encodable {
            enum Keys: String, CodingKey { case a, b, c, x, y, list }

            func encode(to encoder: any Encoder) throws {
                var root = encoder.container(keyedBy: Keys.self)
                var first = root.nestedContainer(keyedBy: Keys.self, forKey: .a)
                var list = root.nestedUnkeyedContainer(forKey: .list)
                try list.encode("zero")
                try first.encode(1, forKey: .x)
                try root.encode("between", forKey: .b)
                var inner = first.nestedContainer(keyedBy: Keys.self, forKey: .c)
                try inner.encode(2, forKey: .x)
                try first.encode(["k": 3], forKey: .y)
                try inner.encode(4, forKey: .y)
                try list.encode(["one": 1])
                try list.encode("two")
                try root.encode(true, forKey: .c)
            }
        }
        let document = try BSONEncoder().encode(["outer": Interleaved()])
        #expect(try BSONDocument(validating: document.buffer) == document)
        #expect(
            document == [
                "outer": [
                    "a": ["x": 1, "c": ["x": 2, "y": 4], "y": ["k": 3]],
                    "list": ["zero", ["one": 1], "two"],
                    "b": "between",
                    "c": true,
                ]
            ]
        )
    }

    class Animal: Codable {
        var name: String
        init(name: String) { self.name = name }
    }

    final class Dog: Animal {
        var breed: String
        enum Keys: String, CodingKey { case breed }

        init(name: String, breed: String) {
            self.breed = breed
            super.init(name: name)
        }

        required init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Keys.self)
            breed = try container.decode(String.self, forKey: .breed)
            try super.init(from: container.superDecoder())
        }

        override func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Keys.self)
            try super.encode(to: container.superEncoder())
            try container.encode(breed, forKey: .breed)
        }
    }

    @Test("superEncoder and superDecoder use the field super, where it was asked for")
    func superclasses() throws {
        let document = try BSONEncoder().encode([Dog(name: "Rex", breed: "Collie")].map { ["dog": $0] }[0])
        #expect(document == ["dog": ["super": ["name": "Rex"], "breed": "Collie"]])
        let dog = try #require(try BSONDecoder().decode([String: Dog].self, from: document)["dog"])
        #expect(dog.name == "Rex" && dog.breed == "Collie")
    }

    @Test("a vector is a field like any other")
    func vectors() throws {
        struct Page: Codable, Equatable {
            var embedding: BSONVector
            var more: [BSONVector]?
        }
        let page = Page(embedding: .float32([1.5, -2]), more: [.int8([1, 2])])
        let document = try BSONEncoder().encode(page)
        #expect(document["embedding"]?.binaryValue?.subtype == .vector)
        #expect(try BSONDecoder().decode(Page.self, from: document) == page)
        let error = #expect(throws: BSONError.self) {
            try BSONDecoder().decode(Page.self, from: ["embedding": .binary(BSONBinary(bytes: [1, 2]))])
        }
        #expect(error?.path == ["embedding"])
    }

    @Test("numbers decode by value and never lose anything")
    func numbers() throws {
        let decoder = BSONDecoder()
        #expect(try decoder.decodeValue(Int.self, from: .double(3)) == 3)
        #expect(try decoder.decodeValue(UInt8.self, from: .int64(255)) == 255)
        #expect(try decoder.decodeValue(Double.self, from: .int32(7)) == 7)
        #expect(try decoder.decodeValue(Int64.self, from: .decimal128(BSONDecimal128("1E+3"))) == 1000)
        #expect(try decoder.decodeValue(Float.self, from: .double(0.1)) == 0.1)
        let lossy: [() throws -> Any] = [
            { try decoder.decodeValue(Int.self, from: .double(3.5)) },
            { try decoder.decodeValue(UInt8.self, from: .int32(256)) },
            { try decoder.decodeValue(Int32.self, from: .int64(1 << 40)) },
            { try decoder.decodeValue(UInt.self, from: .int32(-1)) },
            { try decoder.decodeValue(Double.self, from: .int64(.max)) },
            { try decoder.decodeValue(Float.self, from: .double(1e300)) },
            { try decoder.decodeValue(Int.self, from: .double(.nan)) },
        ]
        for decode in lossy {
            let error = #expect(throws: BSONError.self) { try decode() }
            #expect(error?.code == .numberNotRepresentable)
        }
        #expect(throws: BSONError.self) { try BSONEncoder().encode(["n": UInt64.max]) }
    }

    @Test("errors carry the coding path and both types, and no values")
    func errorPaths() throws {
        struct Outer: Codable {
            var list: [Inner]
        }
        struct Inner: Codable {
            var count: Int
        }
        let document: BSONDocument = ["list": [["count": 1], ["count": "secret"]]]
        let error = #expect(throws: BSONError.self) { try BSONDecoder().decode(Outer.self, from: document) }
        #expect(error?.code == .typeMismatch)
        #expect(error?.path == ["list", "1", "count"])
        let text = try #require(error?.description)
        #expect(text.contains("Int") && text.contains("string") && !text.contains("secret"))

        let missing = #expect(throws: BSONError.self) {
            try BSONDecoder().decode(Outer.self, from: ["list": [["count": 1], [:]]])
        }
        #expect(missing?.code == .keyNotFound)
        #expect(missing?.path == ["list", "1", "count"])
    }

    @Test("a cycle of objects ends in an error")
    func cycles() throws {
        final class Node: Encodable {
            var next: Node?
        }
        let node = Node()
        node.next = node
        let error = #expect(throws: BSONError.self) { try BSONEncoder().encode(node) }
        #expect(error?.code == .nestingTooDeep)
    }

    @Test("a name with U+0000 is refused")
    func zeroInKey() throws {
        let error = #expect(throws: BSONError.self) { try BSONEncoder().encode(["a": ["b\0c": 1]]) }
        #expect(error?.code == .invalidKey)
    }
}
