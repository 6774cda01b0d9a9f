// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import Testing

@testable import MongoNIO

/// MongoDB 8.0's `bulkWrite` against a scripted server: the prose tests 3 to 13 of the specification whose subject is the
/// driver.
///
/// - SeeAlso: [Prose tests](https://github.com/mongodb/specifications/blob/master/source/crud/tests/README.md#prose-tests)
@Suite("Writes to many collections, and a server's answers")
struct ClientBulkWriteServerTests {
    private let namespace = MongoNamespace(database: "db", collection: "coll")

    private func with(
        hello: BSONDocument = [:],
        answer: @escaping @Sendable (ScriptedServer.Command) -> BSONDocument,
        _ body: (MongoClient, ScriptedServer) async throws -> Void
    ) async throws {
        let server = try await ScriptedServer.start(hello: hello, answer: answer)
        try await withMongoClient(server.uri) { client in try await body(client, server) }
        try await server.stop()
    }

    private static func reply(
        inserted: Int = 0,
        upserted: Int = 0,
        errors: Int = 0,
        cursor: Int64 = 0,
        _ batch: [BSONDocument] = []
    ) -> BSONDocument {
        [
            "cursor": [
                "id": .int64(cursor), "ns": "admin.$cmd.bulkWrite", "firstBatch": .array(batch.map { .document($0) }),
            ],
            "nErrors": .int32(Int32(errors)), "nInserted": .int32(Int32(inserted)), "nMatched": 0, "nModified": 0,
            "nUpserted": .int32(Int32(upserted)), "nDeleted": 0,
        ]
    }

    private static func count(_ command: ScriptedServer.Command) -> Int { command.body["ops"]?.arrayValue?.count ?? -1 }

    private func inserts(_ count: Int) -> [ClientWriteModel] {
        (0..<count).map { _ in .insertOne(into: namespace, ["a": "b"] as BSONDocument) }
    }

    @Test("go out in several messages when they are more than one may hold, and their sums are added")
    func splitByCount() async throws {
        try await with(hello: ["maxWriteBatchSize": 3]) {
            Self.reply(inserted: Self.count($0))
        } _: { client, server in
            let result = try await client.bulkWrite(inserts(4))
            #expect(result.insertedCount == 4)
            #expect(!result.hasVerboseResults)
            #expect(server.commands.map(Self.count) == [3, 1])
            #expect(server.commands.first?.body["errorsOnly"] == true)
            #expect(server.commands.first?.body["ordered"] == true)
            #expect(server.commands.first?.body["$db"] == "admin")
        }
    }

    @Test("go out in several messages when they are larger than one may be")
    func splitBySize() async throws {
        try await with(hello: ["maxMessageSizeBytes": 4000]) {
            Self.reply(inserted: Self.count($0))
        } _: { client, server in
            let document: BSONDocument = ["a": .string(String(repeating: "b", count: 1200))]
            let models = (0..<3).map { _ in ClientWriteModel.insertOne(into: namespace, document) }
            let result = try await client.bulkWrite(models)
            #expect(result.insertedCount == 3)
            #expect(server.commands.map(Self.count) == [2, 1])
        }
    }

    @Test("collect the errors of the write concern of all messages")
    func writeConcernErrors() async throws {
        try await with(hello: ["maxWriteBatchSize": 3]) { command in
            var reply = Self.reply(inserted: Self.count(command))
            reply["writeConcernError"] = ["code": 64, "errmsg": "waiting for replication timed out"]
            return reply
        } _: { client, server in
            let error = await #expect(throws: MongoError.self) { try await client.bulkWrite(inserts(4)) }
            #expect(error?.clientBulkWrite?.writeConcernErrors.map(\.code) == [64, 64])
            #expect(error?.clientBulkWrite?.partialResult?.insertedCount == 4)
            #expect(server.commands.count == 2)
        }
    }

    @Test("stop at the first refusal when ordered, and try all otherwise", arguments: [true, false])
    func writeErrors(ordered: Bool) async throws {
        try await with(hello: ["maxWriteBatchSize": 3]) { command in
            let refused = ordered ? 1 : Self.count(command)
            return Self.reply(
                errors: refused,
                (0..<refused).map { ["ok": 0, "idx": .int32(Int32($0)), "code": 11000, "errmsg": "dup"] }
            )
        } _: { client, server in
            let error = await #expect(throws: MongoError.self) {
                try await client.bulkWrite(inserts(4), options: ClientBulkWriteOptions(ordered: ordered))
            }
            #expect(error?.clientBulkWrite?.writeErrors.keys.sorted() == (ordered ? [0] : [0, 1, 2, 3]))
            #expect(error?.clientBulkWrite?.partialResult == nil)
            #expect(server.commands.count == (ordered ? 1 : 2))
        }
    }

    private func upserts() -> [ClientWriteModel] {
        ["a", "b"].map { id in
            .updateOne(
                in: namespace,
                ["_id": .string(id)],
                ["$set": ["x": 1]],
                options: UpdateModelOptions(upsert: true)
            )
        }
    }

    private static func upserted(_ index: Int32, _ id: String) -> BSONDocument {
        ["ok": 1, "idx": .int32(index), "n": 1, "nModified": 0, "upserted": ["_id": .string(id)]]
    }

    @Test("read the results that did not fit into the first batch")
    func getMore() async throws {
        try await with { command in
            guard command.name == "getMore" else {
                return Self.reply(upserted: 2, cursor: 99, [Self.upserted(0, "a")])
            }
            return [
                "cursor": [
                    "id": .int64(0), "ns": "admin.$cmd.bulkWrite", "nextBatch": [.document(Self.upserted(1, "b"))],
                ]
            ]
        } _: { client, server in
            let result = try await client.bulkWrite(upserts(), options: ClientBulkWriteOptions(verboseResults: true))
            #expect(result.upsertedCount == 2)
            #expect(result.updateResults?.mapValues(\.upsertedID) == [0: "a", 1: "b"])
            #expect(server.commands.map(\.name) == ["bulkWrite", "getMore"])
            #expect(server.commands.last?.body["collection"] == "$cmd.bulkWrite")
        }
    }

    @Test("tell what is known when the rest of the results does not come, and kill the cursor")
    func getMoreError() async throws {
        try await with { command in
            switch command.name {
            case "getMore": return ["ok": 0, "code": 8, "codeName": "UnknownError", "errmsg": "no"]
            case "killCursors": return ["cursorsKilled": [.int64(99)]]
            default: return Self.reply(upserted: 2, cursor: 99, [Self.upserted(0, "a")])
            }
        } _: { client, server in
            let error = await #expect(throws: MongoError.self) {
                try await client.bulkWrite(upserts(), options: ClientBulkWriteOptions(verboseResults: true))
            }
            #expect(error?.clientBulkWrite?.error?.server?.code == 8)
            #expect(error?.clientBulkWrite?.partialResult?.upsertedCount == 2)
            #expect(error?.clientBulkWrite?.partialResult?.updateResults?.count == 1)
            #expect(server.commands.map(\.name) == ["bulkWrite", "getMore", "killCursors"])
        }
    }

    @Test("pass the server's refusal of the whole on, with its reply")
    func refusal() async throws {
        try await with { _ in
            ["ok": 0, "code": 72, "codeName": "InvalidOptions", "errmsg": "no", "more": 1]
        } _: { client, _ in
            let error = await #expect(throws: MongoError.self) { try await client.bulkWrite(inserts(1)) }
            #expect(error?.code == .command)
            #expect(error?.clientBulkWrite?.error?.server?.reply?["more"] == 1)
            #expect(error?.clientBulkWrite?.partialResult == nil)
        }
    }

    /// Prose test 15.
    @Test("that nobody acknowledges are sent so in every message, and the result says so")
    func unacknowledged() async throws {
        try await with(hello: ["maxWriteBatchSize": 3]) { _ in
            [:]
        } _: { client, server in
            let result = try await client.bulkWrite(
                inserts(4),
                options: ClientBulkWriteOptions(ordered: false, writeConcern: .unacknowledged)
            )
            #expect(!result.isAcknowledged && result.insertedCount == 0)
            // On the same connection: when it is answered, the others have arrived.
            try await client.database("db").runCommand(["ping": 1])
            let writes = server.commands.filter { $0.name == "bulkWrite" }
            #expect(writes.map(Self.count) == [3, 1])
            #expect(writes.allSatisfy { $0.body["writeConcern"] == ["w": .int32(0)] })
        }
    }

    @Test("are refused before they are sent where they contradict themselves, or are none")
    func clientSideErrors() async throws {
        try await with(answer: { _ in [:] }) { client, server in
            var error = await #expect(throws: MongoError.self) { try await client.bulkWrite([]) }
            #expect(error?.code == .invalidArgument)
            error = await #expect(throws: MongoError.self) {
                try await client.bulkWrite(
                    inserts(1),
                    options: ClientBulkWriteOptions(
                        ordered: false,
                        verboseResults: true,
                        writeConcern: .unacknowledged
                    )
                )
            }
            #expect(error?.message == "Cannot request unacknowledged write concern and verbose results")
            error = await #expect(throws: MongoError.self) {
                try await client.bulkWrite(inserts(1), options: ClientBulkWriteOptions(writeConcern: .unacknowledged))
            }
            #expect(error?.message == "Cannot request unacknowledged write concern and ordered writes")
            error = await #expect(throws: MongoError.self) {
                try await client.bulkWrite([.updateOne(in: namespace, [:], ["a": 1])])
            }
            #expect(error?.code == .invalidArgument)
            #expect(server.commands.isEmpty)
        }
    }

    @Test("are refused by a server that is too old, before they are sent")
    func oldServer() async throws {
        try await with(hello: ["maxWireVersion": 21], answer: { _ in [:] }) { client, server in
            let error = await #expect(throws: MongoError.self) { try await client.bulkWrite(inserts(1)) }
            #expect(error?.code == .unsupported)
            #expect(server.commands.isEmpty)
        }
    }
}
