// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/open-telemetry/tests/README.md#prose-tests

#if Tracing
import InMemoryTracing
import MongoBSON
import MongoNIO
import Testing
import Tracing

@Suite("Spans against a server")
struct TracingTests {
    private static let enabled = "OTEL_SWIFT_INSTRUMENTATION_MONGODB_ENABLED"
    private static let length = "OTEL_SWIFT_INSTRUMENTATION_MONGODB_QUERY_TEXT_MAX_LENGTH"

    /// The spans that a client makes of what the body does with a collection.
    private func spans(
        _ environment: [String: String] = [:],
        tracing: TracingOptions = TracingOptions(),
        _ body: (MongoCollection<BSONDocument>) async throws -> Void
    ) async throws -> [FinishedInMemorySpan] {
        let tracer = InMemoryTracer()
        try await SharedReplicaSet.with("tracing") { database in
            var options = database.client.options
            options.eventHandler = nil
            options.environment = environment
            options.tracing = tracing
            options.tracing.tracer = tracer
            let client = try MongoClient(options)
            do {
                try await body(client.database(database.name).collection("kittens"))
                await client.close()
            } catch {
                await client.close()
                throw error
            }
        }
        return tracer.finishedSpans.filter {
            !["killCursors", "endSessions"].contains($0.operationName.prefix { $0 != " " })
        }
    }

    @Test("Prose test 1: the environment turns spans on, for clients that do not say otherwise")
    func prose1() async throws {
        let read = { (kittens: MongoCollection<BSONDocument>) in _ = try await kittens.findOne([:]) }
        #expect(try await spans([Self.enabled: "false"], read).isEmpty)
        let names = try await spans([Self.enabled: "true"], read).map(\.operationName)
        #expect(names == ["find", "find mongonio_tracing.kittens"])
        #expect(try await spans([Self.enabled: "true"], tracing: TracingOptions(enabled: false), read).isEmpty)
    }

    @Test("Prose test 2: the environment has commands shown")
    func prose2() async throws {
        let read = { (kittens: MongoCollection<BSONDocument>) in _ = try await kittens.findOne(["name": "Roscoe"]) }
        let shown = try await spans([Self.enabled: "true", Self.length: "1024"], read)
        let text = try #require(shown.first { $0.operationName == "find" }?.attributes.get("db.query.text"))
        #expect("\(text)".contains("Roscoe"))
        let hidden = try await spans([Self.enabled: "true"], read)
        let span = try #require(hidden.first { $0.operationName == "find" })
        #expect(span.attributes.get("db.query.text") == nil)
    }

    @Test("An operation is in the span of the task that asks for it, and each batch of a cursor is an operation")
    func nesting() async throws {
        let outer = InMemoryTracer()
        let host = outer.startSpan("request", context: .topLevel)
        var seen: [FinishedInMemorySpan] = []
        try await ServiceContext.withValue(host.context) {
            seen = try await spans(tracing: TracingOptions(enabled: true)) { kittens in
                try await kittens.insertMany([["_id": 1], ["_id": 2], ["_id": 3]])
                for try await _ in try await kittens.find([:], options: FindOptions(batchSize: 2)) {}
            }
        }
        let operations = seen.filter { $0.operationName.contains(" ") }
        #expect(operations.allSatisfy { $0.parentSpanID == host.spanID })
        #expect(operations.allSatisfy { $0.kind == .client })
        let names = operations.map { String($0.operationName.prefix { $0 != " " }) }
        #expect(names == ["insert", "find", "getMore"])
        let commands = seen.filter { !$0.operationName.contains(" ") }
        #expect(commands.map(\.operationName) == ["insert", "find", "getMore"])
        #expect(commands.map(\.parentSpanID) == operations.map(\.spanID))
        let cursors = commands.dropFirst().map { $0.attributes.get("db.mongodb.cursor_id") }
        #expect(cursors[0] != nil)
        #expect(cursors[0] == cursors[1])
    }

    @Test(
        "A bulk write is one operation with its commands in it; what a server refuses is told by the command's span only"
    )
    func bulkWriteAndErrors() async throws {
        let seen = try await spans(tracing: TracingOptions(enabled: true)) { kittens in
            try await kittens.bulkWrite([.insertOne(["_id": 1]), .updateOne(["_id": 1], ["$set": ["x": 1]])])
            await #expect(throws: MongoError.self) { try await kittens.insertOne(["_id": 1]) }
            await #expect(throws: MongoError.self) {
                try await kittens.client.database("admin").runCommand(["noSuchCommand": 1])
            }
        }
        let bulkWrite = try #require(seen.first { $0.operationName == "bulkWrite mongonio_tracing.kittens" })
        #expect(seen.filter { $0.parentSpanID == bulkWrite.spanID }.map(\.operationName) == ["insert", "update"])

        // The command was carried out: that a document was refused is known to the operation.
        let insert = try #require(seen.first { $0.operationName == "insert mongonio_tracing.kittens" })
        #expect(insert.attributes.get("exception.type") == .string("MongoError.write"))
        #expect(insert.status?.code == .error)

        let refused = try #require(seen.first { $0.operationName == "noSuchCommand" })
        #expect(refused.attributes.get("db.response.status_code") == .string("59"))
        #expect(refused.errors.count == 1)
        let operation = try #require(seen.first { $0.operationName == "runCommand admin" })
        #expect(operation.attributes.get("exception.type") == nil)
        #expect(operation.status?.code == .error)
    }

    @Test("A transaction is a span that ends with it, and what follows is not in it")
    func transactions() async throws {
        let seen = try await spans(tracing: TracingOptions(enabled: true)) { kittens in
            try await kittens.insertOne(["_id": 0])
            try await kittens.client.withSession { session in
                try session.startTransaction()
                try await kittens.insertOne(["_id": 1], session: session)
                try await session.abortTransaction()
                _ = try await kittens.findOne([:], session: session)
                try session.startTransaction()
                try await kittens.insertOne(["_id": 2], session: session)
                try await session.commitTransaction()
                try await session.commitTransaction()
            }
        }
        let transactions = seen.filter { $0.operationName == "transaction" }
        try #require(transactions.count == 2)
        let nested = transactions.map { transaction in
            seen.filter { $0.parentSpanID == transaction.spanID }.map { $0.operationName.prefix { $0 != " " } }
        }
        #expect(nested == [["insert", "abortTransaction"], ["insert", "commitTransaction", "commitTransaction"]])
        let find = try #require(seen.first { $0.operationName == "find mongonio_tracing.kittens" })
        #expect(find.parentSpanID == nil)
        #expect(transactions.allSatisfy { $0.attributes.count == 1 })
    }

    @Test("Commands that log in or make users have no spans")
    func sensitiveCommands() async throws {
        let seen = try await spans(tracing: TracingOptions(enabled: true, queryTextMaxLength: 1000)) { kittens in
            let database = kittens.client.database("mongonio_tracing")
            try await database.runCommand(["createUser": "kitten", "pwd": "purr", "roles": []])
            try await database.runCommand(["dropUser": "kitten"])
        }
        #expect(
            seen.map(\.operationName) == ["runCommand mongonio_tracing", "dropUser", "runCommand mongonio_tracing"]
        )
        #expect(!seen.contains { "\($0.attributes)".contains("purr") })
    }
}
#endif
