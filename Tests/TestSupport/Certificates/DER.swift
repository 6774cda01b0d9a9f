// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The little of DER (ITU-T X.690) that an OCSP response takes.
enum DER {
    static func value(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        if content.count < 0x80 { return [tag, UInt8(content.count)] + content }
        let length = withUnsafeBytes(of: UInt32(content.count).bigEndian) { Array($0.drop { $0 == 0 }) }
        return [tag, 0x80 | UInt8(length.count)] + length + content
    }

    static func sequence(_ parts: [UInt8]...) -> [UInt8] {
        value(0x30, Array(parts.joined()))
    }

    static func time(_ date: Date) -> [UInt8] {
        value(0x18, Array(date.generalizedTime.utf8))
    }

    static func identifier(_ arcs: [Int]) -> [UInt8] {
        var content = [UInt8(arcs[0] * 40 + arcs[1])]
        for arc in arcs.dropFirst(2) {
            var digits = [UInt8(arc & 0x7f)]
            var rest = arc >> 7
            while rest > 0 {
                digits.insert(0x80 | UInt8(rest & 0x7f), at: 0)
                rest >>= 7
            }
            content += digits
        }
        return value(0x06, content)
    }
}

/// Walks over the values of a DER encoding.
struct DERReader {
    struct Value {
        let tag: UInt8
        let content: [UInt8]
        /// Tag and length included.
        let whole: [UInt8]
    }

    struct Malformed: Error {}

    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        rest = bytes[...]
    }

    mutating func next(tag expected: UInt8) throws -> Value {
        let start = rest
        guard let tag = rest.popFirst(), tag == expected, let first = rest.popFirst() else { throw Malformed() }
        var length = Int(first)
        if first >= 0x80 {
            guard (0x81...0x83).contains(first), rest.count >= Int(first & 0x7f) else { throw Malformed() }
            length = rest.prefix(Int(first & 0x7f)).reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(Int(first & 0x7f))
        }
        guard rest.count >= length else { throw Malformed() }
        let content = rest.prefix(length)
        rest = rest.dropFirst(length)
        return Value(tag: tag, content: Array(content), whole: Array(start.prefix(start.count - rest.count)))
    }
}
