// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/retryable-writes/tests/README.md#prose-tests
// https://github.com/mongodb/specifications/blob/master/source/retryable-reads/tests/README.md#prose-tests
// https://github.com/mongodb/specifications/blob/master/source/client-backpressure/tests/README.md#prose-tests

import MongoBSON
import Synchronization
import Testing

@testable import MongoNIO

/// A script answers the attempts one after the other: setting a fail point between two of them would be a matter of luck.
@Suite("Prose tests: several failed attempts")
struct RetryProseTests {
    /// Lends a collection of a primary that answers the attempts of the command by the script, by their number from 0.
    private func with(
        _ name: String,
        _ options: String = "",
        script: @escaping @Sendable (Int) -> BSONDocument,
        _ body: (MongoCollection<BSONDocument>, ScriptedServer) async throws -> Void
    ) async throws {
        let count = Counter()
        let server = try await ScriptedServer.start(hello: ScriptedServer.replicaSet) { command in
            command.name == name ? script(count.next()) : [:]
        }
        try await withMongoClient("\(server.uri)&\(options)") { client in
            try await body(client.database("home").collection("kittens"), server)
        }
        try await server.stop()
    }

    private static func refusal(_ code: Int32, _ labels: String...) -> BSONDocument {
        [
            "ok": 0, "code": .int32(code), "errmsg": "as the script says",
            "errorLabels": .array(labels.map { .string($0) }),
        ]
    }

    private func attempts(_ server: ScriptedServer, _ name: String) -> Int {
        server.commands.filter { $0.name == name }.count
    }

    @Test("Retryable writes 3: the error of the write concern is what is thrown when the retry wrote nothing")
    func originalError() async throws {
        try await with("insert") { attempt in
            if attempt > 0 { return Self.refusal(10107, "RetryableWriteError", "NoWritesPerformed") }
            return [
                "n": 1, "errorLabels": ["RetryableWriteError"],
                "writeConcernError": ["code": 91, "errmsg": "as the script says"],
            ]
        } _: { collection, server in
            let error = await #expect(throws: MongoError.self) { try await collection.insertOne(["_id": 1]) }
            #expect(error?.server?.writeConcernError?.code == 91)
            #expect(attempts(server, "insert") == 2)
        }
    }

    @Test("Retryable writes 6, case 1: without NoWritesPerformed the last error is thrown")
    func lastError() async throws {
        try await with("insert") { attempt in
            Self.refusal(attempt == 0 ? 91 : 10107, "RetryableError", "SystemOverloadedError")
        } _: { collection, server in
            let error = await #expect(throws: MongoError.self) { try await collection.insertOne(["_id": 1]) }
            #expect(error?.server?.code == 10107)
            #expect(attempts(server, "insert") == 3)
        }
    }

    @Test("Retryable writes 6, case 2: with nothing but NoWritesPerformed the first error is thrown")
    func firstError() async throws {
        try await with("insert") { attempt in
            Self.refusal(attempt == 0 ? 91 : 10107, "RetryableError", "SystemOverloadedError", "NoWritesPerformed")
        } _: { collection, _ in
            let error = await #expect(throws: MongoError.self) { try await collection.insertOne(["_id": 1]) }
            #expect(error?.server?.code == 91)
        }
    }

    @Test("Retryable writes 6, case 3: an error without NoWritesPerformed counts more than later ones with it")
    func mixedErrors() async throws {
        try await with("insert") { attempt in
            attempt == 0
                ? Self.refusal(91, "RetryableError", "SystemOverloadedError")
                : Self.refusal(91, "RetryableError", "SystemOverloadedError", "NoWritesPerformed")
        } _: { collection, _ in
            let error = await #expect(throws: MongoError.self) { try await collection.insertOne(["_id": 1]) }
            #expect(error?.server?.code == 91)
            #expect(error?.hasLabel("NoWritesPerformed") == false)
        }
    }

    @Test("Retryable writes 6, case 4: after an overload there are two retries, whatever the later errors are")
    func writeLimit() async throws {
        try await with("insert") { attempt in
            attempt == 0
                ? Self.refusal(91, "RetryableError", "SystemOverloadedError")
                : Self.refusal(91, "RetryableError", "RetryableWriteError")
        } _: { collection, server in
            await #expect(throws: MongoError.self) { try await collection.insertOne(["_id": 1]) }
            #expect(attempts(server, "insert") == 3)
        }
    }

    @Test("Retryable reads 4: after an overload there are two retries, whatever the later errors are")
    func readLimit() async throws {
        try await with("find") { attempt in
            attempt == 0
                ? Self.refusal(91, "RetryableError", "SystemOverloadedError")
                : Self.refusal(91, "RetryableError")
        } _: { collection, server in
            await #expect(throws: MongoError.self) { try await collection.findOne() }
            #expect(attempts(server, "find") == 3)
        }
    }

    @Test("Retryable reads 5, retryable writes 6, case 5: only the overload is followed by a pause")
    func pauses() {
        for (retryability, label) in [(Retryability.read, "RetryableError"), (.write, "RetryableWriteError")] {
            var policy = RetryPolicy(.init(retryability: retryability), RetryOptions())
            let labels = [["RetryableError", "SystemOverloadedError"], [label]]
            let pauses = labels.map { labels -> Bool? in
                let reply = MongoError.ServerReply(code: 91, codeName: nil, message: "")
                let error = MongoError(.command, "as the test says", labels: Set(labels), server: reply)
                guard case .retry(let pause, _) = policy.failed(error, at: .exchange) else { return nil }
                return pause != nil
            }
            #expect(pauses == [true, false])
        }
    }

    @Test("Back-pressure 3: an overload is tried again twice, and the error has both labels")
    func overloadLimit() async throws {
        try await with("find") { _ in
            Self.refusal(462, "SystemOverloadedError", "RetryableError")
        } _: { collection, server in
            let error = await #expect(throws: MongoError.self) { try await collection.find() }
            #expect(error?.hasLabel("RetryableError") == true && error?.hasLabel("SystemOverloadedError") == true)
            #expect(attempts(server, "find") == 3)
        }
    }

    @Test("Back-pressure 4: maxAdaptiveRetries says how often an overload is tried again")
    func configuredLimit() async throws {
        try await with("find", "maxAdaptiveRetries=1") { _ in
            Self.refusal(462, "SystemOverloadedError", "RetryableError")
        } _: { collection, server in
            let error = await #expect(throws: MongoError.self) { try await collection.find() }
            #expect(error?.hasLabel("RetryableError") == true && error?.hasLabel("SystemOverloadedError") == true)
            #expect(attempts(server, "find") == 2)
        }
    }
}

extension ScriptedServer {
    /// The hello of the primary of a replica set, which has sessions and transactions.
    static let replicaSet: BSONDocument = ["setName": "rs", "hosts": [], "logicalSessionTimeoutMinutes": 30]
}

/// Counts from 0.
final class Counter: Sendable {
    private let count = Mutex(0)

    func next() -> Int {
        count.withLock { count in
            defer { count += 1 }
            return count
        }
    }
}
