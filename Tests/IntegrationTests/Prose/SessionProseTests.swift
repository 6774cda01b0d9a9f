// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/sessions/tests/README.md#prose-tests
// https://github.com/mongodb/specifications/blob/master/source/transactions/tests/README.md

import MongoNIO
import Synchronization
import TestSupport
import Testing

@Suite("Prose tests: sessions and transactions")
struct SessionProseTests {
    @Test("3: the cluster time of a reply goes with the next command, whichever it is")
    func clusterTime() async throws {
        try await ReplicaSetFixture.with { fixture in
            let collection = try await fixture.collection()
            let commands: [(name: String, run: () async throws -> Void)] = [
                ("ping", { try await fixture.client.database("admin").runCommand(["ping": 1]) }),
                ("aggregate", { _ = try await collection.aggregate([["$match": [:]]]) }),
                ("find", { _ = try await collection.find() }),
                ("insert", { try await collection.insertOne(["a": 1]) }),
            ]
            for (name, run) in commands {
                fixture.commands.forget()
                try await run()
                try await run()
                let sent = fixture.commands.sent(name)
                #expect(sent.count == 2 && sent.allSatisfy { $0["$clusterTime"] != nil }, "\(name)")
                #expect(sent.last?["$clusterTime"] == fixture.commands.succeeded(name).first?.reply["$clusterTime"])
            }
        }
    }

    @Test("8 and 9: the session of a cursor is free as soon as the server has sent everything")
    func cursors() async throws {
        try await ReplicaSetFixture.with { fixture in
            let collection = try await fixture.collection()
            try await collection.insertMany((2...5).map { ["_id": .int32($0)] })
            for batchSize in [10, 3] {
                fixture.commands.forget()
                let cursor = try await collection.find(options: FindOptions(batchSize: batchSize))
                // Into the last batch, and not to its end.
                for _ in 0..<4 { _ = try await cursor.next() }
                _ = try await collection.countDocuments()
                let session = try #require(fixture.commands.sent("find").first?["lsid"])
                #expect(fixture.commands.sent("aggregate").first?["lsid"] == session)
                #expect(fixture.commands.sent("getMore").map { $0["lsid"] } == (batchSize == 3 ? [session] : []))
                #expect(try await cursor.next() != nil)
                #expect(try await cursor.next() == nil)
            }
        }
    }

    @Test("14: operations that wait for a connection have no session yet")
    func implicitSessions() async throws {
        var counts: [Int] = []
        // (A session comes back just after its connection, so that the next task may have taken another one.)
        while counts.count < 5 || !counts.contains(1), counts.count < 50 {
            try await ReplicaSetFixture.with("maxPoolSize=1&retryWrites=true") { fixture in
                let collection = try await fixture.collection()
                let operations: [@Sendable () async throws -> Void] = [
                    { try await collection.insertOne(["a": 1]) },
                    { try await collection.deleteOne([:]) },
                    { try await collection.updateOne([:], ["$set": ["a": 1]]) },
                    { _ = try await collection.bulkWrite([.updateOne([:], ["$set": ["a": 1]])]) },
                    { _ = try await collection.findOneAndDelete([:]) },
                    { _ = try await collection.findOneAndUpdate([:], ["$set": ["a": 1]]) },
                    { _ = try await collection.findOneAndReplace([:], ["a": 1]) },
                    { _ = try await collection.find().toArray() },
                ]
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for operation in operations { group.addTask { try await operation() } }
                    try await group.waitForAll()
                }
                let sent = ["insert", "delete", "update", "findAndModify", "find"].flatMap(fixture.commands.sent)
                #expect(sent.count == 8)
                counts.append(Set(sent.compactMap { $0["lsid"].map { "\($0)" } }).count)
            }
        }
        #expect(counts.allSatisfy { $0 < 8 })
        #expect(counts.contains(1))
    }

    @Test("20: the checks of servers do not carry the cluster time on")
    func monitoring() async throws {
        let checks = Mutex(0)
        let recorder = CommandRecorder()
        try await SharedReplicaSet.with(
            "sessions20",
            options: "heartbeatFrequencyMS=500",
            events: { event in
                recorder.note(event)
                if case .topology(.heartbeatSucceeded) = event { checks.withLock { $0 += 1 } }
            }
        ) { database in
            let time = try await database.admin.runCommand(["ping": 1])["$clusterTime"]
            #expect(time != nil)
            // Another client moves the time of the same set on.
            try await SharedReplicaSet.with("sessions20b") { other in
                try await other.collection("a").insertOne(["advance": "$clusterTime"])
            }
            let before = checks.withLock { $0 }
            try await Eventually.holds { checks.withLock { $0 } >= before + 2 }
            try await database.admin.runCommand(["ping": 1])
            #expect(recorder.started("ping").last?["$clusterTime"] == time)
        }
    }

    @Test("Transactions 1.0: the write concern of a collection does not count in a transaction")
    func writeConcern() async throws {
        try await ReplicaSetFixture.with { fixture in
            let collection = try await fixture.collection("transactions")
            let careless = collection.withOptions(CollectionOptions(writeConcern: .unacknowledged))
            let session = try fixture.client.startSession()
            try session.startTransaction()
            try await careless.insertOne(["n": 1], session: session)
            try await session.commitTransaction()
            await session.endSession()
            #expect(try await collection.findOne(["n": 1]) != nil)
            #expect(fixture.commands.sent("insert").allSatisfy { $0["writeConcern"] == nil })
        }
    }
}
