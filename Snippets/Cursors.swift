// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0
// Reading cursors.
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

try await kittens.insertMany((0..<100).map { Kitten(name: "Kitten \($0)", color: "gray", age: $0 % 5) })

// snippet.loop
let cursor = try await kittens.find(options: FindOptions(batchSize: 20))
for try await kitten in cursor {
    print(kitten.name)
    if kitten.age == 4 { break }
}
// Left early: freed on the server when it is released, or at once.
await cursor.close()
// snippet.end

// snippet.array
let all = try await kittens.find(["age": ["$lt": 2]]).toArray()
// snippet.end
print(all.count)

// snippet.tailable
let log = try await database.createCollection("log", options: CreateCollectionOptions(capped: true, size: 100_000))
try await log.insertOne(["line": "started"])
let lines = try await log.find(
    options: FindOptions(cursorType: .tailableAwait, maxAwaitTime: .milliseconds(500))
)
while lines.isAlive, let line = try await lines.tryNext() {
    print(line)
}
// snippet.end
await lines.close()
try await log.drop()

// snippet.timeout
let quick = try await kittens.find(
    options: FindOptions(batchSize: 10, timeout: .seconds(2), timeoutMode: .iteration)
)
// snippet.end
await quick.close()

// snippet.hide
await client.close()
