// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Writes documents as Extended JSON, from their bytes, without building values.
///
/// The walk keeps its own stack, so that a document of any depth has a description.
struct ExtendedJSONWriter {
    let format: ExtendedJSONFormat
    private(set) var output: [UInt8] = []
    /// Nothing is added once there is more than this: for texts that are cut anyway.
    var limit = Int.max

    /// A document or an array that is being written.
    private struct Level {
        var scanner: ElementScanner
        let isArray: Bool
        /// What ends it: code with scope has a brace more.
        let ending: StaticString
        var isFirst = true
    }

    init(format: ExtendedJSONFormat, capacity: Int) {
        self.format = format
        output.reserveCapacity(max(16, capacity))
    }

    var text: String { String(decoding: output, as: UTF8.self) }

    mutating func write(document: BSONDocument) {
        document.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            write("{")
            walk([
                Level(
                    scanner: ElementScanner(base: base, documentAt: 0, limit: bytes.count),
                    isArray: false,
                    ending: "}"
                )
            ])
        }
    }

    /// Writes the value of the only field of a document.
    mutating func write(valueOf document: BSONDocument) {
        document.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return }
            // An array without its brackets is its elements.
            walk([
                Level(scanner: ElementScanner(base: base, documentAt: 0, limit: bytes.count), isArray: true, ending: "")
            ])
        }
    }

    private mutating func walk(_ levels: [Level]) {
        var levels = levels
        while !levels.isEmpty, output.count <= limit {
            let top = levels.count - 1
            guard let element = levels[top].scanner.next() else {
                write(levels[top].ending)
                levels.removeLast()
                continue
            }
            if levels[top].isFirst {
                levels[top].isFirst = false
            } else {
                write(", ")
            }
            let base = levels[top].scanner.base
            if !levels[top].isArray {
                write(string: base + element.keyOffset, element.keyCount)
                write(": ")
            }
            if let level = write(element, base) {
                levels.append(level)
            }
        }
    }

    /// Writes a value, or the beginning of one that has elements.
    private mutating func write(_ element: RawElement, _ base: UnsafeRawPointer) -> Level? {
        let offset = element.valueOffset
        switch element.type {
        case .document:
            write("{")
            return Level(
                scanner: ElementScanner(base: base, documentAt: offset, limit: element.endOffset),
                isArray: false,
                ending: "}"
            )
        case .array:
            write("[")
            return Level(
                scanner: ElementScanner(base: base, documentAt: offset, limit: element.endOffset),
                isArray: true,
                ending: "]"
            )
        case .string:
            write(string: base + offset + 4, element.valueCount - 5)
        case .double:
            write(double: RawBytes.double(base, offset))
        case .int32:
            write(integer: Int64(RawBytes.int32(base, offset)), canonical: "{\"$numberInt\": \"")
        case .int64:
            write(integer: RawBytes.int64(base, offset), canonical: "{\"$numberLong\": \"")
        case .bool:
            write(RawBytes.byte(base, offset) != 0 ? "true" : "false")
        case .null:
            write("null")
        case .undefined:
            write("{\"$undefined\": true}")
        case .minKey:
            write("{\"$minKey\": 1}")
        case .maxKey:
            write("{\"$maxKey\": 1}")
        case .objectID:
            write("{\"$oid\": \"")
            write(BSONObjectID(reading: base + offset).hexString)
            write("\"}")
        case .datetime:
            write(milliseconds: RawBytes.int64(base, offset))
        case .binary:
            write(binary: element, base)
        case .regex:
            let end = RawBytes.endOfCString(base, offset, element.endOffset) ?? offset
            let options = RawBytes.string(base, end + 1, count: max(0, element.endOffset - end - 2))
            write("{\"$regularExpression\": {\"pattern\": ")
            write(string: base + offset, end - offset)
            write(", \"options\": ")
            write(string: BSONRegularExpression.sorted(options))
            write("}}")
        case .timestamp:
            let timestamp = BSONTimestamp(bits: RawBytes.uint64(base, offset))
            write("{\"$timestamp\": {\"t\": \(timestamp.timestamp), \"i\": \(timestamp.increment)}}")
        case .decimal128:
            let number = BSONDecimal128(high: RawBytes.uint64(base, offset + 8), low: RawBytes.uint64(base, offset))
            write("{\"$numberDecimal\": \"\(number)\"}")
        case .code:
            write("{\"$code\": ")
            write(string: base + offset + 4, element.valueCount - 5)
            write("}")
        case .symbol:
            write("{\"$symbol\": ")
            write(string: base + offset + 4, element.valueCount - 5)
            write("}")
        case .dbPointer:
            write("{\"$dbPointer\": {\"$ref\": ")
            write(string: base + offset + 4, element.valueCount - 17)
            write(", \"$id\": {\"$oid\": \"\(BSONObjectID(reading: base + element.endOffset - 12).hexString)\"}}}")
        case .codeWithScope:
            // The scanner has measured the whole only.
            let type = BSONType.string.rawValue
            guard let text = ElementScanner.valueCount(type, base, offset + 4, element.endOffset) else { return nil }
            write("{\"$code\": ")
            write(string: base + offset + 8, text - 5)
            write(", \"$scope\": {")
            return Level(
                scanner: ElementScanner(base: base, documentAt: offset + 4 + text, limit: element.endOffset),
                isArray: false,
                ending: "}}"
            )
        }
        return nil
    }
}

// MARK: Values

extension ExtendedJSONWriter {
    private mutating func write(_ text: StaticString) {
        text.withUTF8Buffer { output.append(contentsOf: $0) }
    }

    private mutating func write(_ text: String) {
        output.append(contentsOf: text.utf8)
    }

    private mutating func write(integer: Int64, canonical: StaticString) {
        guard format == .canonical else {
            write(String(integer))
            return
        }
        write(canonical)
        write(String(integer))
        write("\"}")
    }

    private mutating func write(double: Double) {
        guard double.isFinite else {
            write("{\"$numberDouble\": \"")
            write(double.isNaN ? "NaN" : double < 0 ? "-Infinity" : "Infinity")
            write("\"}")
            return
        }
        // The shortest digits that read back as the same number; they always have a point or an exponent, so that
        // relaxed JSON is not taken for an integer.
        let digits = "\(double)".map { $0 == "e" ? "E" : $0 }
        if format == .canonical {
            write("{\"$numberDouble\": \"")
            write(String(digits))
            write("\"}")
        } else {
            write(String(digits))
        }
    }

    private mutating func write(milliseconds: Int64) {
        write("{\"$date\": ")
        if format == .relaxed, let text = InternetDate.string(milliseconds: milliseconds) {
            write("\"\(text)\"}")
        } else {
            write("{\"$numberLong\": \"\(milliseconds)\"}}")
        }
    }

    private mutating func write(binary element: RawElement, _ base: UnsafeRawPointer) {
        let subtype = RawBytes.byte(base, element.valueOffset + 4)
        let header = subtype == 2 ? min(9, element.valueCount) : 5
        let bytes = UnsafeRawBufferPointer(
            start: base + element.valueOffset + header,
            count: element.valueCount - header
        )
        write("{\"$binary\": {\"base64\": \"\(Base64.encode(bytes))\", \"subType\": \"")
        output.append(Hexadecimal.digit(subtype >> 4))
        output.append(Hexadecimal.digit(subtype & 15))
        write("\"}}")
    }

    private mutating func write(string: String) {
        var string = string
        string.withUTF8 { utf8 in
            let bytes = UnsafeRawBufferPointer(utf8)
            if let base = bytes.baseAddress {
                write(string: base, bytes.count)
            } else {
                write("\"\"")
            }
        }
    }

    /// Text in quotation marks, with what JSON demands escaped (RFC 8259, section 7).
    private mutating func write(string start: UnsafeRawPointer, _ count: Int) {
        output.append(UInt8(ascii: "\""))
        var copied = 0
        // One byte more than the limit shows that something is missing.
        let count = limit == .max ? count : min(count, max(0, limit + 1 - output.count))
        for offset in 0..<max(0, count) {
            let byte = RawBytes.byte(start, offset)
            guard byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") else { continue }
            output.append(contentsOf: UnsafeRawBufferPointer(start: start + copied, count: offset - copied))
            copied = offset + 1
            switch byte {
            case 0x08: write("\\b")
            case 0x09: write("\\t")
            case 0x0A: write("\\n")
            case 0x0C: write("\\f")
            case 0x0D: write("\\r")
            case 0x00..<0x20:
                write("\\u00")
                output.append(Hexadecimal.digit(byte >> 4))
                output.append(Hexadecimal.digit(byte & 15))
            default:
                output.append(UInt8(ascii: "\\"))
                output.append(byte)
            }
        }
        output.append(contentsOf: UnsafeRawBufferPointer(start: start + copied, count: max(0, count - copied)))
        output.append(UInt8(ascii: "\""))
    }
}
