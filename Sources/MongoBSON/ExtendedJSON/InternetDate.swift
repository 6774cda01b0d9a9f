// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// Dates in the form of RFC 3339, section 5.6, as Extended JSON has them, and milliseconds since 1970.
///
/// The calendar is the proleptic Gregorian one. `Date` and its formats are not used: a `Double` of seconds and a
/// general parser would be both slower and less strict.
enum InternetDate {
    private static let millisecondsPerDay: Int64 = 86_400_000

    /// The date, such as `2012-12-24T12:15:30.501Z`, for the years 1970 to 9999, else nil.
    static func string(milliseconds: Int64) -> String? {
        guard (0..<253_402_300_800_000).contains(milliseconds) else { return nil }
        let (days, time) = milliseconds.quotientAndRemainder(dividingBy: millisecondsPerDay)
        let (year, month, day) = date(days: Int(days))
        let seconds = Int(time / 1000)
        var text = padded(year, 4) + "-" + padded(month, 2) + "-" + padded(day, 2)
        text += "T" + padded(seconds / 3600, 2) + ":" + padded(seconds / 60 % 60, 2) + ":" + padded(seconds % 60, 2)
        if time % 1000 != 0 {
            text += "." + padded(Int(time % 1000), 3)
        }
        return text + "Z"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }

    /// The milliseconds of a date, with any offset; nil when the text is not one, or is finer than milliseconds.
    static func milliseconds(_ text: String) -> Int64? {
        var rest = Array(text.utf8)[...]
        guard let year = number(&rest, 4), take("-", &rest), let month = number(&rest, 2), take("-", &rest),
            let day = number(&rest, 2), take("T", &rest) || take("t", &rest),
            let hour = number(&rest, 2), take(":", &rest), let minute = number(&rest, 2), take(":", &rest),
            let second = number(&rest, 2),
            (1...12).contains(month), (1...daysIn(month, of: year)).contains(day), hour < 24, minute < 60, second < 60
        else { return nil }
        var fraction = 0
        if take(".", &rest) {
            let digits = rest.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            guard !digits.isEmpty, digits.dropFirst(3).allSatisfy({ $0 == UInt8(ascii: "0") }) else { return nil }
            rest = rest.dropFirst(digits.count)
            for place in 0..<3 {
                let digit = place < digits.count ? digits[digits.startIndex + place] - UInt8(ascii: "0") : 0
                fraction = fraction * 10 + Int(digit)
            }
        }
        var offset = 0
        if !(take("Z", &rest) || take("z", &rest)) {
            let isWest = rest.first == UInt8(ascii: "-")
            guard take("+", &rest) || take("-", &rest), let hours = number(&rest, 2), hours < 24 else { return nil }
            _ = take(":", &rest)
            guard let minutes = number(&rest, 2), minutes < 60 else { return nil }
            offset = (hours * 60 + minutes) * (isWest ? -1 : 1)
        }
        guard rest.isEmpty else { return nil }
        let seconds = Int64(days(year, month, day)) * 86400 + Int64(hour * 3600 + (minute - offset) * 60 + second)
        return seconds * 1000 + Int64(fraction)
    }

    private static func take(_ character: Unicode.Scalar, _ rest: inout ArraySlice<UInt8>) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    private static func number(_ rest: inout ArraySlice<UInt8>, _ digits: Int) -> Int? {
        guard rest.count >= digits else { return nil }
        var value = 0
        for _ in 0..<digits {
            let digit = rest.removeFirst() &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = value * 10 + Int(digit)
        }
        return value
    }

    private static func isLeap(_ year: Int) -> Bool {
        year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
    }

    private static func daysIn(_ month: Int, of year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days before a year since the year 0, all leap days counted.
    private static func daysBefore(_ year: Int) -> Int {
        let last = year - 1
        return year * 365 + (year > 0 ? last / 4 - last / 100 + last / 400 + 1 : 0)
    }

    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        (1..<month).reduce(daysBefore(year) - daysBefore(1970) + day - 1) { $0 + daysIn($1, of: year) }
    }

    /// The date so many days, not negative, after 1970-01-01.
    private static func date(days: Int) -> (year: Int, month: Int, day: Int) {
        // The mean year is a little longer than 365 days, so this is too early by at most one.
        var year = 1970 + days * 400 / 146_097
        while daysBefore(year + 1) - daysBefore(1970) <= days {
            year += 1
        }
        while daysBefore(year) - daysBefore(1970) > days {
            year -= 1
        }
        var rest = days - (daysBefore(year) - daysBefore(1970))
        var month = 1
        while rest >= daysIn(month, of: year) {
            rest -= daysIn(month, of: year)
            month += 1
        }
        return (year, month, rest + 1)
    }
}
