// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/tests/README.md

import MongoBSON
import Testing

@testable import MongoNIO

@Suite(
    "Specification: server-discovery-and-monitoring",
    .enabled(if: SpecTestFiles.arePresent, SpecTestFiles.absence)
)
struct DiscoverySpecTests {
    private static let folders = ["rs", "single", "sharded", "load-balanced", "errors"]

    @Test(
        "The topology is what servers and errors make of it",
        arguments: folders.flatMap { SpecTestFiles.documents("server-discovery-and-monitoring/tests/\($0)") }
    )
    func outcome(_ test: SpecTestDocument) throws {
        let content = try test.document()
        var trace = try TopologyTrace(uri: #require(content["uri"]?.stringValue))
        for phase in try phases(of: content) {
            try play(phase, &trace)
            let outcome = try #require(phase["outcome"]?.documentValue)
            try compare(outcome, trace)
        }
    }

    @Test(
        "The events are those of what happened, in its order",
        arguments: SpecTestFiles.documents("server-discovery-and-monitoring/tests/monitoring")
    )
    func events(_ test: SpecTestDocument) throws {
        let content = try test.document()
        var trace = try TopologyTrace(uri: #require(content["uri"]?.stringValue))
        for phase in try phases(of: content) {
            try play(phase, &trace)
            let outcome = try #require(phase["outcome"]?.documentValue)
            try UnknownField.check(outcome.keys, known: ["events"])
            let expected = try #require(outcome["events"]?.arrayValue).compactMap(\.documentValue)
            let events = trace.takeEvents()
            #expect(events.count == expected.count, "\(events)")
            for (event, expected) in zip(events, expected) { try EventComparison.compare(expected, event) }
        }
    }

    private func phases(of content: BSONDocument) throws -> [BSONDocument] {
        try UnknownField.check(content.keys, known: ["description", "uri", "phases"])
        let phases = try #require(content["phases"]?.arrayValue).compactMap(\.documentValue)
        try #require(!phases.isEmpty)
        return phases
    }

    private func play(_ phase: BSONDocument, _ trace: inout TopologyTrace) throws {
        try UnknownField.check(phase.keys, known: ["description", "responses", "applicationErrors", "outcome"])
        for response in phase["responses"]?.arrayValue ?? [] {
            let pair = try #require(response.arrayValue)
            try #require(pair.count == 2)
            try trace.answer(
                ServerAddress(#require(pair[0].stringValue)),
                #require(pair[1].documentValue)
            )
        }
        for error in phase["applicationErrors"]?.arrayValue ?? [] {
            try trace.applicationError(#require(error.documentValue))
        }
    }

    private func compare(_ outcome: BSONDocument, _ trace: TopologyTrace) throws {
        let topology = trace.machine.description
        let servers = try #require(outcome["servers"]?.documentValue)
        #expect(Set(servers.keys) == Set(topology.servers.keys.map(\.description)))
        for (key, expected) in outcome {
            switch key {
            case "servers": break
            case "topologyType": #expect(topology.type.rawValue == expected.stringValue)
            case "setName": #expect(topology.setName == expected.stringValue)
            case "logicalSessionTimeoutMinutes":
                #expect(topology.logicalSessionTimeoutMinutes == expected.toInt())
            case "maxSetVersion": #expect(topology.maxSetVersion == expected.toInt())
            case "maxElectionId": #expect(topology.maxElectionID == expected.objectIDValue)
            case "compatible": #expect(topology.isCompatible == expected.boolValue)
            default: throw UnknownField(name: key)
            }
        }
        for (address, expected) in servers {
            let address = try ServerAddress(address)
            let server = try #require(topology.servers[address])
            try compare(#require(expected.documentValue), server, generation: trace.generations[address])
        }
    }

    private func compare(_ expected: BSONDocument, _ server: ServerDescription, generation: Int?) throws {
        for (key, value) in expected {
            switch key {
            case "type":
                #expect(server.type.rawValue == EventComparison.serverType(value), "\(server)")
            case "error" where value == .null: #expect(server.error == nil, "\(server)")
            case "error": #expect(try server.error?.message.contains(#require(value.stringValue)) == true, "\(server)")
            case "setName": #expect(server.setName == value.stringValue)
            case "setVersion": #expect(server.setVersion == value.toInt())
            case "electionId": #expect(server.electionID == value.objectIDValue)
            case "logicalSessionTimeoutMinutes": #expect(server.logicalSessionTimeoutMinutes == value.toInt())
            case "minWireVersion": #expect(server.minWireVersion == value.toInt() ?? 0)
            case "maxWireVersion": #expect(server.maxWireVersion == value.toInt() ?? 0)
            case "topologyVersion":
                #expect(server.topologyVersion == value.documentValue.flatMap(TopologyVersion.init))
            case "pool":
                let pool = try #require(value.documentValue)
                try UnknownField.check(pool.keys, known: ["generation"])
                #expect(generation == pool["generation"]?.toInt())
            default: throw UnknownField(name: key)
            }
        }
    }
}

/// Compares events with those of the test files, by the fields that these name.
enum EventComparison {
    static func compare(_ expected: BSONDocument, _ event: TopologyEvent) throws {
        let (name, fields) = try #require(expected.first)
        let document = try #require(fields.documentValue)
        try UnknownField.check(
            document.keys,
            known: ["topologyId", "address", "previousDescription", "newDescription"]
        )
        switch event {
        case .opening:
            #expect(name == "topology_opening_event")
        case .closed:
            #expect(name == "topology_closed_event")
        case .descriptionChanged(let change):
            #expect(name == "topology_description_changed_event")
            try topology(document["previousDescription"], change.previousDescription)
            try topology(document["newDescription"], change.newDescription)
        case .serverOpening(let opening):
            #expect(name == "server_opening_event")
            #expect(document["address"]?.stringValue == opening.address.description)
        case .serverClosed(let closed):
            #expect(name == "server_closed_event")
            #expect(document["address"]?.stringValue == closed.address.description)
        case .serverDescriptionChanged(let change):
            #expect(name == "server_description_changed_event")
            #expect(document["address"]?.stringValue == change.address.description)
            try server(document["previousDescription"], change.previousDescription)
            try server(document["newDescription"], change.newDescription)
        default:
            Issue.record("unexpected: \(event)")
        }
    }

    /// Only drivers that look at one server at a time tell possible primaries from the unknown.
    static func serverType(_ value: BSON) -> String? {
        value.stringValue == "PossiblePrimary" ? "Unknown" : value.stringValue
    }

    private static func topology(_ expected: BSON?, _ actual: TopologyDescription) throws {
        for (key, value) in try #require(expected?.documentValue) {
            switch key {
            case "topologyType": #expect(actual.type.rawValue == value.stringValue)
            case "setName": #expect(actual.setName == value.stringValue)
            case "servers":
                let servers = try #require(value.arrayValue)
                #expect(servers.count == actual.servers.count)
                for expected in servers {
                    let address = try ServerAddress(#require(expected.documentValue?["address"]?.stringValue))
                    try server(expected, #require(actual.servers[address]))
                }
            default: throw UnknownField(name: key)
            }
        }
    }

    private static func server(_ expected: BSON?, _ actual: ServerDescription) throws {
        func list(_ value: BSON) -> [String]? { value.arrayValue?.compactMap(\.stringValue) }
        for (key, value) in try #require(expected?.documentValue) {
            switch key {
            case "address": #expect(actual.address.description == value.stringValue)
            case "type": #expect(actual.type.rawValue == serverType(value))
            case "setName": #expect(actual.setName == value.stringValue)
            case "primary": #expect(actual.primary?.description == value.stringValue)
            case "hosts": #expect(actual.hosts.map(\.description) == list(value))
            case "passives": #expect(actual.passives.map(\.description) == list(value))
            case "arbiters": #expect(actual.arbiters.map(\.description) == list(value))
            case "me": #expect(actual.me?.description == value.stringValue)
            case "setVersion": #expect(actual.setVersion == value.toInt())
            case "electionId": #expect(actual.electionID == value.objectIDValue)
            case "logicalSessionTimeoutMinutes": #expect(actual.logicalSessionTimeoutMinutes == value.toInt())
            case "minWireVersion": #expect(actual.minWireVersion == value.toInt() ?? 0)
            case "maxWireVersion": #expect(actual.maxWireVersion == value.toInt() ?? 0)
            default: throw UnknownField(name: key)
            }
        }
    }
}
