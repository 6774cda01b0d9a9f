// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoNIO
import TestSupport
import Testing

/// The prose tests of the specification that one server can serve, and what the API promises.
///
/// - SeeAlso: [Prose tests](https://github.com/mongodb/specifications/blob/master/source/change-streams/tests/README.md#prose-tests)
@Suite("Change streams")
struct ChangeStreamTests {
    private struct Kitten: Codable, Sendable, Equatable {
        var _id: Int
        var color: String
    }

    /// Has the next `getMore` of the client fail with an error that a change stream survives.
    private func failNextGetMore(of database: MongoDatabase, times: Int32 = 1, resumable: Bool = true) async throws {
        var data: BSONDocument = [
            "failCommands": ["getMore"], "appName": .string(String(database.name.dropFirst(9))), "errorCode": 280,
        ]
        if resumable { data["errorLabels"] = ["ResumableChangeStreamError"] }
        try await database.withOptions(DatabaseOptions()).admin.runCommand([
            "configureFailPoint": "failCommand", "mode": ["times": .int32(times)], "data": .document(data),
        ])
    }

    @Test("Changes come as they happen, decoded")
    func changes() async throws {
        try await SharedReplicaSet.with("changes") { database in
            let kittens = try await database.createCollection("kittens").withType(Kitten.self)
            let stream = try await kittens.watch(
                options: ChangeStreamOptions(fullDocument: .updateLookup, maxAwaitTime: .milliseconds(200))
            )
            #expect(try await stream.tryNext() == nil)
            try await kittens.insertOne(Kitten(_id: 1, color: "orange"))
            try await kittens.updateOne(["_id": 1], ["$set": ["color": "gray"]])
            try await kittens.deleteOne(["_id": 1])
            let inserted = try #require(try await stream.next())
            #expect(inserted.operationType == .insert)
            #expect(inserted.fullDocument == Kitten(_id: 1, color: "orange"))
            #expect(inserted.namespace?.collection == "kittens")
            #expect(inserted.documentKey?["_id"] == 1)
            #expect(inserted.clusterTime != nil && inserted.wallTime != nil)
            let updated = try #require(try await stream.next())
            #expect(updated.operationType == .update)
            #expect(updated.updateDescription?.updatedFields == ["color": "gray"])
            #expect(try await stream.next()?.operationType == .delete)
            #expect(stream.isAlive)
            await stream.close()
            #expect(try await stream.next() == nil)
        }
    }

    @Test("A database and a deployment are watched, and a pipeline gives changes another form")
    func otherSubjects() async throws {
        struct Small: Codable, Sendable {
            var documentKey: BSONDocument
        }
        try await SharedReplicaSet.with("subjects") { database in
            try await database.createCollection("a")
            let ofDatabase = try await database.watch()
            let ofDeployment = try await database.admin.client.watch(
                [["$match": ["ns.db": .string(database.name)]], ["$project": ["documentKey": 1]]],
                as: Small.self
            )
            try await database.collection("a").insertOne(["_id": 7])
            #expect(try await ofDatabase.next()?.documentKey == ["_id": 7])
            #expect(try await ofDeployment.next()?.documentKey == ["_id": 7])
            await ofDatabase.close()
            await ofDeployment.close()
        }
    }

    /// Prose tests 1, 11 and 13.
    @Test("The token moves on with each change, and with the batch at its end")
    func tokens() async throws {
        try await SharedReplicaSet.with("tokens") { database in
            let collection = try await database.createCollection("a")
            let stream = try await collection.watch(options: ChangeStreamOptions(maxAwaitTime: .milliseconds(100)))
            let initial = stream.resumeToken
            #expect(initial != nil)
            try await collection.insertMany([["_id": 1], ["_id": 2], ["_id": 3]])
            let first = try #require(try await stream.next())
            #expect(stream.resumeToken == first.id)
            let second = try #require(try await stream.next())
            #expect(stream.resumeToken == second.id)
            _ = try await stream.next()
            // The last of the batch: the batch's own token, which may be beyond the change's.
            #expect(stream.resumeToken != second.id)
            let before = stream.resumeToken
            try await database.collection("b").insertOne(["_id": 1])
            try await Eventually.holds {
                _ = try await stream.tryNext()
                return stream.resumeToken != before
            }
            await stream.close()
        }
    }

    /// Prose test 2.
    @Test("A pipeline that takes the token away is an error of the server, and ends the stream")
    func missingToken() async throws {
        try await SharedReplicaSet.with("missingtoken") { database in
            let collection = try await database.createCollection("a")
            let stream = try await collection.watch([["$project": ["_id": 0]]], as: BSONDocument.self)
            try await collection.insertOne(["_id": 1])
            await #expect(throws: MongoError.self) { try await stream.next() }
            #expect(!stream.isAlive)
        }
    }

    /// Prose test 3.
    @Test("A stream survives an error that passes, twice in a row, with the token added and all else as it was")
    func resume() async throws {
        let recorder = CommandRecorder()
        try await SharedReplicaSet.with("resume", events: recorder.note) { database in
            let collection = try await database.createCollection("a")
            let stream = try await collection.watch(
                [["$match": ["operationType": "insert"]]],
                options: ChangeStreamOptions(fullDocument: .updateLookup, maxAwaitTime: .milliseconds(100))
            )
            try await collection.insertOne(["_id": 1])
            #expect(try await stream.next()?.documentKey == ["_id": 1])
            try await failNextGetMore(of: database, times: 2)
            // Taken up again twice without a change between.
            #expect(try await stream.tryNext() == nil)
            try await collection.insertOne(["_id": 2])
            #expect(try await stream.next()?.documentKey == ["_id": 2])
            let aggregates = recorder.started("aggregate")
            #expect(aggregates.count == 3)
            let first = try #require(aggregates.first?["pipeline"]?[0]?["$changeStream"]?.documentValue)
            let last = try #require(aggregates.last?["pipeline"]?[0]?["$changeStream"]?.documentValue)
            #expect(first["resumeAfter"] == nil && last["resumeAfter"] != nil)
            #expect(last["fullDocument"] == first["fullDocument"])
            #expect(aggregates.last?["pipeline"]?[1] == aggregates.first?["pipeline"]?[1])
            await stream.close()
        }
    }

    /// Prose test 4.
    @Test("An error of the first command, and one that does not pass, end it")
    func notResumable() async throws {
        let recorder = CommandRecorder()
        try await SharedReplicaSet.with("notresumable", events: recorder.note) { database in
            let collection = try await database.createCollection("a")
            let refused = await #expect(throws: MongoError.self) { try await collection.watch([["$noSuchStage": 1]]) }
            #expect(refused?.code == .command)
            #expect(recorder.started("aggregate").count == 1)
            let stream = try await collection.watch()
            try await failNextGetMore(of: database, resumable: false)
            let error = await #expect(throws: MongoError.self) { try await stream.next() }
            #expect(error?.server?.code == 280)
            #expect(!stream.isAlive)
            #expect(recorder.started("aggregate").count == 2)
        }
    }

    /// Prose tests 7 and 8: the cursor of an empty first batch stays open, and killing it may fail.
    @Test("An error in killing the old cursor goes unseen")
    func killCursorsFails() async throws {
        try await SharedReplicaSet.with("killfails") { database in
            let collection = try await database.createCollection("a")
            let stream = try await collection.watch()
            #expect(stream.isAlive)
            try await database.admin.runCommand([
                "configureFailPoint": "failCommand", "mode": ["times": 2],
                "data": [
                    "failCommands": ["getMore", "killCursors"], "appName": "killfails", "errorCode": 280,
                    "errorLabels": ["ResumableChangeStreamError"],
                ],
            ])
            try await collection.insertOne(["_id": 1])
            #expect(try await stream.next()?.documentKey == ["_id": 1])
            await stream.close()
        }
    }

    /// Prose test 14.
    @Test("Before the first change the token is the one that was given")
    func givenToken() async throws {
        try await SharedReplicaSet.with("giventoken") { database in
            let collection = try await database.createCollection("a")
            let stream = try await collection.watch()
            try await collection.insertMany([["_id": 1], ["_id": 2]])
            let token = try #require(try await stream.next()?.id)
            await stream.close()
            for options in [ChangeStreamOptions(resumeAfter: token), ChangeStreamOptions(startAfter: token)] {
                let again = try await collection.watch(options: options)
                #expect(again.resumeToken == token)
                #expect(try await again.next()?.documentKey == ["_id": 2])
                await again.close()
            }
        }
    }

    /// Prose tests 17 and 18.
    @Test("A stream that was started with startAfter goes on with startAfter until it has seen a change")
    func startAfter() async throws {
        let recorder = CommandRecorder()
        try await SharedReplicaSet.with("startafter", events: recorder.note) { database in
            let collection = try await database.createCollection("a")
            let stream = try await collection.watch()
            try await collection.insertMany([["_id": 1], ["_id": 2], ["_id": 3]])
            let token = try #require(try await stream.next()?.id)
            await stream.close()
            let again = try await collection.watch(options: ChangeStreamOptions(batchSize: 0, startAfter: token))
            func lastStage() -> BSONDocument? {
                recorder.started("aggregate").last?["pipeline"]?[0]?["$changeStream"]?.documentValue
            }
            try await failNextGetMore(of: database)
            _ = try await again.next()
            #expect(lastStage()?["startAfter"] != nil && lastStage()?["resumeAfter"] == nil)
            await again.close()

            let third = try await collection.watch(options: ChangeStreamOptions(batchSize: 1, startAfter: token))
            _ = try await third.next()
            try await failNextGetMore(of: database)
            _ = try await third.next()
            #expect(lastStage()?["startAfter"] == nil && lastStage()?["resumeAfter"] != nil)
            await third.close()
        }
    }

    @Test("A stream begins at a time of the cluster")
    func startAtOperationTime() async throws {
        try await SharedReplicaSet.with("operationtime") { database in
            let collection = try await database.createCollection("a")
            let reply = try await database.runCommand(["insert": "a", "documents": [["_id": 1]]])
            let time = try #require(reply["operationTime"]?.timestampValue)
            try await collection.insertOne(["_id": 2])
            let stream = try await collection.watch(options: ChangeStreamOptions(startAtOperationTime: time))
            #expect(try await stream.next()?.documentKey == ["_id": 1])
            #expect(try await stream.next()?.documentKey == ["_id": 2])
            await stream.close()
        }
    }

    @Test("A dropped collection ends the stream with an invalidate, and startAfter goes on behind it")
    func invalidate() async throws {
        try await SharedReplicaSet.with("invalidate") { database in
            let collection = try await database.createCollection("a")
            let stream = try await collection.watch()
            try await collection.drop()
            #expect(try await stream.next()?.operationType == .drop)
            let last = try #require(try await stream.next())
            #expect(last.operationType == .invalidate)
            #expect(try await stream.next() == nil)
            #expect(!stream.isAlive)
            let again = try await collection.watch(options: ChangeStreamOptions(startAfter: last.id))
            try await collection.insertOne(["_id": 1])
            #expect(try await again.next()?.documentKey == ["_id": 1])
            await again.close()
        }
    }

    @Test("A call whose time is over leaves the stream as it is: the next one takes it up again")
    func timeout() async throws {
        let recorder = CommandRecorder()
        try await SharedReplicaSet.with("streamtimeout", events: recorder.note) { database in
            let collection = try await database.createCollection("a")
            let stream = try await collection.watch(options: ChangeStreamOptions(timeout: .milliseconds(300)))
            let error = await #expect(throws: MongoError.self) { try await stream.next() }
            #expect(error?.code == .timeout)
            #expect(stream.isAlive)
            try await collection.insertOne(["_id": 1])
            #expect(try await stream.next()?.documentKey == ["_id": 1])
            #expect(recorder.started("aggregate").count >= 2)
            await stream.close()
        }
    }

    @Test("A cancelled call leaves the stream as it is")
    func cancelled() async throws {
        try await SharedReplicaSet.with("streamcancel") { database in
            let collection = try await database.createCollection("a")
            let stream = try await collection.watch(options: ChangeStreamOptions(maxAwaitTime: .seconds(30)))
            let waiting = Task { try await stream.next() }
            try await Task.sleep(for: .milliseconds(50))
            waiting.cancel()
            let error = await #expect(throws: MongoError.self) { try await waiting.value }
            #expect(error?.code == .cancelled)
            try await collection.insertOne(["_id": 1])
            #expect(try await stream.next()?.documentKey == ["_id": 1])
            await stream.close()
        }
    }

    @Test("Documents before and after a change are shown where the collection keeps them")
    func images() async throws {
        try await SharedReplicaSet.with("images") { database in
            let collection = try await database.createCollection(
                "a",
                options: CreateCollectionOptions(changeStreamPreAndPostImages: ["enabled": true])
            )
            let stream = try await collection.watch(
                options: ChangeStreamOptions(fullDocument: .required, fullDocumentBeforeChange: .required)
            )
            try await collection.insertOne(["_id": 1, "a": 1])
            _ = try await stream.next()
            try await collection.updateOne(["_id": 1], ["$set": ["a": 2]])
            let change = try #require(try await stream.next())
            #expect(change.fullDocumentBeforeChange == ["_id": 1, "a": 1])
            #expect(change.fullDocument == ["_id": 1, "a": 2])
            await stream.close()
        }
    }
}

extension MongoDatabase {
    /// The database `admin` of the same client.
    var admin: MongoDatabase { client.database("admin") }
}
