// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/server-selection/server-selection.md#logging

import Logging

/// The selection of a server has no events: `Topology` makes its messages, when ``Observer/logs(_:_:)`` says that somebody
/// reads them.
extension LogMessage {
    /// What all messages about one selection say.
    struct Selection: Sendable {
        /// All of the read preference, or what else selects.
        var selector: String
        /// The name of the command.
        var operation: String
        var operationID: Int64?
        /// The deployment as it is known at the moment of the message.
        var topology: String
    }

    /// A server is looked for.
    static func selectionStarted(_ selection: Selection) -> LogMessage {
        LogMessage(.serverSelection, "Server selection started", metadata(selection))
    }

    /// A server was found.
    static func selectionSucceeded(_ selection: Selection, _ server: ServerAddress) -> LogMessage {
        var metadata = metadata(selection)
        metadata.set(server)
        return LogMessage(.serverSelection, "Server selection succeeded", metadata)
    }

    /// No server was found.
    ///
    /// - Parameter failure: Without the description of the deployment, which stands beside it.
    static func selectionFailed(_ selection: Selection, _ failure: String) -> LogMessage {
        var metadata = metadata(selection)
        metadata.set("failure", failure)
        return LogMessage(.serverSelection, "Server selection failed", metadata)
    }

    /// No server fits now: the operation waits for one. To be logged once for an operation.
    static func selectionWaits(_ selection: Selection, remaining: Duration?) -> LogMessage {
        var metadata = metadata(selection)
        metadata.set(milliseconds: "remainingTimeMS", remaining)
        var message = LogMessage(.serverSelection, "Waiting for suitable server to become available", metadata)
        message.level = .info
        return message
    }

    private static func metadata(_ selection: Selection) -> Logger.Metadata {
        var metadata = Logger.Metadata()
        metadata.set("selector", selection.selector)
        metadata.set("operation", selection.operation)
        metadata.set("operationId", selection.operationID)
        metadata.set("topologyDescription", selection.topology)
        return metadata
    }
}
