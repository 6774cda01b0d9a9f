// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0
// Watching a collection.
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

// snippet.watch
let changes = try await kittens.watch([["$match": ["operationType": "insert"]]])
try await kittens.insertOne(Kitten(name: "Pixel", color: "black", age: 0))
for try await change in changes {
    print("\(change.operationType): \(change.fullDocument?.name ?? "")")
    break
}
// snippet.end

// snippet.resume
let token = changes.resumeToken
await changes.close()
// Perhaps in another process, and some time later:
let continued = try await kittens.watch(options: ChangeStreamOptions(resumeAfter: token))
while let change = try await continued.tryNext() {
    print(change.operationType)
}
// The token moves on also when there is nothing to tell: keep it from time to time.
print(continued.resumeToken?.document ?? [:])
// snippet.end
await continued.close()

// snippet.hide
await client.close()
