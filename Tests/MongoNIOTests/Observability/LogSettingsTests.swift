// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Logging
import Testing

@testable import MongoNIO

@Suite("Which part of the driver logs from which level on")
struct LogSettingsTests {
    private func settings(
        _ levels: [LogComponent: LogThreshold] = [:],
        length: Int? = nil,
        _ environment: [String: String] = [:]
    ) -> LogSettings {
        LogSettings(levels: levels, documentLength: length, environment: environment)
    }

    @Test("Nothing is logged without a logger and without anybody asking")
    func silence() {
        #expect(settings().loggers(nil) == nil)
    }

    @Test("A logger gets what it lets pass, and every message names its component")
    func logger() throws {
        var logger = Logger(label: "test")
        logger.logLevel = .notice
        let loggers = try #require(settings().loggers(logger))
        #expect(loggers.count == 4)
        #expect(loggers[.command]?.logLevel == .notice)
        #expect(loggers[.command]?[metadataKey: "component"] == "command")
        #expect(loggers[.serverSelection]?[metadataKey: "component"] == "serverSelection")
    }

    @Test("The environment sets levels: of one component before that of all")
    func environment() throws {
        let settings = settings([:], ["MONGODB_LOG_ALL": "INFO", "MONGODB_LOG_COMMAND": "debug"])
        let loggers = try #require(settings.loggers(nil))
        #expect(
            loggers.mapValues(\.logLevel) == [
                .command: .debug, .topology: .info, .serverSelection: .info, .connection: .info,
            ]
        )
    }

    @Test("What the program says goes before the environment")
    func precedence() {
        let environment = ["MONGODB_LOG_ALL": "debug", "MONGODB_LOG_MAX_DOCUMENT_LENGTH": "5"]
        let loggers = settings([.command: .off, .topology: .from(.error)], environment).loggers(Logger(label: "test"))
        #expect(loggers?[.command] == nil)
        #expect(loggers?[.topology]?.logLevel == .error)
        #expect(loggers?[.connection]?.logLevel == .debug)
        #expect(settings(length: 7, environment).documentLength == 7)
        #expect(settings([:], environment).documentLength == 5)
    }

    @Test("Values that make no sense count as if they were not there")
    func nonsense() {
        let environment = [
            "MONGODB_LOG_ALL": "loud", "MONGODB_LOG_TOPOLOGY": "", "MONGODB_LOG_MAX_DOCUMENT_LENGTH": "-1",
        ]
        #expect(settings([:], environment).loggers(nil) == nil)
        #expect(settings([:], environment).documentLength == 1000)
        #expect(settings([:], ["MONGODB_LOG_MAX_DOCUMENT_LENGTH": "many"]).documentLength == 1000)
    }

    @Test(
        "Every level of the specification has one here",
        arguments: [
            ("off", LogThreshold.off), ("emergency", .from(.critical)), ("alert", .from(.critical)),
            ("critical", .from(.critical)), ("error", .from(.error)), ("warn", .from(.warning)),
            ("notice", .from(.notice)), ("info", .from(.info)), ("DEBUG", .from(.debug)), ("Trace", .from(.trace)),
        ]
    )
    func levels(name: String, threshold: LogThreshold) {
        #expect(LogThreshold(environmentValue: name) == threshold)
    }
}
