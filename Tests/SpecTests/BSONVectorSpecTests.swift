// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/bson-binary-vector/tests/README.md

import Foundation
import MongoBSON
import Testing

@Suite("Specification: bson-binary-vector", .enabled(if: SpecTestFiles.arePresent, SpecTestFiles.absence))
struct BSONVectorSpecTests {
    @Test("Vectors are packed and unpacked as the specification says", arguments: BSONVectorCase.all)
    func vector(_ test: BSONVectorCase) throws {
        let fields = try test.object()
        let isValid = try #require(fields["valid"] as? Bool)
        let bytes = try (fields["canonical_bson"] as? String).map(hexadecimal)

        guard isValid else {
            if let values = fields["vector"] as? [Any] {
                #expect(throws: (any Error).self) { try packed(values, fields) }
            }
            if let bytes {
                let document = try BSONDocument(validating: bytes)
                let binary = try #require(document[test.key]?.binaryValue)
                #expect(throws: BSONError.self) { try binary.vector() }
            }
            return
        }
        let vector = try packed(try #require(fields["vector"] as? [Any]), fields)
        let canonical = try #require(bytes)
        #expect(BSONDocument([(test.key, .binary(BSONBinary(vector)))]).bytes == canonical)
        let binary = try #require(try BSONDocument(validating: canonical)[test.key]?.binaryValue)
        #expect(try binary.vector() == vector)
    }

    private struct NotRepresentable: Error {}

    /// What a program would build of the case's numbers: the element's type refuses some by itself.
    private func packed(_ values: [Any], _ fields: [String: Any]) throws -> BSONVector {
        let padding = fields["padding"] as? Int ?? 0
        let numbers = try values.map { value -> Double in
            if let object = value as? [String: String], let text = object["$numberDouble"] {
                return try #require(["inf": .infinity, "-inf": -.infinity][text] ?? Double(text))
            }
            if let text = value as? String {
                return try #require(["inf": .infinity, "-inf": -.infinity][text] ?? Double(text))
            }
            return try #require(value as? Double)
        }
        func exactly<Value: FixedWidthInteger>(_ type: Value.Type) throws -> [Value] {
            try numbers.map { number in
                guard let value = Value(exactly: number) else { throw NotRepresentable() }
                return value
            }
        }
        switch fields["dtype_hex"] as? String {
        case "0x10":
            return .packedBits(try BSONVector.Bits(bytes: exactly(UInt8.self), padding: padding))
        case "0x03":
            // Only bits have padding; the other kinds have no parameter for it.
            guard padding == 0 else { throw NotRepresentable() }
            return .int8(try exactly(Int8.self))
        case "0x27":
            guard padding == 0 else { throw NotRepresentable() }
            return .float32(numbers.map { Float($0) })
        default:
            throw NotRepresentable()
        }
    }
}

/// A case of a file of vectors.
struct BSONVectorCase: Sendable, CustomTestStringConvertible {
    let file: String
    let key: String
    let name: String
    /// The case as JSON; nil when its file could not be read.
    let fields: Data?

    var testDescription: String { "\(file): \(name)" }

    func object() throws -> [String: Any] {
        let fields = try #require(fields, "\(file) cannot be read")
        return try #require(try JSONSerialization.jsonObject(with: fields) as? [String: Any])
    }

    /// The cases of all files. An unreadable file is a case that fails, and so is a folder without files.
    static var all: [BSONVectorCase] {
        guard SpecTestFiles.arePresent else { return [] }
        let files = SpecTestFiles.files("bson-binary-vector/tests")
        guard !files.isEmpty else {
            return [BSONVectorCase(file: "bson-binary-vector/tests", key: "", name: "(no files)", fields: nil)]
        }
        return files.flatMap { url -> [BSONVectorCase] in
            let file = "bson-binary-vector/tests/\(url.lastPathComponent)"
            guard let data = try? Data(contentsOf: url),
                let root = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
                let key = root["test_key"] as? String, let tests = root["tests"] as? [[String: Any]]
            else { return [BSONVectorCase(file: file, key: "", name: "(unreadable)", fields: nil)] }
            return tests.map { test in
                BSONVectorCase(
                    file: file,
                    key: key,
                    name: test["description"] as? String ?? "(no name)",
                    fields: try? JSONSerialization.data(withJSONObject: test)
                )
            }
        }
    }
}
