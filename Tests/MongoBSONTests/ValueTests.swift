// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import Testing

@testable import MongoBSON

@Suite("BSON values")
struct ValueTests {
    // https://github.com/mongodb/specifications/blob/master/source/bson-objectid/objectid.md#test-plan
    @Test(
        "an object identifier's time is unsigned",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (0x7FFF_FFFF, "2038-01-19T03:14:07Z"), (0x8000_0000, "2038-01-19T03:14:08Z"),
            (0xFFFF_FFFF, "2106-02-07T06:28:15Z"),
        ] as [(UInt32, String)]
    )
    func objectIDTime(_ seconds: UInt32, _ date: String) throws {
        let id = ObjectIDGenerator().next(seconds: seconds)
        #expect(id.timestamp.formatted(.iso8601) == date)
        #expect(try BSONObjectID(id.hexString) == id)
        #expect(try BSONObjectID(bytes: id.bytes) == id)
    }

    @Test("an object identifier's counter goes up by one and overflows to zero")
    func objectIDCounter() {
        let generator = ObjectIDGenerator(counter: 0xFF_FFFE)
        let ids = (0..<4).map { _ in generator.next(seconds: 1) }
        #expect(ids.map { Array($0.bytes.suffix(3)) } == [[255, 255, 254], [255, 255, 255], [0, 0, 0], [0, 0, 1]])
        #expect(Set(ids.map { Array($0.bytes.prefix(9)) }).count == 1)
    }

    @Test("a forked process has another random number")
    func objectIDFork() {
        let generator = ObjectIDGenerator()
        let parent = generator.next(seconds: 1, processID: 1)
        let child = generator.next(seconds: 1, processID: 2)
        #expect(parent.bytes[4..<9] != child.bytes[4..<9])
        #expect(generator.next(seconds: 1, processID: 2).bytes[4..<9] == child.bytes[4..<9])
    }

    @Test("text that is not 24 hexadecimal digits is no object identifier")
    func objectIDText() {
        for text in ["", "56e1fc72e0c917e9c471416", "56e1fc72e0c917e9c471416g", "56e1fc72e0c917e9c47141611"] {
            #expect(throws: BSONError.self) { try BSONObjectID(text) }
        }
    }

    // https://github.com/mongodb/specifications/blob/master/source/bson-binary-uuid/uuid.md#test-plan
    @Test(
        "UUIDs have the bytes of their representation and are read by no other",
        arguments: [
            (.standard, 4, "00112233445566778899aabbccddeeff"), (.javaLegacy, 3, "7766554433221100ffeeddccbbaa9988"),
            (.csharpLegacy, 3, "33221100554477668899aabbccddeeff"),
            (.pythonLegacy, 3, "00112233445566778899aabbccddeeff"),
        ] as [(BSONBinary.UUIDRepresentation, UInt8, String)]
    )
    func uuids(_ representation: BSONBinary.UUIDRepresentation, _ subtype: UInt8, _ bytes: String) throws {
        let uuid = try #require(UUID(uuidString: "00112233-4455-6677-8899-aabbccddeeff"))
        let binary = try BSONBinary(uuid, representation: representation)
        #expect(binary.subtype.rawValue == subtype)
        #expect(Hexadecimal.string(binary.bytes) == bytes)
        #expect(try binary.uuid(representation) == uuid)
        for other in BSONBinary.UUIDRepresentation.allCases where other != representation {
            // The three old ones have the same subtype: nothing in the bytes tells them apart.
            if other == .unspecified || other == .standard || representation == .standard {
                #expect(throws: BSONError.self) { try binary.uuid(other) }
            }
        }
        #expect(throws: BSONError.self) { try BSONBinary(uuid, representation: .unspecified) }
        #expect(try BSONBinary(uuid) == BSONBinary(uuid, representation: .standard))
        #expect(throws: BSONError.self) { try BSONBinary(bytes: [1, 2], subtype: .uuid).uuid() }
    }

    // https://github.com/mongodb/specifications/blob/master/source/dbref/dbref.md#test-plan
    @Test("references are read in any order of fields, and written in the specified one")
    func references() throws {
        let document: BSONDocument = ["foo": 1, "$db": "db0", "$id": .null, "$ref": "coll0", "bar": [true]]
        let reference = try BSONDBRef(document)
        #expect(reference.collection == "coll0" && reference.id == .null && reference.database == "db0")
        #expect(reference.extraFields == ["foo": 1, "bar": [true]])
        #expect(reference.document.keys == ["$ref", "$id", "$db", "foo", "bar"])
        let invalid: [BSONDocument] = [
            ["$ref": "coll0"], ["$id": 1], ["$db": "db0"], ["$ref": true, "$id": 1], ["$ref": "c", "$id": 1, "$db": 1],
        ]
        for document in invalid {
            #expect(throws: BSONError.self) { try BSONDBRef(document) }
        }
    }

    @Test("a datetime is exact over its whole range, and a date becomes the nearest one")
    func datetimes() {
        #expect(BSONDateTime(Date(timeIntervalSince1970: 1.0006)).milliseconds == 1001)
        #expect(BSONDateTime(Date(timeIntervalSince1970: -0.001)).milliseconds == -1)
        #expect(BSONDateTime(exactly: Date(timeIntervalSince1970: 1e300)) == nil)
        #expect(BSONDateTime(Date(timeIntervalSince1970: -1e300)).milliseconds == .min)
        #expect(BSONDateTime(exactly: Date(timeIntervalSince1970: .nan)) == nil)
        for milliseconds in [0, 1, -1, 1_356_351_330_501, -284_643_869_501, 253_402_300_799_999] as [Int64] {
            let time = BSONDateTime(milliseconds: milliseconds)
            #expect(BSONDateTime(time.date) == time)
        }
        #expect(BSON.datetime(Date(timeIntervalSince1970: 2)) == .datetime(BSONDateTime(milliseconds: 2000)))
    }

    @Test("decimals keep their digits, and compare and convert as numbers")
    func decimals() throws {
        for text in ["0", "-0", "1", "0.1", "1E+3", "-1.50", "9.999999999999999999999999999999999E+6144", "1E-6176"] {
            #expect(try BSONDecimal128(text).description == text)
        }
        for text in [
            "", ".", "+", "e1", "1e", "1e+", "1.2.3", "0x1", " 1", "1 ", "infinit", "nan1", "1E6145", "1E-6177",
        ] {
            #expect(throws: BSONError.self) { try BSONDecimal128(text) }
        }
        let (two, precise) = (try BSONDecimal128("2.0"), try BSONDecimal128("2.00"))
        #expect(two != precise && two.isEqual(to: precise) && !two.isLess(than: precise))
        #expect(try BSONDecimal128("-1E+6144").isLess(than: BSONDecimal128("-9E-6176")))
        #expect(try BSONDecimal128("1.9").isLess(than: two))
        #expect(try BSONDecimal128(0).isEqual(to: BSONDecimal128("-0E+10")))
        #expect(!BSONDecimal128.nan.isEqual(to: .nan) && !BSONDecimal128.nan.isLess(than: two))
        #expect(two.isLess(than: .infinity) && !BSONDecimal128.infinity.isLess(than: .infinity))
        #expect(Int(exactly: two) == 2)
        #expect(try Int(exactly: BSONDecimal128("2.5")) == nil)
        #expect(Int64(exactly: BSONDecimal128(Int64.min)) == .min)
        #expect(try UInt8(exactly: BSONDecimal128("-1")) == nil)
        #expect(BSONDecimal128(exactly: 0.5)?.description == "0.5")
        #expect(BSONDecimal128(exactly: 0.1) == nil)
        #expect(BSONDecimal128(exactly: -0.0)?.description == "-0")
        #expect(BSONDecimal128(exactly: 1e30).flatMap { Double(exactly: $0) } == 1e30)
        #expect(BSONDecimal128(exactly: Double.leastNonzeroMagnitude) == nil)
        #expect(try Double(exactly: BSONDecimal128("0.1")) == nil)
        #expect(try Double(BSONDecimal128("0.1")) == 0.1)
        #expect(BSON.decimal128(two).toInt() == 2)
    }

    // https://github.com/mongodb/specifications/blob/master/source/bson-binary-vector/tests/README.md#prose-tests
    @Test("bits that the padding of a vector excludes must be zero")
    func vectorPadding() throws {
        #expect(throws: BSONError.self) { try BSONVector.Bits(bytes: [0xFF], padding: 7) }
        let binary = BSONBinary(bytes: [0x10, 7, 0xFF], subtype: .vector)
        #expect(throws: BSONError.self) { try binary.vector() }
        let bits = BSONVector.Bits([true, false, true, true, false, false, false, false, true])
        #expect(bits.bytes == [0b1011_0000, 0x80] && bits.padding == 7 && bits.bits.count == 9)
        #expect(try BSONBinary(.packedBits(bits)).vector() == .packedBits(bits))
        for bytes in [[], [3], [3, 1, 0], [0x27, 0, 1, 2, 3], [0x27, 1, 0, 0, 0, 0], [0x10, 8, 0], [9, 0]] as [[UInt8]]
        {
            #expect(throws: BSONError.self) { try BSONBinary(bytes: bytes, subtype: .vector).vector() }
        }
    }

    @Test("Base 64 is strict and survives both ways")
    func base64() {
        for count in 0..<40 {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37) }
            let text = bytes.withUnsafeBytes { Base64.encode($0) }
            #expect(text == Data(bytes).base64EncodedString())
            #expect(Base64.decode(text) == bytes)
        }
        for text in ["A", "AA", "AAA", "AA=A", "AB==", "A===", "AAA\n", "AA-_", "===="] {
            #expect(Base64.decode(text) == nil)
        }
    }
}
