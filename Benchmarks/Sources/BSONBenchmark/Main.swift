// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MongoBSON
import NIOCore

/// Measures the BSON tasks of the standard benchmark
/// (<https://github.com/mongodb/specifications/blob/master/source/benchmarking/benchmarking.md>): BSONBenchmark FOLDER [TASK [DOCUMENT]].
///
/// Prints one line a task, `mongo-nio,TASK,DOCUMENT,MB/s`: the median of three samples, in millions of bytes of BSON.
@main
struct BSONBenchmark {
    static func main() throws {
        guard (2...4).contains(CommandLine.arguments.count) else {
            FileHandle.standardError.write(Data("usage: BSONBenchmark FOLDER [TASK [DOCUMENT]]\n".utf8))
            exit(2)
        }
        let folder = URL(fileURLWithPath: CommandLine.arguments[1])
        func document(_ name: String) throws -> BSONDocument {
            try BSONDocument(extendedJSON: String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8))
        }
        let (flat, deep, full) = (
            try document("flat_bson.json"), try document("deep_bson.json"), try document("full_bson.json")
        )
        for (name, document) in [("flat", flat), ("deep", deep), ("full", full)] {
            // The peers read the same bytes.
            try document.data.write(to: folder.appendingPathComponent("\(name).bson"))
            let tree = Tree(document)
            try require(try BSONDocument(encoding: tree) == document, "the tree encodes to other bytes")
            try measure("raw-decode", name, document) { try BSONDocument(validating: document.buffer).byteCount }
            try measure("validate+walk", name, document) {
                var reader = BSONReader(try BSONDocument(validating: document.buffer))
                return walk(&reader)
            }
            let fields = document.map { ($0.key, $0.value) }
            try measure("raw-encode", name, document) {
                var copy = BSONDocument()
                for (key, value) in fields {
                    try copy.append(key, value)
                }
                return copy.byteCount
            }
            try measure("values-decode", name, document) { walk(try BSONDocument(validating: document.buffer)) }
            try measure("values-encode", name, document) { BSONDocument(fields).byteCount }
            try measure("tree-decode", name, document) {
                Tree(try BSONDocument(validating: document.buffer)).fields.count
            }
            try measure("tree-encode", name, document) { try BSONDocument(encoding: tree).byteCount }
        }
        try measureCodable("flat", flat, CodableFlat.self, Flat.self)
        try measureCodable("deep", deep, Deep.self, DirectDeep.self)
        try measureCodable("full", full, CodableFull.self, Full.self)
    }

    private static func measureCodable<Value: Codable, Direct: BSONEncodable & BSONDecodable>(
        _ name: String,
        _ document: BSONDocument,
        _ type: Value.Type,
        _ direct: Direct.Type
    ) throws {
        let (decoder, encoder) = (BSONDecoder(), BSONEncoder())
        let value = try decoder.decode(type, from: document)
        try require(try encoder.encode(value).equalsIgnoringKeyOrder(document), "Codable encodes another document")
        try measure("codable-decode", name, document) {
            withExtendedLifetime(try decoder.decode(type, from: try BSONDocument(validating: document.buffer))) { 1 }
        }
        try measure("codable-encode", name, document) { try encoder.encode(value).byteCount }
        let directValue = try Direct(document)
        try require(try BSONDocument(encoding: directValue) == document, "the direct protocol encodes other bytes")
        try measure("direct-decode", name, document) {
            withExtendedLifetime(try Direct(try BSONDocument(validating: document.buffer))) { 1 }
        }
        try measure("direct-encode", name, document) { try BSONDocument(encoding: directValue).byteCount }
    }

    private struct Unequal: Error { let message: String }

    private static func require(_ condition: Bool, _ message: String) throws {
        guard condition else { throw Unequal(message: message) }
    }

    /// What libbson's iterator gives of every field: name, type, and the value as a number or its length.
    private static func walk(_ reader: inout BSONReader) -> Int {
        var count = 0
        while let type = reader.next() {
            count &+= reader.keyByteCount
            switch type {
            case .document, .array:
                guard reader.enter() else { continue }
                count &+= walk(&reader)
                reader.leave()
            case .int32, .int64:
                count &+= Int(truncatingIfNeeded: reader.integer ?? 0)
            case .double:
                count &+= reader.number == 0 ? 0 : 1
            default:
                count &+= reader.valueByteCount
            }
        }
        return count
    }

    /// Every field's name and value, built, in documents and arrays too.
    private static func walk(_ document: BSONDocument) -> Int {
        var count = 0
        for (key, value) in document {
            count &+= key.utf8.count &+ walk(value)
        }
        return count
    }

    private static func walk(_ value: BSON) -> Int {
        switch value {
        case .document(let document): walk(document)
        case .array(let values): values.reduce(0) { $0 + walk($1) }
        default: 1
        }
    }

    /// Three samples of a tenth of a second; Benchmarks/run starts the programs several times, in turn.
    private static func measure(
        _ task: String,
        _ name: String,
        _ document: BSONDocument,
        _ body: () throws -> Int
    ) throws {
        guard CommandLine.arguments.count < 3 || CommandLine.arguments[2] == task,
            CommandLine.arguments.count < 4 || CommandLine.arguments[3] == name
        else { return }
        let clock = ContinuousClock()
        var sink = 0
        var rounds = 1
        while true {
            let time = try clock.measure { for _ in 0..<rounds { sink &+= try body() } }
            if time > .milliseconds(20) {
                rounds = max(1, Int(Double(rounds) * 0.1 / (time / .seconds(1))))
                break
            }
            rounds *= 4
        }
        var samples: [Double] = []
        for _ in 0..<3 {
            let time = try clock.measure { for _ in 0..<rounds { sink &+= try body() } }
            samples.append(Double(document.byteCount * rounds) / (time / .seconds(1)) / 1e6)
        }
        samples.sort()
        guard sink != 0 else { throw Unequal(message: "nothing was measured") }
        print("mongo-nio,\(task),\(name),\(Int(samples[1]))")
    }
}
