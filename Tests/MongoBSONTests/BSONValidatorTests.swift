// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import NIOCore
import Testing

@Suite("Validation of bytes from elsewhere")
struct BSONValidatorTests {
    private static let everything: BSONDocument = {
        var scope: BSONDocument = ["v": 1]
        scope["deep"] = ["er": [1, ["x": "y"]]]
        return [
            "double": 1.5, "string": "tëxt", "document": ["a": ["b": 1]], "array": [1, [2, ["c": 3]]],
            "binary": .binary(BSONBinary(bytes: [1, 2, 3])),
            "old": .binary(BSONBinary(bytes: [1, 2], subtype: .binaryDeprecated)), "undefined": .undefined,
            "id": .objectID(BSONObjectID()), "bool": true, "date": .datetime(BSONDateTime(milliseconds: 5)),
            "null": .null, "pointer": .dbPointer(BSONDBPointer(ref: "a.b", id: BSONObjectID())),
            "symbol": .symbol(BSONSymbol("s")), "code": .code(BSONCode(code: "f()")),
            "scope": .codeWithScope(BSONCodeWithScope(code: "g()", scope: scope)), "int32": .int32(1),
            "timestamp": .timestamp(BSONTimestamp(timestamp: 1, increment: 2)), "int64": 2,
            "decimal": .decimal128(BSONDecimal128(3)), "min": .minKey, "max": .maxKey,
        ]
    }()

    /// Touches every value, as a user would.
    private func walk(_ document: BSONDocument) -> Int {
        document.reduce(document.extendedJSON().utf8.count) { $0 + $1.key.utf8.count + walk($1.value) }
    }

    private func walk(_ value: BSON) -> Int {
        switch value {
        case .document(let document): walk(document)
        case .array(let values): values.reduce(0) { $0 + walk($1) }
        case .codeWithScope(let code): walk(code.scope)
        default: 1
        }
    }

    @Test("every prefix of a document is refused")
    func prefixes() throws {
        let bytes = Self.everything.bytes
        #expect(try BSONDocument(validating: bytes) == Self.everything)
        for count in 0..<bytes.count {
            #expect(throws: BSONError.self) { try BSONDocument(validating: bytes.prefix(count)) }
        }
        #expect(throws: BSONError.self) { try BSONDocument(validating: bytes + [0]) }
    }

    @Test("a document with any one byte changed is refused, or reads to its end")
    func mutations() {
        let bytes = Self.everything.bytes
        var accepted = 0
        for position in bytes.indices {
            for value in [0, 1, 4, 5, 0x7F, 0x80, 0xFF, bytes[position] &+ 1, bytes[position] &- 1] as [UInt8] {
                var changed = bytes
                changed[position] = value
                if let document = try? BSONDocument(validating: changed) {
                    #expect(walk(document) > 0)
                    #expect(document.bytes == changed)
                    accepted += 1
                }
                // Without validation nothing is promised but that reading stays inside the bytes.
                _ = walk(BSONDocument(trusted: ByteBuffer(bytes: changed)))
            }
        }
        #expect(accepted > 0)
    }

    @Test("nesting is accepted to the documented depth, and no deeper")
    func depth() throws {
        func nested(_ depth: Int) -> BSONDocument {
            (1..<depth).reduce(BSONDocument()) { document, _ in ["d": .document(document)] }
        }
        let deepest = nested(BSONDocument.maximumDepth)
        #expect(try BSONDocument(validating: deepest.buffer) == deepest)
        #expect(try BSONDocument(extendedJSON: deepest.extendedJSON()) == deepest)
        let deeper = nested(BSONDocument.maximumDepth + 1)
        let error = #expect(throws: BSONError.self) { try BSONDocument(validating: deeper.buffer) }
        #expect(error?.code == .nestingTooDeep)
        let jsonError = #expect(throws: BSONError.self) { try BSONDocument(extendedJSON: deeper.extendedJSON()) }
        #expect(jsonError?.code == .nestingTooDeep)
        #expect(nested(10_000).extendedJSON().utf8.count > 10_000)
    }

    @Test("names of any length are found, wherever their end is, and refused where they are ill-formed")
    func names() throws {
        for length in 0...40 {
            let name = String(repeating: "n", count: length)
            // Behind the last name there may be no byte to be read together with it, or many.
            for value in [.null, .int32(1), "text that is longer than a word or two"] as [BSON] {
                let document: BSONDocument = [name: value]
                let read = try BSONDocument(validating: document.bytes)
                #expect(read.keys == [name] && read[name] == value && read[name + "n"] == nil)
                for position in 0..<length {
                    var bytes = document.bytes
                    bytes[5 + position] = 0xFF
                    #expect(throws: BSONError.self) { try BSONDocument(validating: bytes) }
                    bytes[5 + position] = 0
                    _ = walk(BSONDocument(trusted: ByteBuffer(bytes: bytes)))
                }
            }
            for position in 0..<length {
                let zero = String(name.prefix(position)) + "\0" + String(name.dropFirst(position + 1))
                var document = BSONDocument()
                #expect(throws: BSONError.self) { try document.append(zero, .null) }
            }
        }
    }

    @Test("ill-formed UTF-8 is refused, unless it shall be repaired")
    func utf8() throws {
        let ill: [[UInt8]] = [
            [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0x80],
            Array("0123456789".utf8) + [0xC3],
        ]
        for text in ill {
            var bytes: [UInt8] = [UInt8(text.count + 13), 0, 0, 0, 2, 0x61, 0]
            bytes += [UInt8(text.count + 1), 0, 0, 0] + text + [0, 0]
            #expect(throws: BSONError.self) { try BSONDocument(validating: bytes) }
            let document = try BSONDocument(validating: bytes, text: .lenient)
            #expect(document["a"]?.stringValue?.contains("\u{FFFD}") == true)
        }
        let well: BSONDocument = ["ключ": "žluťoučký 🐈 kůň, 日本"]
        #expect(try BSONDocument(validating: well.buffer)["ключ"] == "žluťoučký 🐈 kůň, 日本")
    }
}
