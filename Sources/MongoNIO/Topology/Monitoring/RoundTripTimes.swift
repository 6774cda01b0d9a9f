// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// How long a server takes to answer `hello`: an average that forgets, and the shortest of the last times.
///
/// - SeeAlso: [Calculation of Average Round Trip Times](https://github.com/mongodb/specifications/blob/master/source/server-selection/server-selection.md#calculation-of-average-round-trip-times),
///   [Measuring RTT](https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-monitoring.md#measuring-rtt)
struct RoundTripTimes: Sendable {
    /// How much of the average the newest time is.
    private static let weight = 0.2
    private static let memory = 10

    /// `nil` before the first time.
    private(set) var average: Duration?
    /// The last ten, the newest at the end.
    private var recent: [Duration] = []

    init(average: Duration? = nil) {
        self.average = average
    }

    /// Zero before there are two.
    var minimum: Duration {
        recent.count < 2 ? .zero : recent.min() ?? .zero
    }

    mutating func add(_ time: Duration) {
        average = average.map { time * Self.weight + $0 * (1 - Self.weight) } ?? time
        if recent.count == Self.memory { recent.removeFirst() }
        recent.append(time)
    }

    /// The server was lost: when it is back, it may be as near as another.
    mutating func reset() {
        self = RoundTripTimes()
    }
}
