// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/logging/logging.md#components

public import Logging

/// A part of the driver that logs. Its name is the value of the metadata key `component` of every message.
public enum LogComponent: String, Sendable, Hashable, CaseIterable {
    /// The commands that are sent, and what came of them.
    case command
    /// The deployment and its servers.
    case topology
    /// Which server an operation goes to.
    case serverSelection
    /// The connections and their pools.
    case connection

    /// The environment variable that sets its level.
    var environmentVariable: String {
        switch self {
        case .command: "MONGODB_LOG_COMMAND"
        case .topology: "MONGODB_LOG_TOPOLOGY"
        case .serverSelection: "MONGODB_LOG_SERVER_SELECTION"
        case .connection: "MONGODB_LOG_CONNECTION"
        }
    }
}

/// From which level on a part of the driver logs.
public enum LogThreshold: Sendable, Hashable {
    /// It does not log.
    case off
    /// Messages of this level and of more important ones.
    case from(Logger.Level)

    /// - Parameter name: A name of the specification, in any case; `nil` for others.
    init?(environmentValue name: String) {
        switch name.lowercased() {
        case "off": self = .off
        // swift-log has nothing above critical.
        case "emergency", "alert", "critical": self = .from(.critical)
        case "error": self = .from(.error)
        case "warn": self = .from(.warning)
        case "notice": self = .from(.notice)
        case "info": self = .from(.info)
        case "debug": self = .from(.debug)
        case "trace": self = .from(.trace)
        default: return nil
        }
    }
}
