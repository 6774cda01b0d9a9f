// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Logging
import MongoBSON
import MongoNIO

extension MongoClientOptions {
    /// Has the client log to the recorder.
    ///
    /// - Parameter levels: The lowest level of each component that the test wants to see; others are not logged at all.
    mutating func observeLogMessages(_ levels: BSONDocument?, _ recorder: EventRecorder) throws {
        guard let levels else { return }
        for component in LogComponent.allCases { logLevels[component] = .off }
        for (name, level) in levels {
            guard let component = LogComponent(rawValue: name),
                let level = level.stringValue.flatMap(Logger.Level.init(specificationName:))
            else { throw UnifiedTestFailure("observeLogMessages: \(name): \(level) is not known") }
            logLevels[component] = .from(level)
        }
        // Commands and replies in full: tests read them.
        maxLoggedDocumentLength = 10_000
        logger = Logger(label: "unified tests") { _ in LogRecorder(recorder: recorder) }
    }
}

extension Logger.Level {
    // https://github.com/mongodb/specifications/blob/master/source/logging/logging.md#log-severity-levels
    fileprivate init?(specificationName name: String) {
        switch name {
        case "emergency", "alert": self = .critical
        default: self.init(rawValue: name)
        }
    }
}

/// Hands log messages on as documents.
private struct LogRecorder: LogHandler {
    let recorder: EventRecorder
    var logLevel = Logger.Level.trace
    var metadata = Logger.Metadata()

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields = metadata.merging(event.metadata ?? [:]) { $1 }
        guard let component = fields.removeValue(forKey: "component") else { return }
        var data = BSONDocument(fields.sorted { $0.key < $1.key }.map { ($0.key, Self.value($0.value)) })
        data["message"] = .string("\(event.message)")
        recorder.hear(ObservedLogMessage(level: event.level.rawValue, component: "\(component)", data: data))
    }

    private static func value(_ value: Logger.Metadata.Value) -> BSON {
        switch value {
        case .string(let text): .string(text)
        case .array(let values): .array(values.map(Self.value))
        case .dictionary(let fields): .document(BSONDocument(fields.map { ($0.key, Self.value($0.value)) }))
        case .stringConvertible(let value as any BinaryInteger): .int64(Int64(value))
        case .stringConvertible(let value as Double): .double(value)
        case .stringConvertible(let value as Bool): .bool(value)
        case .stringConvertible(let value): .string("\(value)")
        }
    }
}
