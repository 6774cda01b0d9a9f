// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/command-logging-and-monitoring/command-logging-and-monitoring.md#log-messages

import Logging

extension LogMessage {
    init(_ event: CommandEvent, documentLength: Int) {
        switch event {
        case .started(let event):
            var metadata = Self.metadata(event.info)
            metadata.set("command", event.command, length: documentLength)
            self.init(.command, "Command started", metadata)
        case .succeeded(let event):
            var metadata = Self.metadata(event.info)
            metadata.set(event.duration)
            metadata.set("reply", event.reply, length: documentLength)
            self.init(.command, "Command succeeded", metadata)
        case .failed(let event):
            var metadata = Self.metadata(event.info)
            metadata.set(event.duration)
            metadata.set("failure", event.failure)
            self.init(.command, "Command failed", metadata)
        }
    }

    private static func metadata(_ info: CommandInfo) -> Logger.Metadata {
        var metadata = Logger.Metadata()
        metadata.set(info.address)
        metadata.set("commandName", info.commandName)
        metadata.set("databaseName", info.databaseName)
        metadata.set("requestId", info.requestID)
        metadata.set("operationId", info.operationID)
        metadata.set("driverConnectionId", info.driverConnectionID)
        metadata.set("serverConnectionId", info.serverConnectionID)
        metadata.set("serviceId", info.serviceID)
        return metadata
    }
}
