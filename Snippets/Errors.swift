// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0
// Telling errors apart.
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

try await kittens.createIndex(["name": 1], indexOptions: IndexOptions(unique: true))

// snippet.kinds
do {
    try await kittens.insertOne(Kitten(name: "Roscoe", color: "orange", age: 2))
} catch  where error.server?.code == 11000 {
    print("there is a Roscoe already")
} catch  where error.code == .timeout {
    print("not in time")
} catch  where error.code == .tls {
    print("TLS failed: \(error.tls.map { "\($0)" } ?? "")")
} catch {
    // One line, safe to log: never a document, a password or a passphrase.
    print(error)
}
// snippet.end

// snippet.bulk
do {
    try await kittens.insertMany(
        [Kitten(name: "Roscoe", color: "gray", age: 1), Kitten(name: "Pixel", color: "black", age: 0)],
        options: InsertManyOptions(ordered: false)
    )
} catch {
    for refused in error.server?.writeErrors ?? [] {
        print("document \(refused.index) was refused with code \(refused.code)")
    }
    print("\(error.bulkWriteResult?.insertedCount ?? 0) were inserted all the same")
}
// snippet.end

// snippet.hide
await client.close()
