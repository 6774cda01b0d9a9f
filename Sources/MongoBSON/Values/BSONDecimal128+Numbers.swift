// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// MARK: From and to integers

extension BSONDecimal128 {
    /// The integer, exactly.
    public init(_ value: Int32) {
        self.init(Int64(value))
    }

    /// The integer, exactly.
    public init(_ value: Int) {
        self.init(Int64(value))
    }

    /// The integer, exactly.
    public init(_ value: Int64) {
        self.init(parts: Parts(isNegative: value < 0, coefficient: UInt128(value.magnitude), exponent: 0))
    }

    /// The integer, exactly.
    public init(_ value: UInt64) {
        self.init(parts: Parts(isNegative: false, coefficient: UInt128(value), exponent: 0))
    }

    /// The magnitude of a finite number without a fraction, when 128 bits can hold it.
    fileprivate var integerMagnitude: UInt128? {
        guard var parts else { return nil }
        guard parts.coefficient != 0 else { return 0 }
        while parts.exponent < 0 {
            guard parts.coefficient.isMultiple(of: 10) else { return nil }
            parts.coefficient /= 10
            parts.exponent += 1
        }
        while parts.exponent > 0 {
            let (product, overflow) = parts.coefficient.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            parts.coefficient = product
            parts.exponent -= 1
        }
        return parts.coefficient
    }
}

extension FixedWidthInteger {
    /// The integer that a decimal is, when it has no fraction and fits.
    public init?(exactly decimal: BSONDecimal128) {
        guard let magnitude = decimal.integerMagnitude else { return nil }
        guard decimal.isNegative, magnitude != 0 else {
            self.init(exactly: magnitude)
            return
        }
        // The magnitude of the least 128-bit integer is not one itself; decimals of that size have 39 digits.
        guard let positive = Int128(exactly: magnitude) else { return nil }
        self.init(exactly: -positive)
    }
}

// MARK: From and to Double

extension BSONDecimal128 {
    /// The number, when 34 digits can hold it exactly; infinities and NaN too.
    ///
    /// Most fractions cannot: 0.1 is 0.1000000000000000055511151231257827021181583404541015625 as a `Double`. For the
    /// short decimal that a person means, make it of the number's description.
    public init?(exactly value: Double) {
        guard value.isFinite else {
            self = value.isNaN ? .nan : value < 0 ? BSONDecimal128(high: 0xF800_0000_0000_0000, low: 0) : .infinity
            return
        }
        var parts = Parts(isNegative: value.sign == .minus, coefficient: 0, exponent: 0)
        if value != 0 {
            // value = significand × 2^power, with an odd significand.
            let fraction = value.significandBitPattern | (value.isNormal ? 1 << 52 : 0)
            let zeros = fraction.trailingZeroBitCount
            var significand = UInt128(fraction >> UInt64(zeros))
            var power = Int(value.exponentBitPattern) - 1075 + zeros + (value.isNormal ? 0 : 1)
            // Factors of 5 pair with those of 2, so that the coefficient stays small.
            while power > 0, significand.isMultiple(of: 5) {
                significand /= 5
                power -= 1
                parts.exponent += 1
            }
            // What is left multiplies the coefficient by 2, or by 5 for each digit after the point.
            let factor: UInt128 = power > 0 ? 2 : 5
            for _ in 0..<power.magnitude {
                significand *= factor
                guard significand <= Self.largestCoefficient else { return nil }
            }
            parts.exponent += min(0, power)
            parts.coefficient = significand
        }
        guard let number = try? BSONDecimal128(fitting: parts) else { return nil }
        self = number
    }
}

extension Double {
    /// The nearest number to a decimal; infinite beyond the range of `Double`.
    public init(_ decimal: BSONDecimal128) {
        if decimal.isNaN {
            self = .nan
        } else if decimal.isInfinite {
            self = decimal.isNegative ? -.infinity : .infinity
        } else {
            // The standard library's reader of decimal notation rounds correctly, and reads every description.
            self = Double(decimal.description) ?? .nan
        }
    }

    /// The number that a decimal is, when a `Double` can hold it exactly; infinities and NaN too.
    public init?(exactly decimal: BSONDecimal128) {
        let nearest = Double(decimal)
        if decimal.isNaN {
            self = nearest
            return
        }
        guard let back = BSONDecimal128(exactly: nearest), back.isEqual(to: decimal) else { return nil }
        self = nearest
    }
}

// MARK: Comparing numbers

extension BSONDecimal128 {
    /// Whether the two are the same number, such as `2.0` and `2.00`, and 0 and −0. A NaN equals nothing.
    public func isEqual(to other: BSONDecimal128) -> Bool {
        !isNaN && !other.isNaN && Self.order(self, other) == 0
    }

    /// Whether this number is less than the other. A NaN is not less than anything, nor anything less than it.
    public func isLess(than other: BSONDecimal128) -> Bool {
        !isNaN && !other.isNaN && Self.order(self, other) < 0
    }

    /// Negative, zero or positive, as the first is less than, equal to or greater than the second; neither is NaN.
    private static func order(_ lhs: BSONDecimal128, _ rhs: BSONDecimal128) -> Int {
        let signs = (lhs.sign, rhs.sign)
        guard signs.0 == signs.1, signs.0 != 0 else { return signs.0 - signs.1 }
        return signs.0 * orderOfMagnitudes(lhs, rhs)
    }

    /// −1, 0 or 1.
    private var sign: Int {
        if let parts, parts.coefficient == 0 {
            return 0
        }
        return isNegative ? -1 : 1
    }

    private static func orderOfMagnitudes(_ lhs: BSONDecimal128, _ rhs: BSONDecimal128) -> Int {
        guard let left = lhs.parts else { return rhs.isInfinite ? 0 : 1 }
        guard let right = rhs.parts else { return -1 }
        let leftDigits = String(left.coefficient).utf8.count
        let rightDigits = String(right.coefficient).utf8.count
        let leading = left.exponent + leftDigits - right.exponent - rightDigits
        guard leading == 0 else { return leading }
        // With the same leading place, the one with fewer digits is filled up to at most 34.
        var coefficients = (left.coefficient, right.coefficient)
        for _ in 0..<max(0, rightDigits - leftDigits) {
            coefficients.0 *= 10
        }
        for _ in 0..<max(0, leftDigits - rightDigits) {
            coefficients.1 *= 10
        }
        return coefficients.0 == coefficients.1 ? 0 : coefficients.0 < coefficients.1 ? -1 : 1
    }
}
