// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// A point in time, in milliseconds since 1970-01-01T00:00:00Z.
///
/// BSON's own type, and exact over its whole range, which `Date` is not: a `Date` holds seconds in a `Double`, and
/// loses milliseconds beyond about 285,000 years. `Date` converts to it and back where a program has one:
/// `document["at"] = .datetime(Date())`, `document["at"]?.dateValue`.
public struct BSONDateTime: Sendable, Hashable {
    /// Milliseconds since 1970-01-01T00:00:00Z, negative before.
    public var milliseconds: Int64

    /// The time so many milliseconds after 1970-01-01T00:00:00Z.
    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// The date, rounded to the nearest millisecond.
    ///
    /// A date beyond BSON's 292 million years becomes the nearest one within, and a date that is not a number becomes
    /// the earliest; ``init(exactly:)`` refuses both.
    public init(_ date: Date) {
        if let time = BSONDateTime(exactly: date) {
            self = time
        } else {
            milliseconds = date.timeIntervalSince1970 > 0 ? .max : .min
        }
    }

    /// The date, rounded to the nearest millisecond, or nil when BSON's 292 million years do not reach so far.
    public init?(exactly date: Date) {
        guard let milliseconds = Int64(exactly: (date.timeIntervalSince1970 * 1000).rounded()) else { return nil }
        self.milliseconds = milliseconds
    }

    /// The date. Beyond about 285,000 years around 1970 it is not exact to the millisecond.
    public var date: Date {
        // Whole seconds and the rest apart, so that the sum is rounded once.
        let (seconds, rest) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        return Date(timeIntervalSince1970: Double(seconds) + Double(rest) / 1000)
    }

    /// The date; nil where it would be another one when it is written again.
    var exactDate: Date? {
        let date = date
        return BSONDateTime(exactly: date) == self ? date : nil
    }
}

extension BSONDateTime: Comparable {
    /// Orders times from the past to the future.
    public static func < (lhs: BSONDateTime, rhs: BSONDateTime) -> Bool {
        lhs.milliseconds < rhs.milliseconds
    }
}
