// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://www.rfc-editor.org/rfc/rfc4013 (SASLprep), a profile of https://www.rfc-editor.org/rfc/rfc3454 (stringprep)

/// Brings a password into the one form that both sides derive keys from: what looks the same is made the same, and what
/// cannot be typed reliably is refused.
///
/// Bound to Unicode 3.2, as the server is: a password with a later character (an emoji) cannot be a SCRAM-SHA-256
/// password at all.
enum SASLprep {
    /// Why a text cannot be a password. Says nothing of the text but what kind of character is in the way.
    enum Failure: Error, Hashable {
        case prohibited(String)
        case unassigned
        case mixedDirections

        var reason: String {
            switch self {
            case .prohibited(let kind): "it contains \(kind)"
            case .unassigned: "it contains a character that is younger than Unicode 3.2"
            case .mixedDirections: "it mixes right-to-left with left-to-right text"
            }
        }
    }

    /// - Throws: ``Failure`` when the text contains what SASLprep forbids in stored strings (RFC 4013, section 2).
    static func prepare(_ text: String) throws(Failure) -> String {
        // All that can happen to printable ASCII is nothing.
        if text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) { return text }
        var mapped: [Unicode.Scalar] = []
        for scalar in text.unicodeScalars {
            if isSpace(scalar) {
                mapped.append(" ")
            } else if !isNothing(scalar) {
                mapped.append(scalar)
            }
        }
        let scalars = CompatibilityComposition.normalize(mapped)
        for scalar in scalars {
            if let kind = prohibition(of: scalar) { throw .prohibited(kind) }
            if isUnassigned(scalar) { throw .unassigned }
        }
        guard hasOneDirection(scalars) else { throw .mixedDirections }
        var result = String.UnicodeScalarView()
        result.append(contentsOf: scalars)
        return String(result)
    }

    // MARK: Mapping (RFC 4013, section 2.1)

    /// Table C.1.2: the spaces that are not ASCII.
    private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0xA0, 0x1680, 0x2000...0x200B, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }

    /// Table B.1: what is commonly mapped to nothing. U+200B, which is also a space, is a space here: it was looked for
    /// first.
    private static func isNothing(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0xAD, 0x34F, 0x1806, 0x180B...0x180D, 0x200B...0x200D, 0x2060, 0xFE00...0xFE0F, 0xFEFF: true
        default: false
        }
    }

    // MARK: Prohibited output (RFC 4013, section 2.3)

    private static func prohibition(of scalar: Unicode.Scalar) -> String? {
        switch scalar.value {
        // C.2.1 and C.2.2
        case 0...0x1F, 0x7F...0x9F, 0x6DD, 0x70F, 0x180E, 0x200C, 0x200D, 0x2028, 0x2029, 0x2060...0x2063,
            0x206A...0x206F, 0xFEFF, 0xFFF9...0xFFFC, 0x1D173...0x1D17A:
            "a control character"
        // C.3
        case 0xE000...0xF8FF, 0xF0000...0xFFFFD, 0x100000...0x10FFFD:
            "a character for private use"
        // C.4
        case 0xFDD0...0xFDEF:
            "a code point that is no character"
        case let value where value & 0xFFFE == 0xFFFE:
            "a code point that is no character"
        // C.6 and C.7
        case 0xFFFD, 0x2FF0...0x2FFB:
            "a character that stands for another"
        // C.8
        case 0x340, 0x341, 0x200E, 0x200F, 0x202A...0x202E:
            "a character that changes how others are shown"
        // C.9
        case 0xE0001, 0xE0020...0xE007F:
            "a tagging character"
        // C.1.2: none is left after the mapping, but for what normalization makes
        default:
            isSpace(scalar) ? "a space that is not ASCII" : nil
        }
    }

    /// Table A.1: what Unicode 3.2 does not know, code points that are no characters aside.
    static func isUnassigned(_ scalar: Unicode.Scalar) -> Bool {
        guard let age = scalar.properties.age else { return true }
        return (age.major, age.minor) > (3, 2)
    }

    // MARK: Directions (RFC 3454, section 6)

    private static func hasOneDirection(_ scalars: [Unicode.Scalar]) -> Bool {
        guard scalars.contains(where: rightToLeft.contains) else { return true }
        guard !scalars.contains(where: leftToRight.contains) else { return false }
        guard let first = scalars.first, let last = scalars.last else { return true }
        return rightToLeft.contains(first) && rightToLeft.contains(last)
    }

    private static let rightToLeft = ScalarRanges(Tables.rightToLeft)
    private static let leftToRight = ScalarRanges(Tables.leftToRight)
}

/// Ranges of scalars in ascending order.
private struct ScalarRanges: Sendable {
    private let ranges: [ClosedRange<UInt32>]

    /// - Parameter table: `from-to` or `scalar`, in hexadecimal, separated by white space.
    init(_ table: String) {
        ranges = table.split(whereSeparator: \.isWhitespace).compactMap { word in
            let bounds = word.split(separator: "-").compactMap { UInt32($0, radix: 16) }
            guard let first = bounds.first, let last = bounds.last, first <= last else { return nil }
            return first...last
        }
    }

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < scalar.value {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return low < ranges.count && ranges[low].contains(scalar.value)
    }
}
