// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Logging

/// Whom a client tells what happens inside it: the application's handler, the log, and its metrics.
///
/// Nothing is built when nobody listens: events and messages are made by closures that are not called then.
struct Observer: Sendable {
    /// The application's handler.
    let handler: (@Sendable (MongoEvent) -> Void)?
    /// What is logged of what happens.
    var log: EventLog?
    /// What is counted and measured.
    var metrics: ClientMetrics?

    static let none = Observer(handler: nil)

    /// Whether anybody wants to know.
    var isActive: Bool { handler != nil || log != nil || metrics != nil }

    /// Whether anybody wants to know what happens in this part of the driver.
    func isActive(_ component: LogComponent) -> Bool {
        isRead(component) || metrics?.isActive(component) == true
    }

    /// Whether anybody wants to know more than a name and a duration.
    func isRead(_ component: LogComponent) -> Bool {
        handler != nil || log?.isEnabled(component, .debug) == true
    }

    func tell(_ event: @autoclosure () -> MongoEvent) {
        guard isActive else { return }
        let event = event()
        // In this order: whoever acts on an event finds it in the log.
        log?.log(event)
        metrics?.record(event)
        handler?(event)
    }

    /// Whether messages of this level and part are read by anybody, for those that are made of no event.
    func logs(_ component: LogComponent, _ level: Logger.Level = .debug) -> Bool {
        log?.isEnabled(component, level) == true
    }

    /// Logs a message that is made of no event.
    func log(_ message: @autoclosure () -> LogMessage) {
        log?.log(message())
    }
}
