// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MongoBSON
import NIOCore
import Testing

@Suite("Extended JSON")
struct ExtendedJSONTests {
    @Test("both forms look as the specification's example")
    func forms() throws {
        let document: BSONDocument = [
            "i": .int32(1), "l": 2, "d": 3.0, "s": "q\"\\\n\u{1}", "t": .datetime(BSONDateTime(milliseconds: 1001)),
            "r": .regex(try BSONRegularExpression(pattern: "a*", options: "xi")), "a": [.null, ["b": false]],
        ]
        #expect(
            document.extendedJSON(.relaxed)
                == #"{"i": 1, "l": 2, "d": 3.0, "s": "q\"\\\n\u0001", "t": {"$date": "1970-01-01T00:00:01.001Z"}, "#
                + #""r": {"$regularExpression": {"pattern": "a*", "options": "ix"}}, "a": [null, {"b": false}]}"#
        )
        #expect(
            document.extendedJSON(.canonical)
                == #"{"i": {"$numberInt": "1"}, "l": {"$numberLong": "2"}, "d": {"$numberDouble": "3.0"}, "#
                + #""s": "q\"\\\n\u0001", "t": {"$date": {"$numberLong": "1001"}}, "#
                + #""r": {"$regularExpression": {"pattern": "a*", "options": "ix"}}, "a": [null, {"b": false}]}"#
        )
        #expect(document.description == document.extendedJSON())
        #expect("\(BSON.int32(5)) \(BSON.array([1, "x"]))" == #"5 [1, "x"]"#)
        #expect(try BSON(extendedJSON: #" {"$oid": "56e1fc72e0c917e9c4714161"} "#).type == .objectID)
        #expect(try BSON(extendedJSON: "[1, 2.5]") == .array([.int32(1), 2.5]))
    }

    @Test(
        "errors tell line and column, and never a value",
        arguments: [
            ("", 1, 1), ("{", 1, 2), ("{\"a\": }", 1, 7), ("{\"a\": 1,}", 1, 9), ("{\n  \"a\": tru\n}", 2, 8),
            ("{\"a\": 01}", 1, 7), ("{\"a\": 1.}", 1, 7), ("{\"a\": \"x\ny\"}", 1, 9), ("{\"a\": \"\\x\"}", 1, 8),
            ("{\"a\": \"\\ud800\"}", 1, 8), ("{} {}", 1, 4), ("[1]", 1, 1), ("{\"a\" 1}", 1, 6), ("{a: 1}", 1, 2),
            ("{\"a\": 1e999}", 1, 7), ("{\"a\": {\"b\": 1, \"$oid\": \"x\"}}", 1, 16),
        ] as [(String, Int, Int)]
    )
    func errors(_ text: String, _ line: Int, _ column: Int) {
        let error = #expect(throws: BSONError.self) { try BSONDocument(extendedJSON: text) }
        #expect(error?.location == .text(line: line, column: column))
    }

    @Test(
        "the forms of version 1, and other wrong wrappers, are refused",
        arguments: [
            #"{"a": {"$binary": "AAAA", "$type": "00"}}"#, #"{"a": {"$date": 0}}"#, #"{"a": {"$date": "2012-12-24"}}"#,
            #"{"a": {"$date": "2012-02-30T00:00:00Z"}}"#, #"{"a": {"$date": "2012-12-24T12:15:30.0001Z"}}"#,
            #"{"a": {"$numberLong": 1}}"#, #"{"a": {"$numberInt": "2147483648"}}"#, #"{"a": {"$numberInt": "+1"}}"#,
            #"{"a": {"$numberDouble": "0x1p3"}}"#, #"{"a": {"$numberDouble": "inf"}}"#, #"{"a": {"$scope": {}}}"#,
            #"{"a": {"$undefined": false}}"#, #"{"a": {"$undefined": null}}"#,
            #"{"a": {"$timestamp": {"t": -1, "i": 0}}}"#,
            #"{"a": {"$timestamp": {"t": 4294967296, "i": 0}}}"#,
            #"{"a": {"$uuid": "c8edabc3-f7384ca3-b68d-ab92-a91478a3"}}"#,
            #"{"a": {"$uuid": "c8edabc3-f738-4ca3-b68d-ab92a91478a3a"}}"#, #"{"a": {"$uuid": 4}}"#,
            #"{"a": {"$binary": {"base64": "AAA", "subType": "00"}}}"#,
            #"{"a": {"$binary": {"base64": "", "subType": "+1"}}}"#,
            #"{"a": {"$binary": {"base64": "", "subType": "100"}}}"#, #"{"a": {"$oid": "56e1"}}"#,
            #"{"a": {"$minKey": 1.0}}"#, #"{"a": {"$dbPointer": {"$ref": "a", "$id": "56e1fc72e0c917e9c4714161"}}}"#,
            #"{"a": {"$code": "", "$code": ""}}"#, #"{"a": {"$symbol": null}}"#,
        ]
    )
    func refused(_ text: String) {
        let error = #expect(throws: BSONError.self) { try BSONDocument(extendedJSON: text) }
        #expect(error?.code == .malformedJSON && error?.location != nil)
    }

    @Test(
        "what only looks like a wrapper stays a document",
        arguments: [
            #"{"a": {"$regex": "x", "$options": "i"}}"#, #"{"zip": {"$type": 2}}"#, #"{"a": {"$ref": "c"}}"#,
            #"{"$oid": 1}"#, #"{"a": {"$gt": {"$numberInt": "4"}}}"#, #"{"a": {"$": 1, "$id": 2}}"#,
            #"{"$regex": {"$regularExpression": {"pattern": "foo*", "options": ""}}, "$options": "ix"}"#,
        ]
    )
    func documents(_ text: String) throws {
        let document = try BSONDocument(extendedJSON: text)
        #expect(try BSONDocument(extendedJSON: document.extendedJSON(.canonical)) == document)
        #expect(document.count > 0)
    }

    @Test("the keys of a wrapper may come in any order, and repeated fields are kept")
    func keyOrder() throws {
        let code = try BSONDocument(
            extendedJSON: #"{"a": {"$scope": {"x": {"$numberLong": "1"}}, "$code": "f"}, "a": 2}"#
        )
        #expect(code.count == 2)
        #expect(code["a"] == .codeWithScope(BSONCodeWithScope(code: "f", scope: ["x": 1])))
        let binary = try BSONDocument(extendedJSON: #"{"a": {"$binary": {"subType": "5", "base64": "AQI="}}}"#)
        #expect(binary["a"] == .binary(BSONBinary(bytes: [1, 2], subtype: .md5)))
    }

    @Test("numbers get the smallest type that holds them")
    func numbers() throws {
        let document = try BSONDocument(
            extendedJSON: """
                {"n": [2147483647, 2147483648, -9223372036854775808, 9223372036854775808, 1.0, 1e2, -0, -0.0]}
                """
        )
        #expect(
            document["n"] == [
                .int32(.max), .int64(2_147_483_648), .int64(.min), .double(9_223_372_036_854_775_808), .double(1),
                .double(100), .int32(0), .double(-0.0),
            ]
        )
    }

    @Test("dates are those of the calendar, all years from 1970 to 9999")
    func dates() throws {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        for step in 0..<3000 {
            let milliseconds = Int64(step) * 84_467_433_601 + 1
            let text = BSON.datetime(BSONDateTime(milliseconds: milliseconds)).extendedJSON()
            let expected = formatter.string(from: Date(timeIntervalSince1970: Double(milliseconds) / 1000))
                .replacingOccurrences(of: ".000Z", with: "Z")
            #expect(text == "{\"$date\": \"\(expected)\"}")
            #expect(try BSON(extendedJSON: text) == .datetime(BSONDateTime(milliseconds: milliseconds)))
        }
        let offset = try BSON(extendedJSON: #"{"$date": "2012-12-24T12:15:30.5+01:30"}"#)
        #expect(offset.datetimeValue?.milliseconds == 1_356_345_930_500)
        let early = try BSON(extendedJSON: #"{"$date": "0001-01-01T00:00:00Z"}"#)
        #expect(early.datetimeValue?.milliseconds == -62_135_596_800_000)
    }

    @Test("a reader takes one document after the other")
    func stream() throws {
        var reader = ExtendedJSONReader(ByteBuffer(string: "{\"a\": 1}\n{\"b\": 2} {}\n"))
        #expect(try reader.next() == ["a": .int32(1)])
        #expect(try reader.next() == ["b": .int32(2)])
        #expect(try reader.next() == [:])
        #expect(try reader.next() == nil)
        var broken = ExtendedJSONReader(ByteBuffer(string: "{}\n{\"a\": x}"))
        #expect(try broken.next() == [:])
        let error = #expect(throws: BSONError.self) { try broken.next() }
        #expect(error?.location == .text(line: 2, column: 7))
        #expect(throws: BSONError.self) { try BSONDocument(extendedJSON: ByteBuffer(bytes: [0x7B, 0xFF, 0x7D])) }
    }
}
