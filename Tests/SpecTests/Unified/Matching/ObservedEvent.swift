// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/unified-test-format/unified-test-format.md#expectedevent

import MongoBSON

/// An event of a client, under the names that the test format uses.
struct ObservedEvent: Sendable, CustomStringConvertible {
    enum Kind: String, Sendable {
        case command
        case cmap
        case sdam
    }

    var kind: Kind
    /// For example `commandStartedEvent`.
    var name: String
    /// The properties that tests ask for. `serviceId` and `serverConnectionId` are there only when they are set.
    var fields: BSONDocument
    /// Whether the command may hold secrets: most tests want to know nothing of those.
    var isSensitive = false

    var description: String { "\(name) \(fields)" }
}

extension BSONDocument {
    /// Adds a service's identifier. One of zeros only says that there is none.
    mutating func setServiceID(_ id: BSONObjectID?) {
        guard let id, id.hexString.contains(where: { $0 != "0" }) else { return }
        self["serviceId"] = .objectID(id)
    }
}

/// Compares the events that a test expects with those that came.
struct EventMatcher {
    let values: ValueMatcher

    /// - Parameters:
    ///   - expected: An `expectedEventsForClient`.
    ///   - observed: All events of that client.
    /// - Throws: `UnifiedTestFailure`.
    func match(_ expected: BSONDocument, _ observed: [ObservedEvent]) throws {
        let kind = Self.kind(expected)
        let observed = observed.filter { $0.kind == kind }
        let events = expected["events"]?.arrayValue?.compactMap(\.documentValue) ?? []
        let all = "\nobserved:" + observed.map { "\n  \($0)" }.joined()
        for (index, event) in events.enumerated() {
            guard index < observed.count else {
                throw UnifiedTestFailure("event \(index) did not come: \(event)\(all)")
            }
            do {
                try match(event, observed[index])
            } catch let failure as UnifiedTestFailure {
                throw UnifiedTestFailure("event \(index): \(failure)\(all)")
            }
        }
        guard observed.count == events.count || expected["ignoreExtraEvents"] == .bool(true) else {
            throw UnifiedTestFailure("\(observed.count - events.count) events more than expected\(all)")
        }
    }

    /// - Parameter expected: An `expectedEvent`: one field, the event's name.
    func match(_ expected: BSONDocument, _ observed: ObservedEvent) throws {
        guard let (name, properties) = expected.first, let properties = properties.documentValue else {
            throw UnifiedTestFailure("not an event: \(expected)")
        }
        guard name == observed.name else { throw UnifiedTestFailure("expected \(name), got \(observed)") }
        for (property, value) in properties {
            let path = "\(name).\(property)"
            switch property {
            case "hasServiceId":
                try match(presence: value, of: observed.fields["serviceId"], path)
            case "hasServerConnectionId":
                try match(presence: value, of: observed.fields["serverConnectionId"], path)
            case "command", "reply", "previousDescription", "newDescription":
                try values.match(value, observed.fields[property], isRoot: true, path: path)
            default:
                try values.match(value, observed.fields[property], isRoot: false, path: path)
            }
        }
    }

    /// Whether there are as many events of the kind as are expected: for some, nobody has to wait any longer.
    func isComplete(_ expected: BSONDocument, _ observed: [ObservedEvent]) -> Bool {
        let kind = Self.kind(expected)
        return observed.count { $0.kind == kind } >= expected["events"]?.arrayValue?.count ?? 0
    }

    private static func kind(_ expected: BSONDocument) -> ObservedEvent.Kind {
        ObservedEvent.Kind(rawValue: expected["eventType"]?.stringValue ?? "command") ?? .command
    }

    func matches(_ expected: BSONDocument, _ observed: ObservedEvent) -> Bool {
        (try? match(expected, observed)) != nil
    }

    private func match(presence expected: BSON, of actual: BSON?, _ path: String) throws {
        guard expected == .bool(actual != nil) else {
            throw UnifiedTestFailure("\(path): expected \(expected), the value is \(actual.map { "\($0)" } ?? "unset")")
        }
    }
}
