// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/client-side-operations-timeout/tests/README.md#prose-tests

import MongoNIO
import NIOCore
import Synchronization
import TestSupport
import Testing

/// The specification's times are multiplied where the machine would otherwise decide the outcome.
@Suite("Prose tests: timeouts")
struct TimeoutProseTests {
    private static let appName = "timeoutprose"

    /// Lends two clients of a replica set: one without a timeout, and one with it whose commands are recorded.
    private func with(
        timeout: Duration?,
        _ body: (_ internalClient: MongoDatabase, _ fixture: ReplicaSetFixture) async throws -> Void
    ) async throws {
        let milliseconds = timeout.map { "timeoutMS=\($0.components.attoseconds / 1_000_000_000_000_000)&" } ?? ""
        let options = "\(milliseconds)appName=\(Self.appName)&readConcernLevel=majority&w=majority"
        try await ReplicaSetFixture.with { internalFixture in
            try await ReplicaSetFixture.with(options) { fixture in
                let database = internalFixture.client.database("mongonio_timeouts")
                // A transaction that was not aborted in time keeps its locks.
                try await database.client.database("admin").runCommand(["killAllSessions": []])
                try await database.drop()
                // The connection is there, so that what is timed is the operation.
                try await internalFixture.client.database("admin").runCommand(["ping": 1])
                try await Eventually.holds {
                    (try? await fixture.client.database("admin").runCommand(["ping": 1])) != nil
                }
                fixture.commands.forget()
                do {
                    try await body(database, fixture)
                } catch {
                    try await turnOff(database)
                    throw error
                }
                try await turnOff(database)
            }
        }
    }

    private func block(
        _ commands: [String],
        for time: Int32,
        mode: BSON = ["times": 1],
        _ database: MongoDatabase
    ) async throws {
        try await database.client.database("admin").runCommand([
            "configureFailPoint": "failCommand", "mode": mode,
            "data": [
                "failCommands": .array(commands.map { .string($0) }), "blockConnection": true,
                "blockTimeMS": .int32(time), "appName": .string(Self.appName),
            ],
        ])
    }

    private func turnOff(_ database: MongoDatabase) async throws {
        try await database.client.database("admin").runCommand(["configureFailPoint": "failCommand", "mode": "off"])
    }

    private func timesOut(_ body: () async throws -> Void) async {
        let error = await #expect(throws: MongoError.self) { try await body() }
        #expect(error?.code == .timeout)
    }

    @Test("1: a timeout is for all batches of an insertion together")
    func insertMany() async throws {
        let server = try await MongodProcess.start()
        let uri = "mongodb://\(server.address)/?directConnection=true&appName=\(Self.appName)"
        try await withMongoClient(uri) { internalClient in
            let database = internalClient.database("mongonio_timeouts")
            try await block(["insert"], for: 1010, mode: ["times": 2], database)
            var options = try MongoClientOptions("\(uri)&timeoutMS=2000")
            let commands = RecordedCommands()
            options.eventHandler = { commands.hear($0) }
            let client = try MongoClient(options)
            let document: BSONDocument = ["a": .string(String(repeating: "x", count: 1 << 20))]
            await timesOut {
                _ = try await client.database("db").collection("coll").insertMany(Array(repeating: document, count: 50))
            }
            #expect(commands.sent("insert").count == 2)
            await client.close()
        }
        await server.stop()
    }

    /// Lends a client that makes one connection in advance, and the events of its pool.
    private func withBackground(
        timeout: Int,
        blocking commands: [String],
        for time: Int32,
        mode: BSON,
        _ body: (RecordedPool) async throws -> Void
    ) async throws {
        let server = try await AuthenticatedServer.shared
        try await withMongoClient(server.uri("root", "root")) { internalClient in
            let database = internalClient.database("mongonio_timeouts")
            try await block(commands, for: time, mode: mode, database)
            var options = try MongoClientOptions(
                server.uri("root", "root", options: "minPoolSize=1&timeoutMS=\(timeout)&appName=\(Self.appName)")
            )
            let pool = RecordedPool()
            options.eventHandler = { pool.note($0) }
            let client = try MongoClient(options)
            do {
                try await body(pool)
            } catch {
                try await turnOff(database)
                await client.close()
                throw error
            }
            try await turnOff(database)
            await client.close()
        }
    }

    @Test("4: the timeout is for the commands with which a connection made in advance begins")
    func backgroundTimeout() async throws {
        try await withBackground(timeout: 200, blocking: ["saslContinue"], for: 1000, mode: ["times": 1]) { pool in
            try await Eventually.holds { pool.names.contains("closed error") }
            #expect(pool.names.prefix(2) == ["created", "closed error"])
            let error = try #require(pool.errors.first)
            // Whoever comes first: the driver, or the server that was told of the time.
            let isLate = (error.underlying as? MongoError)?.code == .timeout || error.server?.code == 50
            #expect(isLate, "\(error)")
        }
    }

    @Test("4: each of them has the whole timeout")
    func backgroundRefresh() async throws {
        let commands = ["hello", "isMaster", "saslContinue"]
        try await withBackground(timeout: 400, blocking: commands, for: 300, mode: "alwaysOn") { pool in
            try await Eventually.holds { pool.names.contains("ready") }
            #expect(pool.names.prefix(2) == ["created", "ready"])
        }
    }

    @Test("5: a tailable cursor asks until its time is over")
    func tailableCursor() async throws {
        try await with(timeout: .milliseconds(500)) { database, fixture in
            try await database.createCollection("coll", options: .init(capped: true, size: 1000))
            try await database.collection("coll").insertOne(["x": 1])
            let cursor = try await fixture.client.database(database.name).collection("coll")
                .find(options: FindOptions(cursorType: .tailable))
            #expect(try await cursor.next()?["x"] == 1)
            #expect(fixture.commands.names == ["find"])
            try await block(["getMore"], for: 200, mode: "alwaysOn", database)
            await timesOut { _ = try await cursor.next() }
            #expect(fixture.commands.sent("getMore").count == 2)
        }
    }

    @Test("5: a change stream asks until its time is over")
    func changeStream() async throws {
        try await with(timeout: .milliseconds(500)) { database, fixture in
            try await database.createCollection("coll")
            let stream = try await fixture.client.database(database.name).collection("coll")
                .watch(options: ChangeStreamOptions(maxAwaitTime: .milliseconds(10)))
            try await block(["getMore"], for: 300, mode: "alwaysOn", database)
            await timesOut { _ = try await stream.next() }
            #expect(fixture.commands.sent("aggregate").count == 1)
            #expect(fixture.commands.sent("getMore").count == 2)
            #expect(stream.isAlive)
            try await turnOff(database)
            await stream.close()
        }
    }

    @Test("6: an upload can time out when it is closed")
    func upload() async throws {
        try await with(timeout: .milliseconds(400)) { database, fixture in
            let bucket = fixture.client.database(database.name).gridFSBucket()
            // The indexes are there.
            try await database.gridFSBucket().upload("before", bytes: ByteBuffer(bytes: [0x12]))
            try await block(["insert"], for: 500, database)
            let stream = try bucket.openUploadStream("filename")
            try await stream.write(ByteBuffer(bytes: [0x12]))
            await timesOut { try await stream.close() }
        }
    }

    @Test("6: aborting an upload can time out")
    func abort() async throws {
        try await with(timeout: .milliseconds(400)) { database, fixture in
            let bucket = fixture.client.database(database.name).gridFSBucket(options: .init(chunkSizeBytes: 2))
            try await block(["delete"], for: 500, database)
            let stream = try bucket.openUploadStream("filename")
            try await stream.write(ByteBuffer(bytes: [1, 2, 3, 4]))
            await timesOut { try await stream.abort() }
        }
    }

    @Test("7: reading a download can time out")
    func download() async throws {
        try await with(timeout: .milliseconds(400)) { database, fixture in
            let file: BSONDocument = [
                "_id": 5, "length": 10, "chunkSize": 4, "uploadDate": .datetime(BSONDateTime(milliseconds: 0)),
                "filename": "length-10",
            ]
            try await database.collection("fs.files").insertOne(file)
            let bucket = fixture.client.database(database.name).gridFSBucket()
            try await block(["find"], for: 500, mode: ["skip": 1], database)
            await timesOut { _ = try await bucket.openDownloadStream(5).next() }
            #expect(fixture.commands.sent("find").map { $0["find"] } == ["fs.files", "fs.chunks"])
        }
    }

    @Test(
        "8: selecting a server takes no longer than the shorter one of its timeout and the operation's",
        arguments: [
            "serverSelectionTimeoutMS=100", "timeoutMS=100&serverSelectionTimeoutMS=600000",
            "timeoutMS=600000&serverSelectionTimeoutMS=100", "timeoutMS=0&serverSelectionTimeoutMS=100",
        ]
    )
    func serverSelection(options: String) async throws {
        try await withMongoClient("mongodb://mongo-nio.invalid/?\(options)") { client in
            let error = await #expect(throws: MongoError.self) {
                try await client.database("admin").runCommand(["ping": 1])
            }
            // Who says how long it may take wants to hear of a timeout; without, it is the servers that are the matter.
            #expect(error?.code == .timeout || error?.code == .serverSelection)
            if options.hasPrefix("timeoutMS=100&") { #expect(error?.code == .timeout) }
        }
    }

    @Test(
        "8: logging in takes no longer than the shorter one of the timeouts of selection and operation",
        arguments: ["timeoutMS=300&serverSelectionTimeoutMS=600000", "timeoutMS=600000&serverSelectionTimeoutMS=300"]
    )
    func logIn(options: String) async throws {
        let server = try await AuthenticatedServer.shared
        try await withMongoClient(server.uri("root", "root")) { internalClient in
            let database = internalClient.database("mongonio_timeouts")
            try await block(["saslContinue"], for: 2000, mode: ["times": 1], database)
            let uri = server.uri("root", "root", options: "appName=\(Self.appName)&\(options)")
            try await withMongoClient(uri) { client in
                await timesOut { _ = try await client.database("db").collection("coll").insertOne(["x": 1]) }
            }
            try await turnOff(database)
        }
    }

    @Test("9: ending a session takes no longer than the client's, the session's or its own timeout", arguments: 0..<3)
    func endSession(origin: Int) async throws {
        try await with(timeout: origin == 0 ? .milliseconds(400) : nil) { database, fixture in
            try await database.createCollection("coll")
            try await block(["abortTransaction"], for: 3000, database)
            let collection = fixture.client.database(database.name).collection("coll")
            let session = try fixture.client.startSession(
                options: ClientSessionOptions(defaultTimeout: origin == 1 ? .milliseconds(400) : nil)
            )
            try session.startTransaction()
            try await collection.insertOne(["x": 1], session: session)
            await session.endSession(timeout: origin == 2 ? .milliseconds(400) : nil)
            #expect(fixture.commands.failed("abortTransaction").map(\.failure.code) == [.timeout])
        }
    }

    @Test("10: the transaction of a body whose time was over has the whole time for being aborted")
    func withTransaction() async throws {
        try await with(timeout: .milliseconds(400)) { database, fixture in
            try await database.createCollection("coll")
            try await block(["insert", "abortTransaction"], for: 500, mode: ["times": 2], database)
            let collection = fixture.client.database(database.name).collection("coll")
            let session = try fixture.client.startSession()
            await timesOut {
                _ = try await session.withTransaction { session in
                    try await collection.insertOne(["_id": 1], session: session)
                }
            }
            #expect(fixture.commands.names == ["insert", "abortTransaction"])
            #expect(fixture.commands.failed("insert").count == 1)
            #expect(fixture.commands.failed("abortTransaction").count == 1)
            await session.endSession()
        }
    }
}

/// What becomes of the connections of a client's pool, in short.
private final class RecordedPool: Sendable {
    private let record = Mutex<(names: [String], errors: [MongoError])>(([], []))

    var names: [String] { record.withLock { $0.names } }
    var errors: [MongoError] { record.withLock { $0.errors } }

    func note(_ event: MongoEvent) {
        guard case .pool(let event) = event else { return }
        record.withLock { record in
            switch event {
            case .connectionCreated: record.names.append("created")
            case .connectionReady: record.names.append("ready")
            case .connectionClosed(let event):
                record.names.append("closed \(event.reason.rawValue)")
                if let error = event.error { record.errors.append(error) }
            default: break
            }
        }
    }
}
