// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import MongoNIO

extension ObservedEvent {
    init(_ event: ConnectionPoolEvent) {
        self =
            switch event {
            case .poolCreated: .pool("poolCreatedEvent")
            case .poolReady: .pool("poolReadyEvent")
            case .poolCleared(let event):
                .pool(
                    "poolClearedEvent",
                    ["interruptInUseConnections": .bool(event.interruptInUseConnections)],
                    event.serviceID
                )
            case .poolClosed: .pool("poolClosedEvent")
            case .connectionCreated: .pool("connectionCreatedEvent")
            case .connectionReady: .pool("connectionReadyEvent")
            case .connectionClosed(let event):
                .pool("connectionClosedEvent", ["reason": .string(event.reason.rawValue)], event.serviceID)
            case .connectionCheckOutStarted: .pool("connectionCheckOutStartedEvent")
            case .connectionCheckOutFailed(let event):
                .pool("connectionCheckOutFailedEvent", ["reason": .string(event.reason.rawValue)])
            case .connectionCheckedOut: .pool("connectionCheckedOutEvent")
            case .connectionCheckedIn: .pool("connectionCheckedInEvent")
            }
    }

    private static func pool(
        _ name: String,
        _ fields: BSONDocument = [:],
        _ serviceID: BSONObjectID? = nil
    ) -> ObservedEvent {
        var fields = fields
        fields.setServiceID(serviceID)
        return ObservedEvent(kind: .cmap, name: name, fields: fields)
    }
}

extension MongoEvent {
    /// What the event says about the number of connections.
    var connectionChange: ConnectionChange? {
        guard case .pool(let event) = self else { return nil }
        return switch event {
        case .connectionCheckedOut: .checkedOut
        case .connectionCheckedIn: .checkedIn
        case .connectionReady(let event): .ready(event.address)
        case .connectionClosed(let event): .closed(event.address)
        default: nil
        }
    }
}
