// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0
// Connects over TLS, and writes, reads and changes a few documents.
// snippet.hide

import Foundation
// snippet.show
import MongoNIO

// snippet.hide
let uri = ProcessInfo.processInfo.environment["MONGODB_URI"] ?? "mongodb://localhost:27017/?tls=true"

// snippet.show
struct Kitten: Codable, Sendable {
    var name: String
    var color: String
    var age: Int
}

// "mongodb://db.example.com/?tls=true&tlsCAFile=/etc/ssl/corp.pem"
try await withMongoClient(uri) { client in
    let kittens = client.database("home").collection("kittens", of: Kitten.self)
    try await kittens.drop()

    try await kittens.insertMany([
        Kitten(name: "Roscoe", color: "orange", age: 2),
        Kitten(name: "Biscuit", color: "orange", age: 1),
        Kitten(name: "Smokey", color: "gray", age: 7),
    ])
    try await kittens.updateOne(["name": "Biscuit"], ["$inc": ["age": 1]])

    for try await kitten in try await kittens.find(["color": "orange"], options: FindOptions(sort: ["name": 1])) {
        print("\(kitten.name) is \(kitten.color) and \(kitten.age) years old")
    }
}
