// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/change-streams/tests/README.md#prose-tests

import MongoNIO
import TestSupport
import Testing

@Suite("Prose tests: change streams of a set with a secondary")
struct ChangeStreamProseTests {
    @Test("6: a stream is taken up again on a server that its first read preference allows")
    func serverSelection() async throws {
        let set = try await SetOfTwo.shared
        var options = try MongoClientOptions(await set.uri("appName=changestream6"))
        let commands = RecordedCommands()
        options.eventHandler = { commands.hear($0) }
        let client = try MongoClient(options)
        let secondary = set.members[try await set.primary() == 0 ? 1 : 0]
        do {
            let database = client.database("mongonio_prose")
            let collection = database.collection("changes")
            try await collection.insertOne(["_id": .objectID(BSONObjectID())])
            let stream =
                try await collection
                .withOptions(CollectionOptions(readPreference: .secondary))
                .watch(options: ChangeStreamOptions(maxAwaitTime: .milliseconds(100)))
            try await withMongoClient("mongodb://\(secondary.address)/?directConnection=true") { direct in
                try await direct.database("admin").runCommand([
                    "configureFailPoint": "failCommand", "mode": ["times": 1],
                    "data": ["failCommands": ["getMore"], "appName": "changestream6", "closeConnection": true],
                ])
            }
            try await collection.insertOne(["_id": "seen"])
            #expect(try await stream.next()?.documentKey == ["_id": "seen"])
            await stream.close()
            let aggregates = commands.started("aggregate")
            #expect(aggregates.count == 2)
            #expect(aggregates.allSatisfy { $0.info.address.port == secondary.port })
            #expect(aggregates.allSatisfy { $0.command["$readPreference", "mode"] == "secondary" })
            try await collection.drop()
        } catch {
            await client.close()
            throw error
        }
        await client.close()
    }
}
