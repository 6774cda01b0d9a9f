// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0
// Storing and reading a file of any size.
// snippet.hide

import Foundation
import MongoNIO
import NIOCore

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

// snippet.upload
let bucket = database.gridFSBucket()
let id = try await bucket.upload("notes.txt", bytes: ByteBuffer(string: "Roscoe sleeps."))

// Bytes that come one after the other: no more than a few parts are kept in memory.
let stream = try bucket.openUploadStream(
    "story.txt",
    options: GridFSUploadOptions(metadata: ["owner": "Alice"])
)
for chapter in 1...3 {
    try await stream.write(ByteBuffer(string: "Chapter \(chapter)\n"))
}
try await stream.close()
// snippet.end

// snippet.download
let text = try await bucket.openDownloadStream(id).collect(upTo: 1 << 20)
print(String(buffer: text))

for try await bytes in try await bucket.openDownloadStream(byName: "story.txt") {
    print(bytes.readableBytes)
}
// snippet.end

// snippet.manage
for try await file in try await bucket.find(["metadata.owner": "Alice"]) {
    print(file.filename ?? "", file.length)
}
try await bucket.rename(id, to: "old notes.txt")
try await bucket.delete(id)
// snippet.end
try await bucket.drop()

// snippet.hide
await client.close()
