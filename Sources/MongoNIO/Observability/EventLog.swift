// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Logging

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Where a client logs what the specifications want logged.
struct EventLog: Sendable {
    private let loggers: [LogComponent: Logger]
    let documentLength: Int

    /// - Returns: `nil` when nothing is to be logged.
    init?(_ options: MongoClientOptions, environment: [String: String] = ProcessInfo.processInfo.environment) {
        let settings = LogSettings(
            levels: options.logLevels,
            documentLength: options.maxLoggedDocumentLength,
            environment: environment
        )
        guard let loggers = settings.loggers(options.logger) else { return nil }
        self.loggers = loggers
        documentLength = settings.documentLength
    }

    /// Whether a message would be seen.
    func isEnabled(_ component: LogComponent, _ level: Logger.Level) -> Bool {
        loggers[component].map { $0.logLevel <= level } ?? false
    }

    /// Logs what happened, if that is wanted.
    func log(_ event: MongoEvent) {
        guard isEnabled(LogMessage.component(of: event), .debug),
            let message = LogMessage(event, documentLength: documentLength)
        else { return }
        log(message)
    }

    func log(_ message: LogMessage) {
        guard let logger = loggers[message.component], logger.logLevel <= message.level else { return }
        logger.log(level: message.level, "\(message.text)", metadata: message.metadata, source: "MongoNIO")
    }
}
