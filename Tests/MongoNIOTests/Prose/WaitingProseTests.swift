// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/client-side-operations-timeout/tests/README.md#prose-tests

import MongoBSON
import Testing

@testable import MongoNIO

@Suite("Prose tests: timeouts against a script", .timeLimit(.minutes(1)))
struct WaitingProseTests {
    @Test("11: a timeout is for all batches of a client's bulkWrite together")
    func bulkWrite() async throws {
        let count = Counter()
        let reply: BSONDocument = [
            "cursor": ["id": .int64(0), "ns": "admin.$cmd.bulkWrite", "firstBatch": []], "nErrors": 0, "nInserted": 3,
            "nMatched": 0, "nModified": 0, "nUpserted": 0, "nDeleted": 0,
        ]
        let server = try await ScriptedServer.start(hello: ["maxWriteBatchSize": 3]) { command in
            command.name != "bulkWrite" || count.next() == 0 ? reply : nil
        }
        try await withMongoClient("\(server.uri)&timeoutMS=300") { client in
            let namespace = MongoNamespace(database: "db", collection: "coll")
            let model = ClientWriteModel.insertOne(into: namespace, ["a": "b"] as BSONDocument)
            let error = await #expect(throws: MongoError.self) {
                try await client.bulkWrite(Array(repeating: model, count: 4))
            }
            #expect(error?.code == .timeout)
            #expect(server.commands.filter { $0.name == "bulkWrite" }.count == 2)
        }
        try await server.stop()
    }

    @Test("A negative timeout is refused, wherever it comes from; nothing is sent")
    func negativeTimeout() async throws {
        let server = try await ScriptedServer.start(hello: ScriptedServer.replicaSet) { _ in [:] }
        try await withMongoClient(server.uri) { client in
            let collection = client.database("home").collection("kittens")
            let negative = Duration.milliseconds(-1)
            let hasty = collection.withOptions(CollectionOptions(timeout: negative))
            let calls: [() async throws -> Void] = [
                { _ = try await collection.find(options: FindOptions(timeout: negative)) },
                { try await hasty.insertOne(["_id": 1]) },
                { try await hasty.insertMany([["_id": 1]]) },
                {
                    try await client.withSession { session in
                        try await session.withTransaction(timeout: negative) { _ in Issue.record("it was called") }
                    }
                },
            ]
            for call in calls {
                let error = await #expect(throws: MongoError.self) { try await call() }
                #expect(error?.code == .invalidArgument)
            }
            #expect(server.commands.isEmpty)
        }
        try await server.stop()
    }

    @Test("Unit tests: with a timeout its rest is for the connection, without one waitQueueTimeoutMS")
    func checkOut() async throws {
        let server = try await ScriptedServer.start { $0.name == "hang" ? nil : [:] }
        for (options, code) in [("waitQueueTimeoutMS=1&timeoutMS=300", true), ("waitQueueTimeoutMS=300", false)] {
            try await withMongoClient("\(server.uri)&maxPoolSize=1&\(options)") { client in
                let database = client.database("db")
                let before = server.commands.count
                let busy = Task {
                    try await database.runCommand(["hang": 1], options: RunCommandOptions(timeout: .seconds(600)))
                }
                while server.commands.count == before { try await Task.sleep(for: .milliseconds(5)) }
                let error = await #expect(throws: MongoError.self) { try await database.runCommand(["ping": 1]) }
                #expect(error?.code == .timeout)
                // With a timeout it is the operation that is too late, and it says so.
                #expect((error?.underlying is MongoError) == code)
                busy.cancel()
                _ = try? await busy.value
            }
        }
        try await server.stop()
    }
}
