// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/sessions/tests/README.md

import MongoNIO
import Testing

@Suite("Sessions")
struct SessionTests {
    @Test("A session is either a snapshot or causally consistent")
    func contradiction() async throws {
        try await ReplicaSetFixture.with { fixture in
            #expect(throws: MongoError.self) {
                try fixture.client.startSession(options: .init(causalConsistency: true, snapshot: true))
            }
            #expect(throws: MongoError.self) {
                try fixture.client.startSession(
                    options: .init(snapshotTime: BSONTimestamp(timestamp: 1, increment: 1))
                )
            }
        }
    }

    @Test("The server session that came back last goes out first")
    func pool() async throws {
        try await ReplicaSetFixture.with { fixture in
            let first = try fixture.client.startSession()
            let second = try fixture.client.startSession()
            let ids = (first.sessionID, second.sessionID)
            #expect(ids.0 != ids.1)
            await first.endSession()
            await second.endSession()
            let third = try fixture.client.startSession()
            let fourth = try fixture.client.startSession()
            #expect(third.sessionID == ids.1)
            #expect(fourth.sessionID == ids.0)
        }
    }

    @Test("Commands carry the latest cluster time")
    func clusterTime() async throws {
        try await ReplicaSetFixture.with { fixture in
            let collection = try await fixture.collection()
            try await collection.insertOne(["_id": "second"])
            try await collection.insertOne(["_id": "third"])
            let times = fixture.commands.sent("insert").compactMap { $0["$clusterTime", "clusterTime"]?.timestampValue }
            #expect(times.count == 2)
            #expect(times[0] < times[1])
        }
    }

    @Test("A session of another client is refused")
    func otherClient() async throws {
        try await ReplicaSetFixture.with { one in
            try await ReplicaSetFixture.with { other in
                let session = try other.client.startSession()
                let collection = try await one.collection()
                await #expect(throws: MongoError.self) { try await collection.insertOne([:], session: session) }
                #expect(one.commands.sent("insert").isEmpty)
                await session.endSession()
            }
        }
    }

    @Test("A session that has ended is refused")
    func ended() async throws {
        try await ReplicaSetFixture.with { fixture in
            let collection = try await fixture.collection()
            let session = try fixture.client.startSession()
            try await collection.insertOne([:], session: session)
            await session.endSession()
            await session.endSession()
            await #expect(throws: MongoError.self) { try await collection.insertOne([:], session: session) }
        }
    }

    @Test("Operations one after the other share one implicit session; a cursor keeps its own until it is read")
    func implicit() async throws {
        try await ReplicaSetFixture.with { fixture in
            let collection = try await fixture.collection()
            for _ in 0..<5 { try await collection.insertOne([:]) }
            let inserts = fixture.commands.sent("insert").compactMap { $0["lsid"] }
            #expect(inserts.count == 5)
            #expect(Set(inserts.map { "\($0)" }).count == 1)

            let cursor = try await collection.find(options: .init(batchSize: 2))
            _ = try await collection.findOne()
            _ = try await cursor.toArray()
            _ = try await collection.findOne()
            let finds = fixture.commands.sent("find").compactMap { $0["lsid"] }
            let more = fixture.commands.sent("getMore").compactMap { $0["lsid"] }
            #expect(finds.count == 3)
            #expect(finds[0] != finds[1])
            #expect(more.count >= 2)
            #expect(more.allSatisfy { $0 == finds[0] })
            #expect(finds[2] == finds[0])
        }
    }

    @Test("An implicit session is taken when the connection is there: one connection does not need one for each task")
    func late() async throws {
        try await ReplicaSetFixture.with("maxPoolSize=1") { fixture in
            let collection = try await fixture.collection()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { _ = try await collection.findOne() } }
                try await group.waitForAll()
            }
            let ids = Set(fixture.commands.sent("find").compactMap { $0["lsid"].map { "\($0)" } })
            // A session comes back just after its connection, so that the next task may have taken another one.
            #expect(ids.count < 8)
        }
    }

    @Test("An unacknowledged write has no session, and cannot be given one")
    func unacknowledged() async throws {
        try await ReplicaSetFixture.with("w=0") { fixture in
            let collection = fixture.client.database("mongonio_sessions").collection("unacknowledged")
            try await collection.insertOne(["_id": .objectID(BSONObjectID())])
            // Another command on the same connection is answered as ever.
            try await fixture.client.database("admin").runCommand(["ping": 1])
            let sent = fixture.commands.sent("insert")
            #expect(sent.count == 1)
            #expect(sent.first?["lsid"] == nil)
            #expect(sent.first?["txnNumber"] == nil)
            let session = try fixture.client.startSession()
            await #expect(throws: MongoError.self) { try await collection.insertOne([:], session: session) }
            await session.endSession()
        }
    }

    @Test("A read of a session is sent after what the session did before")
    func causal() async throws {
        try await ReplicaSetFixture.with { fixture in
            let collection = try await fixture.collection()
            try await fixture.client.withSession { session in
                _ = try await collection.findOne(session: session)
                let time = try #require(session.operationTime)
                _ = try await collection.findOne(session: session)
                let finds = fixture.commands.sent("find")
                #expect(finds[0]["readConcern", "afterClusterTime"] == nil)
                #expect(finds[1]["readConcern", "afterClusterTime"] == .timestamp(time))
            }
        }
    }

    @Test("Reads of a snapshot session see the data of its first read")
    func snapshot() async throws {
        try await ReplicaSetFixture.with { fixture in
            let collection = try await fixture.collection("snapshots")
            let session = try fixture.client.startSession(options: .init(snapshot: true))
            let before = try await collection.countDocuments(session: session)
            #expect(session.snapshotTime != nil)
            try await collection.insertOne([:])
            #expect(try await collection.countDocuments(session: session) == before)
            #expect(try await collection.countDocuments() == before + 1)
            #expect(throws: MongoError.self) { try session.startTransaction() }
            await session.endSession()
        }
    }

    @Test("A cursor of a snapshot session is read to its end, and another is left early")
    func snapshotCursor() async throws {
        try await ReplicaSetFixture.with { fixture in
            let collection = try await fixture.collection("snapshots")
            try await collection.insertMany((2...5).map { ["_id": .int32($0)] })
            try await fixture.client.withSession(options: .init(snapshot: true)) { session in
                let options = FindOptions(batchSize: 2)
                #expect(try await collection.find(options: options, session: session).toArray().count == 5)
                let cursor = try await collection.find(options: options, session: session)
                _ = try await cursor.next()
                await cursor.close()
            }
            #expect(fixture.commands.failed("getMore").isEmpty && fixture.commands.failed("killCursors").isEmpty)
        }
    }

    @Test("Closing a client ends its sessions on the server")
    func endSessions() async throws {
        try await ReplicaSetFixture.with { fixture in
            _ = try await fixture.collection()
            await fixture.client.close()
            #expect(fixture.commands.sent("endSessions").count == 1)
        }
    }
}
