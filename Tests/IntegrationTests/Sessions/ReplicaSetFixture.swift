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
        try await admin.runCommand(["configureFailPoint": "failCommand", "mode": ["times": .int32(times)], "data": .document(data)])
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

/// The commands that a client sent.
final class RecordedCommands: Sendable {
    private let events = Mutex<[CommandEvent]>([])

    func hear(_ event: MongoEvent) {
        if case .command(let event) = event { events.withLock { $0.append(event) } }
    }

    func forget() { events.withLock { $0 = [] } }

    /// The commands with the name, as they were sent.
    func sent(_ name: String) -> [BSONDocument] {
        events.withLock { events in
            events.compactMap { event in
                if case .started(let started) = event, started.info.commandName == name { started.command } else { nil }
            }
        }
    }

    /// The names of all commands, in order.
    var names: [String] {
        events.withLock { events in
            events.compactMap { if case .started(let started) = $0 { started.info.commandName } else { nil } }
        }
    }
}
