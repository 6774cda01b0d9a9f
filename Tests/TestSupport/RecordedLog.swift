// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

public import Logging
import Synchronization

/// Keeps what is logged, for a test to read.
///
/// ```swift
/// let log = RecordedLog()
/// options.logger = log.logger
/// #expect(log.warnings.isEmpty)
/// ```
public final class RecordedLog: Sendable {
    /// One line of the log.
    public struct Entry: Sendable {
        /// How important it is.
        public var level: Logger.Level
        /// What it says.
        public var message: String
        /// What it says beside that.
        public var metadata: Logger.Metadata = [:]
    }

    private let state = Mutex<[Entry]>([])

    /// Makes an empty log.
    public init() {}

    /// Logs into this object, from the level `trace` on.
    public var logger: Logger {
        var logger = Logger(label: "test") { _ in Handler(log: self) }
        logger.logLevel = .trace
        return logger
    }

    /// Everything that was logged so far.
    public var entries: [Entry] { state.withLock { $0 } }

    /// What was logged at the level `warning` so far.
    public var warnings: [String] { messages(.warning) }

    /// What was logged at the level `info` so far.
    public var infos: [String] { messages(.info) }

    private func messages(_ level: Logger.Level) -> [String] {
        entries.filter { $0.level == level }.map(\.message)
    }

    private struct Handler: LogHandler {
        let log: RecordedLog
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let metadata = metadata.merging(event.metadata ?? [:]) { $1 }
            let entry = Entry(level: event.level, message: event.message.description, metadata: metadata)
            log.state.withLock { $0.append(entry) }
        }
    }
}
