// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/server-selection/tests/README.md
// https://github.com/mongodb/specifications/blob/master/source/max-staleness/tests/README.md

import MongoBSON
import Testing

@testable import MongoNIO

@Suite("Specification: server-selection", .enabled(if: SpecTestFiles.arePresent, SpecTestFiles.absence))
struct SelectionSpecTests {
    @Test(
        "The servers that fit are those, and those of them that are near",
        arguments: SpecTestFiles.documents("server-selection/tests/server_selection")
            + SpecTestFiles.documents("max-staleness/tests")
    )
    func suitable(_ test: SpecTestDocument) throws {
        let content = try test.document()
        try UnknownField.check(
            content.keys,
            known: [
                "description", "topology_description", "operation", "read_preference", "deprioritized_servers",
                "heartbeatFrequencyMS", "suitable_servers", "in_latency_window", "error",
            ]
        )
        let topology = try SelectionFixture.topology(#require(content["topology_description"]?.documentValue))
        let deprioritized = try Set(
            (content["deprioritized_servers"]?.arrayValue ?? []).map { try SelectionFixture.server($0).address }
        )
        guard content["error"]?.boolValue != true else {
            #expect(throws: MongoError.self) {
                _ = try SelectionFixture.selector(content).suitableServers(in: topology, deprioritized: deprioritized)
            }
            return
        }
        let selector = try SelectionFixture.selector(content)
        let suitable = try selector.suitableServers(in: topology, deprioritized: deprioritized)
        #expect(Set(suitable.map(\.address)) == (try SelectionFixture.addresses(content["suitable_servers"])))
        #expect(
            Set(selector.inWindow(suitable).map(\.address))
                == (try SelectionFixture.addresses(content["in_latency_window"]))
        )
    }

    @Test(
        "The average of the round trip times forgets",
        arguments: SpecTestFiles.documents("server-selection/tests/rtt")
    )
    func roundTripTime(_ test: SpecTestDocument) throws {
        let content = try test.document()
        try UnknownField.check(content.keys, known: ["description", "avg_rtt_ms", "new_rtt_ms", "new_avg_rtt"])
        func milliseconds(_ key: String) -> Double? { content.element(forKey: key)?.number }
        var times = RoundTripTimes(average: milliseconds("avg_rtt_ms").map { .nanoseconds($0 * 1_000_000) })
        times.add(.nanoseconds(try #require(milliseconds("new_rtt_ms")) * 1_000_000))
        let average = try #require(times.average)
        let expected = try #require(milliseconds("new_avg_rtt"))
        #expect(abs(average / .milliseconds(1) - expected) < 0.000_01, "\(average)")
    }

    @Test(
        "Of the servers that are near, the less busy ones are chosen more often",
        arguments: SpecTestFiles.documents("server-selection/tests/in_window")
    )
    func inWindow(_ test: SpecTestDocument) throws {
        let content = try test.document()
        try UnknownField.check(
            content.keys,
            known: ["description", "topology_description", "mocked_topology_state", "iterations", "outcome"]
        )
        let topology = try SelectionFixture.topology(#require(content["topology_description"]?.documentValue))
        var counts: [ServerAddress: Int] = [:]
        for state in try #require(content["mocked_topology_state"]?.arrayValue) {
            let state = try #require(state.documentValue)
            try UnknownField.check(state.keys, known: ["address", "operation_count"])
            let address = try ServerAddress(#require(state["address"]?.stringValue))
            counts[address] = state["operation_count"]?.toInt()
        }
        let iterations = try #require(content["iterations"]?.toInt())
        let selector = ServerSelector(purpose: .read, readPreference: .nearest)
        let suitable = try selector.inWindow(selector.suitableServers(in: topology))
        var chosen: [ServerAddress: Int] = [:]
        for _ in 0..<iterations {
            let server = try #require(ServerSelector.choose(from: suitable) { counts[$0, default: 0] })
            chosen[server.address, default: 0] += 1
        }
        try UnknownField.check(
            #require(content["outcome"]?.documentValue).keys,
            known: ["tolerance", "expected_frequencies"]
        )
        let tolerance = try #require(
            content["outcome", "tolerance"]?.doubleValue ?? content["outcome", "tolerance"]?.toInt().map(Double.init)
        )
        for (address, frequency) in try #require(content["outcome", "expected_frequencies"]?.documentValue) {
            let expected = try #require(frequency.doubleValue ?? frequency.toInt().map(Double.init))
            let actual = Double(chosen[try ServerAddress(address), default: 0]) / Double(iterations)
            if expected == 0 || expected == 1 {
                #expect(actual == expected, "\(address)")
            } else {
                #expect(abs(actual - expected) <= tolerance, "\(address)")
            }
        }
    }
}

/// What the test files of selection describe.
private enum SelectionFixture {
    /// What `lastUpdateTime` counts from.
    private static let epoch = ContinuousClock.now

    static func topology(_ document: BSONDocument) throws -> TopologyDescription {
        try UnknownField.check(document.keys, known: ["type", "servers"])
        let type = try #require(document["type"]?.stringValue.flatMap(TopologyDescription.TopologyType.init))
        var topology = TopologyDescription(type: type)
        for value in try #require(document["servers"]?.arrayValue) {
            let server = try server(value)
            topology.servers[server.address] = server
        }
        return topology
    }

    static func server(_ value: BSON) throws -> ServerDescription {
        let document = try #require(value.documentValue)
        var server = ServerDescription(unknown: try ServerAddress(#require(document["address"]?.stringValue)))
        for (key, value) in document {
            switch key {
            case "address": break
            case "type":
                let name = value.stringValue == "PossiblePrimary" ? "Unknown" : value.stringValue
                server.type = try #require(name.flatMap(ServerDescription.ServerType.init))
            case "avg_rtt_ms":
                server.roundTripTime = document.element(forKey: key)?.number.map { .nanoseconds($0 * 1_000_000) }
            case "tags":
                for (tag, value) in try #require(value.documentValue) { server.tags[tag] = value.stringValue }
            case "lastUpdateTime":
                server.lastUpdateTime = epoch + .milliseconds(try #require(value.toInt()))
            case "lastWrite":
                let write = try #require(value.documentValue)
                try UnknownField.check(write.keys, known: ["lastWriteDate"])
                let date = try #require(write["lastWriteDate"])
                server.lastWriteDate = BSONDateTime(milliseconds: Int64(try #require(date.toInt())))
            case "maxWireVersion": server.maxWireVersion = try #require(value.toInt())
            case "minWireVersion": server.minWireVersion = try #require(value.toInt())
            default: throw UnknownField(name: key)
            }
        }
        return server
    }

    static func addresses(_ value: BSON?) throws -> Set<ServerAddress> {
        try Set(#require(value?.arrayValue).map { try server($0).address })
    }

    static func selector(_ content: BSONDocument) throws -> ServerSelector {
        // The files about staleness are about reads, and do not say so.
        let purpose: ServerSelector.Purpose
        switch content["operation"]?.stringValue ?? "read" {
        case "read": purpose = .read
        case "write": purpose = .write
        case let name: throw UnknownField(name: name)
        }
        var selector = ServerSelector(purpose: purpose, readPreference: try readPreference(content["read_preference"]))
        if let frequency = content["heartbeatFrequencyMS"]?.toInt() {
            selector.heartbeatFrequency = .milliseconds(frequency)
        }
        return selector
    }

    private static func readPreference(_ value: BSON?) throws -> ReadPreference {
        let document = try #require(value?.documentValue)
        try UnknownField.check(document.keys, known: ["mode", "tag_sets", "maxStalenessSeconds"])
        let name = document["mode"]?.stringValue ?? "Primary"
        let mode = try #require(ReadPreference.Mode(rawValue: name.prefix(1).lowercased() + name.dropFirst()))
        let tagSets = (document["tag_sets"]?.arrayValue ?? []).map { set in
            var tags: [String: String] = [:]
            for (tag, value) in set.documentValue ?? [:] { tags[tag] = value.stringValue }
            return tags
        }
        let staleness = document["maxStalenessSeconds"]?.toInt()
        return try ReadPreference(
            mode,
            tagSets: tagSets,
            maxStaleness: staleness.flatMap { $0 == -1 ? nil : .seconds($0) }
        )
    }
}
