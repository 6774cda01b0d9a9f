// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MongoBSON
import Testing

@Suite("Codable, off the beaten track")
struct CodableEdgeTests {
    struct Refusal: Error {}

    /// Writes much, and then throws.
    struct Failing: Encodable {
        enum Keys: String, CodingKey { case early, nested, later }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Keys.self)
            try container.encode(1, forKey: .early)
            var nested = container.nestedContainer(keyedBy: Keys.self, forKey: .nested)
            try container.encode(["x": 1], forKey: .later)
            try nested.encode("an addition", forKey: .later)
            try Wrapper(value: 2).encode(to: container.superEncoder())
            throw Refusal()
        }
    }

    struct Wrapper: Codable {
        var value: Int
    }

    @Test("a value that throws leaves nothing behind when the error is caught")
    func caughtErrors() throws {
        struct Forgiving: Encodable {
            enum Keys: String, CodingKey { case before, bad, after, list }

            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: Keys.self)
                try container.encode("b", forKey: .before)
                #expect(throws: Refusal.self) { try container.encode(Failing(), forKey: .bad) }
                try container.encode("a", forKey: .after)
                #expect(throws: (any Error).self) { try container.encode(UInt64.max, forKey: .bad) }
                var list = container.nestedUnkeyedContainer(forKey: .list)
                try list.encode(1)
                #expect(throws: Refusal.self) { try list.encode(Failing()) }
                #expect(throws: (any Error).self) { try list.encode(UInt64.max) }
                try list.encode(2)
            }
        }
        let document = try BSONEncoder().encode(["it": Forgiving()])
        #expect(document == ["it": ["before": "b", "after": "a", "list": [1, 2]]])
        #expect(try BSONDocument(validating: document.buffer) == document)
    }

    @Test("an encoder that was asked for and not used is an empty document")
    func unusedSuperEncoder() throws {
        struct Idle: Encodable {
            enum Keys: String, CodingKey { case x, list }

            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: Keys.self)
                _ = container.superEncoder()
                try container.encode(1, forKey: .x)
                var list = container.nestedUnkeyedContainer(forKey: .list)
                _ = list.superEncoder()
                try list.encode(true)
            }
        }
        #expect(try BSONEncoder().encode(Idle()) == ["super": [:], "x": 1, "list": [[:], true]])
    }

    @Test("a value that writes to the container around it before itself is an error, not other bytes")
    func writesAround() throws {
        struct Outer: Encodable {
            enum Keys: String, CodingKey { case inner, stolen }

            struct Inner: Encodable {
                let container: KeyedEncodingContainer<Keys>
                let catches: Bool

                func encode(to encoder: any Encoder) throws {
                    var container = container
                    try container.encode(1, forKey: .stolen)
                    guard !catches else { throw Refusal() }
                    var own = encoder.container(keyedBy: Keys.self)
                    try own.encode(2, forKey: .inner)
                }
            }

            let catches: Bool

            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: Keys.self)
                let inner = Inner(container: container, catches: catches)
                do {
                    try container.encode(inner, forKey: .inner)
                } catch is Refusal {}
            }
        }
        let error = #expect(throws: BSONError.self) { try BSONEncoder().encode(Outer(catches: false)) }
        #expect(error?.code == .misuse)
        // Thrown and caught, the field is taken back, with what was written after it.
        #expect(try BSONEncoder().encode(Outer(catches: true)) == [:])
    }

    @Test("errors name the coding keys, converted and not, and the indexes")
    func convertedPaths() throws {
        struct Owner: Codable {
            var petNames: [String: [Int]]
        }
        struct House: Codable {
            var firstOwner: Owner
        }
        let decoder = BSONDecoder(keyStrategy: .convertFromSnakeCase)
        let good: BSONDocument = ["first_owner": ["pet_names": ["a_b": [1, 2]]]]
        #expect(try decoder.decode(House.self, from: good).firstOwner.petNames == ["a_b": [1, 2]])
        let bad: BSONDocument = ["first_owner": ["pet_names": ["a_b": [1, "x"]]]]
        let error = #expect(throws: BSONError.self) { try decoder.decode(House.self, from: bad) }
        #expect(error?.path == ["firstOwner", "petNames", "a_b", "1"])
        let plain = #expect(throws: BSONError.self) {
            try BSONDecoder().decodeValue([Wrapper].self, from: [["value": ""]])
        }
        #expect(plain?.path == ["0", "value"])
    }

    @Test("fields are found in any order, with documents read in between")
    func anyOrder() throws {
        struct Shuffled: Decodable {
            enum Keys: String, CodingKey { case a, b, c, d, e }
            var order = ""

            init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: Keys.self)
                let inner = try container.nestedContainer(keyedBy: Keys.self, forKey: .c)
                for (outer, nested) in [(Keys.e, Keys.b), (.a, .a), (.d, .b), (.b, .a)] {
                    order += try container.decode(String.self, forKey: outer)
                    order += try inner.decode(String.self, forKey: nested)
                    order += String(try container.decode([String: String].self, forKey: .c).count)
                }
                #expect(container.contains(.c) && !inner.contains(.e))
            }
        }
        let document: BSONDocument = [
            "a": "A", "b": "B", "c": ["a": "1", "b": "2"], "d": "D", "e": "E",
        ]
        #expect(try BSONDecoder().decode(Shuffled.self, from: document).order == "E22A12D22B12")
        struct Mixed: Decodable {
            var c: [String: String]
            var a: String
            var e: String
            var missing: Int?
            var b: String
        }
        let mixed = try BSONDecoder().decode(Mixed.self, from: document)
        #expect(mixed.c == ["a": "1", "b": "2"])
        #expect(mixed.a + mixed.e + mixed.b == "AEB" && mixed.missing == nil)
    }
}
