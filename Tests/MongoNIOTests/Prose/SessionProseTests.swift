// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/sessions/tests/README.md#prose-tests

import MongoBSON
import Testing

@testable import MongoNIO

@Suite("Prose tests: sessions as an argument")
struct SessionProseTests {
    private typealias Collection = MongoCollection<BSONDocument>

    /// Every verb that takes a session.
    private static let verbs: [(name: String, call: @Sendable (MongoClient, ClientSession?) async throws -> Void)] = [
        ("insertOne", { try await kittens($0).insertOne(["a": 1], session: $1) }),
        ("insertMany", { try await kittens($0).insertMany([["a": 1]], session: $1) }),
        ("bulkWrite", { _ = try await kittens($0).bulkWrite([.insertOne(["a": 1])], session: $1) }),
        ("client bulkWrite", { _ = try await $0.bulkWrite([.deleteOne(in: namespace, [:])], session: $1) }),
        ("updateOne", { try await kittens($0).updateOne([:], ["$set": ["a": 1]], session: $1) }),
        ("updateMany", { try await kittens($0).updateMany([:], ["$set": ["a": 1]], session: $1) }),
        ("replaceOne", { try await kittens($0).replaceOne([:], ["a": 1], session: $1) }),
        ("deleteOne", { try await kittens($0).deleteOne([:], session: $1) }),
        ("deleteMany", { try await kittens($0).deleteMany([:], session: $1) }),
        ("findOneAndDelete", { _ = try await kittens($0).findOneAndDelete([:], session: $1) }),
        ("findOneAndReplace", { _ = try await kittens($0).findOneAndReplace([:], ["a": 1], session: $1) }),
        ("findOneAndUpdate", { _ = try await kittens($0).findOneAndUpdate([:], ["$set": ["a": 1]], session: $1) }),
        ("find", { _ = try await kittens($0).find(session: $1) }),
        ("findOne", { _ = try await kittens($0).findOne(session: $1) }),
        ("aggregate", { _ = try await kittens($0).aggregate([], session: $1) }),
        ("countDocuments", { _ = try await kittens($0).countDocuments(session: $1) }),
        ("estimatedDocumentCount", { _ = try await kittens($0).estimatedDocumentCount(session: $1) }),
        ("distinct", { _ = try await kittens($0).distinct("a", session: $1) }),
        ("watch", { _ = try await kittens($0).watch(session: $1) }),
        ("database watch", { _ = try await $0.database("home").watch(session: $1) }),
        ("client watch", { _ = try await $0.watch(session: $1) }),
        ("createIndex", { _ = try await kittens($0).createIndex(["a": 1], session: $1) }),
        ("listIndexes", { _ = try await kittens($0).listIndexes(session: $1) }),
        ("dropIndex", { try await kittens($0).dropIndex("a_1", session: $1) }),
        ("dropIndexes", { try await kittens($0).dropIndexes(session: $1) }),
        ("createSearchIndex", { _ = try await kittens($0).createSearchIndex(SearchIndexModel([:]), session: $1) }),
        ("listSearchIndexes", { _ = try await kittens($0).listSearchIndexes(session: $1) }),
        ("updateSearchIndex", { try await kittens($0).updateSearchIndex("a", definition: [:], session: $1) }),
        ("dropSearchIndex", { try await kittens($0).dropSearchIndex("a", session: $1) }),
        ("drop", { try await kittens($0).drop(session: $1) }),
        ("rename", { _ = try await kittens($0).rename(to: "cats", session: $1) }),
        ("createCollection", { try await $0.database("home").createCollection("a", session: $1) }),
        ("createView", { try await $0.database("home").createView("a", on: "b", pipeline: [], session: $1) }),
        (
            "modifyCollection",
            { _ = try await $0.database("home").modifyCollection("a", options: .init(), session: $1) }
        ),
        ("listCollections", { _ = try await $0.database("home").listCollections(session: $1) }),
        ("listCollectionNames", { _ = try await $0.database("home").listCollectionNames(session: $1) }),
        ("database drop", { try await $0.database("home").drop(session: $1) }),
        ("database aggregate", { _ = try await $0.database("home").aggregate([], session: $1) }),
        ("runCommand", { try await $0.database("home").runCommand(["whatsmyuri": 1], session: $1) }),
        (
            "runCursorCommand",
            {
                _ = try await $0.database("home").runCursorCommand(
                    ["find": "a"],
                    as: BSONDocument.self,
                    session: $1
                )
            }
        ),
        ("listDatabases", { _ = try await $0.listDatabases(session: $1) }),
        ("listDatabaseNames", { _ = try await $0.listDatabaseNames(session: $1) }),
        ("bucket find", { _ = try await $0.database("home").gridFSBucket().find(session: $1) }),
        ("bucket delete", { try await $0.database("home").gridFSBucket().delete(1, session: $1) }),
        ("bucket drop", { try await $0.database("home").gridFSBucket().drop(session: $1) }),
    ]

    private static let namespace = MongoNamespace(database: "home", collection: "kittens")

    private static func kittens(_ client: MongoClient) -> Collection { client.database("home").collection("kittens") }

    /// A reply that satisfies every verb.
    private static let reply: BSONDocument = [
        "n": 1, "nModified": 1, "value": .null, "values": [], "databases": [],
        "indexesCreated": [["id": "a", "name": "a"]],
        "cursor": ["id": .int64(0), "ns": "home.kittens", "firstBatch": []],
        "nErrors": 0, "nInserted": 0, "nMatched": 0, "nUpserted": 0, "nDeleted": 1,
    ]

    private func with(
        hello: BSONDocument = ScriptedServer.replicaSet,
        _ body: (MongoClient, ScriptedServer) async throws -> Void
    ) async throws {
        let server = try await ScriptedServer.start(hello: hello) { _ in Self.reply }
        try await withMongoClient(server.uri) { client in try await body(client, server) }
        try await server.stop()
    }

    @Test("4: commands carry the session that was given, else one of their own")
    func explicitAndImplicit() async throws {
        try await with { client, server in
            for (name, call) in Self.verbs {
                let session = try client.startSession()
                let before = server.commands.count
                try await call(client, session)
                let explicit = server.commands[before...]
                #expect(!explicit.isEmpty)
                #expect(explicit.allSatisfy { $0.body["lsid"]?.documentValue == session.sessionID }, "\(name)")
                let middle = server.commands.count
                try await call(client, nil)
                let implicit = server.commands[middle...]
                #expect(!implicit.isEmpty)
                #expect(
                    implicit.allSatisfy {
                        $0.body["lsid"] != nil && $0.body["lsid"]?.documentValue != session.sessionID
                    },
                    "\(name)"
                )
                await session.endSession()
            }
        }
    }

    @Test("5 and 6: a session of another client, and one that has ended, are refused, and nothing is sent")
    func refused() async throws {
        try await with { client, server in
            try await with { other, _ in
                let foreign = try other.startSession()
                let ended = try client.startSession()
                await ended.endSession()
                for (name, call) in Self.verbs {
                    for session in [foreign, ended] {
                        let error = await #expect(throws: MongoError.self, "\(name)") {
                            try await call(client, session)
                        }
                        #expect(error?.code == .invalidArgument, "\(name)")
                    }
                }
                #expect(server.commands.isEmpty)
                await foreign.endSession()
            }
        }
    }

    @Test("18 and 19: a server without sessions is sent none, and an explicit one is an error of the client")
    func unsupported() async throws {
        try await with(hello: [:]) { client, server in
            let collection = Self.kittens(client)
            _ = try await collection.findOne()
            try await collection.insertOne(["_id": 1])
            #expect(server.commands.map(\.name) == ["find", "insert"])
            #expect(server.commands.allSatisfy { $0.body["lsid"] == nil && $0.body["txnNumber"] == nil })
            let session = try client.startSession()
            let read = await #expect(throws: MongoError.self) { try await collection.findOne(session: session) }
            let write = await #expect(throws: MongoError.self) {
                try await collection.insertOne(["_id": 2], session: session)
            }
            #expect(read?.code == .invalidArgument && write?.code == .invalidArgument)
            #expect(server.commands.count == 2)
            await session.endSession()
        }
    }
}
