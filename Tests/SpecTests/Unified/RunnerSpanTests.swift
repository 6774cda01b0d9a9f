// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/open-telemetry/open-telemetry.md

import Testing

#if Tracing
/// Spans of what the specification's table of operations covers.
@Suite("The spans of unified tests")
struct RunnerSpanTests {
    private static let client = RunnerTests.special(
        "createEntities",
        """
        "entities": [{"client": {"id": "traced", "observeTracingMessages": {"enableCommandPayload": false}}},
            {"database": {"id": "db", "client": "traced", "databaseName": "runner-tests"}},
            {"collection": {"id": "coll", "database": "db", "collectionName": "coll0"}},
            {"session": {"id": "session", "client": "traced"}}]
        """
    )

    private static func operation(_ name: String, on object: String, _ arguments: String) -> String {
        RunnerTests.operation(name, on: object, arguments)
    }

    /// The span of an operation and that of its one command, with everything that the specification asks of them.
    private static func span(
        _ operation: String,
        _ command: String,
        on target: String,
        more: String = ""
    ) -> String {
        let names = target.split(separator: ".")
        let collection = names.count > 1 ? "\"\(names[1])\"" : #"{"$$exists": false}"#
        let common = """
            "db.system.name": "mongodb", "db.namespace": "\(names[0])", "db.collection.name": \(collection),
            "exception.message": {"$$exists": false}, "exception.type": {"$$exists": false},
            "exception.stacktrace": {"$$exists": false}, "db.response.status_code": {"$$exists": false}
            """
        return """
            {"name": "\(operation) \(target)", "attributes": {\(common), "db.operation.name": "\(operation)",
                "db.operation.summary": "\(operation) \(target)"},
             "nested": [{"name": "\(command)", "attributes": {\(common), "db.command.name": "\(command)",
                "db.query.summary": "\(command) \(target)", "db.query.text": {"$$exists": false},
                "db.mongodb.lsid": {"$$type": "string"}, "network.transport": "tcp", "server.address": "127.0.0.1",
                "server.port": {"$$type": "long"}, "db.mongodb.server_connection_id": {"$$type": "long"},
                "db.mongodb.driver_connection_id": {"$$type": "long"}\(more)}}]}
            """
    }

    private func run(_ operations: [String], _ spans: [String]) async throws {
        try await RunnerTests.run(
            ([Self.client] + operations).joined(separator: ","),
            rest: """
                , "expectTracingMessages": {"client": "traced", "spans": [\(spans.joined(separator: ","))]}
                """
        )
    }

    @Test("Operations have the names that the specification gives them, and their commands are in them")
    func operations() async throws {
        let target = "runner-tests.coll0"
        try await run(
            [
                Self.operation("createIndex", on: "coll", #""keys": {"x": 1}"#),
                Self.operation("distinct", on: "coll", #""fieldName": "x", "filter": {}"#),
                Self.operation("insertOne", on: "coll", #""document": {"_id": 3}"#),
                Self.operation("insertMany", on: "coll", #""documents": [{"_id": 4}]"#),
                Self.operation("bulkWrite", on: "coll", #""requests": [{"insertOne": {"document": {"_id": 5}}}]"#),
                Self.operation("deleteOne", on: "coll", #""filter": {}"#),
                Self.operation("countDocuments", on: "coll", #""filter": {}"#),
                Self.operation(
                    "createCollection",
                    on: "db",
                    #""collection": "view", "viewOn": "coll0", "pipeline": []"#
                ),
                Self.operation("dropCollection", on: "db", #""collection": "view""#),
                Self.operation("listCollections", on: "db", ""),
                Self.operation("listDatabases", on: "traced", ""),
                Self.operation("listDatabaseNames", on: "traced", ""),
                Self.operation(
                    "runCommand",
                    on: "db",
                    #""commandName": "dropDatabase", "command": {"dropDatabase": 1}"#
                ),
            ],
            [
                Self.span("createIndexes", "createIndexes", on: target),
                Self.span("distinct", "distinct", on: target),
                Self.span("insert", "insert", on: target, more: #", "db.mongodb.txn_number": {"$$exists": true}"#),
                Self.span("insert", "insert", on: target),
                Self.span("bulkWrite", "insert", on: target),
                Self.span("delete", "delete", on: target),
                Self.span("aggregate", "aggregate", on: target),
                Self.span("createCollection", "create", on: "runner-tests.view"),
                Self.span("dropCollection", "drop", on: "runner-tests.view"),
                Self.span("listCollections", "listCollections", on: "runner-tests"),
                Self.span("listDatabases", "listDatabases", on: "admin"),
                Self.span("listDatabases", "listDatabases", on: "admin"),
                Self.span("runCommand", "dropDatabase", on: "runner-tests"),
            ]
        )
    }

    @Test("A cursor's number is told by the commands that make it, use it and end it")
    func cursors() async throws {
        let target = "runner-tests.coll0"
        let number = #", "db.mongodb.cursor_id": {"$$type": "long"}"#
        try await run(
            [
                Self.operation("insertMany", on: "coll", #""documents": [{"_id": 3}, {"_id": 4}, {"_id": 5}]"#),
                RunnerTests.operation(
                    "createFindCursor",
                    on: "coll",
                    #""filter": {}, "batchSize": 2"#,
                    #", "saveResultAsEntity": "cursor""#
                ),
                Self.operation("iterateOnce", on: "cursor", ""), Self.operation("iterateOnce", on: "cursor", ""),
                Self.operation("iterateOnce", on: "cursor", ""), Self.operation("close", on: "cursor", ""),
            ],
            [
                Self.span("insert", "insert", on: target),
                Self.span("find", "find", on: target, more: number),
                Self.span("getMore", "getMore", on: target, more: number),
                Self.span("killCursors", "killCursors", on: target, more: number),
            ]
        )
    }

    @Test("A transaction's operations and its end are in its span, which says nothing else")
    func transactions() async throws {
        let insert = #""document": {"_id": 3}, "session": "session""#
        let number = #", "db.mongodb.txn_number": {"$$type": "long"}"#
        func transaction(_ end: String) -> String {
            """
            {"name": "transaction", "attributes": {"db.system.name": "mongodb", "db.namespace": {"$$exists": false},
                "db.operation.name": {"$$exists": false}}, "nested": [
                \(Self.span("insert", "insert", on: "runner-tests.coll0", more: number)),
                \(Self.span(end, end, on: "admin", more: number))]}
            """
        }
        try await run(
            [
                Self.operation("startTransaction", on: "session", ""), Self.operation("insertOne", on: "coll", insert),
                Self.operation("abortTransaction", on: "session", ""),
                Self.operation("startTransaction", on: "session", ""), Self.operation("insertOne", on: "coll", insert),
                Self.operation("commitTransaction", on: "session", ""),
                Self.operation("find", on: "coll", #""filter": {}, "session": "session""#),
            ],
            [
                transaction("abortTransaction"), transaction("commitTransaction"),
                Self.span("find", "find", on: "runner-tests.coll0"),
            ]
        )
    }

    @Test("An error is told by the command that met it, and by the operation when no command did")
    func errors() async throws {
        let exception = """
            "exception.message": {"$$type": "string"}, "exception.type": {"$$type": "string"},
            "exception.stacktrace": {"$$type": "string"}
            """
        try await run(
            [
                RunnerTests.operation(
                    "find",
                    on: "coll",
                    #""filter": {"$unheardOf": 1}"#,
                    #", "expectError": {"errorCode": 2}"#
                ),
                Self.operation("startTransaction", on: "session", #""readPreference": {"mode": "secondary"}"#),
                RunnerTests.operation(
                    "find",
                    on: "coll",
                    #""filter": {}, "session": "session""#,
                    #", "expectError": {"isClientError": true}"#
                ),
            ],
            [
                """
                {"name": "find runner-tests.coll0", "attributes": {"exception.message": {"$$exists": false}}, "nested": [
                    {"name": "find", "attributes": {\(exception), "db.response.status_code": "2"}}]}
                """,
                #"{"name": "find runner-tests.coll0", "attributes": {\#(exception)}}"#,
            ]
        )
    }
}
#endif
