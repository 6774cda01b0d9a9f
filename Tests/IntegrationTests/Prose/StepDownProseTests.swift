// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/connections-survive-step-down/tests/README.md

import MongoNIO
import Synchronization
import TestSupport
import Testing

@Suite("Prose tests: connections survive a step-down", .serialized)
struct StepDownProseTests {
    private static let starting = Task { try await ReplicaSet.start(members: 2, named: "rsd", prefersFirst: false) }

    /// How often pools were cleared.
    private final class Clearings: Sendable {
        private let number = Atomic<Int>(0)

        var count: Int { number.load(ordering: .relaxed) }

        func note(_ event: MongoEvent) {
            if case .pool(.poolCleared) = event { number.wrappingAdd(1, ordering: .relaxed) }
        }
    }

    /// Lends a client that does not retry, and a new collection.
    private func withCollection(
        _ body: (MongoClient, MongoCollection<BSONDocument>, Clearings) async throws -> Void
    ) async throws {
        let set = try await Self.starting.value
        let clearings = Clearings()
        var options = try MongoClientOptions(await set.uri("retryWrites=false&w=majority&appName=step-down"))
        options.eventHandler = { clearings.note($0) }
        let client = try MongoClient(options)
        do {
            let database = client.database("step-down")
            try await database.collection("step-down").drop()
            try await body(client, try await database.createCollection("step-down"), clearings)
        } catch {
            await client.close()
            throw error
        }
        await client.close()
    }

    @Test("getMore iteration: a cursor goes on where its server was the primary")
    func iteration() async throws {
        let set = try await Self.starting.value
        try await withCollection { client, collection, clearings in
            _ = try await collection.insertMany((0..<5).map { ["_id": .int32($0)] })
            let cursor = try await collection.find(options: FindOptions(batchSize: 2))
            for _ in 0..<2 { #expect(try await cursor.next() != nil) }
            let primary = try await set.primary()
            func ask(_ member: Int, _ command: BSONDocument) async throws {
                try await withMongoClient(try await set.uri(ofMember: member)) { client in
                    _ = try await client.database("admin").runCommand(command)
                }
            }
            try await ask(1 - primary, ["replSetFreeze": 0])
            try await ask(primary, ["replSetStepDown": 5, "force": true])
            for _ in 2..<5 { #expect(try await cursor.next() != nil) }
            #expect(try await cursor.next() == nil)
            #expect(clearings.count == 0)
        }
    }

    @Test(
        "A refusal of a member that steps down keeps the connections, one of a server that ends does not",
        arguments: [(Int32(10107), false), (91, true), (11600, true)]
    )
    func refusal(code: Int32, clears: Bool) async throws {
        try await withCollection { client, collection, clearings in
            try await client.database("admin").runCommand([
                "configureFailPoint": "failCommand", "mode": ["times": 1],
                "data": ["failCommands": ["insert"], "errorCode": .int32(code), "appName": "step-down"],
            ])
            let error = await #expect(throws: MongoError.self) { try await collection.insertOne(["test": 1]) }
            #expect(error?.server?.code == Int(code))
            try await collection.insertOne(["test": 1])
            // Whoever is at it tells of all events.
            if clears { try await Eventually.holds { clearings.count == 1 } }
            #expect(clearings.count == (clears ? 1 : 0))
        }
    }
}
