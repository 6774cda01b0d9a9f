// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/retryable-writes/tests/README.md#prose-tests

import MongoNIO
import Testing

@Suite("Retries")
struct RetryTests {
    @Test("A write whose connection breaks is sent again with its number, and happens once")
    func write() async throws {
        try await ReplicaSetFixture.with { fixture in
            let collection = try await fixture.collection("retries")
            try await fixture.failing(["failCommands": ["insert"], "closeConnection": true]) {
                try await collection.insertOne(["_id": "once"])
                let inserts = fixture.commands.sent("insert")
                #expect(inserts.count == 2)
                #expect(inserts.first?["txnNumber"] != nil)
                #expect(inserts.first?["txnNumber"] == inserts.last?["txnNumber"])
                // A session whose connection broke is not used by others.
                try await collection.insertOne(["_id": "other"])
                #expect(fixture.commands.sent("insert").last?["lsid"] != inserts.last?["lsid"])
            }
            #expect(try await collection.countDocuments(["_id": "once"]) == 1)
        }
    }

    @Test("With retries turned off, nothing is numbered and nothing is sent again")
    func turnedOff() async throws {
        try await ReplicaSetFixture.with("retryWrites=false&retryReads=false") { fixture in
            let collection = try await fixture.collection("retries")
            try await fixture.failing(["failCommands": ["insert"], "errorCode": 91]) {
                await #expect(throws: MongoError.self) { try await collection.insertOne([:]) }
                #expect(fixture.commands.sent("insert").map { $0["txnNumber"] } == [nil])
            }
            try await fixture.failing(["failCommands": ["find"], "closeConnection": true]) {
                await #expect(throws: MongoError.self) { try await collection.findOne() }
                #expect(fixture.commands.sent("find").count == 1)
            }
        }
    }

    @Test("The first error is thrown when the retry wrote nothing")
    func originalError() async throws {
        try await ReplicaSetFixture.with { fixture in
            let collection = try await fixture.collection("retries")
            try await fixture.failing(
                ["failCommands": ["insert"], "errorCode": 91, "errorLabels": ["RetryableWriteError", "NoWritesPerformed"]],
                times: 2
            ) {
                let error = await #expect(throws: MongoError.self) { try await collection.insertOne([:]) }
                #expect(error?.server?.code == 91)
                #expect(fixture.commands.sent("insert").count == 2)
            }
        }
    }

    @Test("What waits for a connection when the pool is cleared is tried again")
    func poolCleared() async throws {
        try await ReplicaSetFixture.with("maxPoolSize=1") { fixture in
            let collection = try await fixture.collection("retries")
            let data: BSONDocument = [
                "failCommands": ["find"], "errorCode": 91, "blockConnection": true, "blockTimeMS": 300,
            ]
            try await fixture.failing(data) {
                async let one = collection.findOne()
                async let other = collection.findOne()
                _ = try await (one, other)
                #expect(fixture.commands.sent("find").count == 3)
            }
        }
    }

    @Test("A command that an overloaded server refuses is sent again after a pause, and no more than twice")
    func overload() async throws {
        try await ReplicaSetFixture.with { fixture in
            let collection = try await fixture.collection("retries")
            let data: BSONDocument = [
                "failCommands": ["insert", "ping"], "errorCode": 462,
                "errorLabels": ["SystemOverloadedError", "RetryableError"],
            ]
            try await fixture.failing(data, times: 2) {
                try await collection.insertOne(["_id": "busy"])
                #expect(fixture.commands.sent("insert").count == 3)
            }
            try await fixture.failing(data, times: 4) {
                await #expect(throws: MongoError.self) {
                    try await fixture.client.database("admin").runCommand(["ping": 1])
                }
                #expect(fixture.commands.sent("ping").count == 3)
            }
        }
    }

    @Test("With a timeout a read is sent again as often as there is time")
    func untilTimeout() async throws {
        try await ReplicaSetFixture.with("timeoutMS=10000") { fixture in
            let collection = try await fixture.collection("retries")
            try await fixture.failing(["failCommands": ["find"], "errorCode": 91], times: 4) {
                _ = try await collection.findOne()
                #expect(fixture.commands.sent("find").count == 5)
                #expect(fixture.commands.sent("find").allSatisfy { ($0["maxTimeMS"]?.toInt() ?? 0) > 0 })
            }
        }
    }

    @Test("A timeout is told as one, with the reason below it")
    func timeout() async throws {
        try await ReplicaSetFixture.with { fixture in
            let collection = try await fixture.collection("retries")
            let data: BSONDocument = ["failCommands": ["find"], "blockConnection": true, "blockTimeMS": 500]
            try await fixture.failing(data) {
                let error = await #expect(throws: MongoError.self) {
                    try await collection.find(options: .init(timeout: .milliseconds(100)))
                }
                #expect(error?.code == .timeout)
                #expect(error?.underlying is MongoError)
            }
        }
    }
}
