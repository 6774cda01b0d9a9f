// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore

extension BSON {
    /// Builds the value of an element that a scanner has measured.
    ///
    /// - Parameters:
    ///   - element: The element, with offsets from the first readable byte of the buffer.
    ///   - base: The address of that byte.
    ///   - buffer: The memory; documents and binary values become slices of it.
    @inline(__always)
    init(reading element: RawElement, base: UnsafeRawPointer, buffer: borrowing ByteBuffer) {
        let offset = element.valueOffset
        switch element.type {
        case .double:
            self = .double(RawBytes.double(base, offset))
        case .string:
            self = .string(RawBytes.string(base, offset &+ 4, count: element.valueCount &- 5))
        case .int32:
            self = .int32(RawBytes.int32(base, offset))
        case .int64:
            self = .int64(RawBytes.int64(base, offset))
        case .bool:
            self = .bool(RawBytes.byte(base, offset) != 0)
        case .datetime:
            self = .datetime(BSONDateTime(milliseconds: RawBytes.int64(base, offset)))
        case .objectID:
            self = .objectID(BSONObjectID(reading: base + offset))
        case .null:
            self = .null
        case .document:
            self = .document(Self.slice(buffer, offset, element.valueCount))
        default:
            self = Self.rarer(element, base, buffer)
        }
    }

    @inline(never)
    private static func rarer(_ element: RawElement, _ base: UnsafeRawPointer, _ buffer: ByteBuffer) -> BSON {
        let offset = element.valueOffset
        switch element.type {
        case .array:
            var scanner = ElementScanner(base: base, documentAt: offset, limit: element.endOffset)
            var values: [BSON] = []
            while let inner = scanner.next() {
                values.append(BSON(reading: inner, base: base, buffer: buffer))
            }
            return .array(values)
        case .binary:
            return .binary(binary(element, base, buffer))
        case .regex:
            let end = RawBytes.endOfCString(base, offset, element.endOffset) ?? offset
            return .regex(
                BSONRegularExpression(
                    trusted: RawBytes.string(base, offset, count: end - offset),
                    options: RawBytes.string(base, end + 1, count: max(0, element.endOffset - end - 2))
                )
            )
        case .dbPointer:
            let ref = RawBytes.string(base, offset + 4, count: element.valueCount - 17)
            return .dbPointer(BSONDBPointer(ref: ref, id: BSONObjectID(reading: base + element.endOffset - 12)))
        case .code:
            return .code(BSONCode(code: RawBytes.string(base, offset + 4, count: element.valueCount - 5)))
        case .symbol:
            return .symbol(BSONSymbol(RawBytes.string(base, offset + 4, count: element.valueCount - 5)))
        case .codeWithScope:
            return codeWithScope(element, base, buffer)
        case .timestamp:
            return .timestamp(BSONTimestamp(bits: RawBytes.uint64(base, offset)))
        case .decimal128:
            return .decimal128(
                BSONDecimal128(high: RawBytes.uint64(base, offset + 8), low: RawBytes.uint64(base, offset))
            )
        case .undefined:
            return .undefined
        case .minKey:
            return .minKey
        case .maxKey:
            return .maxKey
        case .double, .string, .document, .objectID, .bool, .datetime, .null, .int32, .int64:
            return BSON(reading: element, base: base, buffer: buffer)
        }
    }

    private static func codeWithScope(_ element: RawElement, _ base: UnsafeRawPointer, _ buffer: ByteBuffer) -> BSON {
        // The scanner has measured the total only; the string inside is checked here.
        let start = element.valueOffset + 4
        guard let text = ElementScanner.valueCount(BSONType.string.rawValue, base, start, element.endOffset),
            ElementScanner.valueCount(BSONType.document.rawValue, base, start + text, element.endOffset) != nil
        else { return .codeWithScope(BSONCodeWithScope(code: "", scope: [:])) }
        let scope = slice(buffer, start + text, element.endOffset - start - text)
        return .codeWithScope(
            BSONCodeWithScope(code: RawBytes.string(base, start + 4, count: text - 5), scope: scope)
        )
    }

    @inline(__always)
    static func slice(_ buffer: borrowing ByteBuffer, _ offset: Int, _ count: Int) -> BSONDocument {
        guard let slice = buffer.getSlice(at: buffer.readerIndex &+ offset, length: count) else {
            return BSONDocument()
        }
        return BSONDocument(trusted: slice)
    }

    static func binary(_ element: RawElement, _ base: UnsafeRawPointer, _ buffer: borrowing ByteBuffer) -> BSONBinary {
        let subtype = BSONBinary.Subtype(rawValue: RawBytes.byte(base, element.valueOffset + 4))
        let header = subtype == .binaryDeprecated ? min(9, element.valueCount) : 5
        let slice = buffer.getSlice(
            at: buffer.readerIndex + element.valueOffset + header,
            length: element.valueCount - header
        )
        return BSONBinary(data: slice ?? ByteBuffer(), subtype: subtype)
    }
}
