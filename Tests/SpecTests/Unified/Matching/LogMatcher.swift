// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/unified-test-format/unified-test-format.md#expectedlogmessagesforclient

import MongoBSON

/// A message that a client logged.
struct ObservedLogMessage: Sendable, CustomStringConvertible {
    /// The name of a level of the specification, for example `debug`.
    var level: String
    /// The name of a component, for example `serverSelection`.
    var component: String
    /// The structured data; the text is its field `message`.
    var data: BSONDocument

    var description: String { "\(level) \(component) \(data)" }
}

/// Compares the log messages that a test expects with those that came.
struct LogMatcher {
    let values: ValueMatcher

    /// - Parameters:
    ///   - expected: An `expectedLogMessagesForClient`.
    ///   - observed: All messages of that client.
    /// - Throws: `UnifiedTestFailure`.
    func match(_ expected: BSONDocument, _ observed: [ObservedLogMessage]) throws {
        let messages = expected["messages"]?.arrayValue?.compactMap(\.documentValue) ?? []
        let observed = remaining(expected, observed)
        let all = "\nlogged:" + observed.map { "\n  \($0)" }.joined()
        for (index, message) in messages.enumerated() {
            guard index < observed.count else {
                throw UnifiedTestFailure("log message \(index) did not come: \(message)\(all)")
            }
            do {
                try match(message, observed[index])
            } catch let failure as UnifiedTestFailure {
                throw UnifiedTestFailure("log message \(index): \(failure)\(all)")
            }
        }
        guard observed.count == messages.count || expected["ignoreExtraMessages"] == .bool(true) else {
            throw UnifiedTestFailure("\(observed.count - messages.count) log messages more than expected\(all)")
        }
    }

    /// Whether there are as many messages as are expected.
    func isComplete(_ expected: BSONDocument, _ observed: [ObservedLogMessage]) -> Bool {
        remaining(expected, observed).count >= expected["messages"]?.arrayValue?.count ?? 0
    }

    /// The messages without those to be ignored.
    private func remaining(_ expected: BSONDocument, _ observed: [ObservedLogMessage]) -> [ObservedLogMessage] {
        let ignored = expected["ignoreMessages"]?.arrayValue?.compactMap(\.documentValue) ?? []
        guard !ignored.isEmpty else { return observed }
        return observed.filter { message in !ignored.contains { (try? match($0, message)) != nil } }
    }

    private func match(_ expected: BSONDocument, _ observed: ObservedLogMessage) throws {
        guard Self.level(expected) == observed.level,
            expected["component"]?.stringValue == observed.component
        else {
            throw UnifiedTestFailure("expected \(expected), got \(observed)")
        }
        try values.match(expected["data"] ?? .null, .document(observed.data), isRoot: true, path: "data")
        if let isRedacted = expected["failureIsRedacted"]?.boolValue {
            guard let failure = observed.data["failure"] else {
                throw UnifiedTestFailure("expected a failure in \(observed)")
            }
            guard isRedacted == !Self.holdsServerWords(failure) else {
                throw UnifiedTestFailure("expected a failure that is \(isRedacted ? "" : "not ")redacted: \(failure)")
            }
        }
    }

    /// The level as the driver's log has it, which knows nothing above `critical`.
    private static func level(_ expected: BSONDocument) -> String? {
        guard let level = expected["level"]?.stringValue else { return nil }
        return ["emergency", "alert"].contains(level) ? "critical" : level
    }

    /// Whether a logged failure holds what the server said. A redacted one has only code, code name and labels; one
    /// that did not come from the server has nothing that would have to be left out.
    private static func holdsServerWords(_ failure: BSON) -> Bool {
        guard let text = failure.stringValue else { return false }
        return !text.contains("(code ") || text.contains("Failing command")
    }
}
