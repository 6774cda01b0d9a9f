// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/retryable-writes/retryable-writes.md#supported-write-operations

import MongoBSON
import Testing

@testable import MongoNIO

@Suite("Which commands of a bulk write are retryable", .timeLimit(.minutes(1)))
struct RetryableBatchTests {
    private static let hello: BSONDocument = [
        "setName": "rs", "hosts": [], "logicalSessionTimeoutMinutes": 30, "maxWriteBatchSize": 2,
    ]

    private static let none: BSONDocument = [
        "cursor": ["id": .int64(0), "ns": "admin.$cmd.bulkWrite", "firstBatch": []], "n": 0, "nErrors": 0,
        "nInserted": 0, "nMatched": 0, "nModified": 0, "nUpserted": 0, "nDeleted": 0,
    ]

    /// Whether each of the commands that were sent has a number.
    private func numbered(_ name: String, _ body: (MongoClient) async throws -> Void) async throws -> [Bool] {
        let server = try await ScriptedServer.start(hello: Self.hello) { _ in Self.none }
        try await withMongoClient(server.uri) { try await body($0) }
        try await server.stop()
        return server.commands.filter { $0.name == name }.map { $0.body["txnNumber"] != nil }
    }

    @Test("Those without a write for many documents, wherever in the whole there is one")
    func collection() async throws {
        let requests: [WriteModel<BSONDocument>] = [
            .updateOne([:], ["$set": ["a": 1]]), .updateOne([:], ["$set": ["a": 2]]),
            .updateMany([:], ["$set": ["a": 3]]), .updateOne([:], ["$set": ["a": 4]]),
            .updateOne([:], ["$set": ["a": 5]]),
        ]
        let numbers = try await numbered("update") { client in
            try await client.database("home").collection("kittens").bulkWrite(requests)
        }
        #expect(numbers == [true, false, true])
    }

    @Test("The same of a client's bulk write")
    func client() async throws {
        let kittens = MongoNamespace(database: "home", collection: "kittens")
        let requests: [ClientWriteModel] = [
            .deleteOne(in: kittens, [:]), .deleteOne(in: kittens, [:]), .deleteOne(in: kittens, [:]),
            .deleteMany(in: kittens, [:]), .deleteOne(in: kittens, [:]),
        ]
        let numbers = try await numbered("bulkWrite") { client in try await client.bulkWrite(requests) }
        #expect(numbers == [true, false, true])
    }
}
