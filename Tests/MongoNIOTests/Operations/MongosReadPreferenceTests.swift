// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/max-staleness/max-staleness-tests.md#direct-connection-to-mongos

import MongoBSON
import Testing

@testable import MongoNIO

@Suite("Read preferences for mongos")
struct MongosReadPreferenceTests {
    /// The read preference that a mongos is sent with `find`.
    private func sent(_ options: String) async throws -> BSON? {
        let server = try await ScriptedServer.start(hello: ["msg": "isdbgrid"]) { command in
            command.name == "find" ? ["cursor": ["id": .int64(0), "ns": "db.c", "firstBatch": []]] : [:]
        }
        let uri = server.uri.replacing("?directConnection=true", with: "?\(options)")
        try await withMongoClient(uri) { client in
            _ = try await client.database("db").collection("c").findOne([:])
        }
        try await server.stop()
        return server.commands.first { $0.name == "find" }?.body["$readPreference"]
    }

    @Test("The staleness is sent as a number of seconds, and only when there is one")
    func staleness() async throws {
        let limited = try #require(try await sent("readPreference=secondary&maxStalenessSeconds=120")?.documentValue)
        #expect(limited["mode"] == "secondary")
        #expect(limited["maxStalenessSeconds"] == .int32(120) || limited["maxStalenessSeconds"] == .int64(120))
        #expect(limited.keys.count == 2)
        let plain = try #require(try await sent("readPreference=secondary")?.documentValue)
        #expect(plain == ["mode": "secondary"])
    }

    @Test("The default is not sent")
    func primary() async throws {
        #expect(try await sent("") == nil)
    }
}
