// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://www.unicode.org/reports/tr15/ (normalization forms); Hangul: The Unicode Standard, section 3.12

/// Normalization form KC of Unicode 3.2. Neither the standard library nor FoundationEssentials offers it.
enum CompatibilityComposition {
    static func normalize(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
        compose(ordered(scalars.flatMap(decomposed)))
    }

    // MARK: Decomposition

    private static func decomposed(_ scalar: Unicode.Scalar) -> [Unicode.Scalar] {
        if let syllable = Hangul.decomposed(scalar) { return syllable }
        return decompositions[scalar] ?? [scalar]
    }

    /// Combining marks in the order of their classes; those of one class stay in the order they have.
    private static func ordered(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var result = scalars
        var start = 0
        while start < result.count {
            guard combiningClass(result[start]) != 0 else {
                start += 1
                continue
            }
            let end = result[start...].firstIndex { combiningClass($0) == 0 } ?? result.count
            // The standard library's sort is stable, but does not promise it.
            let marks = result[start..<end].enumerated()
                .sorted { (combiningClass($0.element), $0.offset) < (combiningClass($1.element), $1.offset) }
            result.replaceSubrange(start..<end, with: marks.map(\.element))
            start = end
        }
        return result
    }

    private static func combiningClass(_ scalar: Unicode.Scalar) -> UInt8 {
        scalar.properties.canonicalCombiningClass.rawValue
    }

    // MARK: Composition

    private static func compose(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        /// Where the last starter stands in the result.
        var starter: Int?
        var lastClass: UInt8 = 0
        for scalar in scalars {
            let itsClass = combiningClass(scalar)
            if let place = starter {
                let isNext = place == result.count - 1
                // What stands between may not have the same class, nor a higher one, nor be a starter itself.
                if isNext || (lastClass != 0 && lastClass < itsClass), let composed = composed(result[place], scalar) {
                    result[place] = composed
                    continue
                }
            }
            if itsClass == 0 { starter = result.count }
            lastClass = itsClass
            result.append(scalar)
        }
        return result
    }

    private static func composed(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Unicode.Scalar? {
        Hangul.composed(first, second) ?? compositions[Pair(first: first, second: second)]
    }

    private struct Pair: Hashable {
        var first: Unicode.Scalar
        var second: Unicode.Scalar
    }

    // MARK: Tables

    private static let decompositions: [Unicode.Scalar: [Unicode.Scalar]] = {
        var table: [Unicode.Scalar: [Unicode.Scalar]] = [:]
        for (key, target) in rows(SASLprep.Tables.decompositions) {
            let isRising = key.contains("+")
            let numbers = key.split { $0 == "+" || $0 == "*" }.compactMap { UInt32($0, radix: 16) }
            guard let first = numbers.first else { continue }
            let count = numbers.count > 1 ? numbers[1] : 1
            for offset in 0..<count {
                let scalars = target.compactMap { Unicode.Scalar(isRising ? $0 + offset : $0) }
                if let scalar = Unicode.Scalar(first + offset) { table[scalar] = scalars }
            }
        }
        return table
    }()

    private static let compositions: [Pair: Unicode.Scalar] = {
        var table: [Pair: Unicode.Scalar] = [:]
        for (key, target) in rows(SASLprep.Tables.compositions) {
            let pair = key.split(separator: ",").compactMap { UInt32($0, radix: 16).flatMap(Unicode.Scalar.init) }
            guard pair.count == 2, let composed = target.first.flatMap(Unicode.Scalar.init) else { continue }
            table[Pair(first: pair[0], second: pair[1])] = composed
        }
        return table
    }()

    private static func rows(_ table: String) -> [(key: Substring, target: [UInt32])] {
        table.split(whereSeparator: \.isWhitespace).compactMap { word in
            let parts = word.split(separator: ":")
            guard parts.count == 2 else { return nil }
            return (parts[0], parts[1].split(separator: ",").compactMap { UInt32($0, radix: 16) })
        }
    }
}

/// The syllables of Korean, which are computed instead of listed.
private enum Hangul {
    private static let syllables: UInt32 = 0xAC00
    private static let leading: UInt32 = 0x1100
    private static let vowels: UInt32 = 0x1161
    /// One before the first: 0 stands for a syllable without a trailing consonant.
    private static let trailing: UInt32 = 0x11A7
    private static let leadingCount: UInt32 = 19
    private static let vowelCount: UInt32 = 21
    private static let trailingCount: UInt32 = 28

    static func decomposed(_ scalar: Unicode.Scalar) -> [Unicode.Scalar]? {
        guard let index = index(scalar, from: syllables, count: leadingCount * vowelCount * trailingCount) else {
            return nil
        }
        let tail = index % trailingCount
        return [
            leading + index / (vowelCount * trailingCount),
            vowels + index % (vowelCount * trailingCount) / trailingCount,
            tail == 0 ? nil : trailing + tail,
        ].compactMap { $0.flatMap(Unicode.Scalar.init) }
    }

    static func composed(_ first: Unicode.Scalar, _ second: Unicode.Scalar) -> Unicode.Scalar? {
        if let head = index(first, from: leading, count: leadingCount),
            let vowel = index(second, from: vowels, count: vowelCount)
        {
            return Unicode.Scalar(syllables + (head * vowelCount + vowel) * trailingCount)
        }
        if let syllable = index(first, from: syllables, count: leadingCount * vowelCount * trailingCount),
            syllable % trailingCount == 0,
            let tail = index(second, from: trailing, count: trailingCount), tail > 0
        {
            return Unicode.Scalar(first.value + tail)
        }
        return nil
    }

    private static func index(_ scalar: Unicode.Scalar, from start: UInt32, count: UInt32) -> UInt32? {
        scalar.value >= start && scalar.value - start < count ? scalar.value - start : nil
    }
}
