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

    /// The read preference that `find` has for a server of a deployment.
    private func written(
        _ preference: ReadPreference,
        _ server: ServerDescription.ServerType,
        _ topology: TopologyDescription.TopologyType
    ) throws -> BSON? {
        let builder = CommandBuilder(
            settings: CommandSettings(
                readConcern: .serverDefault,
                writeConcern: .serverDefault,
                readPreference: preference
            ),
            serverType: server,
            topologyType: topology,
            limits: MessageLimits(),
            maxWireVersion: 21
        )
        let find = FindOperation(
            namespace: MongoNamespace(database: "db", collection: "c"),
            filter: [:],
            options: FindOptions()
        )
        return try builder.message(for: find).body["$readPreference"]
    }

    @Test("A member that is connected to directly may answer whatever it is; a server on its own is told nothing")
    func direct() throws {
        for member in [ServerDescription.ServerType.rsPrimary, .rsSecondary, .rsArbiter, .rsOther, .rsGhost] {
            #expect(try written(.primary, member, .single) == ["mode": "primaryPreferred"])
            #expect(try written(.secondary, member, .single) == ["mode": "secondary"])
            #expect(try written(.primary, member, .replicaSetWithPrimary) == nil)
        }
        for preference in [ReadPreference.primary, .secondary, .nearest] {
            #expect(try written(preference, .standalone, .single) == nil)
        }
    }

    @Test("A mongos is told whatever is not the default, directly, in a cluster and behind a load balancer")
    func routers() throws {
        for topology in [TopologyDescription.TopologyType.single, .sharded, .loadBalanced] {
            #expect(try written(.primary, .mongos, topology) == nil)
            #expect(try written(.secondaryPreferred, .mongos, topology) == ["mode": "secondaryPreferred"])
            let tagged = try ReadPreference(.nearest, tagSets: [["b": "1", "a": "2"], [:]])
            #expect(
                try written(tagged, .mongos, topology) == ["mode": "nearest", "tags": [["a": "2", "b": "1"], [:]]]
            )
        }
    }

    @Test("The default is not sent")
    func primary() async throws {
        #expect(try await sent("") == nil)
    }
}
