// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/client-side-operations-timeout/client-side-operations-timeout.md#error-transformations

import MongoBSON
import Testing

@testable import MongoNIO

@Suite("The server's time limit", .timeLimit(.minutes(1)))
struct TimeLimitErrorTests {
    /// Where in a reply the server can say that the time was over.
    private static let replies: [BSONDocument] = [
        ["ok": 0, "code": 50, "errmsg": "late"],
        ["n": 0, "writeErrors": [["index": 0, "code": 50, "errmsg": "late"]]],
        ["n": 1, "writeConcernError": ["code": 50, "errmsg": "late"]],
    ]

    enum Verb: CaseIterable {
        case insertOne, insertMany, bulkWrite, updateOne, deleteOne, findOneAndDelete, createIndex

        func run(_ collection: MongoCollection<BSONDocument>) async throws {
            switch self {
            case .insertOne: try await collection.insertOne(["_id": 1])
            case .insertMany: try await collection.insertMany([["_id": 1], ["_id": 2]])
            case .bulkWrite: try await collection.bulkWrite([.insertOne(["_id": 1])])
            case .updateOne: try await collection.updateOne([:], ["$set": ["a": 1]])
            case .deleteOne: try await collection.deleteOne([:])
            case .findOneAndDelete: _ = try await collection.findOneAndDelete([:])
            case .createIndex: try await collection.createIndex(["a": 1])
            }
        }
    }

    private func error(_ verb: Verb, _ reply: BSONDocument, _ options: String) async throws -> MongoError? {
        let server = try await ScriptedServer.start { command in
            ["insert", "update", "delete", "findAndModify", "createIndexes"].contains(command.name) ? reply : [:]
        }
        var failure: MongoError?
        try await withMongoClient("\(server.uri)&\(options)") { client in
            do {
                try await verb.run(client.database("home").collection("kittens"))
            } catch {
                failure = error as? MongoError
            }
        }
        try await server.stop()
        return failure
    }

    @Test("is a timeout wherever in the reply it stands, where the operation has one", arguments: Verb.allCases)
    func transformed(verb: Verb) async throws {
        for reply in Self.replies {
            let timeout = try await error(verb, reply, "timeoutMS=60000")
            #expect(timeout?.code == .timeout)
            let cause = timeout?.underlying as? MongoError
            #expect(cause?.code == .write || cause?.code == .command)
            #expect(cause.map { timeout?.message.contains($0.message) == true } == true)
            let refusal = try await error(verb, reply, "")
            #expect(refusal?.code == .write || refusal?.code == .command)
        }
    }

    @Test("does not take away what a bulk write has done until then")
    func partialResult() async throws {
        let reply: BSONDocument = ["n": 1, "writeErrors": [["index": 1, "code": 50, "errmsg": "late"]]]
        let timeout = try await error(.insertMany, reply, "timeoutMS=60000")
        #expect(timeout?.code == .timeout)
        #expect(timeout?.bulkWriteResult?.insertedCount == 1)
    }

    @Test("is a timeout of a client's bulk write, too")
    func clientBulkWrite() async throws {
        let entry: BSON = ["ok": 0, "idx": 0, "code": 50, "errmsg": "late"]
        let server = try await ScriptedServer.start { _ in
            [
                "cursor": ["id": .int64(0), "ns": "admin.$cmd.bulkWrite", "firstBatch": [entry]], "nErrors": 1,
                "nInserted": 0, "nMatched": 0, "nModified": 0, "nUpserted": 0, "nDeleted": 0,
            ]
        }
        try await withMongoClient("\(server.uri)&timeoutMS=60000") { client in
            let kittens = MongoNamespace(database: "home", collection: "kittens")
            let error = await #expect(throws: MongoError.self) {
                try await client.bulkWrite([.insertOne(into: kittens, ["_id": 1] as BSONDocument)])
            }
            #expect(error?.code == .timeout)
            #expect(error?.clientBulkWrite?.writeErrors[0]?.code == 50)
        }
        try await server.stop()
    }
}
