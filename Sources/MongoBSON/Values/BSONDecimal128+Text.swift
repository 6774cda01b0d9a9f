// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

extension BSONDecimal128: CustomStringConvertible {
    /// The number written in decimal notation, such as `"19.90"`, `"1E+3"`, `"Infinity"` or `"NaN"`.
    ///
    /// - Throws: ``BSONError/Code-swift.struct/invalidValue`` when the text is not a number, and
    ///   ``BSONError/Code-swift.struct/numberNotRepresentable`` when it has more than 34 significant digits, or an
    ///   exponent out of range.
    public init(_ text: String) throws(BSONError) {
        var text = text
        let outcome = text.withUTF8 { utf8 -> Result<BSONDecimal128, BSONError> in
            do throws(BSONError) {
                return .success(try Self.parse(utf8))
            } catch {
                return .failure(error)
            }
        }
        self = try outcome.get()
    }

    private static func parse(_ text: UnsafeBufferPointer<UInt8>) throws(BSONError) -> BSONDecimal128 {
        var rest = text[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") {
            rest = rest.dropFirst()
        }
        if let special = special(rest, isNegative: isNegative) {
            return special
        }

        var parts = Parts(isNegative: isNegative, coefficient: 0, exponent: 0)
        var hasDigits = false
        var hasPoint = false
        var isExact = true
        while let character = rest.first {
            if let digit = digit(character) {
                hasDigits = true
                if parts.coefficient <= largestCoefficient / 10, isExact {
                    parts.coefficient = parts.coefficient * 10 + UInt128(digit)
                    if parts.coefficient > largestCoefficient {
                        isExact = false
                    }
                    if hasPoint {
                        parts.exponent -= 1
                    }
                } else {
                    // Only zeros may follow the 34th digit: they are the exponent's.
                    isExact = isExact && digit == 0
                    if !hasPoint {
                        parts.exponent += 1
                    }
                }
            } else if character == UInt8(ascii: "."), !hasPoint {
                hasPoint = true
            } else {
                break
            }
            rest = rest.dropFirst()
        }
        guard hasDigits else { throw invalid }
        if let character = rest.first {
            guard character | 0x20 == UInt8(ascii: "e") else { throw invalid }
            parts.exponent += try exponent(rest.dropFirst())
        }
        guard isExact else {
            throw BSONError(.numberNotRepresentable, "a decimal cannot have more than 34 significant digits")
        }
        do throws(Misfit) {
            return try BSONDecimal128(fitting: parts)
        } catch {
            throw BSONError(.numberNotRepresentable, "the exponent is out of a decimal's range")
        }
    }

    /// The number after `E`. Beyond a thousand million it stays there: that is out of range for any coefficient.
    private static func exponent(_ text: Slice<UnsafeBufferPointer<UInt8>>) throws(BSONError) -> Int {
        var rest = text
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") {
            rest = rest.dropFirst()
        }
        guard !rest.isEmpty else { throw invalid }
        var value = 0
        for character in rest {
            guard let digit = digit(character) else { throw invalid }
            value = min(value * 10 + Int(digit), 1 << 40)
        }
        return isNegative ? -value : value
    }

    private static func special(_ text: Slice<UnsafeBufferPointer<UInt8>>, isNegative: Bool) -> BSONDecimal128? {
        // Longer text cannot be one of the names.
        guard (3...8).contains(text.count) else { return nil }
        switch String(decoding: text.map { $0 | 0x20 }, as: UTF8.self) {
        case "inf", "infinity": return isNegative ? BSONDecimal128(high: 0xF800_0000_0000_0000, low: 0) : .infinity
        case "nan": return .nan
        default: return nil
        }
    }

    @inline(__always)
    private static func digit(_ character: UInt8) -> UInt8? {
        let digit = character &- UInt8(ascii: "0")
        return digit < 10 ? digit : nil
    }

    private static var invalid: BSONError {
        BSONError(.invalidValue, "the text is not a decimal number")
    }

    /// The number in the notation of Extended JSON, which keeps all that the number is made of, except a NaN's bits.
    public var description: String {
        guard let parts else {
            return isNaN ? "NaN" : isNegative ? "-Infinity" : "Infinity"
        }
        let digits = String(parts.coefficient)
        let count = digits.utf8.count
        let adjusted = parts.exponent + count - 1
        var text = parts.isNegative ? "-" : ""
        if parts.exponent > 0 || adjusted < -6 {
            text += digits.prefix(1)
            if count > 1 {
                text += "." + digits.dropFirst()
            }
            text += adjusted < 0 ? "E\(adjusted)" : "E+\(adjusted)"
        } else if parts.exponent == 0 {
            text += digits
        } else {
            let point = count + parts.exponent
            if point > 0 {
                text += digits.prefix(point) + "." + digits.dropFirst(point)
            } else {
                text += "0." + String(repeating: "0", count: -point) + digits
            }
        }
        return text
    }
}
