// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/bson-corpus/bson-corpus.md

import Foundation
import MongoBSON
import Testing

@Suite("Specification: bson-corpus", .enabled(if: SpecTestFiles.arePresent, SpecTestFiles.absence))
struct BSONCorpusSpecTests {
    @Test("Valid documents survive every conversion", arguments: BSONCorpusCase.all("valid"))
    func valid(_ test: BSONCorpusCase) throws {
        let fields = try test.object()
        let canonicalBytes = try hexadecimal(try #require(fields["canonical_bson"] as? String))
        let canonicalJSON = try JSONTokens(try #require(fields["canonical_extjson"] as? String))
        let relaxedJSON = try (fields["relaxed_extjson"] as? String).map(JSONTokens.init)
        let isLossy = fields["lossy"] as? Bool ?? false

        let document = try BSONDocument(validating: canonicalBytes)
        #expect(document.bytes == canonicalBytes)
        #expect(rebuilt(document).bytes == canonicalBytes)
        #expect(try JSONTokens(document.extendedJSON(.canonical)) == canonicalJSON)
        #expect(try JSONTokens(rebuilt(document).extendedJSON(.canonical)) == canonicalJSON)
        if let relaxedJSON {
            #expect(try JSONTokens(document.extendedJSON(.relaxed)) == relaxedJSON)
        }
        // The same through Codable.
        let values = try BSONDecoder().decode([String: BSON].self, from: document)
        if values.count == 1 {
            #expect(try BSONEncoder().encode(values).bytes == canonicalBytes)
        }

        let read = try BSONDocument(extendedJSON: try #require(fields["canonical_extjson"] as? String))
        #expect(try JSONTokens(read.extendedJSON(.canonical)) == canonicalJSON)
        #expect(isLossy || read.bytes == canonicalBytes)
        #expect(try BSONDocument(validating: read.buffer) == read)

        if let degenerate = fields["degenerate_bson"] as? String {
            let document = try BSONDocument(validating: try hexadecimal(degenerate))
            #expect(rebuilt(document).bytes == canonicalBytes)
            #expect(try JSONTokens(document.extendedJSON(.canonical)) == canonicalJSON)
            if let relaxedJSON {
                #expect(try JSONTokens(document.extendedJSON(.relaxed)) == relaxedJSON)
            }
        }
        if let degenerate = fields["degenerate_extjson"] as? String {
            let document = try BSONDocument(extendedJSON: degenerate)
            #expect(try JSONTokens(document.extendedJSON(.canonical)) == canonicalJSON)
            #expect(isLossy || document.bytes == canonicalBytes)
        }
        if let relaxed = fields["relaxed_extjson"] as? String {
            let document = try BSONDocument(extendedJSON: relaxed)
            #expect(try JSONTokens(document.extendedJSON(.relaxed)) == relaxedJSON)
        }
        // What deprecated types may be converted to are documents like any other.
        if let converted = fields["converted_bson"] as? String, let json = fields["converted_extjson"] as? String {
            let document = try BSONDocument(validating: try hexadecimal(converted))
            #expect(try JSONTokens(document.extendedJSON(.canonical)) == JSONTokens(json))
        }
    }

    @Test("What is not BSON is refused", arguments: BSONCorpusCase.all("decodeErrors"))
    func decodeErrors(_ test: BSONCorpusCase) throws {
        let bytes = try hexadecimal(try #require(try test.object()["bson"] as? String))
        #expect(throws: BSONError.self) { try BSONDocument(validating: bytes) }
    }

    @Test("What is not Extended JSON, or not a decimal, is refused", arguments: BSONCorpusCase.all("parseErrors"))
    func parseErrors(_ test: BSONCorpusCase) throws {
        let text = try #require(try test.object()["string"] as? String)
        if test.bsonType == "0x13" {
            #expect(throws: BSONError.self) { try BSONDecimal128(text) }
        } else {
            let error = #expect(throws: BSONError.self) { try BSONDocument(extendedJSON: text) }
            #expect(error?.location != nil)
        }
    }

    /// The document built once more from its values.
    private func rebuilt(_ document: BSONDocument) -> BSONDocument {
        BSONDocument(document.map { ($0.key, rebuilt($0.value)) })
    }

    private func rebuilt(_ value: BSON) -> BSON {
        switch value {
        case .document(let document): .document(rebuilt(document))
        case .array(let values): .array(values.map { rebuilt($0) })
        case .codeWithScope(let code):
            .codeWithScope(BSONCodeWithScope(code: code.code, scope: rebuilt(code.scope)))
        default: value
        }
    }
}

/// A case of a file of the corpus.
struct BSONCorpusCase: Sendable, CustomTestStringConvertible {
    let file: String
    let name: String
    let bsonType: String
    /// The case as JSON; nil when its file could not be read.
    let fields: Data?

    var testDescription: String { "\(file): \(name)" }

    func object() throws -> [String: Any] {
        let fields = try #require(fields, "\(file) cannot be read")
        return try #require(try JSONSerialization.jsonObject(with: fields) as? [String: Any])
    }

    /// The cases of one kind in all files. An unreadable file is a case that fails, and so is a folder without files.
    static func all(_ kind: String) -> [BSONCorpusCase] {
        guard SpecTestFiles.arePresent else { return [] }
        let files = SpecTestFiles.files("bson-corpus/tests")
        guard !files.isEmpty else {
            return [BSONCorpusCase(file: "bson-corpus/tests", name: "(no files)", bsonType: "", fields: nil)]
        }
        return files.flatMap { url -> [BSONCorpusCase] in
            let file = "bson-corpus/tests/\(url.lastPathComponent)"
            guard let data = try? Data(contentsOf: url),
                let root = try? JSONSerialization.jsonObject(with: data) as? [String: Any]
            else { return [BSONCorpusCase(file: file, name: "(unreadable)", bsonType: "", fields: nil)] }
            return (root[kind] as? [[String: Any]] ?? []).map { test in
                BSONCorpusCase(
                    file: file,
                    name: test["description"] as? String ?? "(no name)",
                    bsonType: root["bson_type"] as? String ?? "",
                    fields: try? JSONSerialization.data(withJSONObject: test)
                )
            }
        }
    }
}

/// The bytes of a text of hexadecimal digits.
func hexadecimal(_ text: String) throws -> [UInt8] {
    let digits = try text.map { try #require($0.hexDigitValue) }
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}
