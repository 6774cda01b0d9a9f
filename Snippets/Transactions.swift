// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0
// A transaction that is tried again when it has to be.
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

try await kittens.insertMany([
    Kitten(name: "Roscoe", color: "orange", age: 2), Kitten(name: "Biscuit", color: "orange", age: 1),
])

// snippet.transaction
try await client.withTransaction { session in
    try await kittens.updateOne(["name": "Roscoe"], ["$inc": ["age": -1]], session: session)
    try await kittens.updateOne(["name": "Biscuit"], ["$inc": ["age": 1]], session: session)
}
// snippet.end

// snippet.session
try await client.withSession { session in
    try await kittens.insertOne(Kitten(name: "Pixel", color: "black", age: 0), session: session)
    // Sees the insertion, on whatever member it is read.
    let pixel = try await kittens.findOne(["name": "Pixel"], session: session)
    print(pixel?.color ?? "not there yet")
}
// snippet.end

// snippet.hide
await client.close()
