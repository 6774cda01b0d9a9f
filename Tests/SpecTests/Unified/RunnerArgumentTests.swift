// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import Testing

/// Every argument that a specification gives an operation is in the command that it sends: one that the runner reads and
/// drops would have tests pass that test nothing.
@Suite("The arguments of unified tests")
struct RunnerArgumentTests {
    private struct Row: CustomTestStringConvertible {
        var name: String
        var object = "collection0"
        var arguments: String
        /// Fields of the command; those of the arguments when it is empty.
        var command = ""

        var testDescription: String { "\(object).\(name)" }
    }

    private static let collation = #""collation": {"locale": "de"}"#
    private static let common = #"\#(collation), "comment": "c", "hint": "_id_", "maxTimeMS": 5000"#
    private static let commonOfWrites = #""comment": "c", "let": {"v": 1}"#

    private static let reads = [
        Row(
            name: "find",
            arguments: """
                "filter": {"x": 1}, \(common), "allowDiskUse": true, "allowPartialResults": true, "batchSize": 2,
                "let": {"v": 1}, "limit": 3, "max": {"_id": 9}, "min": {"_id": 0}, "noCursorTimeout": true,
                "projection": {"x": 1}, "returnKey": false, "showRecordId": false, "skip": 0, "sort": {"_id": 1}
                """
        ),
        Row(
            name: "find",
            arguments: """
                "cursorType": "tailableAwait", "readConcern": {"level": "local"}, "readPreference": {"mode": "nearest"}
                """,
            command: """
                "find": "coll0", "filter": {}, "tailable": true, "awaitData": true, "readConcern": {"level": "local"},
                "$readPreference": {"mode": "nearest"}
                """
        ),
        Row(
            name: "findOne",
            arguments: #""filter": {"x": 1}, \#(common), "projection": {"x": 1}, "skip": 1, "sort": {"_id": 1}"#
        ),
        Row(
            name: "aggregate",
            arguments:
                #""pipeline": [{"$match": {}}], \#(common), "allowDiskUse": true, "batchSize": 2, "let": {"v": 1}"#,
            command: """
                "pipeline": [{"$match": {}}], \(common), "allowDiskUse": true, "cursor": {"batchSize": 2}, "let": {"v": 1}
                """
        ),
        Row(
            name: "aggregate",
            arguments: #""pipeline": [{"$out": "coll1"}], "bypassDocumentValidation": true, "writeConcern": {"w": 1}"#
        ),
        Row(
            name: "countDocuments",
            arguments: #""filter": {"x": 1}, \#(common), "limit": 3, "skip": 2"#,
            command: """
                "pipeline": [{"$match": {"x": 1}}, {"$skip": 2}, {"$limit": 3}, {"$group": {"$$type": "object"}}], \(common)
                """
        ),
        Row(
            name: "count",
            arguments: #""filter": {"x": 1}, \#(common), "limit": 3, "skip": 2"#,
            command: #""query": {"x": 1}, \#(common), "limit": 3, "skip": 2"#
        ),
        Row(name: "estimatedDocumentCount", arguments: #""comment": "c", "maxTimeMS": 5000"#),
        Row(
            name: "distinct",
            arguments: #""fieldName": "x", "filter": {"x": 1}, \#(common)"#,
            command: #""key": "x", "query": {"x": 1}, \#(common)"#
        ),
        Row(
            name: "mapReduce",
            arguments: """
                "map": {"$code": "function() {}"}, "reduce": "function(k, v) {}", "out": {"inline": 1}, \(collation),
                "comment": "c", "finalize": "function(k, v) {}", "limit": 3, "maxTimeMS": 5000, "scope": {"v": 1},
                "sort": {"_id": 1}, "filter": {"x": 1}, "bypassDocumentValidation": true
                """,
            command: """
                "map": {"$code": "function() {}"}, "reduce": {"$code": "function(k, v) {}"}, "out": {"inline": 1},
                \(collation), "comment": "c", "finalize": {"$code": "function(k, v) {}"}, "limit": 3, "maxTimeMS": 5000,
                "scope": {"v": 1}, "sort": {"_id": 1}, "query": {"x": 1}, "bypassDocumentValidation": true
                """
        ),
        Row(
            name: "createChangeStream",
            arguments: """
                "pipeline": [{"$match": {}}], "batchSize": 2, \(collation), "comment": "c", "fullDocument": "updateLookup",
                "fullDocumentBeforeChange": "whenAvailable", "showExpandedEvents": true,
                "startAtOperationTime": {"$timestamp": {"t": 1, "i": 1}}
                """,
            command: """
                "pipeline": [{"$changeStream": {"fullDocument": "updateLookup", "fullDocumentBeforeChange":
                    "whenAvailable", "showExpandedEvents": true, "startAtOperationTime": {"$timestamp": {"t": 1, "i": 1}}}},
                    {"$match": {}}], "cursor": {"batchSize": 2}, \(collation), "comment": "c"
                """
        ),
        Row(
            name: "watch",
            object: "client0",
            arguments: #""pipeline": [], "resumeAfter": {"_data": "00"}"#,
            command: #""pipeline": [{"$changeStream": {"allChangesForCluster": true, "resumeAfter": {"_data": "00"}}}]"#
        ),
        Row(
            name: "createChangeStream",
            object: "database0",
            arguments: #""pipeline": [], "startAfter": {"_data": "00"}"#,
            command: #""aggregate": 1, "pipeline": [{"$changeStream": {"startAfter": {"_data": "00"}}}]"#
        ),
        Row(
            name: "find",
            object: "bucket0",
            arguments: """
                "filter": {"x": 1}, "allowDiskUse": true, "batchSize": 2, "limit": 3, "maxTimeMS": 5000,
                "noCursorTimeout": true, "skip": 1, "sort": {"_id": 1}
                """
        ),
    ]

    private static let modification =
        #"\#(collation), \#(commonOfWrites), "hint": "_id_", "maxTimeMS": 5000, "sort": {"_id": 1}"#

    private static let writes = [
        Row(
            name: "insertOne",
            arguments: """
                "document": {"_id": 7}, "bypassDocumentValidation": true, "comment": "c",
                "writeConcern": {"w": 1, "journal": true, "wtimeoutMS": 5000}
                """,
            command: """
                "documents": [{"_id": 7}], "bypassDocumentValidation": true, "comment": "c",
                "writeConcern": {"w": 1, "j": true, "wtimeout": 5000}
                """
        ),
        Row(
            name: "insertMany",
            arguments: #""documents": [{"_id": 7}], "bypassDocumentValidation": true, "comment": "c", "ordered": false"#
        ),
        Row(
            name: "updateOne",
            arguments: """
                "filter": {"_id": 1}, "update": {"$set": {"a.$[e]": 1}}, \(commonOfWrites), \(collation), "hint": "_id_",
                "arrayFilters": [{"e": 1}], "bypassDocumentValidation": true, "sort": {"_id": 1}, "upsert": true
                """,
            command: """
                "updates": [{"q": {"_id": 1}, "u": {"$set": {"a.$[e]": 1}}, "multi": {"$$unsetOrMatches": false},
                    \(collation), "hint": "_id_", "arrayFilters": [{"e": 1}], "sort": {"_id": 1}, "upsert": true}],
                    "bypassDocumentValidation": true, \(commonOfWrites)
                """
        ),
        Row(
            name: "updateMany",
            arguments:
                #""filter": {}, "update": [{"$set": {"x": 1}}], \#(commonOfWrites), \#(collation), "hint": "_id_""#,
            command: """
                "updates": [{"q": {}, "u": [{"$set": {"x": 1}}], "multi": true, \(collation), "hint": "_id_"}],
                \(commonOfWrites)
                """
        ),
        Row(
            name: "replaceOne",
            arguments: """
                "filter": {"_id": 1}, "replacement": {"x": 1}, \(commonOfWrites), \(collation), "hint": "_id_",
                "bypassDocumentValidation": true, "sort": {"_id": 1}, "upsert": true
                """,
            command: """
                "updates": [{"q": {"_id": 1}, "u": {"x": 1}, "multi": {"$$unsetOrMatches": false}, \(collation),
                    "hint": "_id_", "sort": {"_id": 1}, "upsert": true}], "bypassDocumentValidation": true, \(commonOfWrites)
                """
        ),
        Row(
            name: "deleteMany",
            arguments: #""filter": {"x": 7}, \#(commonOfWrites), \#(collation), "hint": "_id_""#,
            command: #""deletes": [{"q": {"x": 7}, "limit": 0, \#(collation), "hint": "_id_"}], \#(commonOfWrites)"#
        ),
        Row(
            name: "findOneAndDelete",
            arguments: #""filter": {"x": 7}, \#(modification), "projection": {"x": 1}"#,
            command: #""query": {"x": 7}, "remove": true, \#(modification), "fields": {"x": 1}"#
        ),
        Row(
            name: "findOneAndReplace",
            arguments: """
                "filter": {"x": 7}, "replacement": {"x": 8}, \(modification), "projection": {"x": 1},
                "bypassDocumentValidation": true, "returnDocument": "after", "upsert": true
                """,
            command: """
                "query": {"x": 7}, "update": {"x": 8}, \(modification), "fields": {"x": 1},
                "bypassDocumentValidation": true, "new": true, "upsert": true
                """
        ),
        Row(
            name: "findOneAndUpdate",
            arguments: """
                "filter": {"x": 7}, "update": {"$set": {"a.$[e]": 1}}, \(modification), "projection": {"x": 1},
                "arrayFilters": [{"e": 1}], "bypassDocumentValidation": true, "returnDocument": "After", "upsert": true
                """,
            command: """
                "query": {"x": 7}, "update": {"$set": {"a.$[e]": 1}}, \(modification), "fields": {"x": 1},
                "arrayFilters": [{"e": 1}], "bypassDocumentValidation": true, "new": true, "upsert": true
                """
        ),
        Row(
            name: "bulkWrite",
            arguments: """
                "requests": [{"updateOne": {"filter": {}, "update": {"$set": {"x": 1}}, \(collation), "hint": "_id_",
                    "arrayFilters": [], "sort": {"_id": 1}, "upsert": true}}], \(commonOfWrites),
                "bypassDocumentValidation": true, "ordered": false
                """,
            command: """
                "updates": [{"q": {}, "u": {"$set": {"x": 1}}, "multi": {"$$unsetOrMatches": false}, \(collation),
                    "hint": "_id_", "arrayFilters": [], "sort": {"_id": 1}, "upsert": true}], \(commonOfWrites),
                "bypassDocumentValidation": true, "ordered": false
                """
        ),
    ]

    private static let indexOptions =
        #""hidden": true, "sparse": true, "unique": true, "weights": {"x": 2}, \#(collation)"#

    private static let management = [
        Row(
            name: "createIndex",
            arguments: """
                "keys": {"x": 1}, "name": "n", \(indexOptions), "background": true, "bits": 2, "bucketSize": 3,
                "defaultLanguage": "german", "expireAfterSeconds": 4, "languageOverride": "lang", "max": 1.5, "min": 0.5,
                "partialFilterExpression": {"x": 1}, "sphereVersion": 3, "storageEngine": {}, "textVersion": 3,
                "version": 2, "wildcardProjection": {"x": 1}, "comment": "c", "commitQuorum": "majority", "maxTimeMS": 5000
                """,
            command: """
                "indexes": [{"key": {"x": 1}, "name": "n", \(indexOptions), "background": true, "bits": 2, "bucketSize": 3,
                    "default_language": "german", "expireAfterSeconds": 4, "language_override": "lang", "max": 1.5,
                    "min": 0.5, "partialFilterExpression": {"x": 1}, "2dsphereIndexVersion": 3, "storageEngine": {},
                    "textIndexVersion": 3, "v": 2, "wildcardProjection": {"x": 1}}], "comment": "c",
                "commitQuorum": "majority", "maxTimeMS": 5000
                """
        ),
        Row(
            name: "dropIndex",
            arguments: #""name": "n", "comment": "c", "maxTimeMS": 5000"#,
            command: #""index": "n", "comment": "c", "maxTimeMS": 5000"#
        ),
        Row(name: "dropIndex", arguments: #""keys": {"x": 1}"#, command: #""index": {"x": 1}"#),
        Row(
            name: "listIndexes",
            arguments: #""batchSize": 2, "comment": "c""#,
            command: #""cursor": {"batchSize": 2}, "comment": "c""#
        ),
        Row(
            name: "rename",
            arguments: #""to": "coll1", "dropTarget": true, "comment": "c""#,
            command:
                #""renameCollection": "runner-tests.coll0", "to": "runner-tests.coll1", "dropTarget": true, "comment": "c""#
        ),
        Row(
            name: "createCollection",
            object: "database0",
            arguments: """
                "collection": "coll1", "capped": true, "changeStreamPreAndPostImages": {"enabled": true},
                "clusteredIndex": {"key": {"_id": 1}, "unique": true}, \(collation), "comment": "c",
                "expireAfterSeconds": 5, "indexOptionDefaults": {}, "max": 6, "pipeline": [{"$match": {}}], "size": 7,
                "storageEngine": {}, "timeseries": {"timeField": "t"}, "validationAction": "warn",
                "validationLevel": "strict", "validator": {"x": 1}, "viewOn": "coll0"
                """,
            command: """
                "create": "coll1", "capped": true, "changeStreamPreAndPostImages": {"enabled": true},
                "clusteredIndex": {"key": {"_id": 1}, "unique": true}, \(collation), "comment": "c",
                "expireAfterSeconds": 5, "indexOptionDefaults": {}, "max": 6, "pipeline": [{"$match": {}}], "size": 7,
                "storageEngine": {}, "timeseries": {"timeField": "t"}, "validationAction": "warn",
                "validationLevel": "strict", "validator": {"x": 1}, "viewOn": "coll0"
                """
        ),
        Row(
            name: "modifyCollection",
            object: "database0",
            arguments: """
                "collection": "coll0", "cappedMax": 1, "cappedSize": 2, "changeStreamPreAndPostImages": {"enabled": true},
                "comment": "c", "expireAfterSeconds": "off", "index": {"name": "n"}, "pipeline": [], "timeseries": {},
                "validationAction": "warn", "validationLevel": "off", "validator": {}, "viewOn": "coll0"
                """,
            command: """
                "collMod": "coll0", "cappedMax": 1, "cappedSize": 2, "changeStreamPreAndPostImages": {"enabled": true},
                "comment": "c", "expireAfterSeconds": "off", "index": {"name": "n"}, "pipeline": [], "timeseries": {},
                "validationAction": "warn", "validationLevel": "off", "validator": {}, "viewOn": "coll0"
                """
        ),
        Row(
            name: "listCollections",
            object: "database0",
            arguments: #""filter": {"x": 1}, "batchSize": 2, "comment": "c""#,
            command: #""filter": {"x": 1}, "cursor": {"batchSize": 2}, "comment": "c""#
        ),
        Row(
            name: "listCollectionNames",
            object: "database0",
            arguments: #""filter": {"name": "a"}, "authorizedCollections": true"#,
            command: #""filter": {"name": "a"}, "nameOnly": true, "authorizedCollections": true"#
        ),
        Row(
            name: "listDatabases",
            object: "client0",
            arguments: #""filter": {"name": "x"}, "authorizedDatabases": true, "comment": "c""#
        ),
        Row(
            name: "dropCollection",
            object: "database0",
            arguments: #""collection": "coll0", "comment": "c""#,
            command: #""drop": "coll0", "comment": "c""#
        ),
        Row(
            name: "runCommand",
            object: "database0",
            arguments:
                #""commandName": "count", "command": {"x": 2, "count": "a"}, "readPreference": {"mode": "nearest"}"#,
            command: #""count": "a", "x": 2, "$readPreference": {"mode": "nearest"}"#
        ),
    ]

    @Test("They are all in the command", arguments: reads + writes + management)
    private func passedOn(_ row: Row) async throws {
        let command = row.command.isEmpty ? row.arguments : row.command
        try await RunnerTests.run(
            RunnerTests.operation(row.name, on: row.object, row.arguments, #", "ignoreResultAndError": true"#),
            rest: """
                , "expectEvents": [{"client": "client0", "ignoreExtraEvents": true,
                                    "events": [{"commandStartedEvent": {"command": {\(command)}}}]}]
                """
        )
    }

    @Test("Those of the commands that follow are in them")
    func followingCommands() async throws {
        try await RunnerTests.run(
            RunnerTests.operation(
                "runCursorCommand",
                on: "database0",
                """
                "commandName": "find", "command": {"find": "coll0", "batchSize": 1}, "batchSize": 5, "comment": "c"
                """
            ) + ","
                + RunnerTests.operation(
                    "startTransaction",
                    on: "session0",
                    """
                    "readConcern": {"level": "local"}, "readPreference": {"mode": "primary"},
                    "writeConcern": {"w": "majority"}, "maxCommitTimeMS": 5000
                    """
                ) + "," + RunnerTests.operation("find", on: "collection0", #""session": "session0""#) + ","
                + RunnerTests.operation("commitTransaction", on: "session0", #""timeoutMS": 7000"#),
            rest: """
                , "expectEvents": [{"client": "client0", "events": [
                    {"commandStartedEvent": {"commandName": "find"}},
                    {"commandStartedEvent": {"command": {"getMore": {"$$type": "long"}, "batchSize": 5, "comment": "c"}}},
                    {"commandStartedEvent": {"command": {"find": "coll0", "readConcern": {"level": "local"},
                        "lsid": {"$$sessionLsid": "session0"}}}},
                    {"commandStartedEvent": {"command": {"commitTransaction": 1, "writeConcern": {"w": "majority"},
                        "maxTimeMS": {"$$lte": 7000}}}}]}]
                """
        )
    }

    @Test("Those of an upload are in the file's document")
    func upload() async throws {
        let files = """
            "entities": [{"collection": {"id": "files", "database": "database0", "collectionName": "fs.files"}}]
            """
        let told = #""contentType": "text/plain", "aliases": ["b", "c"], "metadata": {"d": 1}"#
        try await RunnerTests.run(
            RunnerTests.operation(
                "upload",
                on: "bucket0",
                #""filename": "told", "source": {"$$hexBytes": "00ff"}, "chunkSizeBytes": 8, \#(told)"#
            ) + "," + RunnerTests.special("createEntities", files) + ","
                + RunnerTests.operation(
                    "find",
                    on: "files",
                    #""filter": {"filename": "told"}"#,
                    #", "expectResult": [{"length": 2, "chunkSize": 8, \#(told)}]"#
                )
        )
    }

    @Test(
        "Those that an operation does not have are refused",
        arguments: [
            (
                "runCommand", "database0",
                #""commandName": "ping", "command": {"ping": 1}, "readConcern": {"level": "local"}"#
            ),
            ("runCommand", "database0", #""command": {"ping": 1}"#),
            ("createCommandCursor", "database0", #""commandName": "find", "command": {"ping": 1}"#),
            ("insertOne", "collection0", #""document": {"x": [{"y": {"$$placeholder": 1}}]}"#),
            ("createFindCursor", "collection0", ""), ("createChangeStream", "collection0", ""),
            ("updateOne", "collection0", #""filter": {}, "update": {"$set": {"x": 1}}, "multi": true"#),
            ("insertOne", "collection0", #""document": {}, "ordered": true"#),
            ("find", "collection0", #""filter": {}, "readPreference": {"mode": "nearest", "tags": {}}"#),
            ("find", "collection0", #""filter": {}, "readConcern": {"mode": "local"}"#),
            ("insertOne", "collection0", #""document": {}, "writeConcern": {"w": 1, "j": true}"#),
            ("bulkWrite", "collection0", #""requests": [{"insertOne": {"document": {}, "upsert": true}}]"#),
            ("bulkWrite", "collection0", #""requests": [{"upsertOne": {"filter": {}}}]"#),
            (
                "findOneAndUpdate", "collection0",
                #""filter": {}, "update": {"$set": {"x": 1}}, "returnDocument": "new""#
            ),
            ("find", "collection0", #""filter": {}, "cursorType": "eternal""#),
            ("find", "collection0", #""filter": {}, "limit": "3""#),
            ("createIndex", "collection0", #""keys": {"x": 1}, "sparce": true"#),
            ("upload", "bucket0", #""filename": "a", "source": {"$$hexBytes": "0"}"#),
            ("upload", "bucket0", #""filename": "a", "source": {"bytes": "00"}"#),
            ("startTransaction", "session0", #""maxTimeMS": 5"#),
            ("listDatabases", "client0", #""batchSize": 5"#),
        ]
    )
    func refused(_ name: String, _ object: String, _ arguments: String) async throws {
        let operation = RunnerTests.operation(name, on: object, arguments, #", "ignoreResultAndError": true"#)
        await #expect(throws: UnifiedTestFailure.self) { try await RunnerTests.run(operation) }
    }
}
