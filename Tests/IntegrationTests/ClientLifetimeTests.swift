// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MongoNIO
import Synchronization
import TestSupport
import Testing

@Suite("The end of clients", .serialized)
struct ClientLifetimeTests {
    /// What this process has open.
    private func openFiles() throws -> Int {
        #if os(Linux)
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
        #else
        try Test.cancel("counts open files on Linux only")
        #endif
    }

    /// The memory that this process has in use, in bytes.
    private func residentMemory() throws -> Int {
        let fields = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
        return try #require(fields.count > 1 ? Int(fields[1]) : nil) * 4096
    }

    private func openAndClose(_ count: Int, _ uri: String) async throws {
        for _ in 0..<count / 4 {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        try await withMongoClient(uri) { client in
                            _ = try await client.database("admin").runCommand(["ping": 1])
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    /// `MONGONIO_CLIENTS` says how many; 200 without.
    @Test("Clients that come and go, over TLS and in plaintext, leave no open file and no memory behind")
    func manyClients() async throws {
        let count = ProcessInfo.processInfo.environment["MONGONIO_CLIENTS"].flatMap { Int($0) } ?? 200
        let plain = try await MongodProcess.shared(.plain)
        for uri in ["mongodb://127.0.0.1:\(plain.port)/", try await TestDatabase.uri()] {
            // What is made once stays: event loops, caches, the allocator's pools.
            try await openAndClose(40, uri)
            let files = try openFiles()
            let memory = try residentMemory()
            try await openAndClose(count, uri)
            try await Eventually.holds { try openFiles() <= files + 4 }
            let growth = try residentMemory() - memory
            #expect(growth < 24 << 20, "\(growth) bytes more after \(count) clients")
        }
    }

    @Test("Closing lets a command that runs finish, and closes its connection then")
    func closingDuringCommand() async throws {
        let client = try await ConnectionCounter().client()
        let collection = client.database("mongonio_tests").collection("closing")
        try await collection.drop()
        try await collection.insertOne(["_id": 1])
        let task = Task { try await collection.find(["$where": "sleep(700) || true"]).toArray() }
        try await withMongoClient(await TestDatabase.uri()) { observer in
            try await Eventually.holds {
                let reply = try await observer.database("admin").runCommand([
                    "aggregate": 1,
                    "pipeline": [
                        ["$currentOp": [:]], ["$match": ["ns": "mongonio_tests.closing", "op": "query"]],
                    ],
                    "cursor": [:],
                ])
                return reply["cursor"]?.documentValue?["firstBatch"]?.arrayValue?.isEmpty == false
            }
        }
        let files = try openFiles()
        await client.close()
        let found = try await task.value
        #expect(found == [["_id": 1]])
        try await Eventually.holds { try openFiles() < files }
    }

    @Test("Closing while tasks wait for a connection fails them at once")
    func closingDuringCheckOut() async throws {
        let server = try await TCPServer.start(.silent)
        let client = try MongoClient(
            "mongodb://127.0.0.1:\(server.port)/?directConnection=true&maxPoolSize=2&serverSelectionTimeoutMS=20000"
        )
        let tasks = (0..<50).map { _ in
            Task { try await client.database("admin").runCommand(["ping": 1]) }
        }
        try await Eventually.holds { server.connectionCount >= 1 }
        let start = ContinuousClock.now
        await client.close()
        for task in tasks {
            let error = await #expect(throws: MongoError.self) { try await task.value }
            #expect(error?.code == .clientClosed)
        }
        #expect(ContinuousClock.now - start < .seconds(5))
        try await server.stop()
    }

    // MARK: https://github.com/mongodb/specifications/blob/master/source/connection-monitoring-and-pooling/tests/README.md#prose-tests

    @Test("All options of the pool can be given in the connection string and show up in its first event")
    func poolOptions() async throws {
        let events = PoolEvents()
        let uri = try await TestDatabase.uri(
            "maxPoolSize=7&minPoolSize=1&maxIdleTimeMS=60000&maxConnecting=3&waitQueueTimeoutMS=5000"
        )
        var options = try MongoClientOptions(uri)
        options.eventHandler = events.note
        let client = try MongoClient(options)
        try await client.database("admin").runCommand(["ping": 1])
        await client.close()
        guard case .poolCreated(let created)? = events.all.first else {
            Issue.record("the first event is \(String(describing: events.all.first))")
            return
        }
        #expect(created.options.maxPoolSize == 7)
        #expect(created.options.minPoolSize == 1)
        #expect(created.options.maxIdleTime == .seconds(60))
        #expect(created.options.maxConnecting == 3)
        #expect(created.options.waitQueueTimeout == .seconds(5))
        guard case .poolClosed? = events.all.last else {
            Issue.record("the last event is \(String(describing: events.all.last))")
            return
        }
    }

    @Test("The log tells of connections with what TLS agreed on, and of commands without their secrets")
    func log() async throws {
        let log = RecordedLog()
        var options = try MongoClientOptions(try await TestDatabase.uri())
        options.logger = log.logger
        let client = try MongoClient(options)
        try await client.database("admin").runCommand(["ping": 1])
        _ = try? await client.database("admin").runCommand([
            "saslStart": 1, "mechanism": "PLAIN", "payload": "the secret",
        ])
        await client.close()
        let messages = log.entries.map(\.message)
        for expected in [
            "Connection pool created", "Connection pool ready", "Connection created", "Connection ready",
            "Command started", "Command succeeded", "Command failed", "Connection checked in", "Connection pool closed",
        ] {
            #expect(messages.contains(expected), "\(expected) is missing in \(messages)")
        }
        let ready = log.entries.first { $0.message == "Connection ready" }
        #expect(ready?.metadata["component"] == "connection")
        guard case .dictionary(let tls)? = ready?.metadata["tls"] else {
            Issue.record("nothing about TLS: \(String(describing: ready))")
            return
        }
        #expect(tls["version"] != nil)
        let login = log.entries.filter { $0.metadata["commandName"] == "saslStart" }
        #expect(login.count == 2)
        #expect(login.first?.metadata["command"] == "{}")
        #expect(!log.entries.contains { "\($0.metadata)".contains("the secret") })
    }
}

/// Keeps the events of pools.
private final class PoolEvents: Sendable {
    private let events = Mutex<[ConnectionPoolEvent]>([])

    func note(_ event: MongoEvent) {
        if case .pool(let event) = event { events.withLock { $0.append(event) } }
    }

    var all: [ConnectionPoolEvent] { events.withLock { $0 } }
}
