// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoNIO
import Synchronization
import TestSupport
import Testing

#if ServiceLifecycle
import Logging
import ServiceLifecycle
#endif

@Suite("Shutting down", .serialized)
struct ShutdownTests {
    /// Has the server take its time for `ping`, for clients of this name.
    private func slowed(_ name: String, _ body: (MongodProcess) async throws -> Void) async throws {
        let server = try await MongodProcess.shared(.plain)
        try await withMongoClient("mongodb://\(server.address)/") { admin in
            try await admin.database("admin").runCommand([
                "configureFailPoint": "failCommand", "mode": "alwaysOn",
                "data": [
                    "failCommands": ["ping"], "blockConnection": true, "blockTimeMS": 500, "appName": .string(name),
                ],
            ])
            do {
                try await body(server)
            } catch {
                try await admin.database("admin").runCommand(["configureFailPoint": "failCommand", "mode": "off"])
                throw error
            }
            try await admin.database("admin").runCommand(["configureFailPoint": "failCommand", "mode": "off"])
        }
    }

    /// Tells when a ping was sent.
    private func client(_ server: MongodProcess, _ name: String, more: String = "") throws -> (MongoClient, Sent) {
        let sent = Sent()
        var options = try MongoClientOptions("mongodb://\(server.address)/?appName=\(name)\(more)")
        options.eventHandler = { event in
            if case .command(.started(let event)) = event, event.info.commandName == "ping" { sent.note() }
        }
        return (try MongoClient(options), sent)
    }

    final class Sent: Sendable {
        private let counter = Mutex(0)
        var count: Int { counter.withLock { $0 } }
        func note() { counter.withLock { $0 += 1 } }
    }

    @Test("Closing gracefully lets run what runs, and what waits for a connection; then the client is closed")
    func graceful() async throws {
        try await slowed("graceful") { server in
            let (client, sent) = try client(server, "graceful", more: "&maxPoolSize=1")
            let pings = (0..<2).map { _ in Task { try await client.database("admin").runCommand(["ping": 1]) } }
            try await Eventually.holds { sent.count == 1 }
            await client.closeGracefully()
            #expect(sent.count == 2)
            for ping in pings { #expect(try await ping.value["ok"]?.toInt() == 1) }
            let error = await #expect(throws: MongoError.self) {
                try await client.database("admin").runCommand(["ping": 1])
            }
            #expect(error?.code == .clientClosed)
        }
    }

    @Test("A task that is cancelled while it closes gracefully closes at once")
    func impatient() async throws {
        try await slowed("impatient") { server in
            let (client, sent) = try client(server, "impatient", more: "&maxPoolSize=1")
            let pings = (0..<2).map { _ in Task { try await client.database("admin").runCommand(["ping": 1]) } }
            try await Eventually.holds { sent.count == 1 }
            let closing = Task { await client.closeGracefully() }
            closing.cancel()
            await closing.value
            let outcomes = await [pings[0].result, pings[1].result]
            // The one that had no connection yet gets none.
            #expect(
                outcomes.count {
                    if case .failure(let error as MongoError) = $0 { error.code == .clientClosed } else { false }
                } == 1
            )
            #expect(sent.count == 1)
        }
    }

    #if ServiceLifecycle
    @Test("As a service the client ends with its group: what runs is finished first")
    func service() async throws {
        try await slowed("service") { server in
            let (client, sent) = try client(server, "service")
            let group = ServiceGroup(
                services: [client],
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
            let running = Task { try await group.run() }
            let ping = Task { try await client.database("admin").runCommand(["ping": 1]) }
            try await Eventually.holds { sent.count == 1 }
            await group.triggerGracefulShutdown()
            try await running.value
            #expect(try await ping.value["ok"]?.toInt() == 1)
            let error = await #expect(throws: MongoError.self) {
                try await client.database("admin").runCommand(["ping": 1])
            }
            #expect(error?.code == .clientClosed)
        }
    }

    @Test("A cancelled service closes its client, too")
    func cancelledService() async throws {
        let server = try await MongodProcess.shared(.plain)
        let client = try MongoClient("mongodb://\(server.address)/")
        try await client.database("admin").runCommand(["ping": 1])
        let running = Task { try await client.run() }
        running.cancel()
        try await running.value
        let error = await #expect(throws: MongoError.self) {
            try await client.database("admin").runCommand(["ping": 1])
        }
        #expect(error?.code == .clientClosed)
    }
    #endif
}
