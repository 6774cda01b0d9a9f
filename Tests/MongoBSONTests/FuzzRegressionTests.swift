// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MongoBSON
import NIOCore
import Testing

/// What the fuzz targets (Fuzz/Sources) demand, of seeds with each byte changed, and of inputs that once failed. A new
/// finding of dev/fuzz belongs here.
@Suite("What the fuzz targets demand")
struct FuzzRegressionTests {
    /// As in FuzzDecoder.
    private struct Everything: Codable {
        indirect enum Choice: Codable {
            case one(a: Int, b: [Choice])
            case two(String)
        }

        var a: BSON?
        var b: [String: [Int8]]?
        var c: [Choice]?
        var d: Double?
        var e: Int?
        var f: [Date?]?
        var g: UUID?
        var h: Data?
        var i: BSONDecimal128?
        var j: URL?
        var k: [[String]]?
    }

    private static let document: BSONDocument = [
        "a": .code(BSONCode(code: "f()")), "b": ["x": [1, 2]],
        "c": [["one": ["a": 1, "b": [["two": ["_0": "x"]]]]]], "d": 1.5, "e": 3,
        "f": [.datetime(BSONDateTime(milliseconds: 5)), .null], "g": .uuid(UUID()),
        "h": .binary(BSONBinary(bytes: [1, 2, 3])), "i": .decimal128(BSONDecimal128(7)), "j": "http://a.b/c",
        "k": [["tëxt"]],
    ]

    /// Texts that make the reader take each of its ways.
    private static let texts = [
        #"{"a": {"$numberInt": "1"}, "b": {"$date": {"$numberLong": "-1"}}, "c": [1, -2.5e3, true, null, "\u00e9\n"]}"#,
        #"{"a": {"$binary": {"base64": "AQI=", "subType": "02"}}, "b": {"$date": "2020-02-29T23:59:59.123Z"}}"#,
        #"{"a": {"$code": "f()", "$scope": {"x": {"$oid": "57e193d7a9cc81b4027498b5"}}}, "b": {"$symbol": "s"}}"#,
        #"{"a": {"$regularExpression": {"pattern": "a", "options": "ix"}}, "b": {"$numberDecimal": "-1.5E+3"}}"#,
        #"{"a": {"$timestamp": {"t": 1, "i": 4294967295}}, "b": {"$minKey": 1}, "c": {"$undefined": true}}"#,
        #"{"$ref": "c", "$id": {"$uuid": "c8edabc3-f738-4ca3-b68d-ab92a91478a3"}, "$db": "d"}"#,
    ]

    private func check(decoder bytes: [UInt8]) throws {
        guard let document = try? BSONDocument(validating: bytes) else { return }
        _ = try? BSONDecoder().decode([String: [String: Int]].self, from: document)
        _ = try? BSONDecoder(keyStrategy: .convertFromSnakeCase).decode(Everything.self, from: document)
        guard let value = try? BSONDecoder().decode(Everything.self, from: document) else { return }
        let encoded = try BSONEncoder().encode(value)
        #expect(try BSONDocument(validating: encoded.buffer) == encoded)
        #expect(try BSONEncoder().encode(try BSONDecoder().decode(Everything.self, from: encoded)) == encoded)
    }

    private func check(json bytes: [UInt8]) throws {
        guard let document = try? BSONDocument(extendedJSON: ByteBuffer(bytes: bytes)) else { return }
        #expect(try BSONDocument(validating: document.buffer) == document)
        #expect(try BSONDocument(extendedJSON: document.extendedJSON(.canonical)) == document)
        #expect(!document.extendedJSON(.relaxed).isEmpty)
    }

    /// The bytes with each of them changed in some ways, with each left out, and cut off behind each.
    private func mutations(_ bytes: [UInt8]) -> [[UInt8]] {
        bytes.indices.flatMap { position -> [[UInt8]] in
            let values = [0, 1, 0x22, 0x7B, 0x7F, 0x80, 0xFF, bytes[position] &+ 1, bytes[position] &- 1] as [UInt8]
            var shorter = bytes
            shorter.remove(at: position)
            return [shorter, Array(bytes.prefix(position))]
                + values.map { value in
                    var changed = bytes
                    changed[position] = value
                    return changed
                }
        }
    }

    @Test("changed documents decode or are refused, and what decodes survives")
    func decoder() throws {
        let bytes = Self.document.bytes
        #expect(throws: Never.self) { try BSONDecoder().decode(Everything.self, from: Self.document) }
        try check(decoder: bytes)
        for mutation in mutations(bytes) {
            try check(decoder: mutation)
        }
    }

    @Test("the options of a regular expression stay sorted, also where an accent has come behind a letter")
    func accents() throws {
        let once = try BSONRegularExpression(pattern: "", options: "\u{2}\u{309}y\u{709}")
        let twice = try BSONRegularExpression(pattern: "", options: once.options)
        #expect(Array(once.options.utf8) == Array("\u{2}y\u{309}\u{709}".utf8))
        #expect(Array(twice.options.utf8) == Array(once.options.utf8))
    }

    @Test(
        "a time that a Date would change is refused, not changed",
        arguments: [0x7e18_0000_0002_0006, .max, .min + 1] as [Int64]
    )
    func farTimes(milliseconds: Int64) throws {
        let document: BSONDocument = ["f": [.datetime(BSONDateTime(milliseconds: milliseconds))]]
        try check(decoder: document.bytes)
        let error = #expect(throws: BSONError.self) { try BSONDecoder().decode(Everything.self, from: document) }
        #expect(error?.code == .numberNotRepresentable)
        #expect(error?.path == ["f", "0"])
        let times = try BSONDecoder().decode([String: [BSONDateTime]].self, from: document)
        #expect(times == ["f": [BSONDateTime(milliseconds: milliseconds)]])
    }

    @Test("a time that a Date holds is the same again", arguments: [0, -1, 253_402_300_799_999, -62_135_596_800_001])
    func times(milliseconds: Int64) throws {
        let document: BSONDocument = ["f": [.datetime(BSONDateTime(milliseconds: milliseconds))]]
        let value = try BSONDecoder().decode(Everything.self, from: document)
        #expect(try BSONEncoder().encode(value) == document)
    }

    @Test("changed texts are read or refused, and what is read survives", arguments: texts)
    func json(_ text: String) throws {
        #expect(throws: Never.self) { try BSONDocument(extendedJSON: text) }
        for mutation in [Array(text.utf8)] + mutations(Array(text.utf8)) {
            try check(json: mutation)
        }
    }
}
