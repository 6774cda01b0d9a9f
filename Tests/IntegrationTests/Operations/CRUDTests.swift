// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoNIO
import TestSupport
import Testing

@Suite("Reading and writing")
struct CRUDTests {
    private func numbers(_ range: Range<Int32>) -> [BSONDocument] {
        range.map { ["_id": .int32($0), "square": .int32($0 * $0), "even": .bool($0 % 2 == 0)] }
    }

    @Test("Replace, with and without upsert")
    func replace() async throws {
        try await TestDatabase.with("replace") { test in
            try await test.collection.insertOne(["_id": 1, "color": "orange", "age": 3])
            let replaced = try await test.collection.replaceOne(["_id": 1], ["color": "gray"])
            #expect(replaced.matchedCount == 1 && replaced.modifiedCount == 1)
            #expect(try await test.collection.findOne() == ["_id": 1, "color": "gray"])
            let upserted = try await test.collection.replaceOne(
                ["_id": 2],
                ["color": "white"],
                options: ReplaceOptions(upsert: true)
            )
            #expect(upserted.upsertedID == 2 && upserted.matchedCount == 0)
            let error = await #expect(throws: MongoError.self) {
                try await test.collection.replaceOne([:], ["$set": ["a": 1]])
            }
            #expect(error?.code == .invalidArgument)
        }
    }

    @Test("Updates with pipelines, array filters, collation, hints and variables")
    func updateOptions() async throws {
        try await TestDatabase.with("updateoptions") { test in
            try await test.collection.insertOne(["_id": 1, "name": "ROSCOE", "scores": [1, 5, 9]])
            try await test.collection.updateOne([:], [["$set": ["total": ["$sum": "$scores"]]]])
            #expect(try await test.collection.findOne()?["total"] == 15)
            try await test.collection.updateMany(
                [:],
                ["$inc": ["scores.$[high]": 100]],
                options: UpdateOptions(arrayFilters: [["high": ["$gte": 5]]])
            )
            #expect(try await test.collection.findOne()?["scores"] == [1, 105, 109])
            let insensitive = try await test.collection.updateOne(
                ["name": "roscoe"],
                ["$set": ["found": true]],
                options: UpdateOptions(collation: ["locale": "en", "strength": 2], comment: "a note")
            )
            #expect(insensitive.modifiedCount == 1)
            try await test.collection.updateOne(
                ["$expr": ["$eq": ["$_id", "$$wanted"]]],
                ["$set": ["variable": true]],
                options: UpdateOptions(hint: "_id_", let: ["wanted": 1])
            )
            #expect(try await test.collection.findOne()?["variable"] == true)
            let refused = await #expect(throws: MongoError.self) {
                try await test.collection.updateOne([:], ["$set": ["a": 1]], options: UpdateOptions(hint: "no_such"))
            }
            #expect(refused?.server?.writeErrors.count == 1)
        }
    }

    @Test("Find and modify: before, after, nothing, replaced, deleted")
    func findAndModify() async throws {
        try await TestDatabase.with("findandmodify") { test in
            try await test.collection.insertMany(numbers(0..<5))
            let before = try await test.collection.findOneAndUpdate(["_id": 1], ["$set": ["a": 1]])
            #expect(before?["a"] == nil && before?["_id"] == .int32(1))
            let after = try await test.collection.findOneAndUpdate(
                ["_id": 1],
                [["$set": ["b": ["$add": ["$a", 1]]]]],
                options: FindOneAndUpdateOptions(projection: ["b": 1], returnDocument: .after)
            )
            #expect(after == ["_id": .int32(1), "b": 2])
            let nothing = try await test.collection.findOneAndUpdate(["_id": 99], ["$set": ["a": 1]])
            #expect(nothing == nil)
            let replaced = try await test.collection.findOneAndReplace(
                ["even": true],
                ["new": true],
                options: FindOneAndReplaceOptions(returnDocument: .after, sort: ["_id": -1])
            )
            #expect(replaced == ["_id": .int32(4), "new": true])
            let deleted = try await test.collection.findOneAndDelete([:], options: .init(sort: ["_id": 1]))
            #expect(deleted?["_id"] == .int32(0))
            let upserted = try await test.collection.findOneAndUpdate(
                ["_id": 50],
                ["$set": ["a": 1]],
                options: FindOneAndUpdateOptions(returnDocument: .after, upsert: true)
            )
            #expect(upserted == ["_id": 50, "a": 1])
        }
    }

    @Test("Aggregate, decoded, and stored by $out and $merge")
    func aggregate() async throws {
        struct Group: Codable, Sendable, Equatable {
            var _id: Bool
            var sum: Int
        }
        try await TestDatabase.with("aggregate") { test in
            try await test.collection.insertMany(numbers(0..<10))
            let stages: [BSONDocument] = [
                ["$group": ["_id": "$even", "sum": ["$sum": "$square"]]], ["$sort": ["_id": 1]],
            ]
            let groups = try await test.collection.aggregate(stages, as: Group.self).toArray()
            #expect(groups == [Group(_id: false, sum: 165), Group(_id: true, sum: 120)])
            let other = test.client.database("mongonio_tests").collection("aggregate_out")
            let empty = try await test.collection.aggregate(
                stages + [["$out": "aggregate_out"]],
                options: AggregateOptions(batchSize: 0)
            ).toArray()
            #expect(empty.isEmpty)
            #expect(try await other.countDocuments() == 2)
            _ = try await test.collection.aggregate([["$merge": "aggregate_out"]])
            #expect(try await other.countDocuments() == 12)
            try await other.drop()
            let many = try await test.collection.aggregate([["$match": [:]]], options: .init(batchSize: 3)).toArray()
            #expect(many.count == 10)
        }
    }

    @Test("An aggregation of a database")
    func databaseAggregate() async throws {
        try await TestDatabase.with("databaseaggregate") { test in
            let admin = test.client.database("admin")
            let sessions = try await admin.aggregate([["$currentOp": [:]], ["$limit": 1]]).toArray()
            #expect(sessions.count == 1)
        }
    }

    @Test("Distinct values and counts")
    func distinctAndCount() async throws {
        try await TestDatabase.with("distinct") { test in
            try await test.collection.insertMany(numbers(0..<10))
            #expect(try await test.collection.distinct("even", ["_id": ["$gt": 3]]) == [false, true])
            #expect(try await test.collection.distinct("even", as: Bool.self) == [false, true])
            #expect(try await test.collection.distinct("square", ["_id": ["$lt": 3]], as: Int.self) == [0, 1, 4])
            let wrong = await #expect(throws: MongoError.self) {
                try await test.collection.distinct("even", as: String.self)
            }
            #expect(wrong?.code == .bson)
            #expect(try await test.collection.estimatedDocumentCount() == 10)
            #expect(try await test.collection.countDocuments(["even": true], options: .init(limit: 3, skip: 1)) == 3)
            #expect(try await test.collection.countDocuments(["even": "no"]) == 0)
        }
    }

    @Test("Bulk writes of every kind, in order and not")
    func bulkWrite() async throws {
        try await TestDatabase.with("bulkwrite") { test in
            let result = try await test.collection.bulkWrite([
                .insertOne(["_id": 1, "a": 1]), .insertOne(["_id": 2, "a": 2]),
                .updateOne(["_id": 1], ["$inc": ["a": 10]]), .updateMany([:], [["$set": ["b": "$a"]]]),
                .replaceOne(["_id": 3], ["c": 1], options: ReplaceModelOptions(upsert: true)),
                .deleteOne(["_id": 2]), .deleteMany(["a": 99]),
            ])
            #expect(result.insertedCount == 2 && result.insertedIDs == [0: 1, 1: 2])
            #expect(result.matchedCount == 3 && result.modifiedCount == 3)
            #expect(result.upsertedIDs == [4: 3] && result.upsertedCount == 1)
            #expect(result.deletedCount == 1)
            let left = try await test.collection.find(options: FindOptions(sort: ["_id": 1])).toArray()
            #expect(left == [["_id": 1, "a": 11, "b": 11], ["_id": 3, "c": 1]])

            let requests: [WriteModel<BSONDocument>] = [
                .insertOne(["_id": 7]), .insertOne(["_id": 1]), .insertOne(["_id": 8]), .deleteOne(["_id": 3]),
            ]
            let ordered = await #expect(throws: MongoError.self) { try await test.collection.bulkWrite(requests) }
            #expect(ordered?.server?.writeErrors.map(\.index) == [1])
            #expect(ordered?.bulkWriteResult?.insertedIDs == [0: 7])
            #expect(ordered?.bulkWriteResult?.deletedCount == 0)
            let unordered = await #expect(throws: MongoError.self) {
                try await test.collection.bulkWrite(requests, options: BulkWriteOptions(ordered: false))
            }
            #expect(unordered?.server?.writeErrors.map(\.index) == [0, 1])
            #expect(unordered?.bulkWriteResult?.insertedIDs == [2: 8])
            #expect(unordered?.bulkWriteResult?.deletedCount == 1)
            let empty = await #expect(throws: MongoError.self) { try await test.collection.bulkWrite([]) }
            #expect(empty?.code == .invalidArgument)
        }
    }

    @Test("More updates than one message holds go in several, and their places are the caller's")
    func bulkSplitting() async throws {
        try await TestDatabase.with("bulksplitting") { test in
            let text = BSON.string(String(repeating: "x", count: 3 << 20))
            let result = try await test.collection.bulkWrite(
                (0..<20).map { number in
                    .updateOne(
                        ["_id": .int32(number)],
                        ["$set": ["text": text]],
                        options: UpdateModelOptions(upsert: true)
                    )
                }
            )
            #expect(result.upsertedIDs == Dictionary(uniqueKeysWithValues: (0..<20).map { ($0, .int32(Int32($0))) }))
        }
    }

    /// Prose test 2 of the CRUD specification.
    @Test("What a validator refuses is told with its details")
    func validationDetails() async throws {
        try await TestDatabase.with("validation") { test in
            try await test.client.database("mongonio_tests").createCollection(
                "validation",
                options: CreateCollectionOptions(validator: ["x": ["$type": "string"]])
            )
            let error = await #expect(throws: MongoError.self) { try await test.collection.insertOne(["x": 1]) }
            let refused = try #require(error?.server?.writeErrors.first)
            #expect(refused.code == 121)
            #expect(refused.errInfo?["details"] != nil)
            let reply = error?.server?.reply?["writeErrors"]?[0]
            #expect(reply?["errInfo"]?.documentValue == refused.errInfo)
            try await test.collection.insertOne(["x": 1], options: .init(bypassDocumentValidation: true))
        }
    }

    /// Prose test 1 of the CRUD specification.
    @Test("What is wrong with a write concern is told with its details")
    func writeConcernDetails() async throws {
        try await TestDatabase.with("writeconcern", options: "appName=writeconcerndetails") { test in
            let details: BSONDocument = ["writeConcern": ["w": 2, "wtimeout": 0, "provenance": "clientSupplied"]]
            try await test.client.database("admin").runCommand([
                "configureFailPoint": "failCommand", "mode": ["times": 1],
                "data": [
                    "failCommands": ["insert"], "appName": "writeconcerndetails",
                    "writeConcernError": [
                        "code": 100, "codeName": "UnsatisfiableWriteConcern", "errmsg": "Not enough data-bearing nodes",
                        "errInfo": .document(details),
                    ],
                ],
            ])
            let error = await #expect(throws: MongoError.self) { try await test.collection.insertOne(["_id": 1]) }
            #expect(error?.server?.writeConcernError?.code == 100)
            #expect(error?.server?.writeConcernError?.errInfo == details)
            let written = try await test.collection.countDocuments()
            #expect(written == 1)
        }
    }
}
