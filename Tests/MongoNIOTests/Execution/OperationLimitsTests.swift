// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import Testing

@testable import MongoNIO

@Suite("What an operation refuses before it sends anything", .timeLimit(.minutes(1)))
struct OperationLimitsTests {
    private func with(
        hello: BSONDocument = [:],
        _ body: (MongoClient, MongoCollection<BSONDocument>, ScriptedServer) async throws -> Void
    ) async throws {
        let server = try await ScriptedServer.start(hello: hello) { _ in ["n": 1] }
        try await withMongoClient(server.uri) { client in
            try await body(client, client.database("home").collection("kittens"), server)
        }
        try await server.stop()
    }

    @Test("A command that is larger than the server's messages is refused, and costs no connection")
    func oversized() async throws {
        try await with(hello: ["maxMessageSizeBytes": 2000]) { client, kittens, server in
            let text = String(repeating: "x", count: 3000)
            let error = await #expect(throws: MongoError.self) {
                try await kittens.updateOne(["_id": 1], ["$set": ["text": .string(text)]])
            }
            #expect(error?.code == .invalidArgument)
            #expect(error?.labels == [])
            #expect(server.commands.isEmpty)
            try await client.database("admin").runCommand(["ping": 1])
            #expect(server.commands.map(\.name) == ["ping"])
            #expect(server.isOpen(server.commands.first?.connection ?? -1))
        }
    }

    @Test("A task that is cancelled already sends nothing, and leaves the connections alone")
    func cancelledBefore() async throws {
        try await with { client, kittens, server in
            try await client.database("admin").runCommand(["ping": 1])
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return await #expect(throws: MongoError.self) { try await kittens.insertOne(["_id": 1]) }
            }
            #expect(await task.value?.code == .cancelled)
            try await client.database("admin").runCommand(["ping": 1])
            #expect(server.commands.map(\.name) == ["ping", "ping"])
            #expect(Set(server.commands.map(\.connection)).count == 1)
        }
    }

    @Test("A cursor that is left behind does not begin the next transaction of its session")
    func killCursorsBeforeTransaction() async throws {
        try await with(hello: ScriptedServer.replicaSet) { client, kittens, server in
            let session = try client.startSession()
            try session.startTransaction()
            let kill = KillCursorsOperation(cursorID: 7, namespace: kittens.namespace)
            try await client.executor.execute(kill, client.settings, session: session)
            try await kittens.insertOne(["_id": 1], session: session)
            try await session.abortTransaction()
            let begun = server.commands.map { $0.body["startTransaction"]?.boolValue ?? false }
            #expect(server.commands.map(\.name).prefix(2) == ["killCursors", "insert"])
            #expect(begun.prefix(2) == [false, true])
        }
    }

    @Test("A commit after the end of the client fails at once, not after two minutes")
    func commitAfterClose() async throws {
        try await with(hello: ScriptedServer.replicaSet) { client, kittens, server in
            let session = try client.startSession()
            let error = await #expect(throws: MongoError.self) {
                try await session.withTransaction { session in
                    try await kittens.insertOne(["_id": 1], session: session)
                    await client.close()
                }
            }
            #expect(error?.code == .clientClosed)
        }
    }

    @Test("What a server says of itself is taken within bounds")
    func hello() throws {
        for minutes in [Int64.min, -1, .max] {
            #expect(HelloReply(["logicalSessionTimeoutMinutes": .int64(minutes)]).logicalSessionTimeoutMinutes == nil)
        }
        #expect(HelloReply(["logicalSessionTimeoutMinutes": 30]).logicalSessionTimeoutMinutes == 30)
        let hosts = (0..<5000).map { BSON.string("host\($0).example.com") }
        #expect(HelloReply(["hosts": .array(hosts)]).hosts.count == 1000)
    }

    private enum Color: String, Codable {
        case orange, gray
    }

    private struct Kitten: Codable {
        var color: Color
    }

    @Test("Errors of coding do not quote documents")
    func codingErrors() throws {
        let error = #expect(throws: MongoError.self) {
            try DocumentCoding.decode(Kitten.self, from: ["color": "purple"])
        }
        #expect(error?.code == .bson)
        #expect(error?.description.contains("color") == true)
        #expect(error?.description.contains("purple") == false)
        // For a developer's eyes it is there.
        let cause = try #require((error?.underlying as? BSONError)?.underlyingError)
        let words = "\(cause)"
        #expect(words.contains("purple"))
    }
}
