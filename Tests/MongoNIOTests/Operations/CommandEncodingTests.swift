// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import Testing

@testable import MongoNIO

@Suite("The commands")
struct CommandEncodingTests {
    private let namespace = MongoNamespace(database: "home", collection: "kittens")

    private func body(_ operation: some MongoNIO.Operation) throws -> BSONDocument {
        try BSONDocument.written(operation.encode)
    }

    @Test("find: a limit that the batch size meets asks for one more, so that no cursor stays")
    func findLimit() throws {
        let find = FindOperation(namespace: namespace, filter: [:], options: FindOptions(batchSize: 5, limit: 5))
        #expect(try body(find)["batchSize"] == 6)
        #expect(try body(find)["limit"] == 5)
    }

    @Test("find: a negative limit is one batch")
    func findNegativeLimit() throws {
        let find = FindOperation(namespace: namespace, filter: [:], options: FindOptions(limit: .min))
        #expect(try body(find)["singleBatch"] == true)
        #expect(try body(find)["limit"] == .int64(.max))
    }

    @Test("findOne: limit 1 and one batch, and no batch size")
    func findOne() throws {
        let options = FindOptions(FindOneOptions(skip: 3, sort: ["a": 1]))
        let find = FindOperation(namespace: namespace, filter: ["b": 1], options: options)
        #expect(
            try body(find) == [
                "find": "kittens", "filter": ["b": 1], "sort": ["a": 1], "skip": 3, "limit": 1, "singleBatch": true,
            ]
        )
    }

    @Test("find: tailable cursors say so, and what they tell of time")
    func tailable() throws {
        let options = FindOptions(cursorType: .tailableAwait, maxTime: .seconds(1))
        let find = FindOperation(namespace: namespace, filter: [:], options: options)
        #expect(try body(find)["tailable"] == true)
        #expect(try body(find)["awaitData"] == true)
        #expect(find.maxTime == .seconds(1) && find.timeLimit == .wholeCommand)
    }

    @Test("aggregate: a pipeline that stores documents has no batch size, accepts a write concern and is not retried")
    func aggregateOut() throws {
        let aggregate = AggregateOperation(
            database: "home",
            collection: "kittens",
            pipeline: [["$match": [:]], ["$out": "cats"]],
            options: AggregateOptions(batchSize: 0, bypassDocumentValidation: false)
        )
        #expect(try body(aggregate)["cursor"] == [:])
        #expect(try body(aggregate)["bypassDocumentValidation"] == false)
        #expect(aggregate.accepts.contains(.writeConcern))
        #expect(aggregate.retryability == .never)
    }

    @Test("aggregate: of a database, the collection is 1")
    func databaseAggregate() throws {
        let aggregate = AggregateOperation(
            database: "admin",
            collection: nil,
            pipeline: [["$currentOp": [:]]],
            options: AggregateOptions(batchSize: 3)
        )
        #expect(
            try body(aggregate) == [
                "aggregate": .int32(1), "pipeline": [["$currentOp": [:]]], "cursor": ["batchSize": 3],
            ]
        )
        #expect(aggregate.retryability == .read)
    }

    @Test("count: nothing but the name estimates; the deprecated way says all that it was told")
    func count() throws {
        let estimate = CountOperation(
            namespace: namespace,
            options: CountDocumentsOptions(EstimatedDocumentCountOptions(comment: "why"))
        )
        #expect(try body(estimate) == ["count": "kittens", "comment": "why"])
        let old = CountOperation(
            namespace: namespace,
            filter: ["a": 1],
            options: CountDocumentsOptions(collation: ["locale": "de"], hint: "_id_", limit: 0, skip: 2)
        )
        #expect(
            try body(old) == [
                "count": "kittens", "query": ["a": 1], "skip": 2, "limit": 0, "collation": ["locale": "de"],
                "hint": "_id_",
            ]
        )
        #expect(old.retryability == .read)
    }

    @Test("mapReduce: reads when the results come back, writes when they go elsewhere, and is never tried again")
    func mapReduce() throws {
        func operation(_ output: MapReduceOutput) -> MapReduceOperation {
            let code = BSONCode(code: "function() {}")
            return MapReduceOperation(
                namespace: namespace,
                map: code,
                reduce: code,
                output: output,
                options: MapReduceOptions(filter: ["a": 1], finalize: code, limit: 3, scope: ["b": 2], sort: ["c": 1])
            )
        }
        let code = BSON.code(BSONCode(code: "function() {}"))
        #expect(
            try body(operation(.inline)) == [
                "mapReduce": "kittens", "map": code, "reduce": code, "finalize": code, "out": ["inline": 1],
                "query": ["a": 1], "sort": ["c": 1], "limit": 3, "scope": ["b": 2],
            ]
        )
        #expect(operation(.inline).purpose == .read)
        #expect(operation(.inline).accepts == [.readConcern, .readPreference])
        let outputs: [(MapReduceOutput, String)] = [
            (.replace("x"), "replace"), (.merge("x"), "merge"), (.reduce("x"), "reduce"),
        ]
        for (output, field) in outputs {
            #expect(try body(operation(output))["out"] == [field: "x"])
            #expect(operation(output).purpose == .write)
            #expect(operation(output).accepts == .writeConcern)
            #expect(operation(output).retryability == .never)
        }
        #expect(operation(.inline).retryability == .never)
    }

    @Test("update and delete: one statement for one document is retried, one for many is not")
    func retryability() {
        let one = UpdateStatement(filter: [:], modification: .operators(["$set": ["a": 1]]), multi: false)
        let many = UpdateStatement(filter: [:], modification: .operators(["$set": ["a": 1]]), multi: true)
        func update(_ statement: UpdateStatement) -> Retryability {
            UpdateOperation(namespace: namespace, statement: statement, options: WriteCommandOptions()).retryability
        }
        #expect(update(one) == .write)
        #expect(update(many) == .never)
    }

    @Test("update: everything that a statement can say, with the server's names")
    func updateStatement() throws {
        let statement = UpdateStatement(
            filter: ["a": 1],
            modification: .pipeline([["$set": ["b": "$a"]]]),
            multi: true,
            upsert: true,
            arrayFilters: [["x": 1]],
            collation: ["locale": "de"],
            hint: "a_1",
            sort: ["c": -1]
        )
        #expect(
            try BSONDocument.written(statement.encode) == [
                "q": ["a": 1], "u": [["$set": ["b": "$a"]]], "multi": true, "upsert": true,
                "arrayFilters": [["x": 1]], "collation": ["locale": "de"], "hint": "a_1", "sort": ["c": -1],
            ]
        )
    }

    @Test("findAndModify: remove, new and fields")
    func findAndModify() throws {
        let remove = FindAndModifyOperation(
            namespace: namespace,
            filter: ["a": 1],
            modification: nil,
            options: FindOneAndUpdateOptions(FindOneAndDeleteOptions(projection: ["_id": 0]))
        )
        #expect(
            try body(remove) == ["findAndModify": "kittens", "query": ["a": 1], "remove": true, "fields": ["_id": 0]]
        )
        let after = FindAndModifyOperation(
            namespace: namespace,
            filter: [:],
            modification: .replacement(["b": 1]),
            options: FindOneAndUpdateOptions(returnDocument: .after)
        )
        #expect(try body(after)["new"] == true)
    }

    @Test("a hint of an unacknowledged write is refused where the server would ignore it", arguments: [7, 8, 9])
    func unacknowledgedHints(wireVersion: Int) throws {
        let target = CommandTarget(maxWireVersion: wireVersion, isAcknowledged: false)
        let acknowledged = CommandTarget(maxWireVersion: wireVersion, isAcknowledged: true)
        let update = UpdateOperation(
            namespace: namespace,
            statement: UpdateStatement(filter: [:], modification: .replacement([:]), multi: false, hint: "a_1"),
            options: WriteCommandOptions()
        )
        let delete = DeleteOperation(
            namespace: namespace,
            statement: DeleteStatement(filter: [:], multi: false, hint: "a_1"),
            options: WriteCommandOptions()
        )
        #expect(throws: Never.self) { try update.check(acknowledged) }
        #expect(throws: Never.self) { try delete.check(acknowledged) }
        if wireVersion < 8 {
            #expect(throws: MongoError.self) { try update.check(target) }
        } else {
            #expect(throws: Never.self) { try update.check(target) }
        }
        if wireVersion < 9 {
            #expect(throws: MongoError.self) { try delete.check(target) }
        } else {
            #expect(throws: Never.self) { try delete.check(target) }
        }
    }

    @Test("createIndexes: names are made of the keys, and a quorum needs MongoDB 4.4")
    func createIndexes() throws {
        let operation = try AdministrationOperation.createIndexes(
            namespace,
            [
                IndexModel(["name": 1, "age": .double(-1)]),
                IndexModel(["place": "2dsphere"], options: IndexOptions(name: "here", unique: true)),
            ],
            CreateIndexOptions(commitQuorum: .majority)
        )
        #expect(
            try body(operation) == [
                "createIndexes": "kittens",
                "indexes": [
                    ["key": ["name": 1, "age": .double(-1)], "name": "name_1_age_-1"],
                    ["key": ["place": "2dsphere"], "name": "here", "unique": true],
                ],
                "commitQuorum": "majority",
            ]
        )
        #expect(throws: MongoError.self) {
            try operation.check(CommandTarget(maxWireVersion: 8, isAcknowledged: true))
        }
        #expect(throws: Never.self) { try operation.check(CommandTarget(maxWireVersion: 9, isAcknowledged: true)) }
    }

    @Test("search indexes know no write concern")
    func searchIndexes() throws {
        let operation = try AdministrationOperation.createSearchIndexes(
            namespace,
            [SearchIndexModel(["mappings": ["dynamic": true]], name: "a", type: "search")]
        )
        #expect(operation.accepts.isEmpty)
        #expect(
            try body(operation) == [
                "createSearchIndexes": "kittens",
                "indexes": [["name": "a", "type": "search", "definition": ["mappings": ["dynamic": true]]]],
            ]
        )
    }

    @Test("renameCollection goes to the database admin, with full names")
    func rename() throws {
        let operation = try AdministrationOperation.rename(
            namespace,
            to: MongoNamespace(database: "away", collection: "cats"),
            RenameCollectionOptions(dropTarget: true)
        )
        #expect(operation.database == "admin")
        #expect(
            try body(operation) == ["renameCollection": "home.kittens", "to": "away.cats", "dropTarget": true]
        )
    }

    /// Prose test 16 of the CRUD specification.
    @Test("an _id that is made stands first; one that is given stays where it is")
    func generatedIdentifiers() throws {
        let (made, id) = try DocumentCoding.encodeForInsert(["a": 1] as BSONDocument)
        #expect(made.keys == ["_id", "a"] && made["_id"] == id)
        let (given, _) = try DocumentCoding.encodeForInsert(["a": 1, "_id": 2] as BSONDocument)
        #expect(given == ["a": 1, "_id": 2])
        let model = try ClientWriteModel.insertOne(into: namespace, ["a": 1] as BSONDocument).encoded()
        #expect(model.rest["document"]?.documentValue?.keys.first == "_id")
        let request = try WriteModel<BSONDocument>.insertOne(["a": 1]).encoded()
        #expect(request.statement.keys.first == "_id")
    }

    @Test("getMore: the comment is for servers that know it")
    func getMoreComment() {
        #expect(GetMoreOperation.comment("a", maxWireVersion: 8) == nil)
        #expect(GetMoreOperation.comment("a", maxWireVersion: 9) == "a")
    }

    @Test("a document that is more than a message holds goes alone; a statement has room around the document")
    func statementRoom() throws {
        var limits = MessageLimits()
        limits.documentSize = 1000
        let statement: BSONDocument = ["q": .string(String(repeating: "x", count: 1100))]
        func operation(_ kind: WriteBatchOperation.Kind) -> WriteBatchOperation {
            WriteBatchOperation(
                namespace: namespace,
                kind: kind,
                statements: [statement][...],
                ordered: true,
                options: WriteCommandOptions()
            )
        }
        #expect(throws: MongoError.self) { try operation(.insert).documentSequences(within: limits) }
        #expect(try operation(.update).documentSequences(within: limits).first?.documents.count == 1)
    }
}
