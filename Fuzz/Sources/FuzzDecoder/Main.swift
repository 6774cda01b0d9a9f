// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import CLibFuzzer
import Foundation
import FuzzSupport
import MongoBSON
import NIOCore

/// Any document decodes into a type or is an error; what decodes, encodes and decodes to the same.
@main
struct FuzzDecoder {
    static func main() {
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        withUnsafeMutablePointer(to: &arguments) { arguments in
            arguments.withMemoryRebound(to: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?.self, capacity: 1) {
                _ = LLVMFuzzerRunDriver(&count, $0) { bytes, size in
                    FuzzDecoder.run(UnsafeRawBufferPointer(start: bytes, count: size))
                    return 0
                }
            }
        }
    }

    /// The names are those of the corpus, and short ones that a fuzzer finds.
    struct Everything: Codable, Equatable {
        indirect enum Choice: Codable, Equatable {
            case one(a: Int, b: [Choice])
            case two(String)
        }

        struct Nested: Codable, Equatable {
            var a: [String: [Int8]]?
            var b: UInt64?
            var d: Float?
        }

        var a: BSON?
        var b: Nested?
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

    private static func run(_ input: UnsafeRawBufferPointer) {
        guard let document = try? BSONDocument(validating: atTheEnd(input)) else { return }
        _ = try? BSONDecoder().decode([String: [String: Int]].self, from: document)
        _ = try? BSONDecoder(keyStrategy: .convertFromSnakeCase).decode(Everything.self, from: document)
        guard let value = try? BSONDecoder().decode(Everything.self, from: document) else { return }
        guard let encoded = try? BSONEncoder().encode(value), let valid = try? BSONDocument(validating: encoded.buffer)
        else { fatalError("what was decoded does not encode") }
        // Compared by bytes, as a NaN is not equal to itself.
        guard let again = try? BSONDecoder().decode(Everything.self, from: valid),
            (try? BSONEncoder().encode(again)) == encoded
        else { fatalError("what was decoded does not survive") }
    }
}
