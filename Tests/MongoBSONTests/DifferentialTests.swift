// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MongoBSON
import NIOCore
import Testing

@Suite("Random documents")
struct DifferentialTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let folder = environment["MONGODB_BSON_DIFFERENTIAL"]
    private static let count = environment["MONGODB_BSON_COUNT"].flatMap { Int($0) } ?? 20_000
    private static let seed = environment["MONGODB_BSON_SEED"].flatMap { UInt64($0) } ?? 1

    @Test(
        "documents of PyMongo are the same after Swift, and Swift writes some for PyMongo",
        .enabled(if: folder != nil, "run dev/differential, which starts PyMongo")
    )
    func pymongo() throws {
        let folder = URL(fileURLWithPath: try #require(Self.folder))
        var data = ByteBuffer(bytes: try Data(contentsOf: folder.appendingPathComponent("python.bson")))
        var read = 0
        while data.readableBytes > 0 {
            let document = try BSONValidator.readDocument(from: &data)
            #expect(rebuilt(document) == document)
            #expect(try BSONDecoder().decode([String: BSON].self, from: document).count == document.count)
            // NaNs with a payload have no form in Extended JSON; all else has.
            if !document.extendedJSON().contains("NaN") {
                #expect(try BSONDocument(extendedJSON: document.extendedJSON(.canonical)) == document)
            }
            read += 1
        }
        #expect(read == Self.count)

        var generator = SplitMix(state: Self.seed)
        var written = ByteBuffer()
        for _ in 0..<Self.count {
            written.writeImmutableBuffer(generator.document(depth: 0).buffer)
        }
        try Data(written.readableBytesView).write(to: folder.appendingPathComponent("swift.bson"))
    }

    @Test("random values survive Codable, and their documents Extended JSON")
    func codable() throws {
        var generator = SplitMix(state: Self.seed, allowsNaN: false)
        for _ in 0..<2000 {
            let value = RandomValue(&generator, depth: 0)
            let document = try BSONEncoder().encode(value)
            #expect(try BSONDocument(validating: document.buffer) == document)
            #expect(try BSONDecoder().decode(RandomValue.self, from: document) == value)
            #expect(try BSONDocument(extendedJSON: document.extendedJSON(.canonical)) == document)
        }
    }

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

/// A value with fields of many types, some absent.
private struct RandomValue: Codable, Equatable {
    enum Choice: Codable, Equatable {
        case none
        case number(Int)
        case pair(String, flag: Bool)
    }

    var text: String
    var number: Int
    var small: Int16?
    var wide: UInt32
    var real: Double
    var flag: Bool?
    var date: Date
    var uuid: UUID?
    var data: Data
    var id: BSONObjectID
    var any: BSON
    var list: [Int?]
    var names: [String: Double]
    var choices: [Choice]
    var children: [RandomValue]

    init(_ generator: inout SplitMix, depth: Int) {
        text = generator.text()
        number = Int(truncatingIfNeeded: generator.next())
        small = Bool.random(using: &generator) ? .random(in: .min ... .max, using: &generator) : nil
        wide = .random(in: .min ... .max, using: &generator)
        real = .random(in: -1e9...1e9, using: &generator)
        flag = Bool.random(using: &generator) ? .random(using: &generator) : nil
        date = BSONDateTime(milliseconds: .random(in: -1_000_000_000_000...4_000_000_000_000, using: &generator)).date
        uuid = Bool.random(using: &generator) ? UUID() : nil
        data = Data((0..<Int.random(in: 0..<20, using: &generator)).map { UInt8($0) })
        id = BSONObjectID()
        any = generator.value(depth: 4)
        list = (0..<Int.random(in: 0..<12, using: &generator)).map { $0.isMultiple(of: 3) ? nil : $0 }
        names = Dictionary(
            (0..<Int.random(in: 0..<5, using: &generator)).map { ("\($0)" + generator.text(), Double($0)) },
            uniquingKeysWith: { first, _ in first }
        )
        choices = [.none, .number(number), .pair(text, flag: true)].shuffled(using: &generator)
        children = []
        if depth < 3 {
            for _ in 0..<Int.random(in: 0..<3, using: &generator) {
                children.append(RandomValue(&generator, depth: depth + 1))
            }
        }
    }
}

/// A small generator whose numbers a seed determines (Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", 2014).
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    /// A NaN with a payload has no form in Extended JSON.
    var allowsNaN = true

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    mutating func text() -> String {
        let alphabet = Array("abcXYZ019 _.\"\\\n\té☆🐈ключ")
        return String(
            (0..<Int.random(in: 0..<20, using: &self)).compactMap { _ in alphabet.randomElement(using: &self) }
        )
    }

    mutating func document(depth: Int) -> BSONDocument {
        // Distinct names: Python's dictionaries keep one field of a name.
        BSONDocument((0..<Int.random(in: 0..<10, using: &self)).map { ("\($0)" + text(), value(depth: depth)) })
    }

    mutating func value(depth: Int) -> BSON {
        switch Int.random(in: 0..<(depth < 6 ? 18 : 16), using: &self) {
        case 0:
            let number = Double(bitPattern: next())
            return .double(number.isNaN && !allowsNaN ? 0 : number)
        case 1:
            return .double(
                [0, -0.0, .infinity, -.infinity, 1.5, .leastNonzeroMagnitude].randomElement(using: &self) ?? 0
            )
        case 2: return .string(text())
        case 3:
            let bytes = (0..<16).map { _ in UInt8(truncatingIfNeeded: next()) }
            let subtype = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 128, 255].randomElement(using: &self) ?? 0 as UInt8
            return .binary(BSONBinary(bytes: bytes, subtype: BSONBinary.Subtype(rawValue: subtype)))
        case 4: return .objectID(BSONObjectID())
        case 5: return .bool(.random(using: &self))
        case 6: return .datetime(BSONDateTime(milliseconds: Int64(truncatingIfNeeded: next())))
        case 7: return .null
        case 8: return (try? BSONRegularExpression(pattern: text(), options: "im")).map { .regex($0) } ?? .null
        case 9: return .code(BSONCode(code: text()))
        case 10: return .codeWithScope(BSONCodeWithScope(code: text(), scope: document(depth: depth + 1)))
        case 11: return .int32(Int32(truncatingIfNeeded: next()))
        case 12:
            return .timestamp(
                BSONTimestamp(
                    timestamp: UInt32(truncatingIfNeeded: next()),
                    increment: UInt32(truncatingIfNeeded: next())
                )
            )
        case 13: return .int64(Int64(truncatingIfNeeded: next()))
        case 14:
            let number = "\(Int64(truncatingIfNeeded: next()))E\(Int.random(in: -6000...6000, using: &self))"
            return (try? BSONDecimal128(number)).map { .decimal128($0) } ?? .null
        case 15: return Bool.random(using: &self) ? .minKey : .maxKey
        case 16: return .document(document(depth: depth + 1))
        default:
            return .array(
                (0..<Int.random(in: 0..<12, using: &self)).map { _ in value(depth: depth + 1) }
            )
        }
    }
}
