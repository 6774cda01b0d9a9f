// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import MongoNIO
import Testing

/// What the runner of unified tests has to know beside what the specifications' own files happen to use: cases of our own,
/// which pass or fail as they should.
@Suite("The runner of unified tests")
struct RunnerTests {
    private static let entities = """
        [{"client": {"id": "client0", "observeEvents": ["commandStartedEvent", "poolCreatedEvent", "poolReadyEvent",
            "poolClosedEvent"], "ignoreCommandMonitoringEvents": ["ping"]}},
         {"database": {"id": "database0", "client": "client0", "databaseName": "runner-tests"}},
         {"database": {"id": "admin", "client": "client0", "databaseName": "admin"}},
         {"collection": {"id": "collection0", "database": "database0", "collectionName": "coll0"}},
         {"session": {"id": "session0", "client": "client0"}},
         {"bucket": {"id": "bucket0", "database": "database0"}},
         {"thread": {"id": "thread0"}}]
        """

    /// - Parameters:
    ///   - operations: The operations, as JSON without the brackets.
    ///   - rest: Other fields of the case.
    static func run(
        _ operations: String,
        rest: String = "",
        requires: String = #"{"topologies": ["replicaset"]}"#
    ) async throws {
        let file = try BSONDocument(
            extendedJSON: """
                {"description": "own", "schemaVersion": "1.28", "runOnRequirements": [\(requires)],
                 "createEntities": \(entities),
                 "initialData": [{"databaseName": "runner-tests", "collectionName": "coll0",
                                  "documents": [{"_id": 1, "x": 11}, {"_id": 2, "x": 22}]}],
                 "tests": [{"description": "own", "operations": [\(operations)]\(rest)}]}
                """
        )
        try Shape.unifiedTestFile.validate(.document(file))
        let test = try #require(file["tests"]?[0]?.documentValue)
        try await CaseRunner(file: file, test: test).run()
    }

    static func operation(_ name: String, on object: String, _ arguments: String, _ rest: String = "") -> String {
        #"{"name": "\#(name)", "object": "\#(object)", "arguments": {\#(arguments)}\#(rest)}"#
    }

    static func special(_ name: String, _ arguments: String) -> String {
        operation(name, on: "testRunner", arguments)
    }

    @Test(
        "What the format describes is carried out",
        arguments: [
            // The topology.
            operation("find", on: "collection0", #""filter": {}"#) + ","
                + special("recordTopologyDescription", #""client": "client0", "id": "topology0""#) + ","
                + special(
                    "assertTopologyType",
                    #""topologyDescription": "topology0", "topologyType": "ReplicaSetWithPrimary""#
                ),
            // GridFS.
            operation(
                "uploadWithId",
                on: "bucket0",
                #""id": 1, "filename": "a", "source": {"$$hexBytes": "0102"}, "chunkSizeBytes": 1, "metadata": {"y": 1}"#
            ) + "," + operation("rename", on: "bucket0", #""id": 1, "newFilename": "b""#) + ","
                + operation("renameByName", on: "bucket0", #""filename": "b", "newFilename": "c""#) + ","
                + operation(
                    "find",
                    on: "bucket0",
                    #""filter": {}"#,
                    #", "expectResult": [{"_id": 1, "filename": "c", "length": 2, "chunkSize": 1, "metadata": {"y": 1}}]"#
                ) + ","
                + operation(
                    "downloadByName",
                    on: "bucket0",
                    #""filename": "c", "revision": 0"#,
                    #", "expectResult": {"$$matchesHexBytes": "0102"}"#
                ) + "," + operation("deleteByName", on: "bucket0", #""filename": "c""#) + ","
                + operation("download", on: "bucket0", #""id": 1"#, #", "expectError": {"isError": true}"#) + ","
                + operation("drop", on: "bucket0", ""),
            // Snapshots: the time of one session is that of another.
            special(
                "createEntities",
                #""entities": [{"session": {"id": "session1", "client": "client0", "sessionOptions": {"snapshot": true}}}]"#
            ) + "," + operation("find", on: "collection0", #""filter": {}, "session": "session1""#) + ","
                + operation("getSnapshotTime", on: "session1", "", #", "saveResultAsEntity": "time""#) + ","
                + special(
                    "createEntities",
                    """
                    "entities": [{"session": {"id": "session2", "client": "client0",
                        "sessionOptions": {"snapshot": true, "snapshotTime": "time"}}}]
                    """
                ) + ","
                + operation(
                    "find",
                    on: "collection0",
                    #""filter": {"_id": 1}, "session": "session2""#,
                    #", "expectResult": [{"_id": 1, "x": {"$$lte": 11}}]"#
                ),
            // Indexes and collections.
            operation(
                "createIndexes",
                on: "collection0",
                #""models": [{"keys": {"x": 1}, "name": "x", "sparse": true}, {"keys": {"y": 1}}]"#,
                #", "expectResult": ["x", "y_1"]"#
            ) + ","
                + special(
                    "assertIndexExists",
                    #""databaseName": "runner-tests", "collectionName": "coll0", "indexName": "x""#
                ) + "," + operation("dropIndexes", on: "collection0", "") + ","
                + special(
                    "assertIndexNotExists",
                    #""databaseName": "runner-tests", "collectionName": "coll0", "indexName": "x""#
                ) + "," + operation("drop", on: "collection0", #""comment": "gone""#) + ","
                + special("assertCollectionNotExists", #""databaseName": "runner-tests", "collectionName": "coll0""#)
                + ","
                + operation(
                    "createCollection",
                    on: "database0",
                    #""collection": "coll0", "capped": true, "size": 4096"#
                )
                + "," + operation("rename", on: "collection0", #""to": "coll1", "dropTarget": true, "comment": 1"#)
                + ","
                + special("assertCollectionExists", #""databaseName": "runner-tests", "collectionName": "coll1""#) + ","
                + operation("dropDatabase", on: "database0", #""comment": "gone""#),
            // Threads.
            special(
                "runOnThread",
                #""thread": "thread0", "operation": "#
                    + operation("insertOne", on: "collection0", #""document": {"_id": 3}"#)
            ) + "," + special("waitForThread", #""thread": "thread0""#) + ","
                + operation("countDocuments", on: "collection0", #""filter": {}"#, #", "expectResult": 3"#),
            // A transaction, its states, and what withTransaction lets through.
            operation("startTransaction", on: "session0", "") + ","
                + special("assertSessionTransactionState", #""session": "session0", "state": "starting""#) + ","
                + operation("insertOne", on: "collection0", #""document": {"_id": 4}, "session": "session0""#) + ","
                + special("assertSessionTransactionState", #""session": "session0", "state": "in_progress""#) + ","
                + operation("abortTransaction", on: "session0", "") + ","
                + special("assertSessionTransactionState", #""session": "session0", "state": "aborted""#) + ","
                + special("assertSessionUnpinned", #""session": "session0""#) + ","
                + special("assertSessionNotDirty", #""session": "session0""#) + ","
                + operation(
                    "withTransaction",
                    on: "session0",
                    #""callback": ["#
                        + operation(
                            "insertOne",
                            on: "collection0",
                            #""document": {"_id": 1}, "session": "session0""#,
                            #", "expectError": {"errorCode": 11000, "errorCodeName": "duplicatekey"}"#
                        ) + "]",
                    #", "expectError": {"isClientError": false, "errorContains": "E11000", "isTimeoutError": false}"#
                ),
            // Events kept under a name, from before version 1.28, and options of the connection string in all their forms.
            special(
                "createEntities",
                """
                "entities": [{"client": {"id": "client1", "uriOptions": {"readPreference": "secondaryPreferred",
                    "readPreferenceTags": ["dc:ny,rack:1", ""], "maxStalenessSeconds": 120, "appName": "own",
                    "retryReads": false, "compressors": ["zlib"], "maxIdleTimeMS": 5000},
                    "storeEventsAsEntities": [{"id": "events", "events": ["CommandStartedEvent"]}]}},
                    {"client": {"id": "client2", "uriOptions": {"directConnection": true}}},
                    {"database": {"id": "database1", "client": "client1", "databaseName": "runner-tests", "databaseOptions":
                        {"readConcern": {"level": "local"}, "readPreference": {"mode": "nearest", "tagSets": [{}],
                            "hedge": {"enabled": true}}, "writeConcern": {"w": "majority", "wtimeoutMS": 5000},
                            "timeoutMS": 10000}}}]
                """
            ) + ","
                + operation(
                    "runCommand",
                    on: "database1",
                    #""commandName": "ping", "command": {"ping": 1}, "readPreference": {"mode": "secondaryPreferred"}"#
                ),
        ]
    )
    func carriedOut(_ operations: String) async throws {
        try await Self.run(operations)
    }

    @Test("The primary's change is waited for")
    func primaryChange() async throws {
        try await Self.run(
            [
                Self.operation("find", on: "collection0", #""filter": {}"#),
                Self.special("recordTopologyDescription", #""client": "client0", "id": "before""#),
                Self.operation(
                    "runCommand",
                    on: "admin",
                    #""commandName": "replSetStepDown", "command": {"replSetStepDown": 20, "force": true}"#
                ),
                Self.special(
                    "waitForPrimaryChange",
                    #""client": "client0", "priorTopologyDescription": "before", "timeoutMS": 30000"#
                ),
            ].joined(separator: ",")
        )
    }

    @Test("Events of pools are matched, those of commands that are ignored are not there")
    func events() async throws {
        try await Self.run(
            [
                Self.operation("runCommand", on: "database0", #""commandName": "ping", "command": {"ping": 1}"#),
                Self.operation("find", on: "collection0", #""filter": {}"#),
                Self.operation("close", on: "client0", ""),
            ].joined(separator: ","),
            rest: """
                , "expectEvents": [
                    {"client": "client0", "eventType": "cmap", "events": [{"poolCreatedEvent": {}}, {"poolReadyEvent": {}},
                        {"poolClosedEvent": {}}]},
                    {"client": "client0", "ignoreExtraEvents": true,
                     "events": [{"commandStartedEvent": {"commandName": "find", "databaseName": "runner-tests"}}]}],
                 "outcome": [{"databaseName": "runner-tests", "collectionName": "coll0",
                              "documents": [{"x": 11, "_id": 1}, {"_id": 2, "x": 22}]}]
                """
        )
    }

    @Test(
        "What does not come about as it is described fails",
        arguments: [
            operation("find", on: "collection0", #""filter": {}, "limt": 1"#),
            operation("findNothing", on: "collection0", #""filter": {}"#),
            operation("find", on: "nobody", #""filter": {}"#),
            operation("find", on: "collection0", #""filter": {}"#, #", "expectResult": [{"_id": 1}]"#),
            operation("find", on: "collection0", #""filter": {}"#, #", "expectError": {"isError": true}"#),
            operation("find", on: "collection0", #""filter": {"$where": {}}"#),
            operation(
                "insertOne",
                on: "collection0",
                #""document": {"_id": 1}"#,
                #", "expectError": {"errorCode": 5}"#
            ),
            operation(
                "insertOne",
                on: "collection0",
                #""document": {"_id": 1}"#,
                #", "expectError": {"isClientError": true}"#
            ),
            operation("drop", on: "collection0", "", #", "saveResultAsEntity": "nothing""#),
            special("createEntities", #""entities": [{"thread": {"id": "thread0"}}]"#),
            special("createEntities", #""entities": [{"session": {"id": "session1", "client": "session0"}}]"#),
            special("unheardOf", ""), special("assertSessionDirty", #""session": "session0""#),
            special("assertSessionPinned", #""session": "session0""#),
            special("assertSessionTransactionState", #""session": "session0", "state": "committed""#),
            special("assertCollectionExists", #""databaseName": "runner-tests", "collectionName": "nowhere""#),
            special(
                "assertIndexExists",
                #""databaseName": "runner-tests", "collectionName": "coll0", "indexName": "z""#
            ),
            special("assertNumberConnectionsCheckedOut", #""client": "client0", "connections": 1"#),
            special("assertEventCount", #""client": "client0", "event": {"commandStartedEvent": {}}, "count": 1"#),
            special("assertSameLsidOnLastTwoCommands", #""client": "client0""#),
            special("recordTopologyDescription", #""client": "client0", "id": "topology0""#) + ","
                + special("assertTopologyType", #""topologyDescription": "topology0", "topologyType": "Sharded""#),
            special(
                "runOnThread",
                #""thread": "thread0", "operation": "#
                    + operation("find", on: "collection0", #""filter": {}"#, #", "expectResult": []"#)
            ) + "," + special("waitForThread", #""thread": "thread0""#),
            special(
                "targetedFailPoint",
                #""session": "session0", "failPoint": {"configureFailPoint": "failCommand", "mode": "off"}"#
            ),
        ]
    )
    func failing(_ operations: String) async throws {
        await #expect(throws: UnifiedTestFailure.self) { try await Self.run(operations) }
    }

    @Test("What an outcome or a list of events leaves out fails")
    func incomplete() async throws {
        let find = Self.operation("find", on: "collection0", #""filter": {}"#)
        for rest in [
            #", "outcome": [{"databaseName": "runner-tests", "collectionName": "coll0", "documents": [{"_id": 1, "x": 11}]}]"#,
            #", "expectEvents": [{"client": "client0", "events": []}]"#,
            #", "expectEvents": [{"client": "client0", "events": [{"commandStartedEvent": {"hasServiceId": true}}]}]"#,
        ] {
            await #expect(throws: UnifiedTestFailure.self) { try await Self.run(find, rest: rest) }
        }
    }

    @Test("What fails on a thread fails the case, whether or not the case waits for the thread")
    func threads() async throws {
        let operation = Self.operation("find", on: "collection0", #""filter": {}"#, #", "expectResult": []"#)
        let onThread = Self.special("runOnThread", #""thread": "thread0", "operation": \#(operation)"#)
        await #expect(throws: UnifiedTestFailure.self) { try await Self.run(onThread) }
    }

    @Test("Fail points hit neither the outcome nor the next case")
    func failPoints() async throws {
        let failPoint = """
            "client": "client0", "failPoint": {"configureFailPoint": "failCommand", "mode": "alwaysOn",
                "data": {"failCommands": ["find", "insert"], "errorCode": 8}}
            """
        let outcome = """
            , "outcome": [{"databaseName": "runner-tests", "collectionName": "coll0",
                           "documents": [{"_id": 1, "x": 11}, {"_id": 2, "x": 22}]}]
            """
        try await Self.run(Self.special("failPoint", failPoint), rest: outcome)
        try await Self.run(Self.operation("insertOne", on: "collection0", #""document": {"_id": 3}"#))
    }

    @Test("A case says why it cannot run")
    func skips() async throws {
        await #expect(throws: UnifiedTestSkip.self) { try await Self.run("", rest: #", "skipReason": "not today""#) }
        await #expect(throws: UnifiedTestSkip.self) {
            try await Self.run("", requires: #"{"minServerVersion": "99.0"}"#)
        }
        for operation in [
            Self.special("loop", #""operations": []"#),
            Self.operation("find", on: "collection0", #""filter": {}, "oplogReplay": true"#),
            Self.operation("listCollections", on: "database0", #""nameOnly": true"#),
        ] {
            await #expect(throws: UnifiedTestSkip.self) { try await Self.run(operation) }
        }
        let encrypted = """
            "entities": [{"client": {"id": "client1", "autoEncryptOpts": {"keyVaultNamespace": "a.b",
                "kmsProviders": {"local": {"key": "x"}}}}}]
            """
        await #expect(throws: UnifiedTestSkip.self) { try await Self.run(Self.special("createEntities", encrypted)) }
    }
}
