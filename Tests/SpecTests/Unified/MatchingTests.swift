// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import Testing

/// A runner that passes everything would pass every test: here is what it must refuse.
@Suite("The matching of unified tests")
struct MatchingTests {
    private let values = ValueMatcher(entities: EntityMap())

    private func matches(_ expected: BSON, _ actual: BSON?, isRoot: Bool = true) -> Bool {
        (try? values.match(expected, actual, isRoot: isRoot, path: "value")) != nil
    }

    @Test("Numbers are compared by value, decimals and everything else by type as well")
    func numbers() {
        #expect(matches(.int32(1), .int64(1)))
        #expect(matches(.int32(1), .double(1)))
        #expect(!matches(.int32(1), .double(1.5)))
        #expect(!matches(.int32(1), .decimal128(BSONDecimal128(1))))
        #expect(!matches(.int32(1), .bool(true)))
        #expect(!matches(.string("1"), .int32(1)))
        #expect(!matches(.null, nil))
    }

    @Test("Only root documents may have fields that are not expected")
    func extraFields() {
        #expect(matches(["x": 1], ["y": 2, "x": 1]))
        #expect(!matches(["x": 1], ["y": 2, "x": 1], isRoot: false))
        #expect(!matches(["x": ["y": 1]], ["x": ["y": 1, "z": 1]]))
        #expect(!matches(["x": 1, "y": 2], ["x": 1]))
        #expect(!matches([["x": 1]], [["x": 1, "y": 1]]))
        #expect(!matches([1, 2], [1, 2, 3]))
    }

    @Test(
        "Operators hold for what they describe",
        arguments: [
            (["x": ["$$exists": true]], ["x": .null]), (["x": ["$$exists": false]], [:]),
            (["x": ["$$type": "string"]], ["x": ""]), (["x": ["$$type": ["int", "long"]]], ["x": 1]),
            (["x": ["$$type": "number"]], ["x": 1.5]), (["x": ["$$unsetOrMatches": 1]], [:]),
            (["x": ["$$unsetOrMatches": 1]], ["x": 1]), (["x": ["$$matchesHexBytes": "4142"]], ["x": "AB"]),
            (["x": ["$$lte": 5]], ["x": 5.0]), (["x": ["$$matchAsDocument": ["y": 1]]], ["x": "{\"y\": 1}"]),
            (["x": ["$$matchAsDocument": ["$$matchAsRoot": ["y": 1]]]], ["x": "{\"y\": 1, \"z\": 2}"]),
            (["x": ["$$matchAsRoot": ["y": 1]]], ["x": ["y": 1, "z": 2]]),
        ] as [(BSONDocument, BSONDocument)]
    )
    func operators(_ expected: BSONDocument, _ actual: BSONDocument) throws {
        try values.match(.document(expected), .document(actual), isRoot: true, path: "value")
    }

    @Test(
        "Operators do not hold for anything else, nor when they are malformed",
        arguments: [
            (["x": ["$$exists": true]], [:]), (["x": ["$$exists": false]], ["x": .null]),
            (["x": ["$$exists": 1]], ["x": 1]), (["x": ["$$type": "string"]], ["x": 1]),
            (["x": ["$$type": "string"]], [:]), (["x": ["$$type": ["int", "long"]]], ["x": 1.5]),
            (["x": ["$$unsetOrMatches": 1]], ["x": 2]), (["x": ["$$matchesHexBytes": "4142"]], ["x": "A"]),
            (["x": ["$$matchesHexBytes": "414"]], ["x": "A"]), (["x": ["$$lte": 5]], ["x": 5.1]),
            (["x": ["$$lte": 5]], [:]), (["x": ["$$matchAsDocument": ["y": 1]]], ["x": "{\"y\": 2}"]),
            (["x": ["$$matchAsDocument": ["y": 1]]], ["x": "{\"y\": 1, \"z\": 2}"]),
            (["x": ["$$matchAsDocument": ["y": 1]]], ["x": ["y": 1]]),
            (["x": ["$$matchesEntity": "nobody"]], ["x": 1]), (["x": ["$$sessionLsid": "nobody"]], ["x": 1]),
            (["x": ["$$unheardOf": 1]], ["x": 1]), (["x": ["$$type": "integer"]], ["x": 1]),
            (["x": ["$$type": ["int", "integer"]]], ["x": 1]), (["x": ["$$type": []]], ["x": 1]),
            (["x": ["$$placeholder": 1]], ["x": 1]), (["x": ["$$lte": "5"]], ["x": 1]),
        ] as [(BSONDocument, BSONDocument)]
    )
    func refusedOperators(_ expected: BSONDocument, _ actual: BSONDocument) {
        #expect(throws: UnifiedTestFailure.self) {
            try values.match(.document(expected), .document(actual), isRoot: true, path: "value")
        }
    }

    @Test("Entities are compared like what is written out, and operators keep whether a document is a root")
    func entities() throws {
        let values = ValueMatcher(entities: EntityMap())
        try values.entities.add("document", .value(["x": 1]))
        func matches(_ expected: BSON, _ actual: BSON?, isRoot: Bool) -> Bool {
            (try? values.match(expected, actual, isRoot: isRoot, path: "value")) != nil
        }
        let entity: BSON = ["$$matchesEntity": "document"]
        #expect(matches(entity, ["x": .int64(1), "y": 2], isRoot: true))
        #expect(!matches(entity, ["x": 1, "y": 2], isRoot: false))
        #expect(!matches(["z": entity], ["z": ["x": 1, "y": 2]], isRoot: true))
        #expect(matches(["$$unsetOrMatches": entity], nil, isRoot: true))
        #expect(matches(["$$unsetOrMatches": entity], ["x": 1, "y": 2], isRoot: true))
        #expect(!matches(["$$unsetOrMatches": ["x": 1]], ["x": 1, "y": 2], isRoot: false))
        #expect(!matches(entity, nil, isRoot: true))
    }

    @Test("A code's variables are compared exactly, in any order")
    func codeWithScope() {
        let code = BSON.codeWithScope(BSONCodeWithScope(code: "f", scope: ["a": 1, "b": 2]))
        #expect(matches(code, .codeWithScope(BSONCodeWithScope(code: "f", scope: ["b": 2, "a": 1]))))
        #expect(!matches(code, .codeWithScope(BSONCodeWithScope(code: "f", scope: ["a": 1, "b": 2, "c": 3]))))
        #expect(!matches(code, .codeWithScope(BSONCodeWithScope(code: "g", scope: ["a": 1, "b": 2]))))
    }

    @Test("Events come in order, no more and no fewer, unless more are allowed")
    func events() throws {
        let matcher = EventMatcher(values: values)
        func started(_ name: String) -> ObservedEvent {
            ObservedEvent(kind: .command, name: "commandStartedEvent", fields: ["commandName": .string(name)])
        }
        func expected(_ names: String..., ignoringExtra: Bool = false) -> BSONDocument {
            let events = names.map { name -> BSON in ["commandStartedEvent": ["commandName": .string(name)]] }
            return ["client": "client0", "events": .array(events), "ignoreExtraEvents": .bool(ignoringExtra)]
        }
        let pool = ObservedEvent(kind: .cmap, name: "poolReadyEvent", fields: [:])
        try matcher.match(expected("find", "getMore"), [started("find"), pool, started("getMore")])
        try matcher.match(expected("find", ignoringExtra: true), [started("find"), started("getMore")])
        for refused in [expected("getMore", "find"), expected("find"), expected("find", "getMore", "getMore")] {
            #expect(throws: UnifiedTestFailure.self) {
                try matcher.match(refused, [started("find"), started("getMore")])
            }
        }
        #expect(throws: UnifiedTestFailure.self) {
            try matcher.match(["client": "client0", "events": [], "eventType": "cmap"], [pool])
        }
    }

    @Test("Whether an event has a connection's number is asserted either way")
    func presence() {
        let matcher = EventMatcher(values: values)
        let event = ObservedEvent(kind: .command, name: "commandFailedEvent", fields: ["serverConnectionId": 5])
        #expect(matcher.matches(["commandFailedEvent": ["hasServerConnectionId": true]], event))
        #expect(!matcher.matches(["commandFailedEvent": ["hasServerConnectionId": false]], event))
        #expect(matcher.matches(["commandFailedEvent": ["hasServiceId": false]], event))
        #expect(!matcher.matches(["commandFailedEvent": ["hasServiceId": true]], event))
        #expect(!matcher.matches(["commandSucceededEvent": [:]], event))
    }

    @Test(
        "What tests say of events of pools and servers is asserted",
        arguments: [
            ("poolClearedEvent", ["interruptInUseConnections": true], ["interruptInUseConnections": true], true),
            ("poolClearedEvent", ["interruptInUseConnections": true], ["interruptInUseConnections": false], false),
            ("connectionClosedEvent", ["reason": "stale"], ["reason": "stale"], true),
            ("connectionClosedEvent", ["reason": "stale"], ["reason": "idle"], false),
            ("serverHeartbeatFailedEvent", ["awaited": false], ["awaited": false], true),
            ("serverHeartbeatFailedEvent", ["awaited": false], ["awaited": true], false),
            ("serverHeartbeatFailedEvent", ["awaited": false], [:], false),
            (
                "serverDescriptionChangedEvent", ["newDescription": ["type": "Unknown"]],
                ["previousDescription": ["type": "RSPrimary"], "newDescription": ["type": "Unknown"]], true
            ),
            (
                "topologyDescriptionChangedEvent", ["previousDescription": ["type": "Unknown"]],
                ["previousDescription": ["type": "Single"], "newDescription": ["type": "Unknown"]], false
            ),
            ("topologyDescriptionChangedEvent", ["newDescription": [:]], ["newDescription": ["type": "Single"]], true),
        ] as [(String, BSONDocument, BSONDocument, Bool)]
    )
    func properties(_ name: String, _ expected: BSONDocument, _ actual: BSONDocument, _ isMatch: Bool) {
        let event = ObservedEvent(kind: .sdam, name: name, fields: actual)
        #expect(EventMatcher(values: values).matches([name: .document(expected)], event) == isMatch)
    }

    @Test("An empty service identifier is none")
    func emptyServiceIdentifier() throws {
        var fields = BSONDocument()
        fields.setServiceID(try BSONObjectID(String(repeating: "0", count: 24)))
        #expect(fields.isEmpty)
        fields.setServiceID(try BSONObjectID(String(repeating: "0", count: 23) + "1"))
        #expect(fields.keys == ["serviceId"])
    }

    @Test("Reports are complete when as many have come as are expected, those to be ignored left out")
    func completeness() {
        let events = EventMatcher(values: values)
        let pool = ObservedEvent(kind: .cmap, name: "poolReadyEvent", fields: [:])
        let expected: BSONDocument = ["eventType": "cmap", "events": [["poolReadyEvent": [:]]]]
        #expect(!events.isComplete(expected, [ObservedEvent(kind: .sdam, name: "topologyOpeningEvent", fields: [:])]))
        #expect(events.isComplete(expected, [pool]))
        #expect(events.isComplete(["events": []], []))
        let logs = LogMatcher(values: values)
        let message = ObservedLogMessage(level: "debug", component: "topology", data: ["message": "a"])
        let described: BSON = ["level": "debug", "component": "topology", "data": ["message": "a"]]
        #expect(logs.isComplete(["messages": [described]], [message]))
        #expect(!logs.isComplete(["messages": [described], "ignoreMessages": [described]], [message]))
    }

    @Test("Log messages have to have level, component and data; those to be ignored are left out first")
    func logMessages() throws {
        let matcher = LogMatcher(values: values)
        let message = ObservedLogMessage(level: "debug", component: "command", data: ["message": "Command started"])
        let expected: BSON = ["level": "debug", "component": "command", "data": ["message": "Command started"]]
        try matcher.match(["client": "client0", "messages": [expected]], [message])
        try matcher.match(["client": "client0", "messages": [], "ignoreMessages": [expected]], [message])
        for (field, value) in ["level": "info", "component": "topology", "data": ["message": "else"]] as BSONDocument {
            var other = expected.documentValue ?? [:]
            other[field] = value
            #expect(throws: UnifiedTestFailure.self) {
                try matcher.match(["client": "client0", "messages": [.document(other)]], [message])
            }
        }
        #expect(throws: UnifiedTestFailure.self) {
            try matcher.match(["client": "client0", "messages": []], [message])
        }
        try matcher.match(
            ["client": "client0", "messages": [expected], "ignoreExtraMessages": true],
            [message, message]
        )
        #expect(throws: UnifiedTestFailure.self) {
            try matcher.match(["client": "client0", "messages": [expected, expected]], [message])
        }
        let alarm = ObservedLogMessage(level: "critical", component: "command", data: ["message": "Command started"])
        var emergency = expected.documentValue ?? [:]
        emergency["level"] = "emergency"
        try matcher.match(["client": "client0", "messages": [.document(emergency)]], [alarm])
    }

    @Test("A failure that is logged is redacted, or not, as the test says")
    func redaction() {
        let matcher = LogMatcher(values: values)
        func matches(_ isRedacted: Bool, _ failure: String?) -> Bool {
            var data: BSONDocument = ["message": "Command failed"]
            if let failure { data["failure"] = .string(failure) }
            let message = ObservedLogMessage(level: "debug", component: "command", data: data)
            let expected: BSON = [
                "level": "debug", "component": "command", "data": [:], "failureIsRedacted": .bool(isRedacted),
            ]
            return (try? matcher.match(["client": "client0", "messages": [expected]], [message])) != nil
        }
        let redacted = "the server refused it (code 11000, DuplicateKey)"
        let open = "the server refused it (code 11601): Failing command via 'failCommand' failpoint"
        #expect(matches(true, redacted) && matches(false, open))
        #expect(!matches(false, redacted) && !matches(true, open))
        #expect(!matches(true, nil) && !matches(false, nil))
    }

    @Test("Spans have to have name, attributes and the spans in them; others are let pass only where that is said")
    func spans() throws {
        let matcher = SpanMatcher(values: values)
        let command = ObservedSpan(name: "find", attributes: ["db.command.name": "find", "server.port": 1])
        let operation = ObservedSpan(name: "find a.b", attributes: [:], nested: [command])
        func expected(
            _ nested: [BSONDocument],
            name: String = "find a.b",
            ignoringExtra: Bool = false
        ) -> BSONDocument {
            let span: BSONDocument = [
                "name": .string(name), "attributes": [:], "nested": .array(nested.map(BSON.document)),
            ]
            return ["client": "client0", "ignoreExtraSpans": .bool(ignoringExtra), "spans": [.document(span)]]
        }
        let find: BSONDocument = ["name": "find", "attributes": ["db.command.name": "find"]]
        let getMore: BSONDocument = ["name": "getMore", "attributes": [:]]
        let wrong: BSONDocument = ["name": "find", "attributes": ["db.command.name": "insert"]]
        try matcher.match(expected([find]), [operation])
        try matcher.match(expected([find], ignoringExtra: true), [command, operation, command])
        try matcher.match(expected([], ignoringExtra: true), [operation])
        for refused in [
            expected([]), expected([getMore]), expected([wrong]), expected([find, find]),
            expected([find], name: "find"),
        ] {
            #expect(throws: UnifiedTestFailure.self) { try matcher.match(refused, [operation]) }
        }
        for observed in [[], [operation, operation], [command, operation]] {
            #expect(throws: UnifiedTestFailure.self) { try matcher.match(expected([find]), observed) }
        }
    }

    @Test(
        "Requirements are judged one by one, and the nearest obstacle is told",
        arguments: [
            ([["minServerVersion": "6.0"]], nil), ([["minServerVersion": "6.0.6"]], "needs server >= 6.0.6"),
            ([["maxServerVersion": "5.9.99"]], "needs server <= 5.9.99"), ([["maxServerVersion": "6.0.5"]], nil),
            (
                [["topologies": ["sharded"]], ["topologies": ["single", "load-balanced"]]],
                "needs topology load-balanced or sharded or single"
            ),
            ([["topologies": ["sharded"]], ["topologies": ["replicaset"]]], nil),
            ([["topologies": ["sharded"]], ["minServerVersion": "8.0"]], "needs server >= 8.0"),
            ([["auth": true]], "needs authentication"), ([["auth": false]], nil),
            ([["authMechanism": "scram-sha-256"]], nil),
            ([["authMechanism": "MONGODB-OIDC"]], "needs authentication by MONGODB-OIDC"),
            ([["serverParameters": ["authenticationMechanisms": ["SCRAM-SHA-256"]]]], nil),
            ([["serverParameters": ["a": 1.0]]], nil),
            ([["csfle": ["minLibmongocryptVersion": "1.0"]]], "client-side encryption is not supported"),
            ([["topologies": ["sharded-replicaset"]]], "needs topology sharded-replicaset"),
            ([["csfle": true]], "client-side encryption is not supported"), ([["csfle": false]], nil),
            ([["serverless": "require"]], "needs Atlas Serverless"), ([["serverless": "forbid"]], nil),
            ([["serverParameters": ["a": 1]]], nil), ([["serverParameters": ["a": 2]]], "needs server parameter a = 2"),
            ([["serverParameters": ["b": 1]]], "needs server parameter b = 1"), ([], nil),
        ] as [([BSONDocument], String?)]
    )
    func requirements(_ alternatives: [BSONDocument], _ reason: String?) {
        let deployment = DeploymentFacts(
            version: VersionNumber([6, 0, 5]),
            topology: "replicaset",
            requiresAuthentication: false,
            parameters: ["a": 1, "authenticationMechanisms": ["SCRAM-SHA-256"]]
        )
        let obstacle = RunOnRequirement.obstacle(in: .array(alternatives.map(BSON.document)), on: deployment)
        #expect(obstacle?.reason == reason)
    }

    @Test("A sharded cluster is one of replica sets, which is more than any sharded cluster")
    func shardedReplicaSets() {
        var deployment = DeploymentFacts(
            version: VersionNumber([6, 0, 5]),
            topology: "sharded",
            requiresAuthentication: false,
            parameters: [:]
        )
        for (names, fits) in [(["sharded-replicaset"], true), (["sharded"], true), (["replicaset"], false)] {
            let requirement = RunOnRequirement(fields: ["topologies": .array(names.map(BSON.string))])
            #expect((requirement.obstacle(on: deployment) == nil) == fits)
        }
        deployment.topology = "load-balanced"
        #expect(RunOnRequirement(fields: ["topologies": ["sharded-replicaset"]]).obstacle(on: deployment) != nil)
    }

    @Test("An argument that nobody asked for is refused")
    func arguments() throws {
        let arguments = Arguments(["filter": [:], "limt": 1], of: "find", EntityMap())
        _ = try arguments.document("filter")
        #expect(throws: UnifiedTestFailure.self) { try arguments.finish() }
        #expect(throws: UnifiedTestFailure.self) { try arguments.int("filter") }
        #expect(throws: UnifiedTestFailure.self) { try arguments.required("skip", Arguments.int) }
        #expect(throws: UnifiedTestSkip.self) { try arguments.skip("limt", because: "is misspelled") }
        try arguments.skip("limit", because: "is not there")
    }

    @Test("Options of a connection string replace those of the deployment, whatever their case")
    func connectionStrings() throws {
        let base = "mongodb://user:word@a:1,b:2/?replicaSet=rs0&w=1"
        func text(_ options: BSONDocument) throws -> String { try TestConnectionString(base, options).text }
        #expect(try text([:]) == base)
        #expect(try text(["W": "majority"]) == "mongodb://user:word@a:1,b:2/?replicaSet=rs0&W=majority")
        #expect(try text(["directConnection": true]) == "mongodb://user:word@a:1/?w=1&directConnection=true")
        #expect(
            try text(["readPreferenceTags": ["dc:ny,rack:1", ""], "compressors": ["zlib", "snappy"]])
                == base + "&readPreferenceTags=dc:ny,rack:1&readPreferenceTags=&compressors=zlib,snappy"
        )
        #expect(
            try text(["authMechanismProperties": ["SERVICE_NAME": "a b", "X": true], "timeoutMS": 5.0])
                == base + "&authMechanismProperties=SERVICE_NAME:a%20b,X:true&timeoutMS=5"
        )
        #expect(throws: UnifiedTestFailure.self) { try text(["appname": ["$$placeholder": 1]]) }
        #expect(throws: UnifiedTestFailure.self) { try text(["timeoutMS": 1.5]) }
    }

    @Test(
        "What only a mongos has is seen in a test",
        arguments: [
            (["arguments": ["commandName": "shardCollection", "command": ["shardCollection": "a.b"]]], true),
            (["arguments": ["command": ["enableSharding": "a"]]], true),
            (["command": ["recoveryToken": ["$$exists": true]]], true),
            (["arguments": ["pipeline": [["$currentOp": ["localOps": true]]]]], true),
            (["database": ["id": "d", "client": "c", "databaseName": "config"]], true),
            (["arguments": ["command": ["ping": 1]], "description": "like shardCollection"], false),
            (["arguments": ["document": ["split": 1]]], false),
        ] as [(BSONDocument, Bool)]
    )
    func needOfMongos(_ operation: BSONDocument, _ isNeeded: Bool) {
        let test: BSONDocument = ["description": "own", "operations": [.document(operation)]]
        #expect((NeedOfMongos.need(of: test) != nil) == isNeeded)
    }
}
