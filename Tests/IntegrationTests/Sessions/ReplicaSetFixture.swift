// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoNIO
import Synchronization
import TestSupport

/// A replica set of one member that the suites of sessions, transactions and retries share, clients of it, and what those
/// were seen to send.
struct ReplicaSetFixture: Sendable {
    let client: MongoClient
    let commands: RecordedCommands

    private static let shared = Task { try await ReplicaSet.start(members: 1) }

    /// The connection string of the set.
    static func uri() async throws -> String { try await shared.value.uri() }

    /// Lends a client to the body, and closes it.
    static func with(_ options: String = "", _ body: (ReplicaSetFixture) async throws -> Void) async throws {
        let set = try await shared.value
        var clientOptions = try MongoClientOptions(await set.uri(options))
        clientOptions.heartbeatFrequency = .milliseconds(500)
        let commands = RecordedCommands()
        clientOptions.eventHandler = { commands.hear($0) }
        let client = try MongoClient(clientOptions)
        do {
            try await body(ReplicaSetFixture(client: client, commands: commands))
            await client.close()
        } catch {
            await client.close()
            throw error
        }
    }

    /// An empty collection, which exists: transactions cannot make one on old servers.
    func collection(_ name: String = "documents") async throws -> MongoCollection<BSONDocument> {
        let collection = client.database("mongonio_sessions").collection(name)
        try await collection.deleteMany([:])
        try await collection.insertOne(["_id": "first"])
        commands.forget()
        return collection
    }

    /// Has the server fail commands.
    func failing(_ data: BSONDocument, times: Int32 = 1, _ body: () async throws -> Void) async throws {
        let admin = client.database("admin")
        try await admin.runCommand([
            "configureFailPoint": "failCommand", "mode": ["times": .int32(times)], "data": .document(data),
        ])
        commands.forget()
        do {
            try await body()
            try await admin.runCommand(["configureFailPoint": "failCommand", "mode": "off"])
        } catch {
            try await admin.runCommand(["configureFailPoint": "failCommand", "mode": "off"])
            throw error
        }
    }
}

/// What a client told of its commands and connections.
final class RecordedCommands: Sendable {
    private let events = Mutex<[MongoEvent]>([])

    func hear(_ event: MongoEvent) { events.withLock { $0.append(event) } }

    func forget() { events.withLock { $0 = [] } }

    private var all: [CommandEvent] {
        events.withLock { $0 }.compactMap { if case .command(let event) = $0 { event } else { nil } }
    }

    /// What was told of the pools, in order.
    var pool: [ConnectionPoolEvent] {
        events.withLock { $0 }.compactMap { if case .pool(let event) = $0 { event } else { nil } }
    }

    /// The commands with the name, as they were sent.
    func sent(_ name: String) -> [BSONDocument] { started(name).map(\.command) }

    /// What was told of the commands with the name when they were sent.
    func started(_ name: String) -> [CommandStartedEvent] {
        all.compactMap { if case .started(let event) = $0, event.info.commandName == name { event } else { nil } }
    }

    /// The replies to the commands with the name.
    func succeeded(_ name: String) -> [CommandSucceededEvent] {
        all.compactMap { if case .succeeded(let event) = $0, event.info.commandName == name { event } else { nil } }
    }

    /// Why commands with the name failed.
    func failed(_ name: String) -> [CommandFailedEvent] {
        all.compactMap { if case .failed(let event) = $0, event.info.commandName == name { event } else { nil } }
    }

    /// The names of all commands, in order.
    var names: [String] {
        all.compactMap { if case .started(let started) = $0 { started.info.commandName } else { nil } }
    }
}
