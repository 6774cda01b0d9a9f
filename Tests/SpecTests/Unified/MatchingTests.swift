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
            (["x": ["$$unheardOf": 1]], ["x": 1]),
        ] as [(BSONDocument, BSONDocument)]
    )
    func refusedOperators(_ expected: BSONDocument, _ actual: BSONDocument) {
        #expect(throws: UnifiedTestFailure.self) {
            try values.match(.document(expected), .document(actual), isRoot: true, path: "value")
        }
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
            parameters: ["a": 1]
        )
        let obstacle = RunOnRequirement.obstacle(in: .array(alternatives.map(BSON.document)), on: deployment)
        #expect(obstacle?.reason == reason)
    }

    @Test("An argument that nobody asked for is refused")
    func arguments() throws {
        let arguments = Arguments(["filter": [:], "limt": 1], of: "find", EntityMap())
        _ = try arguments.document("filter")
        #expect(throws: UnifiedTestFailure.self) { try arguments.finish() }
        #expect(throws: UnifiedTestFailure.self) { try arguments.int("filter") }
        #expect(throws: UnifiedTestFailure.self) { try arguments.required("skip", Arguments.int) }
    }
}
