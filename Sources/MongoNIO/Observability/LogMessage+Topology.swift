// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-discovery-and-monitoring-logging-and-monitoring.md#log-messages

import Logging
import MongoBSON

extension LogMessage {
    /// - Returns: `nil` for the change of one server: that of the deployment, which follows, tells it too.
    init?(_ event: TopologyEvent, documentLength: Int) {
        var metadata = Logger.Metadata()
        let text: String
        switch event {
        case .serverDescriptionChanged:
            return nil
        case .opening(let event):
            text = "Starting topology monitoring"
            metadata.set("topologyId", event.topologyID)
        case .closed(let event):
            text = "Stopped topology monitoring"
            metadata.set("topologyId", event.topologyID)
        case .descriptionChanged(let event):
            text = "Topology description changed"
            metadata.set("topologyId", event.topologyID)
            metadata.set("previousDescription", event.previousDescription.description)
            metadata.set("newDescription", event.newDescription.description)
        case .serverOpening(let event):
            text = "Starting server monitoring"
            metadata.set("topologyId", event.topologyID)
            metadata.set(event.address)
        case .serverClosed(let event):
            text = "Stopped server monitoring"
            metadata.set("topologyId", event.topologyID)
            metadata.set(event.address)
        case .heartbeatStarted(let event):
            text = "Server heartbeat started"
            metadata.set("topologyId", event.topologyID)
            metadata.set(event.address)
            metadata.set("driverConnectionId", event.driverConnectionID)
            metadata.set("serverConnectionId", event.serverConnectionID)
            metadata.set("awaited", event.awaited)
        case .heartbeatSucceeded(let event):
            text = "Server heartbeat succeeded"
            metadata.set("topologyId", event.topologyID)
            metadata.set(event.address)
            metadata.set("driverConnectionId", event.driverConnectionID)
            metadata.set("serverConnectionId", event.serverConnectionID)
            metadata.set("awaited", event.awaited)
            metadata.set(event.duration)
            metadata.set("reply", event.reply, length: documentLength)
        case .heartbeatFailed(let event):
            text = "Server heartbeat failed"
            metadata.set("topologyId", event.topologyID)
            metadata.set(event.address)
            metadata.set("driverConnectionId", event.driverConnectionID)
            metadata.set("serverConnectionId", event.serverConnectionID)
            metadata.set("awaited", event.awaited)
            metadata.set(event.duration)
            metadata.set("failure", event.failure)
        }
        self.init(.topology, text, metadata)
    }
}
