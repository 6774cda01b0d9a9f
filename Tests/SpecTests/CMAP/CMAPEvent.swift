// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation

@testable import MongoNIO

/// An event of a pool as the test files write it.
struct CMAPEvent: Sendable {
    let type: String
    /// What JSON knows: texts, numbers, truths and dictionaries of them.
    let fields: [String: any Sendable]

    init(_ event: ConnectionPoolEvent) {
        var fields: [String: any Sendable] = ["address": event.address.description]
        func milliseconds(_ duration: Duration) -> Int64 { duration.wholeMilliseconds }
        switch event {
        case .poolCreated(let event):
            type = "ConnectionPoolCreated"
            var options: [String: any Sendable] = [:]
            options["maxPoolSize"] = event.options.maxPoolSize
            options["minPoolSize"] = event.options.minPoolSize
            options["maxConnecting"] = event.options.maxConnecting
            options["maxIdleTimeMS"] = event.options.maxIdleTime.map(milliseconds)
            options["waitQueueTimeoutMS"] = event.options.waitQueueTimeout.map(milliseconds)
            fields["options"] = options
        case .poolReady:
            type = "ConnectionPoolReady"
        case .poolCleared(let event):
            type = "ConnectionPoolCleared"
            fields["interruptInUseConnections"] = event.interruptInUseConnections
        case .poolClosed:
            type = "ConnectionPoolClosed"
        case .connectionCreated(let event):
            type = "ConnectionCreated"
            fields["connectionId"] = event.driverConnectionID
        case .connectionReady(let event):
            type = "ConnectionReady"
            fields["connectionId"] = event.driverConnectionID
            fields["duration"] = milliseconds(event.duration)
        case .connectionClosed(let event):
            type = "ConnectionClosed"
            fields["connectionId"] = event.driverConnectionID
            fields["reason"] = event.reason.rawValue
        case .connectionCheckOutStarted:
            type = "ConnectionCheckOutStarted"
        case .connectionCheckOutFailed(let event):
            type = "ConnectionCheckOutFailed"
            fields["reason"] = event.reason.rawValue
            fields["duration"] = milliseconds(event.duration)
        case .connectionCheckedOut(let event):
            type = "ConnectionCheckedOut"
            fields["connectionId"] = event.driverConnectionID
            fields["duration"] = milliseconds(event.duration)
        case .connectionCheckedIn(let event):
            type = "ConnectionCheckedIn"
            fields["connectionId"] = event.driverConnectionID
        }
        self.fields = fields
    }

    /// The specification's "matches": 42 stands for anything that is there.
    static func matches(_ expected: Any, _ actual: Any?) -> Bool {
        if isSameJSON(expected, 42) || isSameJSON(expected, "42") { return actual != nil }
        if let expected = expected as? [String: Any] {
            guard let actual = actual as? [String: Any] else { return false }
            return expected.allSatisfy { matches($0.value, actual[$0.key]) }
        }
        return isSameJSON(expected, actual)
    }
}
