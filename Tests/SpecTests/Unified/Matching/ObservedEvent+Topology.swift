// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import MongoNIO

extension ObservedEvent {
    init?(_ event: TopologyEvent) {
        let (name, fields): (String, BSONDocument)
        switch event {
        case .opening: (name, fields) = ("topologyOpeningEvent", [:])
        case .closed: (name, fields) = ("topologyClosedEvent", [:])
        case .descriptionChanged(let event):
            name = "topologyDescriptionChangedEvent"
            fields = Self.change(event.previousDescription.type.rawValue, event.newDescription.type.rawValue)
        case .serverDescriptionChanged(let event):
            name = "serverDescriptionChangedEvent"
            fields = Self.change(event.previousDescription.type.rawValue, event.newDescription.type.rawValue)
        case .heartbeatStarted(let event): (name, fields) = Self.heartbeat("Started", event.awaited)
        case .heartbeatSucceeded(let event): (name, fields) = Self.heartbeat("Succeeded", event.awaited)
        case .heartbeatFailed(let event): (name, fields) = Self.heartbeat("Failed", event.awaited)
        case .serverOpening, .serverClosed: return nil
        }
        self.init(kind: .sdam, name: name, fields: fields)
    }

    private static func change(_ previous: String, _ new: String) -> BSONDocument {
        ["previousDescription": ["type": .string(previous)], "newDescription": ["type": .string(new)]]
    }

    private static func heartbeat(_ kind: String, _ isAwaited: Bool) -> (String, BSONDocument) {
        ("serverHeartbeat\(kind)Event", ["awaited": .bool(isAwaited)])
    }
}
