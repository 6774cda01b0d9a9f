// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoNIO
import Synchronization
import TestSupport
import Testing

@Suite("The pool over TLS")
struct PoolTests {
    /// Counts the connections that a client makes.
    final class Connections: Sendable {
        private let number = Atomic<Int>(0)
        func note(_ event: MongoEvent) {
            if case .connectionReady = event { number.add(1, ordering: .sequentiallyConsistent) }
        }
        var count: Int { number.load(ordering: .sequentiallyConsistent) }
    }

    private func client(_ options: String, _ connections: Connections) async throws -> MongoClient {
        var clientOptions = try MongoClientOptions(try await TestDatabase.uri(options))
        clientOptions.eventHandler = { connections.note($0) }
        return try MongoClient(clientOptions)
    }

    @Test("Requests one after the other share one connection")
    func reuse() async throws {
        let connections = Connections()
        let client = try await client("", connections)
        for _ in 0..<50 { try await client.database("admin").runCommand(["ping": 1]) }
        #expect(connections.count == 1)
        await client.close()
    }

    @Test("200 tasks at once on a pool of 10 all finish, on no more than 10 connections")
    func manyTasks() async throws {
        let connections = Connections()
        let client = try await client("maxPoolSize=10", connections)
        let collection = client.database("mongonio_tests").collection("manytasks")
        try await collection.drop()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<200 {
                group.addTask {
                    for round in 0..<5 {
                        let document: BSONDocument = ["_id": BSON(task * 5 + round), "task": BSON(task)]
                        try await collection.insertOne(document)
                        let found = try await collection.findOne(["_id": BSON(task * 5 + round)])
                        #expect(found == document)
                    }
                }
            }
            try await group.waitForAll()
        }
        let count = try await collection.countDocuments()
        #expect(count == 1000)
        #expect((1...10).contains(connections.count))
        try await collection.drop()
        await client.close()
    }

    /// Starts a query that keeps the server busy for longer than the test lasts, and waits until it runs there.
    private func busyQuery(_ client: MongoClient, _ name: String) async throws -> Task<[BSONDocument], any Error> {
        let observer = try MongoClient(try await TestDatabase.uri())
        let collection = client.database("mongonio_tests").collection(name)
        try await observer.database("mongonio_tests").collection(name).insertOne([:])
        let task = Task { try await collection.find(["$where": "sleep(20000) || true"]).toArray() }
        try await Eventually.holds {
            let reply = try await observer.database("admin").runCommand([
                "aggregate": 1,
                "pipeline": [
                    ["$currentOp": [:]], ["$match": ["ns": .string("mongonio_tests.\(name)"), "op": "query"]],
                ],
                "cursor": [:],
            ])
            return reply["cursor"]?.documentValue?["firstBatch"]?.arrayValue?.isEmpty == false
        }
        await observer.close()
        return task
    }

    @Test("A cancelled task returns at once, and its connection is not used again")
    func cancellation() async throws {
        let connections = Connections()
        let client = try await client("maxPoolSize=1", connections)
        let task = try await busyQuery(client, "cancellation")
        #expect(connections.count == 1)
        let clock = ContinuousClock()
        let start = clock.now
        task.cancel()
        let error = await #expect(throws: MongoError.self) { _ = try await task.value }
        let elapsed = clock.now - start
        #expect(error?.code == .cancelled)
        // 100 ms on a machine that has time; the query itself takes 20 s.
        #expect(elapsed < .seconds(2))
        // The pool holds one connection: were the old one used again, this would get the wrong reply or wait for it.
        let reply = try await client.database("admin").runCommand(["ping": 1])
        #expect(reply["ok"]?.toInt() == 1)
        #expect(connections.count == 2)
        await client.close()
    }

    @Test("A task that waits for a connection can be cancelled, and waits no longer than waitQueueTimeoutMS")
    func waiting() async throws {
        let client = try await client("maxPoolSize=1&waitQueueTimeoutMS=300", Connections())
        let busy = try await busyQuery(client, "waiting")
        let error = await #expect(throws: MongoError.self) {
            try await client.database("admin").runCommand(["ping": 1])
        }
        #expect(error?.code == .timeout)
        let cancelled = Task { try await client.database("admin").runCommand(["ping": 1]) }
        cancelled.cancel()
        let other = await #expect(throws: MongoError.self) { _ = try await cancelled.value }
        #expect(other?.code == .cancelled)
        busy.cancel()
        let last = await #expect(throws: MongoError.self) { _ = try await busy.value }
        #expect(last?.code == .cancelled)
        await client.close()
    }

    @Test("A closed client refuses, and closing while something waits hangs nobody")
    func closing() async throws {
        let client = try await client("maxPoolSize=1", Connections())
        try await client.database("admin").runCommand(["ping": 1])
        await client.close()
        await client.close()
        let error = await #expect(throws: MongoError.self) {
            try await client.database("admin").runCommand(["ping": 1])
        }
        #expect(error?.code == .clientClosed)

        let silent = try await TCPServer.start(.silent)
        let waiting = try MongoClient("mongodb://127.0.0.1:\(silent.port)/?tls=true&tlsAllowInvalidCertificates=true")
        let task = Task { try await waiting.database("admin").runCommand(["ping": 1]) }
        try await Eventually.holds { silent.connectionCount == 1 }
        await waiting.close()
        let closed = await #expect(throws: MongoError.self) { _ = try await task.value }
        #expect(closed?.code == .clientClosed)
        try await silent.stop()
    }
}
