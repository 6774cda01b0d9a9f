// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0
// Inserting, finding, changing, counting, aggregating and deleting documents.
// snippet.hide

import Foundation
import MongoNIO

let uri = ProcessInfo.processInfo.environment["MONGODB_URI"] ?? "mongodb://localhost:27017/?replicaSet=rs0"

struct Kitten: Codable, Sendable {
    var name: String
    var color: String
    var age: Int
}

let client = try MongoClient(uri)
let database = client.database("snippets")
let kittens = database.collection("kittens", of: Kitten.self)
try await kittens.drop()

// snippet.insert
let inserted = try await kittens.insertOne(Kitten(name: "Roscoe", color: "orange", age: 2))
print("inserted as \(inserted.insertedID)")

try await kittens.insertMany([
    Kitten(name: "Biscuit", color: "orange", age: 1),
    Kitten(name: "Smokey", color: "gray", age: 7),
])
// snippet.end

// snippet.find
let options = FindOptions(limit: 10, sort: ["name": 1])
for try await kitten in try await kittens.find(["color": "orange"], options: options) {
    print("\(kitten.name) is \(kitten.age) years old")
}
let smokey = try await kittens.findOne(["name": "Smokey"])
// snippet.end
print(smokey?.color ?? "no Smokey")

// snippet.projection
struct NameOnly: Codable, Sendable {
    var name: String
}

let names = try await kittens.find(as: NameOnly.self, options: FindOptions(projection: ["name": 1])).toArray()
// snippet.end
print(names.count)

// snippet.update
let updated = try await kittens.updateMany(["color": "orange"], ["$inc": ["age": 1]])
print("\(updated.modifiedCount) of \(updated.matchedCount) are a year older")

// The stages of an aggregation can use the document's own fields.
try await kittens.updateOne(["name": "Smokey"], [["$set": ["dogYears": ["$multiply": ["$age", 7]]]]])

// The document as it is after the change.
let older = try await kittens.findOneAndUpdate(
    ["name": "Biscuit"],
    ["$inc": ["age": 1]],
    options: FindOneAndUpdateOptions(returnDocument: .after)
)
// snippet.end
print(older?.age ?? 0)

// snippet.bulk
let result = try await kittens.bulkWrite(
    [
        .insertOne(Kitten(name: "Pixel", color: "black", age: 0)),
        .updateOne(["name": "Roscoe"], ["$set": ["color": "ginger"]]),
        .deleteMany(["age": ["$gt": 20]]),
    ],
    options: BulkWriteOptions(ordered: false)
)
print("\(result.insertedCount) inserted, \(result.modifiedCount) changed, \(result.deletedCount) deleted")
// snippet.end

// snippet.aggregate
struct ColorCount: Codable, Sendable {
    var _id: String
    var count: Int
}

let stages: [BSONDocument] = [["$group": ["_id": "$color", "count": ["$sum": 1]]], ["$sort": ["count": -1]]]
for try await color in try await kittens.aggregate(stages, as: ColorCount.self) {
    print("\(color.count) of them are \(color._id)")
}
let colors = try await kittens.distinct("color")
let count = try await kittens.countDocuments(["age": ["$lt": 5]])
// snippet.end
print(colors.count, count)

// snippet.indexes
try await kittens.createIndex(["name": 1], indexOptions: IndexOptions(unique: true))
try await database.createCollection("log", options: CreateCollectionOptions(capped: true, size: 1_000_000))
// snippet.end

// snippet.settings
let careful = kittens.withOptions(CollectionOptions(timeout: .seconds(5), writeConcern: .majority))
try await careful.deleteMany(["name": "Nobody"])
// snippet.end
try await database.collection("log").drop()

// snippet.hide
await client.close()
