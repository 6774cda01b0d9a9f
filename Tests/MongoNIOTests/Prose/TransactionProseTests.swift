// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/transactions-convenient-api/tests/README.md#prose-tests
// https://github.com/mongodb/specifications/blob/master/source/crud/tests/README.md#prose-tests

import MongoBSON
import Testing

@testable import MongoNIO

@Suite("Prose tests: transactions against a script", .timeLimit(.minutes(1)))
struct TransactionProseTests {
    private func with(
        _ answer: @escaping @Sendable (ScriptedServer.Command) -> BSONDocument?,
        _ body: (MongoClient, MongoCollection<BSONDocument>, ScriptedServer) async throws -> Void
    ) async throws {
        let server = try await ScriptedServer.start(hello: ScriptedServer.replicaSet, answer: answer)
        try await withMongoClient(server.uri) { client in
            try await body(client, client.database("home").collection("kittens"), server)
        }
        try await server.stop()
    }

    @Test("Convenient API, time limit 1: a transient error of the body is thrown as a timeout, with its labels")
    func bodyTooLate() async throws {
        try await with { _ in
            ["n": 1]
        } _: { client, collection, _ in
            let session = try client.startSession()
            let error = await #expect(throws: MongoError.self) {
                try await session.withTransaction(timeout: .milliseconds(200)) { session in
                    _ = try await collection.insertOne(["_id": 1], session: session)
                    try await Task.sleep(for: .milliseconds(250))
                    throw MongoError(.command, "as the test says", labels: ["TransientTransactionError", "Other"])
                }
            }
            #expect(error?.code == .timeout)
            #expect(error?.labels == ["TransientTransactionError", "Other"])
            #expect((error?.underlying as? MongoError)?.message == "as the test says")
        }
    }

    @Test("Convenient API, time limit 2: a commit of which nothing is known is thrown as a timeout, with its labels")
    func commitUnknown() async throws {
        try await with { command in
            command.name == "commitTransaction"
                ? ["writeConcernError": ["code": 64, "errmsg": "as the script says"]] : ["n": 1]
        } _: { client, collection, server in
            let session = try client.startSession()
            let error = await #expect(throws: MongoError.self) {
                try await session.withTransaction(timeout: .milliseconds(200)) { session in
                    _ = try await collection.insertOne(["_id": 1], session: session)
                }
            }
            #expect(error?.code == .timeout)
            #expect(error?.hasLabel("UnknownTransactionCommitResult") == true)
            #expect(server.commands.filter { $0.name == "commitTransaction" }.count > 1)
        }
    }

    @Test("Convenient API, time limit 3: a transient error of the commit is thrown as a timeout, with its labels")
    func commitTransient() async throws {
        try await with { command in
            guard command.name == "commitTransaction" else { return ["n": 1] }
            return ["ok": 0, "code": 251, "errmsg": "no", "errorLabels": ["TransientTransactionError"]]
        } _: { client, collection, server in
            let session = try client.startSession()
            let error = await #expect(throws: MongoError.self) {
                try await session.withTransaction(timeout: .milliseconds(400)) { session in
                    _ = try await collection.insertOne(["_id": 1], session: session)
                    // The second time it is too late.
                    if server.commands.filter({ $0.name == "insert" }).count > 1 {
                        try await Task.sleep(for: .milliseconds(450))
                    }
                }
            }
            #expect(error?.code == .timeout)
        }
    }

    @Test("A transaction whose task is cancelled is aborted on the server")
    func cancelled() async throws {
        try await with { command in
            command.name == "insert" ? nil : [:]
        } _: { client, collection, server in
            let task = Task {
                try await client.withTransaction { session in
                    _ = try await collection.insertOne(["_id": 1], session: session)
                }
            }
            while !server.commands.contains(where: { $0.name == "insert" }) {
                try await Task.sleep(for: .milliseconds(5))
            }
            task.cancel()
            let error = await #expect(throws: MongoError.self) { try await task.value }
            #expect(error?.code == .cancelled)
            let insert = try #require(server.commands.first { $0.name == "insert" }?.body)
            let abort = try #require(server.commands.first { $0.name == "abortTransaction" }?.body)
            #expect(abort["lsid"] == insert["lsid"] && abort["txnNumber"] == insert["txnNumber"])
        }
    }

    @Test("CRUD 8: the results of a client's bulkWrite in a transaction are read in that transaction")
    func bulkWrite() async throws {
        func result(_ index: Int32) -> BSON {
            ["ok": 1, "idx": .int32(index), "n": 1, "nModified": 0, "upserted": ["_id": .int32(index)]]
        }
        let first = result(0)
        let second = result(1)
        try await with { command in
            switch command.name {
            case "bulkWrite":
                [
                    "cursor": ["id": .int64(9), "ns": "admin.$cmd.bulkWrite", "firstBatch": [first]], "nErrors": 0,
                    "nInserted": 0, "nMatched": 0, "nModified": 0, "nUpserted": 2, "nDeleted": 0,
                ]
            case "getMore": ["cursor": ["id": .int64(0), "ns": "admin.$cmd.bulkWrite", "nextBatch": [second]]]
            default: [:]
            }
        } _: { client, _, server in
            let session = try client.startSession()
            try session.startTransaction()
            let namespace = MongoNamespace(database: "db", collection: "coll")
            let models: [ClientWriteModel] = ["a", "b"].map { id in
                .updateOne(
                    in: namespace,
                    ["_id": .string(id)],
                    ["$set": ["x": 1]],
                    options: UpdateModelOptions(upsert: true)
                )
            }
            let result = try await client.bulkWrite(
                models,
                options: ClientBulkWriteOptions(verboseResults: true),
                session: session
            )
            #expect(result.upsertedCount == 2 && result.updateResults?.count == 2)
            try await session.commitTransaction()
            let commands = server.commands.filter { ["bulkWrite", "getMore", "commitTransaction"].contains($0.name) }
            #expect(commands.map(\.name) == ["bulkWrite", "getMore", "commitTransaction"])
            for command in commands {
                #expect(command.body["lsid"]?.documentValue == session.sessionID)
                #expect(command.body["txnNumber"] == commands[0].body["txnNumber"])
                #expect(command.body["autocommit"] == false)
            }
            #expect(commands.map { $0.body["startTransaction"] } == [true, nil, nil])
            await session.endSession()
        }
    }
}
