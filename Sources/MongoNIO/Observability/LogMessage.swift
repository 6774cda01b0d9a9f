// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/logging/logging.md#structured-versus-unstructured-logging

import Logging
import MongoBSON

/// A message of the specifications: pure data, made of an event. The text is the specifications' key `message`, the other
/// keys are metadata under the specifications' names. Numbers and truths stay what they are, behind
/// `CustomStringConvertible`.
struct LogMessage: Sendable {
    var component: LogComponent
    var level = Logger.Level.debug
    var text: String
    var metadata: Logger.Metadata

    /// Which part of the driver tells of the event.
    static func component(of event: MongoEvent) -> LogComponent {
        switch event {
        case .command: .command
        case .pool: .connection
        case .topology: .topology
        }
    }

    /// - Parameter documentLength: The longest text of a document, in bytes.
    /// - Returns: `nil` for an event that the specifications do not want logged.
    init?(_ event: MongoEvent, documentLength: Int) {
        switch event {
        case .command(let event): self.init(event, documentLength: documentLength)
        case .pool(let event): self.init(event)
        case .topology(let event): self.init(event, documentLength: documentLength)
        }
    }

    init(_ component: LogComponent, _ text: String, _ metadata: Logger.Metadata) {
        self.component = component
        self.text = text
        self.metadata = metadata
    }
}

extension Logger.Metadata {
    mutating func set(_ address: ServerAddress) {
        self["serverHost"] = .string(address.host)
        set("serverPort", address.port)
    }

    /// What is not there is left out.
    mutating func set(_ key: String, _ value: (some CustomStringConvertible & Sendable)?) {
        if let value { self[key] = .stringConvertible(value) }
    }

    mutating func set(_ key: String, _ value: String?) {
        if let value { self[key] = .string(value) }
    }

    mutating func set(_ key: String, _ value: BSONObjectID?) {
        if let value { self[key] = .string(value.hexString) }
    }

    mutating func set(milliseconds key: String, _ duration: Duration?) {
        set(key, duration?.wholeMilliseconds)
    }

    /// How long something took, with its fractions.
    mutating func set(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        set("durationMS", Double(seconds) * 1000 + Double(attoseconds) / 1e15)
    }

    /// The server's words are part of it: they can quote documents, but so do the other messages of those who have these
    /// logged.
    mutating func set(_ key: String, _ error: MongoError?) {
        if let error { self[key] = .string(error.debugDescription) }
    }

    mutating func set(_ key: String, _ document: BSONDocument, length: Int) {
        self[key] = .string(document.extendedJSON(.relaxed, limit: length))
    }
}
