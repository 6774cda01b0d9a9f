// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/server-selection/server-selection.md#rules-for-server-selection
// https://github.com/mongodb/specifications/blob/master/source/max-staleness/max-staleness.md#client

import MongoBSON
import Testing

@testable import MongoNIO

/// The specification's rules one by one, whether or not a file of its own touches them.
@Suite("The rules of server selection")
struct ServerSelectorTests {
    private static let start = ContinuousClock.now

    /// A server that was checked, and wrote last, at a second.
    private func server(
        _ name: String,
        _ type: ServerDescription.ServerType,
        checked: Int = 0,
        written: Int64? = 0,
        milliseconds: Int = 5,
        tags: [String: String] = [:]
    ) throws -> ServerDescription {
        var server = ServerDescription(unknown: try ServerAddress(name))
        server.type = type
        server.maxWireVersion = 21
        server.lastUpdateTime = Self.start + .seconds(checked)
        server.lastWriteDate = written.map { BSONDateTime(milliseconds: $0 * 1000) }
        server.roundTripTime = .milliseconds(milliseconds)
        server.tags = tags
        return server
    }

    private func topology(
        _ type: TopologyDescription.TopologyType,
        _ servers: [ServerDescription]
    ) -> TopologyDescription {
        TopologyDescription(
            type: type,
            servers: Dictionary(uniqueKeysWithValues: servers.map { ($0.address, $0) })
        )
    }

    private func names(_ servers: [ServerDescription]) -> [String] { servers.map(\.address.host).sorted() }

    private func selector(
        _ mode: ReadPreference.Mode,
        tags: [[String: String]] = [],
        seconds: Int? = nil,
        heartbeat: Int = 10
    ) throws -> ServerSelector {
        var selector = ServerSelector(
            purpose: .read,
            readPreference: try ReadPreference(mode, tagSets: tags, maxStaleness: seconds.map { .seconds($0) })
        )
        selector.heartbeatFrequency = .seconds(heartbeat)
        return selector
    }

    // MARK: Staleness

    @Test("A replica set wants a staleness of 90 seconds, and of a heartbeat and an idle write period, at least")
    func smallestStaleness() throws {
        let cases: [(seconds: Int, heartbeat: Int, isAllowed: Bool)] = [
            (89, 10, false), (90, 10, true), (90, 80, true), (90, 81, false), (129, 120, false), (130, 120, true),
        ]
        for (seconds, heartbeat, isAllowed) in cases {
            let selector = try selector(.nearest, seconds: seconds, heartbeat: heartbeat)
            for type in [TopologyDescription.TopologyType.replicaSetNoPrimary, .replicaSetWithPrimary] {
                var refusal: MongoError?
                do throws(MongoError) {
                    _ = try selector.suitableServers(in: topology(type, []))
                } catch {
                    refusal = error
                }
                #expect(
                    refusal?.code == (isAllowed ? nil : MongoError.Code.invalidArgument),
                    "\(seconds), \(heartbeat)"
                )
            }
            // Elsewhere nobody is stale.
            for type in [TopologyDescription.TopologyType.unknown, .single, .sharded, .loadBalanced] {
                _ = try selector.suitableServers(in: topology(type, []))
            }
        }
    }

    @Test("With a primary, a secondary's lag is what it is behind in its writes, but for the time between the checks")
    func stalenessWithPrimary() throws {
        let selector = try selector(.secondary, seconds: 100)
        // (S.lastUpdateTime - S.lastWriteDate) - (P.lastUpdateTime - P.lastWriteDate) + 10 s
        let cases: [(checked: Int, written: Int64?, isFresh: Bool)] = [
            (0, 0, true), (0, -90, true), (0, -91, false), (-30, -120, true), (30, -61, false), (0, 500, true),
            (0, nil, false),
        ]
        for (checked, written, isFresh) in cases {
            let servers = [
                try server("p", .rsPrimary), try server("s", .rsSecondary, checked: checked, written: written),
            ]
            let found = try selector.suitableServers(in: topology(.replicaSetWithPrimary, servers))
            #expect(names(found) == (isFresh ? ["s"] : []), "\(checked), \(String(describing: written))")
        }
    }

    @Test("Without a primary, a secondary's lag is what it is behind the secondary that wrote last")
    func stalenessWithoutPrimary() throws {
        let selector = try selector(.secondaryPreferred, seconds: 100)
        let servers = [
            try server("a", .rsSecondary, checked: 5, written: 200),
            try server("b", .rsSecondary, checked: 90, written: 110),
            try server("c", .rsSecondary, written: 109), try server("d", .rsArbiter, written: 1000),
        ]
        #expect(names(try selector.suitableServers(in: topology(.replicaSetNoPrimary, servers))) == ["a", "b"])
    }

    @Test("Tags are looked for among the fresh only; the primary is never stale, but may lack the tags")
    func stalenessAndTags() throws {
        let servers = [
            try server("p", .rsPrimary, written: 1000, tags: ["x": "2"]),
            try server("a", .rsSecondary, written: 0, tags: ["x": "1"]),
            try server("b", .rsSecondary, written: 1000, tags: ["x": "2", "y": "1"]),
        ]
        let set = topology(.replicaSetWithPrimary, servers)
        let tags = [["x": "1"], ["x": "2"]]
        #expect(names(try selector(.secondary, tags: tags).suitableServers(in: set)) == ["a"])
        #expect(names(try selector(.secondary, tags: tags, seconds: 100).suitableServers(in: set)) == ["b"])
        #expect(names(try selector(.nearest, tags: tags, seconds: 100).suitableServers(in: set)) == ["b", "p"])
        #expect(names(try selector(.nearest, tags: [["y": "1"], [:]]).suitableServers(in: set)) == ["b"])
        #expect(names(try selector(.nearest, tags: [["z": "1"], [:]]).suitableServers(in: set)) == ["a", "b", "p"])
        #expect(try selector(.nearest, tags: [["z": "1"]]).suitableServers(in: set).isEmpty)
        // The primary takes the place of secondaries that do not fit, whatever its own tags.
        #expect(names(try selector(.secondaryPreferred, tags: [["z": "1"]]).suitableServers(in: set)) == ["p"])
        #expect(names(try selector(.primaryPreferred, tags: [["z": "1"]]).suitableServers(in: set)) == ["p"])
        #expect(try selector(.secondary, tags: [["z": "1"]]).suitableServers(in: set).isEmpty)
    }

    // MARK: Modes

    @Test("Only primaries and secondaries are read from, and writes go to the primary whatever is preferred")
    func members() throws {
        let others: [ServerDescription.ServerType] = [.unknown, .rsArbiter, .rsOther, .rsGhost]
        var servers = try others.enumerated().map { try server("o\($0.offset)", $0.element) }
        for mode in ReadPreference.Mode.allCases {
            #expect(try selector(mode).suitableServers(in: topology(.replicaSetNoPrimary, servers)).isEmpty)
        }
        servers += [try server("p", .rsPrimary), try server("s", .rsSecondary)]
        let set = topology(.replicaSetWithPrimary, servers)
        let expected: [ReadPreference.Mode: [String]] = [
            .primary: ["p"], .primaryPreferred: ["p"], .secondary: ["s"], .secondaryPreferred: ["s"],
            .nearest: ["p", "s"],
        ]
        for mode in ReadPreference.Mode.allCases {
            var selector = try selector(mode)
            #expect(names(try selector.suitableServers(in: set)) == expected[mode])
            selector.purpose = .write
            #expect(names(try selector.suitableServers(in: set)) == ["p"])
        }
    }

    @Test("Elsewhere the read preference selects nobody and excludes nobody")
    func otherDeployments() throws {
        for mode in ReadPreference.Mode.allCases {
            let tags = mode == .primary ? [] : [["z": "1"]]
            for purpose in [ServerSelector.Purpose.read, .write] {
                var selector = try selector(mode, tags: tags)
                selector.purpose = purpose
                func found(
                    _ type: TopologyDescription.TopologyType,
                    _ server: ServerDescription.ServerType
                ) throws -> Bool {
                    try !selector.suitableServers(in: topology(type, [self.server("a", server)])).isEmpty
                }
                for server in [
                    ServerDescription.ServerType.standalone, .rsArbiter, .rsGhost, .rsOther, .mongos, .rsSecondary,
                ] {
                    #expect(try found(.single, server))
                }
                #expect(try !found(.single, .unknown))
                #expect(try found(.sharded, .mongos))
                #expect(try !found(.sharded, .unknown))
                #expect(try found(.loadBalanced, .loadBalancer))
                #expect(try !found(.unknown, .rsPrimary))
            }
        }
    }

    // MARK: Servers to avoid, and the choice

    @Test("A server to avoid is selected when no other fits, and only then")
    func deprioritized() throws {
        let servers = [
            try server("p", .rsPrimary), try server("s", .rsSecondary, tags: ["x": "1"]), try server("t", .rsSecondary),
        ]
        let set = topology(.replicaSetWithPrimary, servers)
        let cases: [(ReadPreference.Mode, [[String: String]], avoid: [String], found: [String])] = [
            (.primary, [], ["p"], ["p"]), (.primaryPreferred, [], ["p"], ["s", "t"]),
            (.primaryPreferred, [["z": "1"]], ["p"], ["p"]), (.secondary, [], ["s"], ["t"]),
            (.secondary, [["x": "1"]], ["s"], ["s"]), (.secondaryPreferred, [["x": "1"]], ["s"], ["p"]),
            (.secondaryPreferred, [], ["s", "t"], ["p"]), (.nearest, [], ["p", "s"], ["t"]),
            (.nearest, [], ["p", "s", "t"], ["p", "s", "t"]), (.nearest, [["x": "1"]], ["s"], ["s"]),
        ]
        for (mode, tags, avoid, found) in cases {
            let avoided = try Set(avoid.map { try ServerAddress($0) })
            let selector = try selector(mode, tags: tags)
            #expect(names(try selector.suitableServers(in: set, deprioritized: avoided)) == found, "\(mode) \(avoid)")
        }
    }

    @Test("As near as the nearest is who takes no more than localThresholdMS longer")
    func window() throws {
        let servers = try [5, 20, 21].map { try server("\($0)ms", .mongos, milliseconds: $0) }
        var selector = try selector(.nearest)
        #expect(names(selector.inWindow(servers)) == ["20ms", "5ms"])
        selector.localThreshold = .zero
        #expect(names(selector.inWindow(servers)) == ["5ms"])
        selector.localThreshold = .seconds(1)
        #expect(selector.inWindow(servers).count == 3)
        #expect(selector.inWindow([]).isEmpty)
    }

    @Test("The busiest of all is never chosen, and who has nothing to do is chosen by every pair it is drawn into")
    func choice() throws {
        let servers = try ["a", "b", "c"].map { try server($0, .mongos) }
        let counts = [servers[0].address: 0, servers[1].address: 5, servers[2].address: 9]
        for _ in 0..<200 {
            let chosen = ServerSelector.choose(from: servers) { counts[$0, default: 0] }
            #expect(chosen?.address != servers[2].address)
        }
        #expect(ServerSelector.choose(from: []) { _ in 0 } == nil)
        #expect(ServerSelector.choose(from: [servers[1]]) { _ in 0 }?.address == servers[1].address)
    }

    // MARK: Round trip times

    @Test("The newest of the times to a server is a fifth of their average; the shortest of the last ten is remembered")
    func roundTripTimes() {
        var times = RoundTripTimes()
        #expect(times.average == nil && times.minimum == .zero)
        times.add(.milliseconds(100))
        #expect(times.average == .milliseconds(100) && times.minimum == .zero)
        times.add(.milliseconds(50))
        #expect(times.average.map { abs($0 / .milliseconds(1) - 90) < 0.001 } == true)
        #expect(times.minimum == .milliseconds(50))
        for _ in 0..<10 { times.add(.milliseconds(80)) }
        #expect(times.minimum == .milliseconds(80))
        times.reset()
        #expect(times.average == nil && times.minimum == .zero)
    }
}
