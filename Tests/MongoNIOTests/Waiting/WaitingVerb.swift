// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import NIOCore
import Synchronization

@testable import MongoNIO

/// A row of the table: a public function that waits for a server.
struct WaitingVerb: Sendable {
    /// What a row calls the function with.
    struct Stage: Sendable {
        var client: MongoClient
        var uri: String

        var database: MongoDatabase { client.database("home") }
        var collection: MongoCollection<BSONDocument> { database.collection("kittens") }
        var bucket: GridFSBucket { database.gridFSBucket() }

        /// A session whose transaction has begun on the server.
        func transaction() async throws -> ClientSession {
            let session = try client.startSession()
            try session.startTransaction()
            try await collection.insertOne(["_id": 1], session: session)
            return session
        }
    }

    /// What becomes of a call whose time is over, or whose task is cancelled.
    enum End: Sendable {
        /// It throws `timeout` or `cancelled`.
        case fails
        /// It returns: its errors are nobody's.
        case returns
    }

    /// As ``PublicVerbs`` names it.
    var name: String
    /// What of the function, when it has several rows.
    var aspect: String?
    /// The command that is not answered; `nil`: none of the function's is.
    var hanging: String?
    var end = End.fails
    /// Whether a cancelled call leaves its command to go on without it.
    var goesOn = false
    var call: @Sendable (Stage) async throws -> Void

    var description: String { aspect.map { "\(name), \($0)" } ?? name }

    /// Whether the server leaves the command without an answer.
    func leavesUnanswered(_ command: String) -> Bool {
        if let hanging { return command == hanging }
        return !["ping", "killCursors", "endSessions", "abortTransaction"].contains(command)
    }

    /// What a server answers that answers everything but one command.
    func answer(_ command: ScriptedServer.Command) -> BSONDocument? {
        if leavesUnanswered(command.name) { return nil }
        let collection = command.body[command.name]?.stringValue ?? "$cmd.aggregate"
        let namespace = BSON.string("home.\(collection)")
        switch command.name {
        case "find" where collection == "fs.files":
            let file: BSONDocument = ["_id": 1, "length": 10, "chunkSize": 10, "filename": "roscoe"]
            return ["cursor": ["id": 0, "ns": namespace, "firstBatch": [.document(file)]]]
        case "find", "aggregate":
            return [
                "cursor": [
                    "id": .int64(7), "ns": namespace, "firstBatch": [], "postBatchResumeToken": ["_data": "00"],
                ]
            ]
        case "insert": return ["n": 1]
        default: return [:]
        }
    }

    /// What these functions do is not limited by a timeout of an operation, and why that is right.
    static let exceptions = [
        "MongoClient.reloadTLS()": "reads files, waits for no server",
        "MongoClient.closeGracefully()": "waits for operations, each of which ends; can be cancelled: ShutdownTests",
        "MongoClient.run()": "is the life of a service; can be cancelled: ShutdownTests",
        "MongoClient.diagnose(_:eventLoopGroup:)": "ends with connectTimeoutMS: DiagnoseTests",
    ]
}

private func verb(
    _ name: String,
    _ aspect: String? = nil,
    hanging: String? = nil,
    _ end: WaitingVerb.End = .fails,
    goesOn: Bool = false,
    _ call: @escaping @Sendable (WaitingVerb.Stage) async throws -> Void
) -> WaitingVerb {
    WaitingVerb(name: name, aspect: aspect, hanging: hanging, end: end, goesOn: goesOn, call: call)
}

private let namespace = MongoNamespace(database: "home", collection: "kittens")

extension WaitingVerb {
    static let table = client + database + reads + writes + management + cursors + changeStreams + files + sessions

    private static let client: [WaitingVerb] = [
        verb("MongoClient.bulkWrite(_:options:session:)") {
            _ = try await $0.client.bulkWrite([.insertOne(into: namespace, ["a": 1] as BSONDocument)])
        },
        verb("MongoClient.listDatabases(options:session:)") { _ = try await $0.client.listDatabases() },
        verb("MongoClient.listDatabaseNames(options:session:)") { _ = try await $0.client.listDatabaseNames() },
        verb("MongoClient.watch(_:options:session:)") { _ = try await $0.client.watch() },
        verb("MongoClient.watch(_:as:options:session:)") { _ = try await $0.client.watch(as: BSONDocument.self) },
        verb("MongoClient.close()", hanging: "endSessions", .returns) {
            _ = try await $0.database.runCommand(["ping": 1])
            await $0.client.close()
        },
        verb("withMongoClient(_:eventLoopGroup:_:)") { stage in
            try await withMongoClient(stage.uri) { _ = try await $0.database("home").runCommand(["hang": 1]) }
        },
    ]

    private static let database: [WaitingVerb] = [
        verb("MongoDatabase.createCollection(_:options:session:)") { try await $0.database.createCollection("new") },
        verb("MongoDatabase.createView(_:on:pipeline:options:session:)") {
            try await $0.database.createView("new", on: "kittens", pipeline: [])
        },
        verb("MongoDatabase.modifyCollection(_:options:session:)") {
            _ = try await $0.database.modifyCollection("kittens", options: ModifyCollectionOptions())
        },
        verb("MongoDatabase.listCollections(options:session:)") { _ = try await $0.database.listCollections() },
        verb("MongoDatabase.listCollectionNames(options:session:)") {
            _ = try await $0.database.listCollectionNames()
        },
        verb("MongoDatabase.drop(options:session:)") { try await $0.database.drop() },
        verb("MongoDatabase.runCommand(_:options:session:)") { _ = try await $0.database.runCommand(["hang": 1]) },
        verb("MongoDatabase.runCursorCommand(_:as:options:session:)") {
            _ = try await $0.database.runCursorCommand(["find": "kittens"], as: BSONDocument.self)
        },
        verb("MongoDatabase.aggregate(_:options:session:)") { _ = try await $0.database.aggregate([]) },
        verb("MongoDatabase.aggregate(_:as:options:session:)") {
            _ = try await $0.database.aggregate([], as: BSONDocument.self)
        },
        verb("MongoDatabase.watch(_:options:session:)") { _ = try await $0.database.watch() },
        verb("MongoDatabase.watch(_:as:options:session:)") { _ = try await $0.database.watch(as: BSONDocument.self) },
    ]

    private static let reads: [WaitingVerb] = [
        verb("MongoCollection.find(_:options:session:)") { _ = try await $0.collection.find() },
        verb("MongoCollection.find(_:as:options:session:)") {
            _ = try await $0.collection.find(as: BSONDocument.self)
        },
        verb("MongoCollection.findOne(_:options:session:)") { _ = try await $0.collection.findOne() },
        verb("MongoCollection.findOne(_:as:options:session:)") {
            _ = try await $0.collection.findOne(as: BSONDocument.self)
        },
        verb("MongoCollection.aggregate(_:options:session:)") { _ = try await $0.collection.aggregate([]) },
        verb("MongoCollection.aggregate(_:as:options:session:)") {
            _ = try await $0.collection.aggregate([], as: BSONDocument.self)
        },
        verb("MongoCollection.countDocuments(_:options:session:)") { _ = try await $0.collection.countDocuments() },
        verb("MongoCollection.estimatedDocumentCount(options:session:)") {
            _ = try await $0.collection.estimatedDocumentCount()
        },
        verb("MongoCollection.count(_:options:session:)") { _ = try await deprecated($0.collection).count() },
        verb("MongoCollection.mapReduce(map:reduce:output:options:session:)") {
            _ = try await deprecated($0.collection).mapReduce()
        },
        verb("MongoCollection.distinct(_:_:options:session:)") { _ = try await $0.collection.distinct("color") },
        verb("MongoCollection.distinct(_:_:as:options:session:)") {
            _ = try await $0.collection.distinct("color", as: String.self)
        },
        verb("MongoCollection.watch(_:options:session:)") { _ = try await $0.collection.watch() },
        verb("MongoCollection.watch(_:as:options:session:)") {
            _ = try await $0.collection.watch(as: BSONDocument.self)
        },
    ]

    private static let writes: [WaitingVerb] = [
        verb("MongoCollection.insertOne(_:options:session:)") { _ = try await $0.collection.insertOne(["a": 1]) },
        verb("MongoCollection.insertMany(_:options:session:)") { _ = try await $0.collection.insertMany([["a": 1]]) },
        verb("MongoCollection.bulkWrite(_:options:session:)") {
            _ = try await $0.collection.bulkWrite([.insertOne(["a": 1])])
        },
        verb("MongoCollection.updateOne(_:_:options:session:)") {
            _ = try await $0.collection.updateOne([:], ["$set": ["a": 1]])
        },
        verb("MongoCollection.updateOne(_:_:options:session:)") {
            _ = try await $0.collection.updateOne([:], [["$set": ["a": 1]]])
        },
        verb("MongoCollection.updateMany(_:_:options:session:)") {
            _ = try await $0.collection.updateMany([:], ["$set": ["a": 1]])
        },
        verb("MongoCollection.updateMany(_:_:options:session:)") {
            _ = try await $0.collection.updateMany([:], [["$set": ["a": 1]]])
        },
        verb("MongoCollection.replaceOne(_:_:options:session:)") {
            _ = try await $0.collection.replaceOne([:], ["a": 1])
        },
        verb("MongoCollection.deleteOne(_:options:session:)") { _ = try await $0.collection.deleteOne([:]) },
        verb("MongoCollection.deleteMany(_:options:session:)") { _ = try await $0.collection.deleteMany([:]) },
        verb("MongoCollection.findOneAndDelete(_:options:session:)") {
            _ = try await $0.collection.findOneAndDelete([:])
        },
        verb("MongoCollection.findOneAndReplace(_:_:options:session:)") {
            _ = try await $0.collection.findOneAndReplace([:], ["a": 1])
        },
        verb("MongoCollection.findOneAndUpdate(_:_:options:session:)") {
            _ = try await $0.collection.findOneAndUpdate([:], ["$set": ["a": 1]])
        },
        verb("MongoCollection.findOneAndUpdate(_:_:options:session:)") {
            _ = try await $0.collection.findOneAndUpdate([:], [["$set": ["a": 1]]])
        },
    ]

    private static let management: [WaitingVerb] = [
        verb("MongoCollection.drop(options:session:)") { try await $0.collection.drop() },
        verb("MongoCollection.rename(to:options:session:)") { _ = try await $0.collection.rename(to: "cats") },
        verb("MongoCollection.rename(to:options:session:)") {
            _ = try await $0.collection.rename(to: MongoNamespace(database: "away", collection: "cats"))
        },
        verb("MongoCollection.createIndex(_:indexOptions:options:session:)") {
            _ = try await $0.collection.createIndex(["a": 1])
        },
        verb("MongoCollection.createIndex(_:options:session:)") {
            _ = try await $0.collection.createIndex(IndexModel(["a": 1]))
        },
        verb("MongoCollection.createIndexes(_:options:session:)") {
            _ = try await $0.collection.createIndexes([IndexModel(["a": 1])])
        },
        verb("MongoCollection.listIndexes(options:session:)") { _ = try await $0.collection.listIndexes() },
        verb("MongoCollection.listIndexNames(options:session:)") { _ = try await $0.collection.listIndexNames() },
        verb("MongoCollection.dropIndex(_:options:session:)") { try await $0.collection.dropIndex("a_1") },
        verb("MongoCollection.dropIndex(keys:options:session:)") { try await $0.collection.dropIndex(keys: ["a": 1]) },
        verb("MongoCollection.dropIndexes(options:session:)") { try await $0.collection.dropIndexes() },
        verb("MongoCollection.createSearchIndex(_:timeout:session:)") {
            _ = try await $0.collection.createSearchIndex(SearchIndexModel([:]))
        },
        verb("MongoCollection.createSearchIndexes(_:timeout:session:)") {
            _ = try await $0.collection.createSearchIndexes([SearchIndexModel([:])])
        },
        verb("MongoCollection.listSearchIndexes(name:options:session:)") {
            _ = try await $0.collection.listSearchIndexes()
        },
        verb("MongoCollection.updateSearchIndex(_:definition:timeout:session:)") {
            try await $0.collection.updateSearchIndex("a", definition: [:])
        },
        verb("MongoCollection.dropSearchIndex(_:timeout:session:)") {
            try await $0.collection.dropSearchIndex("a")
        },
    ]

    private static let cursors: [WaitingVerb] = [
        verb("MongoCursor.next()", hanging: "getMore") { _ = try await $0.collection.find().next() },
        verb("MongoCursor.tryNext()", hanging: "getMore") { _ = try await $0.collection.find().tryNext() },
        verb("MongoCursor.toArray()", hanging: "getMore") { _ = try await $0.collection.find().toArray() },
        verb("MongoCursor.close(timeout:)", hanging: "killCursors", .returns) {
            try await $0.collection.find().close()
        },
        verb("MongoCursor.Iterator.next()", hanging: "getMore") {
            var iterator = try await $0.collection.find().makeAsyncIterator()
            _ = try await iterator.next()
        },
        verb("MongoCursor.Iterator.next(isolation:)", hanging: "getMore") {
            for try await _ in try await $0.collection.find() {}
        },
    ]

    private static let changeStreams: [WaitingVerb] = [
        verb("ChangeStream.next()", hanging: "getMore") { _ = try await $0.collection.watch().next() },
        verb("ChangeStream.tryNext()", hanging: "getMore") { _ = try await $0.collection.watch().tryNext() },
        verb("ChangeStream.close(timeout:)", hanging: "killCursors", .returns) {
            try await $0.collection.watch().close()
        },
        verb("ChangeStream.Iterator.next()", hanging: "getMore") {
            var iterator = try await $0.collection.watch().makeAsyncIterator()
            _ = try await iterator.next()
        },
        verb("ChangeStream.Iterator.next(isolation:)", hanging: "getMore") {
            for try await _ in try await $0.collection.watch() {}
        },
    ]

    private static let files: [WaitingVerb] = [
        verb("GridFSBucket.openDownloadStream(_:options:session:)") {
            _ = try await $0.bucket.openDownloadStream(1)
        },
        verb("GridFSBucket.openDownloadStream(byName:revision:options:session:)") {
            _ = try await $0.bucket.openDownloadStream(byName: "roscoe")
        },
        verb("GridFSBucket.find(_:options:session:)") { _ = try await $0.bucket.find() },
        verb("GridFSBucket.delete(_:options:session:)") { try await $0.bucket.delete(1) },
        verb("GridFSBucket.deleteByName(_:options:session:)") { try await $0.bucket.deleteByName("roscoe") },
        verb("GridFSBucket.rename(_:to:options:session:)") { try await $0.bucket.rename(1, to: "socke") },
        verb("GridFSBucket.renameByName(_:to:options:session:)") {
            try await $0.bucket.renameByName("roscoe", to: "socke")
        },
        verb("GridFSBucket.drop(options:session:)") { try await $0.bucket.drop() },
        verb("GridFSBucket.upload(_:from:id:options:session:)") {
            let source = AsyncStream<ByteBuffer> { continuation in
                continuation.yield(ByteBuffer(string: "meow"))
                continuation.finish()
            }
            _ = try await $0.bucket.upload("roscoe", from: source)
        },
        verb("GridFSBucket.upload(_:bytes:id:options:session:)") {
            _ = try await $0.bucket.upload("roscoe", bytes: ByteBuffer(string: "meow"))
        },
        verb("GridFSUploadStream.write(_:)") {
            try await $0.bucket.openUploadStream("roscoe").write(ByteBuffer(repeating: 0, count: 3 << 20))
        },
        verb("GridFSUploadStream.close()") { try await $0.bucket.openUploadStream("roscoe").close() },
        verb("GridFSUploadStream.abort()", goesOn: true) { try await $0.bucket.openUploadStream("roscoe").abort() },
        verb("GridFSDownloadStream.next()", hanging: "getMore") {
            _ = try await $0.bucket.openDownloadStream(1).next()
        },
        verb("GridFSDownloadStream.collect(upTo:)", hanging: "getMore") {
            _ = try await $0.bucket.openDownloadStream(1).collect(upTo: 100)
        },
        verb("GridFSDownloadStream.close()", hanging: "killCursors", .returns) {
            try await $0.bucket.openDownloadStream(1).close()
        },
        verb("GridFSDownloadStream.Iterator.next()", hanging: "getMore") {
            var iterator = try await $0.bucket.openDownloadStream(1).makeAsyncIterator()
            _ = try await iterator.next()
        },
        verb("GridFSDownloadStream.Iterator.next(isolation:)", hanging: "getMore") {
            for try await _ in try await $0.bucket.openDownloadStream(1) {}
        },
    ]

    private static let sessions: [WaitingVerb] = [
        verb("MongoClient.withSession(options:_:)") { stage in
            try await stage.client.withSession { _ = try await stage.collection.insertOne([:], session: $0) }
        },
        verb("MongoClient.withTransaction(options:timeout:_:)") { stage in
            try await stage.client.withTransaction { _ = try await stage.collection.insertOne([:], session: $0) }
        },
        verb("ClientSession.withTransaction(options:timeout:_:)") { stage in
            try await stage.client.startSession().withTransaction {
                _ = try await stage.collection.insertOne([:], session: $0)
            }
        },
        verb("ClientSession.withTransaction(options:timeout:_:)", "the commit", hanging: "commitTransaction") { stage in
            try await stage.client.startSession().withTransaction {
                _ = try await stage.collection.insertOne([:], session: $0)
            }
        },
        verb("ClientSession.commitTransaction(timeout:)", hanging: "commitTransaction") {
            try await $0.transaction().commitTransaction()
        },
        verb("ClientSession.abortTransaction(timeout:)", hanging: "abortTransaction", .returns) {
            try await $0.transaction().abortTransaction()
        },
        verb("ClientSession.endSession(timeout:)", hanging: "abortTransaction", .returns) {
            try await $0.transaction().endSession()
        },
    ]
}

// MARK: Deprecated verbs, which are called here on purpose: through a protocol nobody is warned of them.

private protocol DeprecatedVerbs: Sendable {
    func count(
        _ filter: BSONDocument,
        options: CountDocumentsOptions,
        session: ClientSession?
    ) async throws(MongoError) -> Int

    func mapReduce(
        map: BSONCode,
        reduce: BSONCode,
        output: MapReduceOutput,
        options: MapReduceOptions,
        session: ClientSession?
    ) async throws(MongoError) -> [BSONDocument]
}

extension MongoCollection: DeprecatedVerbs {}

private func deprecated(_ collection: MongoCollection<BSONDocument>) -> any DeprecatedVerbs { collection }

extension DeprecatedVerbs {
    fileprivate func count() async throws -> Int {
        try await count([:], options: CountDocumentsOptions(), session: nil)
    }

    fileprivate func mapReduce() async throws -> [BSONDocument] {
        let code = BSONCode(code: "")
        return try await mapReduce(
            map: code,
            reduce: code,
            output: .inline,
            options: MapReduceOptions(),
            session: nil
        )
    }
}
