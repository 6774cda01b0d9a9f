// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/retryable-reads/tests/README.md#prose-tests
// https://github.com/mongodb/specifications/blob/master/source/retryable-writes/tests/README.md#prose-tests

import MongoNIO
import TestSupport
import Testing

@Suite("Prose tests: retries")
struct RetryProseTests {
    @Test(
        "Retryable reads 1, retryable writes 2: what waits while the pool is cleared is tried again",
        arguments: ["find", "insert"]
    )
    func poolCleared(command: String) async throws {
        try await ReplicaSetFixture.with("maxPoolSize=1") { fixture in
            let collection = try await fixture.collection("retries")
            var data: BSONDocument = [
                "failCommands": [.string(command)], "errorCode": 91, "blockConnection": true, "blockTimeMS": 1000,
            ]
            if command == "insert" { data["errorLabels"] = ["RetryableWriteError"] }
            try await fixture.failing(data) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<2 {
                        group.addTask {
                            if command == "find" {
                                _ = try await collection.findOne()
                            } else {
                                try await collection.insertOne(["a": 1])
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                #expect(fixture.commands.sent(command).count == 3)
                // (An operation of the fixture's may stand before: the order is what counts.)
                let pool = fixture.commands.pool
                let checkedOut = pool.firstIndex { if case .connectionCheckedOut = $0 { true } else { false } }
                let cleared = pool.firstIndex { if case .poolCleared = $0 { true } else { false } }
                let failed = pool.firstIndex { event in
                    guard case .connectionCheckOutFailed(let event) = event else { return false }
                    return event.reason == .connectionError
                }
                #expect(try #require(checkedOut) < #require(cleared))
                #expect(try #require(cleared) < #require(failed))
            }
        }
    }

    /// Lends a client of a set with a primary and a secondary, whose primary refuses the next `find`.
    private func withSecondary(
        _ options: String,
        labels: [String],
        _ body: (MongoCollection<BSONDocument>, RecordedCommands) async throws -> Void
    ) async throws {
        let set = try await SetOfTwo.shared
        var clientOptions = try MongoClientOptions(await set.uri("readPreference=primaryPreferred&\(options)"))
        let commands = RecordedCommands()
        clientOptions.eventHandler = { commands.hear($0) }
        let client = try MongoClient(clientOptions)
        do {
            let collection = client.database("mongonio_prose").collection("retries")
            try await Eventually.holds {
                _ = try await collection.findOne()
                return client.topologyDescription.hasReadableServer(.secondary)
            }
            try await client.database("admin").runCommand([
                "configureFailPoint": "failCommand", "mode": ["times": 1],
                "data": [
                    "failCommands": ["find"], "errorCode": 6, "errorLabels": .array(labels.map { .string($0) }),
                ],
            ])
            commands.forget()
            try await body(collection, commands)
        } catch {
            await client.close()
            throw error
        }
        await client.close()
    }

    @Test(
        "Retryable reads 3: another member is asked only after an overload, and only where that is wanted",
        arguments: [
            ("enableOverloadRetargeting=true", ["RetryableError", "SystemOverloadedError"], true),
            ("", ["RetryableError"], false),
            ("", ["RetryableError", "SystemOverloadedError"], false),
        ]
    )
    func retargeting(options: String, labels: [String], isOther: Bool) async throws {
        try await withSecondary(options, labels: labels) { collection, commands in
            _ = try await collection.findOne()
            let failed = commands.failed("find")
            let succeeded = commands.succeeded("find")
            #expect(failed.count == 1 && succeeded.count == 1)
            #expect((failed.first?.info.address != succeeded.first?.info.address) == isOther)
        }
    }
}

/// A replica set of a primary and a secondary, started on first use.
enum SetOfTwo {
    static var shared: ReplicaSet {
        get async throws { try await starting.value }
    }

    private static let starting = Task { try await ReplicaSet.start(members: 2, named: "rs2") }
}
