// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// A decimal floating point number of 34 digits with an exponent from −6176 to 6111 (IEEE 754-2008 decimal128).
///
/// It keeps what it was made of: `2.0` and `2.00` are different bits and the same number. So `==` compares bits, as
/// documents do, and ``isEqual(to:)`` and ``isLess(than:)`` compare numbers. There is no arithmetic, as
/// <https://github.com/mongodb/specifications/blob/master/source/bson-decimal128/decimal128.md> demands; convert to a
/// type that has some.
///
/// ```swift
/// let price = try BSONDecimal128("19.90")
/// price.description                          // "19.90"
/// price.isLess(than: BSONDecimal128(20))     // true
/// ```
public struct BSONDecimal128: Sendable, Hashable {
    /// Bits 64–127 of the number in binary integer encoding: sign, exponent, and the upper part of the coefficient.
    public let high: UInt64
    /// Bits 0–63 of the number: the lower part of the coefficient.
    public let low: UInt64

    /// The number with these bits, in binary integer encoding.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Positive infinity.
    public static let infinity = BSONDecimal128(high: 0x7800_0000_0000_0000, low: 0)
    /// The quiet NaN.
    public static let nan = BSONDecimal128(high: 0x7C00_0000_0000_0000, low: 0)

    /// Whether this is a NaN of any kind.
    public var isNaN: Bool { high >> 58 & 0x1F == 0x1F }
    /// Whether this is positive or negative infinity.
    public var isInfinite: Bool { high >> 58 & 0x1F == 0x1E }
    /// Whether this is neither infinite nor NaN.
    public var isFinite: Bool { high >> 59 & 0xF != 0xF }
    /// Whether the sign bit is set; zero and NaN have one too.
    public var isNegative: Bool { high >> 63 == 1 }
}

// MARK: Parts

extension BSONDecimal128 {
    /// A finite number: ±coefficient × 10^exponent.
    struct Parts {
        var isNegative: Bool
        /// Below 10^34.
        var coefficient: UInt128
        var exponent: Int
    }

    static let exponents = -6176...6111
    static let largestCoefficient: UInt128 = 9_999_999_999_999_999_999_999_999_999_999_999
    static let digits = 34

    /// The parts of a finite number, or nil.
    var parts: Parts? {
        guard isFinite else { return nil }
        if high >> 61 & 3 == 3 {
            // This form has coefficients from 2^113 on only, more than 34 digits: they mean zero (IEEE 754-2008, 3.5.2).
            return Parts(isNegative: isNegative, coefficient: 0, exponent: Int(high >> 47 & 0x3FFF) - 6176)
        }
        let coefficient = UInt128(high & 0x1_FFFF_FFFF_FFFF) << 64 | UInt128(low)
        return Parts(
            isNegative: isNegative,
            coefficient: coefficient <= Self.largestCoefficient ? coefficient : 0,
            exponent: Int(high >> 49 & 0x3FFF) - 6176
        )
    }

    /// A number whose parts are in range.
    init(parts: Parts) {
        let sign: UInt64 = parts.isNegative ? 1 << 63 : 0
        high = sign | UInt64(parts.exponent + 6176) << 49 | UInt64(truncatingIfNeeded: parts.coefficient >> 64)
        low = UInt64(truncatingIfNeeded: parts.coefficient)
    }

    /// How a number may not fit.
    enum Misfit: Error {
        case overflow
        case inexact
    }

    /// The number, with its exponent moved into range where that changes nothing but the number of zeros.
    ///
    /// - Parameter parts: The coefficient must be in range; the exponent may be any within ±2⁴⁰.
    init(fitting parts: Parts) throws(Misfit) {
        var parts = parts
        if parts.coefficient == 0 {
            parts.exponent = min(max(parts.exponent, Self.exponents.lowerBound), Self.exponents.upperBound)
        }
        while parts.exponent > Self.exponents.upperBound {
            guard parts.coefficient <= Self.largestCoefficient / 10 else { throw .overflow }
            parts.coefficient *= 10
            parts.exponent -= 1
        }
        while parts.exponent < Self.exponents.lowerBound {
            guard parts.coefficient.isMultiple(of: 10) else { throw .inexact }
            parts.coefficient /= 10
            parts.exponent += 1
        }
        self.init(parts: parts)
    }
}
