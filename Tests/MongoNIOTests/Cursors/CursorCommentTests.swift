// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/index-management/index-management.md#enumerate-indexes
// https://github.com/mongodb/specifications/blob/master/source/enumerate-collections/enumerate-collections.md#filters

import MongoBSON
import Testing

@testable import MongoNIO

@Suite("The comment of a cursor's command", .timeLimit(.minutes(1)))
struct CursorCommentTests {
    /// The comments of all commands that were sent.
    private func comments(_ body: (MongoDatabase) async throws -> Void) async throws -> [String: BSON?] {
        let server = try await ScriptedServer.start { command in
            let isFirst = command.name != "getMore"
            return [
                "cursor": [
                    "id": .int64(isFirst ? 7 : 0), "ns": "home.kittens", isFirst ? "firstBatch" : "nextBatch": [],
                ]
            ]
        }
        try await withMongoClient(server.uri) { try await body($0.database("home")) }
        try await server.stop()
        return Dictionary(server.commands.map { ($0.name, $0.body["comment"]) }, uniquingKeysWith: { $1 })
    }

    @Test("goes with every getMore of listIndexes, and with none of listCollections")
    func enumeration() async throws {
        let indexes = try await comments { database in
            _ = try await database.collection("kittens").listIndexes(options: .init(comment: "why")).toArray()
        }
        #expect(indexes["listIndexes"] == .some("why"))
        #expect(indexes["getMore"] == .some("why"))
        let collections = try await comments { database in
            _ = try await database.listCollections(options: .init(comment: "why")).toArray()
        }
        #expect(collections["listCollections"] == .some("why"))
        #expect(collections["getMore"] == .some(nil))
    }
}
