// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import Testing

@testable import MongoNIO

/// What spans are called and what they say, without anybody who collects them.
@Suite("Spans")
struct TracingTests {
    private static let enabled = "OTEL_SWIFT_INSTRUMENTATION_MONGODB_ENABLED"
    private static let length = "OTEL_SWIFT_INSTRUMENTATION_MONGODB_QUERY_TEXT_MAX_LENGTH"

    @Test(
        "The program goes before the environment, and what makes no sense is as if it were not there",
        arguments: [
            (nil, nil, [:], false, 0), (true, nil, [:], true, 0), (nil, nil, [enabled: "1"], true, 0),
            (nil, nil, [enabled: "TRUE"], true, 0), (nil, nil, [enabled: "yes"], true, 0),
            (nil, nil, [enabled: "on"], false, 0), (nil, nil, [enabled: ""], false, 0),
            (false, nil, [enabled: "true"], false, 0), (true, nil, [enabled: "false"], true, 0),
            (true, nil, [length: "1024"], true, 1024), (true, 10, [length: "1024"], true, 10),
            (true, 0, [length: "1024"], true, 0), (true, nil, [length: "long"], true, 0),
            (true, nil, [length: "-1"], true, 0), (true, -5, [:], true, 0),
        ] as [(Bool?, Int?, [String: String], Bool, Int)]
    )
    func settings(_ enabled: Bool?, _ length: Int?, _ environment: [String: String], _ isOn: Bool, _ text: Int) {
        let options = TracingOptions(enabled: enabled, queryTextMaxLength: length)
        let settings = TracingSettings(options, environment: environment)
        #expect(settings.isEnabled == isOn)
        #expect(settings.queryTextLength == text)
    }

    @Test("Operations are called as the specification calls them, with what they work on")
    func operations() throws {
        let namespace = MongoNamespace(database: "home", collection: "kittens")
        let find = FindOperation(namespace: namespace, filter: [:], options: FindOptions())
        #expect(SpanSubject(operation: find).summary == "find home.kittens")
        let create = try AdministrationOperation.create(namespace, CreateCollectionOptions())
        #expect(SpanSubject(operation: create).summary == "createCollection home.kittens")
        #expect(SpanSubject(command: create).summary == "create home.kittens")
        let drop = try AdministrationOperation.drop(namespace, comment: nil)
        #expect(SpanSubject(operation: drop).summary == "dropCollection home.kittens")
        let list = try CursorCommandOperation.listCollections(in: "home", ListCollectionsOptions(), nameOnly: true)
        #expect(SpanSubject(operation: list).summary == "listCollections home")
        let indexes = try CursorCommandOperation.listIndexes(namespace, ListIndexesOptions())
        #expect(SpanSubject(operation: indexes).summary == "listIndexes home.kittens")
        let rename = try AdministrationOperation.rename(namespace, to: namespace, RenameCollectionOptions())
        #expect(SpanSubject(operation: rename).summary == "renameCollection admin")
        let command = RunCommandOperation(database: "home", command: ["ping": 1])
        #expect(SpanSubject(operation: command).summary == "runCommand home")
        #expect(SpanSubject(command: command).summary == "ping home")
        #expect(SpanSubject(operation: CommitTransactionOperation()).summary == "commitTransaction admin")
        let more = GetMoreOperation(cursorID: 5, namespace: namespace)
        #expect(SpanSubject(operation: more).summary == "getMore home.kittens")
    }

    @Test("A command's span says where the command went and what it belongs to")
    func command() throws {
        let uuid = BSONBinary(bytes: Array(0..<16), subtype: .uuid)
        let body: BSONDocument = [
            "getMore": .int64(77), "collection": "kittens", "lsid": ["id": .binary(uuid)], "txnNumber": .int64(3),
        ]
        let info = CommandInfo(
            commandName: "getMore",
            databaseName: "home",
            requestID: 1,
            operationID: 1,
            address: try ServerAddress("db.example.com:27018"),
            driverConnectionID: 4,
            serverConnectionID: 9,
            serviceID: nil
        )
        let subject = SpanSubject("getMore", database: "home", collection: "kittens")
        let attributes = CommandSpan.attributes(subject, info, body: body)
        #expect(attributes["db.system.name"] == .string("mongodb"))
        #expect(attributes["db.namespace"] == .string("home"))
        #expect(attributes["db.collection.name"] == .string("kittens"))
        #expect(attributes["db.command.name"] == .string("getMore"))
        #expect(attributes["db.query.summary"] == .string("getMore home.kittens"))
        #expect(attributes["network.transport"] == .string("tcp"))
        #expect(attributes["server.address"] == .string("db.example.com"))
        #expect(attributes["server.port"] == .int(27018))
        #expect(attributes["db.mongodb.driver_connection_id"] == .int(4))
        #expect(attributes["db.mongodb.server_connection_id"] == .int(9))
        #expect(attributes["db.mongodb.cursor_id"] == .int(77))
        #expect(attributes["db.mongodb.txn_number"] == .int(3))
        #expect(attributes["db.mongodb.lsid"] == .string("00010203-0405-0607-0809-0a0b0c0d0e0f"))
        #expect(attributes["db.query.text"] == nil)
    }

    @Test("The text of a command leaves out what every command has, and is cut")
    func text() {
        let command: BSONDocument = [
            "find": "kittens", "filter": ["color": "orange"], "lsid": ["id": 1], "$clusterTime": ["signature": 1],
            "$db": "home",
        ]
        #expect(CommandSpan.text(of: command, length: 1000) == #"{"find": "kittens", "filter": {"color": "orange"}}"#)
        #expect(CommandSpan.text(of: command, length: 8) == #"{"find":..."#)
    }

    @Test("An error is told without the server's words, with what caused it")
    func error() {
        let cause = MongoError(.network, "the connection broke")
        let server = MongoError.ServerReply(code: 11000, codeName: "DuplicateKey", message: "dup key: { secret: 1 }")
        let error = MongoError(.command, "refused", server: server, underlying: cause)
        let attributes = SpanAttributeList.of(error)
        #expect(attributes["db.response.status_code"] == .string("11000"))
        #expect(attributes["exception.type"] == .string("MongoError.command"))
        #expect(attributes["exception.message"] == .string("refused"))
        let chain = "MongoError(command): refused\ncaused by MongoError(network): the connection broke"
        #expect(attributes["exception.stacktrace"] == .string(chain))
    }
}
