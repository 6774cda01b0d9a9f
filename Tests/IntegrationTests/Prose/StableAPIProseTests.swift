// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/versioned-api/tests/README.md#testing-with-required-api-version

import MongoNIO
import TestSupport
import Testing

@Suite("Prose tests: a server that requires the version of its API")
struct StableAPIProseTests {
    @Test("It serves whoever names the version, with log-in, cursors and bulk writes, and nobody else")
    func requiredVersion() async throws {
        let configuration = MongodProcess.Configuration().with { $0.requiresAuthentication = true }
        let server = try await MongodProcess.start(configuration)
        let address = "\(server.address)/?directConnection=true"
        try await withMongoClient("mongodb://\(address)") { client in
            try await client.database("admin").runCommand(["createUser": "root", "pwd": "root", "roles": ["root"]])
        }
        let uri = "mongodb://root:root@\(address)"
        try await withMongoClient(uri) { client in
            try await client.database("admin").runCommand(["setParameter": 1, "requireApiVersion": true])
        }

        var options = try MongoClientOptions(uri)
        options.serverAPI = MongoServerAPI(version: .v1, strict: true)
        let client = try MongoClient(options)
        let collection = client.database("home").collection("kittens")
        try await collection.insertMany((0..<10).map { ["_id": .int32($0)] })
        #expect(try await collection.find(options: FindOptions(batchSize: 3)).toArray().count == 10)
        #expect(try await collection.countDocuments() == 10)
        let written = try await collection.bulkWrite([.updateMany([:], ["$set": ["a": 1]]), .deleteOne(["_id": 1])])
        #expect(written.modifiedCount == 10 && written.deletedCount == 1)
        try await collection.createIndex(["a": 1])
        #expect(try await collection.listIndexNames() == ["_id_", "a_1"])
        let cursor = try await collection.find(options: FindOptions(batchSize: 2))
        _ = try await cursor.next()
        await cursor.close()
        try await collection.drop()
        await client.close()

        try await withMongoClient("\(uri)&serverSelectionTimeoutMS=2000") { other in
            let error = await #expect(throws: MongoError.self) {
                try await other.database("home").collection("kittens").findOne()
            }
            #expect(error?.server?.code == 498498 || error?.code == .serverSelection || error?.code == .authentication)
        }
        await server.stop()
    }
}
