// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoNIO
import TestSupport
import Testing

@Suite("Operations over TLS")
struct OperationTests {
    struct Kitten: Codable, Sendable, Equatable {
        var _id: BSONObjectID?
        var name: String
        var color: String
        var age: Int
    }

    @Test("A typed document goes there and comes back")
    func typed() async throws {
        try await TestDatabase.with("typed") { test in
            let kittens = test.client.database("mongonio_tests").collection("typed", of: Kitten.self)
            let inserted = try await kittens.insertOne(Kitten(name: "Roscoe", color: "orange", age: 2))
            let id = try #require(inserted.insertedID.objectIDValue)
            let found = try await kittens.find(["color": "orange"]).toArray()
            #expect(found == [Kitten(_id: id, name: "Roscoe", color: "orange", age: 2)])
            #expect(try await kittens.findOne(["name": "Nobody"]) == nil)
        }
    }

    @Test("10,000 documents go there by insertMany and come back through a cursor, byte for byte")
    func tenThousand() async throws {
        try await TestDatabase.with("tenthousand") { test in
            let documents: [BSONDocument] = (0..<10_000).map { number in
                [
                    "_id": .int32(Int32(number)), "text": .string(String(repeating: "é", count: number % 97)),
                    "nested": ["list": [1, .double(Double(number) / 7), .null], "flag": .bool(number % 2 == 0)],
                ]
            }
            let result = try await test.collection.insertMany(documents)
            #expect(result.insertedIDs.count == 10_000)
            #expect(try await test.collection.countDocuments() == 10_000)
            var position = 0
            let options = FindOptions(batchSize: 777, sort: ["_id": 1])
            for try await document in try await test.collection.find(options: options) {
                guard position < documents.count, document.bytes == documents[position].bytes else {
                    Issue.record("document \(position) came back changed")
                    return
                }
                position += 1
            }
            #expect(position == 10_000)
        }
    }

    @Test("Order, limit, skip and projection")
    func findOptions() async throws {
        try await TestDatabase.with("findoptions") { test in
            try await test.collection.insertMany((0..<20).map { ["_id": .int32($0), "square": .int32($0 * $0)] })
            let options = FindOptions(limit: 3, projection: ["_id": 0], skip: 2, sort: ["_id": -1])
            #expect(
                try await test.collection.find(options: options).toArray() == [
                    ["square": .int32(289)], ["square": .int32(256)], ["square": .int32(225)],
                ]
            )
            // A limit that the batch size meets exactly leaves no cursor behind.
            let exact = try await test.collection.find(options: FindOptions(batchSize: 5, limit: 5)).toArray()
            #expect(exact.count == 5)
        }
    }

    @Test("Update, upsert and delete tell what they did")
    func updateAndDelete() async throws {
        try await TestDatabase.with("update") { test in
            try await test.collection.insertMany([
                ["_id": 1, "color": "orange"], ["_id": 2, "color": "orange"], ["_id": 3, "color": "gray"],
            ])
            var updated = try await test.collection.updateOne(["color": "orange"], ["$set": ["color": "red"]])
            #expect(updated.matchedCount == 1 && updated.modifiedCount == 1 && updated.upsertedID == nil)
            updated = try await test.collection.updateMany([:], ["$set": ["seen": true]])
            #expect(updated.matchedCount == 3 && updated.modifiedCount == 3 && updated.upsertedID == nil)
            updated = try await test.collection.updateMany([:], ["$set": ["seen": true]])
            #expect(updated.matchedCount == 3 && updated.modifiedCount == 0 && updated.upsertedID == nil)
            updated = try await test.collection.updateOne(
                ["_id": 9],
                ["$set": ["color": "blue"]],
                options: UpdateOptions(upsert: true)
            )
            #expect(updated.matchedCount == 0 && updated.modifiedCount == 0 && updated.upsertedID == 9)
            #expect(updated.upsertedCount == 1)
            #expect(try await test.collection.deleteOne(["seen": true]).deletedCount == 1)
            #expect(try await test.collection.deleteMany([:]).deletedCount == 3)
            #expect(try await test.collection.countDocuments() == 0)
        }
    }

    @Test("An update without an operator is refused before it is sent")
    func replacementByMistake() async throws {
        try await TestDatabase.with("mistake") { test in
            let error = await #expect(throws: MongoError.self) {
                try await test.collection.updateOne(["_id": 1], ["color": "red"])
            }
            #expect(error?.code == .invalidArgument)
        }
    }

    @Test("A duplicate key is told with its place, and the error's description keeps the values to itself")
    func duplicateKey() async throws {
        try await TestDatabase.with("duplicate") { test in
            let documents: [BSONDocument] = [["_id": 1], ["_id": "secret-value"], ["_id": "secret-value"], ["_id": 4]]
            let error = await #expect(throws: MongoError.self) { try await test.collection.insertMany(documents) }
            #expect(error?.code == .write)
            #expect(error?.server?.code == 11000)
            #expect(error?.server?.writeErrors.map(\.index) == [2])
            #expect(error?.description.contains("secret-value") == false)
            #expect(error?.debugDescription.contains("secret-value") == true)
            let written = try await test.collection.countDocuments()
            #expect(written == 2)

            let unordered = await #expect(throws: MongoError.self) {
                try await test.collection.insertMany(documents, options: InsertManyOptions(ordered: false))
            }
            #expect(unordered?.server?.writeErrors.map(\.index) == [0, 1, 2])
            let writtenThen = try await test.collection.countDocuments()
            #expect(writtenThen == 3)
        }
    }

    @Test("What the server refuses is a command error with its code and name")
    func commandError() async throws {
        try await TestDatabase.with("commanderror") { test in
            let error = await #expect(throws: MongoError.self) {
                try await test.client.database("admin").runCommand(["noSuchCommand": 1])
            }
            #expect(error?.code == .command)
            #expect(error?.server?.code == 59)
            #expect(error?.server?.codeName == "CommandNotFound")
        }
    }

    @Test("A document with a name that BSON cannot hold is refused before it is sent")
    func impossibleName() async throws {
        try await TestDatabase.with("impossiblename") { test in
            let error = await #expect(throws: MongoError.self) { try await test.collection.insertOne(["a\u{0}b": 1]) }
            #expect(error?.code == .bson)
        }
    }

    @Test("A document of almost 16 MB goes there and comes back; a larger one is refused before it is sent")
    func largeDocuments() async throws {
        try await TestDatabase.with("large") { test in
            let large: BSONDocument = ["_id": 1, "text": .string(String(repeating: "x", count: (16 << 20) - 100))]
            try await test.collection.insertOne(large)
            #expect(try await test.collection.findOne(["_id": 1]) == large)
            let tooLarge: BSONDocument = ["_id": 2, "text": .string(String(repeating: "x", count: 16 << 20))]
            let error = await #expect(throws: MongoError.self) { try await test.collection.insertOne(tooLarge) }
            #expect(error?.code == .invalidArgument)
        }
    }

    @Test("More documents than one message holds go in several")
    func severalMessages() async throws {
        try await TestDatabase.with("several") { test in
            let text = BSON.string(String(repeating: "x", count: 1 << 20))
            try await test.collection.insertMany((0..<60).map { ["_id": .int32($0), "text": text] })
            #expect(try await test.collection.countDocuments() == 60)
        }
    }

    @Test("A cursor that is left early is killed on the server")
    func cursorKilled() async throws {
        try await TestDatabase.with("cursorkilled", options: "appName=cursorkilled") { test in
            try await test.collection.insertMany((0..<100).map { ["_id": .int32($0)] })
            func openCursors() async throws -> Int {
                let reply = try await test.client.database("admin").runCommand([
                    "aggregate": 1,
                    "pipeline": [
                        ["$currentOp": ["idleCursors": true, "allUsers": true]],
                        ["$match": ["type": "idleCursor", "ns": "mongonio_tests.cursorkilled"]],
                    ],
                    "cursor": [:],
                ])
                return reply["cursor"]?.documentValue?["firstBatch"]?.arrayValue?.count ?? -1
            }
            do {
                let cursor = try await test.collection.find(options: FindOptions(batchSize: 2))
                for try await _ in cursor { break }
                let before = try await openCursors()
                #expect(before == 1)
                await cursor.close()
                let after = try await openCursors()
                #expect(after == 0)
            }
            for try await _ in try await test.collection.find(options: FindOptions(batchSize: 2)) { break }
            // Released here: killed by a task of its own, so only soon.
            try await Eventually.holds { try await openCursors() == 0 }
        }
    }
}
