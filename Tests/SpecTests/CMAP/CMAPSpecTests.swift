// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/connection-monitoring-and-pooling/tests/cmap-format/README.md

import Foundation
import MongoBSON
import TestSupport
import Testing

@testable import MongoNIO

@Suite(
    "Specification: connection-monitoring-and-pooling",
    .enabled(if: SpecTestFiles.arePresent, SpecTestFiles.absence),
    .serialized
)
struct CMAPSpecTests {
    /// One case a file.
    private static var cases: [SpecTestCase] {
        let path = "connection-monitoring-and-pooling/tests/cmap-format"
        guard SpecTestFiles.arePresent else { return [] }
        let files = SpecTestFiles.files(path)
        guard !files.isEmpty else { return [SpecTestCase(file: path, name: "(no files)", fields: nil)] }
        return files.map { url in
            let fields = try? Data(contentsOf: url)
            let root = fields.flatMap { try? JSONSerialization.jsonObject(with: $0) as? [String: Any] }
            return SpecTestCase(
                file: "\(path)/\(url.lastPathComponent)",
                name: root?["description"] as? String ?? "(no name)",
                fields: fields
            )
        }
    }

    @Test("The pool does what the specification says and tells of it", arguments: cases)
    func pool(_ test: SpecTestCase) async throws {
        let fields = try test.object()
        try UnknownField.check(
            fields.keys,
            known: [
                "version", "style", "description", "poolOptions", "operations", "error", "events", "ignore", "runOn",
                "failPoint",
            ]
        )
        let options = try CMAPPoolOptions(fields["poolOptions"] as? [String: Any] ?? [:])
        switch fields["style"] as? String {
        case "unit":
            try await run(fields, try CMAPPool(options, source: .nowhere))
        case "integration":
            let server = try await MongodProcess.shared(.plain)
            let address = try ServerAddress("127.0.0.1:\(server.port)")
            try await withMongoClient("mongodb://\(address)/") { client in
                try await checkRequirements(fields, client)
                let failPoint = (fields["failPoint"] as? [String: Any]).map { CMAPFailPoint($0, client) }
                try await failPoint?.set()
                do {
                    try await run(fields, try CMAPPool(options, source: .server(address)))
                } catch {
                    try await failPoint?.unset()
                    throw error
                }
                try await failPoint?.unset()
            }
        default:
            Issue.record("unknown style")
        }
    }

    @Test("Connections in use are ended at once when the pool is cleared with interruptInUseConnections")
    func interruption() async throws {
        func names(_ pool: CMAPPool) -> [String] {
            pool.events.map { event in
                event.type + (event.fields["reason"].map { " \($0)" } ?? "")
            }.filter { $0.hasPrefix("ConnectionPoolC") || $0.hasPrefix("ConnectionClosed") }
        }
        let pool = try CMAPPool(try CMAPPoolOptions(["backgroundThreadIntervalMS": 10_000]), source: .nowhere)
        let operations: [[String: Any]] = [
            ["name": "ready"], ["name": "checkOut"], ["name": "checkOut", "label": "second"],
            ["name": "clear", "interruptInUseConnections": true],
            ["name": "waitForEvent", "event": "ConnectionClosed", "count": 2, "timeout": 5000],
            ["name": "close"],
        ]
        for operation in operations { try await pool.perform(try CMAPOperation(operation)) }
        #expect(
            names(pool) == [
                "ConnectionPoolCreated", "ConnectionPoolCleared", "ConnectionClosed stale", "ConnectionClosed stale",
                "ConnectionPoolClosed",
            ]
        )
        await pool.close()
    }

    private func run(_ fields: [String: Any], _ pool: CMAPPool) async throws {
        let operations = try #require(fields["operations"] as? [[String: Any]])
        let expected = try #require(fields["events"] as? [[String: Any]])
        let ignored = Set(fields["ignore"] as? [String] ?? [])
        var thrown: (any Error)?
        do {
            for operation in operations {
                try await pool.perform(try CMAPOperation(operation))
            }
        } catch let error as MongoError {
            thrown = error
        }
        // Before the pool is closed, which has events of its own.
        let events = pool.events.filter { !ignored.contains($0.type) }
        await pool.close()

        if let error = fields["error"] as? [String: Any] {
            // The address of the pool is part of the message where there is one; there is only one pool.
            try UnknownField.check(error.keys, known: ["type", "message", "address"])
            let thrown = try #require(thrown as? MongoError)
            #expect(thrown.cmapType == error["type"] as? String)
            if let message = error["message"] as? String {
                #expect(thrown.message.hasPrefix(message), "\(thrown.message)")
            }
        } else {
            #expect(thrown == nil)
        }
        try #require(events.count >= expected.count, "told: \(events.map(\.type))")
        for (event, expected) in zip(events, expected) {
            #expect(event.type == expected["type"] as? String, "told: \(events.map(\.type))")
            for (key, value) in expected where key != "type" {
                #expect(CMAPEvent.matches(value, event.fields[key]), "\(key) of \(event.type): \(event.fields)")
            }
        }
    }

    private func checkRequirements(_ fields: [String: Any], _ client: MongoClient) async throws {
        guard let requirements = fields["runOn"] as? [[String: Any]] else { return }
        let version = try await client.database("admin").runCommand(["buildInfo": 1])["version"]?.stringValue ?? ""
        func isOlder(_ left: String, _ right: String) -> Bool {
            left.compare(right, options: .numeric) == .orderedAscending
        }
        for requirement in requirements {
            try UnknownField.check(requirement.keys, known: ["minServerVersion", "maxServerVersion"])
        }
        let fits = requirements.contains { requirement in
            let oldest = requirement["minServerVersion"] as? String
            let newest = requirement["maxServerVersion"] as? String
            return oldest.map { !isOlder(version, $0) } ?? true && newest.map { !isOlder($0, version) } ?? true
        }
        if !fits { try Test.cancel("the server's version \(version) does not fit") }
    }
}

extension MongoError {
    /// The specification's name for an error of the pool.
    fileprivate var cmapType: String {
        switch code {
        case .timeout: "WaitQueueTimeoutError"
        case .poolCleared: "PoolClearedError"
        case .clientClosed: "PoolClosedError"
        default: code.rawValue
        }
    }
}

/// A fail point of the server, for the time of a test.
private struct CMAPFailPoint {
    let command: BSONDocument
    let client: MongoClient

    init(_ command: [String: Any], _ client: MongoClient) {
        let text = (try? JSONSerialization.data(withJSONObject: command)).map { String(decoding: $0, as: UTF8.self) }
        let document = (try? BSONDocument(extendedJSON: text ?? "{}")) ?? [:]
        // JSON has no order, a command's name has to come first.
        var ordered: BSONDocument = ["configureFailPoint": document["configureFailPoint"] ?? "failCommand"]
        for (key, value) in document where key != "configureFailPoint" { ordered[key] = value }
        self.command = ordered
        self.client = client
    }

    func set() async throws {
        _ = try await client.database("admin").runCommand(command)
    }

    func unset() async throws {
        let name = command["configureFailPoint"] ?? "failCommand"
        _ = try await client.database("admin").runCommand(["configureFailPoint": name, "mode": "off"])
    }
}
