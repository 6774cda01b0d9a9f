// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/transactions-convenient-api/tests/README.md

import MongoNIO
import Testing

@Suite("Transactions")
struct TransactionTests {
    @Test("What was committed is there, what was aborted never was")
    func commitAndAbort() async throws {
        try await ReplicaSetFixture.with { fixture in
            let collection = try await fixture.collection("transactions")
            try await fixture.client.withSession { session in
                try session.startTransaction()
                try await collection.insertOne(["_id": "in"], session: session)
                #expect(try await collection.findOne(["_id": "in"], session: session) != nil)
                #expect(try await collection.findOne(["_id": "in"]) == nil)
                try await session.commitTransaction()
                #expect(try await collection.findOne(["_id": "in"]) != nil)

                try session.startTransaction()
                try await collection.insertOne(["_id": "out"], session: session)
                try await session.abortTransaction()
                #expect(try await collection.findOne(["_id": "out"]) == nil)
            }
            let commit = try #require(fixture.commands.sent("commitTransaction").first)
            #expect(commit["autocommit"] == false)
            let inserts = fixture.commands.sent("insert")
            #expect(inserts.map { $0["startTransaction"] } == [true, true])
            #expect(commit["txnNumber"] == inserts[0]["txnNumber"])
            let numbers = inserts.compactMap { $0["txnNumber"]?.toInt() }
            #expect(numbers.count == 2 && numbers[0] < numbers[1])
        }
    }

    @Test("A session that is ended aborts its transaction")
    func endingAborts() async throws {
        try await ReplicaSetFixture.with { fixture in
            let collection = try await fixture.collection("transactions")
            let session = try fixture.client.startSession()
            try session.startTransaction()
            try await collection.insertOne(["_id": "open"], session: session)
            await session.endSession()
            #expect(fixture.commands.sent("abortTransaction").count == 1)
            #expect(try await collection.findOne(["_id": "open"]) == nil)
        }
    }

    @Test("The body's own error is thrown as it is, and the transaction is aborted")
    func customError() async throws {
        struct Custom: Error {}
        try await ReplicaSetFixture.with { fixture in
            let collection = try await fixture.collection("transactions")
            await #expect(throws: Custom.self) {
                try await fixture.client.withTransaction { session in
                    try await collection.insertOne(["_id": "custom"], session: session)
                    throw Custom()
                }
            }
            #expect(fixture.commands.names.suffix(1) == ["abortTransaction"])
        }
    }

    @Test("The body's result is returned, after the commit")
    func result() async throws {
        try await ReplicaSetFixture.with { fixture in
            let collection = try await fixture.collection("transactions")
            let result = try await fixture.client.withTransaction { session in
                try await collection.insertOne(["_id": "result"], session: session)
                return 42
            }
            #expect(result == 42)
            #expect(fixture.commands.sent("commitTransaction").count == 1)
        }
    }

    @Test("A transient error runs the body again, in a new transaction")
    func transient() async throws {
        try await ReplicaSetFixture.with { fixture in
            let collection = try await fixture.collection("transactions")
            try await fixture.failing(
                ["failCommands": ["insert"], "errorCode": 112, "errorLabels": ["TransientTransactionError"]]
            ) {
                var runs = 0
                try await fixture.client.withTransaction { session in
                    runs += 1
                    try await collection.insertOne(["_id": "transient"], session: session)
                }
                #expect(runs == 2)
                let numbers = fixture.commands.sent("insert").compactMap { $0["txnNumber"]?.toInt() }
                #expect(numbers.count == 2 && numbers[0] + 1 == numbers[1])
            }
            #expect(try await collection.findOne(["_id": "transient"]) != nil)
        }
    }

    @Test("A commit whose connection breaks is sent again, for a majority")
    func commitAgain() async throws {
        try await ReplicaSetFixture.with { fixture in
            let collection = try await fixture.collection("transactions")
            try await fixture.failing(["failCommands": ["commitTransaction"], "closeConnection": true]) {
                try await fixture.client.withTransaction { session in
                    try await collection.insertOne(["_id": "again"], session: session)
                }
                let commits = fixture.commands.sent("commitTransaction")
                #expect(commits.count == 2)
                #expect(commits.first?["writeConcern"] == nil)
                #expect(commits.last?["writeConcern", "w"] == "majority")
                #expect(commits.last?["writeConcern", "wtimeout"]?.toInt() == 10_000)
            }
        }
    }

    @Test("Money that 8 tasks move about between 4 accounts is neither made nor lost")
    func transfers() async throws {
        try await ReplicaSetFixture.with { fixture in
            let accounts = try await fixture.collection("accounts")
            try await accounts.deleteMany([:])
            for id in 0..<4 { try await accounts.insertOne(["_id": .int32(Int32(id)), "balance": 100]) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<8 {
                    group.addTask {
                        for step in 0..<5 {
                            let from = Int32((task + step) % 4)
                            let to = Int32((task + step + 1) % 4)
                            try await fixture.client.withTransaction { session in
                                try await accounts.updateOne(
                                    ["_id": .int32(from)],
                                    ["$inc": ["balance": -1]],
                                    session: session
                                )
                                try await accounts.updateOne(
                                    ["_id": .int32(to)],
                                    ["$inc": ["balance": 1]],
                                    session: session
                                )
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let balances = try await accounts.find().toArray().compactMap { $0["balance"]?.toInt() }
            #expect(balances.count == 4)
            #expect(balances.reduce(0, +) == 400)
        }
    }
}
