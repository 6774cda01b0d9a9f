// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/logging/logging.md

import Logging

/// Which part of the driver logs from which level on, put together from the options and the environment.
struct LogSettings: Sendable {
    /// The longest text of a document, in bytes.
    static let defaultDocumentLength = 1000

    var thresholds: [LogComponent: LogThreshold] = [:]
    var documentLength = Self.defaultDocumentLength

    /// What the program says goes before what the environment says; a variable of one component goes before that of all.
    /// Values that make no sense count as if they were not there.
    init(levels: [LogComponent: LogThreshold], documentLength: Int?, environment: [String: String]) {
        func threshold(_ variable: String) -> LogThreshold? {
            environment[variable].flatMap(LogThreshold.init(environmentValue:))
        }
        let all = threshold("MONGODB_LOG_ALL")
        for component in LogComponent.allCases {
            thresholds[component] = levels[component] ?? threshold(component.environmentVariable) ?? all
        }
        let variable = environment["MONGODB_LOG_MAX_DOCUMENT_LENGTH"].flatMap { Int($0) }
        if let length = documentLength ?? variable, length >= 0 { self.documentLength = length }
    }

    /// The logger of each component that logs at all; `nil` when none does.
    ///
    /// - Parameter logger: The application's. Without one, the components that were asked for by name log where swift-log
    ///   logs by default.
    func loggers(_ logger: Logger?) -> [LogComponent: Logger]? {
        var loggers: [LogComponent: Logger] = [:]
        for component in LogComponent.allCases {
            switch thresholds[component] {
            case .off:
                continue
            case .from(let level):
                loggers[component] = logger ?? Logger(label: "mongo-nio")
                loggers[component]?.logLevel = level
            case nil:
                loggers[component] = logger
            }
            loggers[component]?[metadataKey: "component"] = .string(component.rawValue)
        }
        return loggers.isEmpty ? nil : loggers
    }
}
