// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoNIO
import Synchronization
import TestSupport
import Testing

@Suite("The pool over TLS")
struct PoolTests {
    @Test("Requests one after the other share one connection")
    func reuse() async throws {
        let connections = ConnectionCounter()
        let client = try await connections.client("")
        for _ in 0..<50 { try await client.database("admin").runCommand(["ping": 1]) }
        #expect(connections.count == 1)
        await client.close()
    }

    @Test("200 tasks at once on a pool of 10 all finish, on no more than 10 connections")
    func manyTasks() async throws {
        let connections = ConnectionCounter()
        let client = try await connections.client("maxPoolSize=10")
        let collection = client.database("mongonio_tests").collection("manytasks")
        try await collection.drop()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<200 {
                group.addTask {
                    for round in 0..<5 {
                        let document: BSONDocument = ["_id": BSON(task * 5 + round), "task": BSON(task)]
                        try await collection.insertOne(document)
                        let found = try await collection.findOne(["_id": BSON(task * 5 + round)])
                        #expect(found == document)
                    }
                }
            }
            try await group.waitForAll()
        }
        let count = try await collection.countDocuments()
        #expect(count == 1000)
        #expect((1...10).contains(connections.count))
        try await collection.drop()
        await client.close()
    }

    @Test("A closed client refuses, and closing while something waits hangs nobody")
    func closing() async throws {
        let client = try await ConnectionCounter().client("maxPoolSize=1")
        try await client.database("admin").runCommand(["ping": 1])
        await client.close()
        await client.close()
        let error = await #expect(throws: MongoError.self) {
            try await client.database("admin").runCommand(["ping": 1])
        }
        #expect(error?.code == .clientClosed)

        let silent = try await TCPServer.start(.silent)
        let waiting = try MongoClient("mongodb://127.0.0.1:\(silent.port)/?tls=true&tlsAllowInvalidCertificates=true")
        let task = Task { try await waiting.database("admin").runCommand(["ping": 1]) }
        try await Eventually.holds { silent.connectionCount == 1 }
        await waiting.close()
        let closed = await #expect(throws: MongoError.self) { _ = try await task.value }
        #expect(closed?.code == .clientClosed)
        try await silent.stop()
    }
}
