// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoNIO
import TestSupport
import Testing

/// Measures time: `dev/test` runs the integration tests one after the other.
@Suite("How long the pool makes wait", .serialized)
struct PoolWaitingTests {
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
        let connections = ConnectionCounter()
        let client = try await connections.client("maxPoolSize=1")
        let task = try await busyQuery(client, "cancellation")
        #expect(connections.count == 1)
        let clock = ContinuousClock()
        let start = clock.now
        task.cancel()
        let error = await #expect(throws: MongoError.self) { _ = try await task.value }
        let elapsed = clock.now - start
        #expect(error?.code == .cancelled)
        #expect(elapsed < .milliseconds(100))
        // The pool holds one connection: were the old one used again, this would get the wrong reply or wait for it.
        let reply = try await client.database("admin").runCommand(["ping": 1])
        #expect(reply["ok"]?.toInt() == 1)
        #expect(connections.count == 2)
        await client.close()
    }

    @Test("A task that waits for a connection can be cancelled, and waits no longer than waitQueueTimeoutMS")
    func waiting() async throws {
        let client = try await ConnectionCounter().client("maxPoolSize=1&waitQueueTimeoutMS=2000")
        let busy = try await busyQuery(client, "waiting")
        let error = await #expect(throws: MongoError.self) {
            try await client.database("admin").runCommand(["ping": 1])
        }
        #expect(error?.code == .timeout)
        // It does not count where there is a timeout of the newer kind, be that longer or shorter.
        for timeout in [Duration.milliseconds(2500), .milliseconds(200)] {
            let start = ContinuousClock.now
            let error = await #expect(throws: MongoError.self) {
                try await client.database("admin").runCommand(["ping": 1], options: .init(timeout: timeout))
            }
            #expect(error?.code == .timeout)
            let elapsed = ContinuousClock.now - start
            #expect(elapsed >= timeout - .milliseconds(1) && elapsed < timeout + .seconds(1), "\(elapsed)")
        }
        let cancelled = Task { try await client.database("admin").runCommand(["ping": 1]) }
        cancelled.cancel()
        let other = await #expect(throws: MongoError.self) { _ = try await cancelled.value }
        #expect(other?.code == .cancelled)
        busy.cancel()
        let last = await #expect(throws: MongoError.self) { _ = try await busy.value }
        #expect(last?.code == .cancelled)
        await client.close()
    }
}
