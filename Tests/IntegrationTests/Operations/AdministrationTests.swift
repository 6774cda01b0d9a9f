// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoNIO
import TestSupport
import Testing

@Suite("Administration")
struct AdministrationTests {
    /// Lends a database of its own to the body, and removes it.
    private func with(_ name: String, _ body: (MongoDatabase) async throws -> Void) async throws {
        try await withMongoClient(await TestDatabase.uri()) { client in
            let database = client.database("mongonio_tests_\(name)")
            try await database.drop()
            try await body(database)
            try await database.drop()
        }
    }

    @Test("Collections of every kind are made, listed and removed")
    func collections() async throws {
        try await with("collections") { database in
            try await database.createCollection("capped", options: .init(capped: true, max: 5, size: 10_000))
            try await database.createCollection("series", options: .init(timeseries: ["timeField": "at"]))
            try await database.createCollection(
                "clustered",
                options: .init(clusteredIndex: ["key": ["_id": 1], "unique": true, "name": "by id"])
            )
            try await database.createCollection(
                "images",
                options: .init(changeStreamPreAndPostImages: ["enabled": true])
            )
            try await database.createView("view", on: "capped", pipeline: [["$match": ["a": 1]]])
            let exists = await #expect(throws: MongoError.self) { try await database.createCollection("capped") }
            #expect(exists?.server?.codeName == "NamespaceExists")

            let names = try await database.listCollectionNames()
            #expect(Set(names).isSuperset(of: ["capped", "series", "clustered", "images", "view"]))
            let views = try await database.listCollectionNames(options: .init(filter: ["type": "view"]))
            #expect(views == ["view"])
            let capped = try await database.listCollections(options: .init(filter: ["name": "capped"])).toArray()
            #expect(capped.first?["options"]?["capped"] == true)
            #expect(try await database.listCollections(options: .init(batchSize: 2)).toArray().count >= 5)

            try await database.collection("capped").insertMany([["a": 1], ["a": 2]])
            #expect(try await database.collection("view").countDocuments() == 1)
            try await database.collection("view").drop()
            try await database.collection("no such").drop()
        }
    }

    @Test("A collection is modified and renamed")
    func modifyAndRename() async throws {
        try await with("modify") { database in
            let collection = try await database.createCollection("old")
            try await database.modifyCollection("old", options: .init(validator: ["a": ["$exists": true]]))
            let refused = await #expect(throws: MongoError.self) { try await collection.insertOne(["b": 1]) }
            #expect(refused?.server?.code == 121)
            try await collection.insertOne(["_id": 1, "a": 1])
            let renamed = try await collection.rename(to: "new")
            #expect(renamed.name == "new")
            #expect(try await renamed.findOne() == ["_id": 1, "a": 1])
            try await collection.insertOne(["_id": 2])
            let taken = await #expect(throws: MongoError.self) { try await collection.rename(to: "new") }
            #expect(taken?.server?.codeName == "NamespaceExists")
            try await collection.rename(to: "new", options: .init(dropTarget: true))
            #expect(try await renamed.findOne() == ["_id": 2])
        }
    }

    @Test("Databases are listed and removed")
    func databases() async throws {
        try await with("databases") { database in
            try await database.collection("a").insertOne(["a": 1])
            let client = try MongoClient(await TestDatabase.uri())
            let filter = ListDatabasesOptions(filter: ["name": .string(database.name)])
            let infos = try await client.listDatabases(options: filter)
            #expect(infos.map(\.name) == [database.name])
            #expect(infos.first?.isEmpty == false)
            #expect(try await client.listDatabaseNames().contains("admin"))
            try await database.drop()
            #expect(try await client.listDatabaseNames(options: filter).isEmpty)
            await client.close()
        }
    }

    /// The prose tests of index management: all names are listed, once, and unique indexes say so.
    @Test("Indexes are made, listed and removed")
    func indexes() async throws {
        try await with("indexes") { database in
            let collection = database.collection("indexed")
            #expect(try await collection.listIndexes().toArray().isEmpty)
            #expect(try await collection.createIndex(["a": 1]) == "a_1")
            let names = try await collection.createIndexes([
                IndexModel(["b": 1, "c": -1]),
                IndexModel(
                    ["email": 1],
                    options: IndexOptions(name: "mail", partialFilterExpression: ["a": 1], unique: true)
                ),
                IndexModel(["at": 1], options: IndexOptions(expireAfterSeconds: 3600)),
            ])
            #expect(names == ["b_1_c_-1", "mail", "at_1"])
            #expect(try await collection.listIndexNames().sorted() == ["_id_", "a_1", "at_1", "b_1_c_-1", "mail"])
            let mail = try await collection.listIndexes(options: .init(batchSize: 2)).toArray().first {
                $0["name"] == "mail"
            }
            #expect(mail?["unique"] == true)

            try await collection.dropIndex("a_1")
            try await collection.dropIndex(keys: ["b": 1, "c": -1])
            let all = await #expect(throws: MongoError.self) { try await collection.dropIndex("*") }
            #expect(all?.code == .invalidArgument)
            let missing = await #expect(throws: MongoError.self) { try await collection.dropIndex("a_1") }
            #expect(missing?.server?.codeName == "IndexNotFound")
            try await collection.dropIndexes()
            #expect(try await collection.listIndexNames() == ["_id_"])
            let none = await #expect(throws: MongoError.self) { try await collection.createIndexes([]) }
            #expect(none?.code == .invalidArgument)
        }
    }

    @Test("Search indexes are refused by a server that has none, by name")
    func searchIndexes() async throws {
        try await with("search") { database in
            let collection = database.collection("a")
            try await collection.insertOne(["a": 1])
            let error = await #expect(throws: MongoError.self) {
                try await collection.createSearchIndex(SearchIndexModel(["mappings": ["dynamic": true]], name: "s"))
            }
            #expect(error?.code == .command)
        }
    }

    @Test("A command with a cursor is read like any other")
    func runCursorCommand() async throws {
        try await with("runcursor") { database in
            try await database.collection("a").insertMany((0..<10).map { ["_id": .int32($0)] })
            let cursor = try await database.runCursorCommand(
                ["find": "a", "batchSize": 3, "sort": ["_id": 1]],
                options: RunCursorCommandOptions(batchSize: 4)
            )
            #expect(cursor.id != nil)
            #expect(try await cursor.toArray().count == 10)
            #expect(cursor.id == nil && !cursor.isAlive)
            let none = await #expect(throws: MongoError.self) { try await database.runCursorCommand(["ping": 1]) }
            #expect(none?.code == .invalidResponse)
        }
    }

    @Test("Settings are inherited, and replaced where a handle says so")
    func settings() async throws {
        try await withMongoClient(await TestDatabase.uri("w=1&readConcernLevel=local")) { client in
            let database = client.database("a", options: DatabaseOptions(writeConcern: .majority))
            #expect(database.writeConcern == .majority)
            #expect(database.readConcern == .local)
            let collection = database.collection("b", options: .init(readConcern: .majority, readPreference: .nearest))
            #expect(collection.writeConcern == .majority)
            #expect(collection.readConcern == .majority)
            #expect(collection.readPreference == .nearest)
            let again = collection.withOptions(CollectionOptions(readPreference: .primary))
            #expect(again.readPreference == .primary)
            #expect(again.readConcern == .majority)
        }
    }

    @Test("A tailable cursor goes on when documents come, and tells when none are there")
    func tailable() async throws {
        try await with("tailable") { database in
            let collection = try await database.createCollection("log", options: .init(capped: true, size: 100_000))
            try await collection.insertMany([["_id": 1], ["_id": 2]])
            let cursor = try await collection.find(
                options: FindOptions(batchSize: 1, cursorType: .tailableAwait, maxAwaitTime: .milliseconds(50))
            )
            #expect(try await cursor.next()?["_id"] == 1)
            #expect(try await cursor.next()?["_id"] == 2)
            #expect(try await cursor.tryNext() == nil)
            #expect(cursor.isAlive)
            async let next = cursor.next()
            try await collection.insertOne(["_id": 3])
            #expect(try await next?["_id"] == 3)
            await cursor.close()
            #expect(!cursor.isAlive)
            #expect(try await cursor.next() == nil)
        }
    }

    @Test("A cursor that waits ends when its task is cancelled")
    func cancelled() async throws {
        try await with("cancelled") { database in
            let collection = try await database.createCollection("log", options: .init(capped: true, size: 100_000))
            try await collection.insertOne(["_id": 1])
            let cursor = try await collection.find(
                options: FindOptions(cursorType: .tailableAwait, maxAwaitTime: .seconds(60))
            )
            _ = try await cursor.next()
            let waiting = Task { try await cursor.next() }
            try await Task.sleep(for: .milliseconds(50))
            waiting.cancel()
            let error = await #expect(throws: MongoError.self) { try await waiting.value }
            #expect(error?.code == .cancelled)
            #expect(!cursor.isAlive)
        }
    }
}
