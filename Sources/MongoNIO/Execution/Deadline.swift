// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The moment at which a wait ends. Every wait of the driver has one; "never" is one, too.
struct Deadline: Hashable, Comparable, Sendable {
    let instant: NIODeadline

    static let never = Deadline(instant: .distantFuture)

    init(instant: NIODeadline) {
        self.instant = instant
    }

    /// So long from now. `nil` and durations beyond what the clock can count mean never.
    init(after duration: Duration?, now: NIODeadline = .now()) {
        guard let duration, let nanoseconds = duration.wholeNanoseconds else {
            self = .never
            return
        }
        let (sum, overflow) = Int64(truncatingIfNeeded: now.uptimeNanoseconds).addingReportingOverflow(nanoseconds)
        self.instant = overflow ? .distantFuture : .uptimeNanoseconds(UInt64(max(0, sum)))
    }

    var isNever: Bool { instant == .distantFuture }

    func hasPassed(now: NIODeadline = .now()) -> Bool {
        instant <= now
    }

    /// The time that is left; zero when the deadline has passed.
    func remaining(now: NIODeadline = .now()) -> TimeAmount {
        instant > now ? instant - now : .zero
    }

    static func < (lhs: Deadline, rhs: Deadline) -> Bool {
        lhs.instant < rhs.instant
    }
}

extension Duration {
    /// `nil` when it is too long to be counted in nanoseconds.
    fileprivate var wholeNanoseconds: Int64? {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        if overflow { return nil }
        let (sum, carried) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return carried ? nil : sum
    }

    /// In milliseconds, for messages.
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds.multipliedReportingOverflow(by: 1000).partialValue &+ attoseconds / 1_000_000_000_000_000
    }
}
