// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-discovery-and-monitoring-tests.md
// https://github.com/mongodb/specifications/blob/master/source/server-selection/server-selection-tests.md
// https://github.com/mongodb/specifications/blob/master/source/max-staleness/max-staleness-tests.md

import Foundation
import MongoNIO
import Synchronization
import TestSupport
import Testing

/// The prose tests of discovery and selection that want a replica set with a secondary.
@Suite("Discovery and selection, prose tests", .serialized)
struct DiscoveryProseTests {
    private static let starting = Task { try await ReplicaSet.start(members: 2) }

    private static func secondary(_ set: ReplicaSet) async throws -> String {
        let primary = try await set.primary()
        return set.members[1 - primary].address
    }

    @Test("SDAM, Topology discovery and direct connection: a secondary leads to its set, unless it is meant alone")
    func directConnection() async throws {
        let address = try await Self.secondary(try await Self.starting.value)
        for option in ["?directConnection=false", ""] {
            try await withMongoClient("mongodb://\(address)/\(option)") { client in
                try await client.database("discovery").collection("c").insertOne(["x": 1])
            }
        }
        try await withMongoClient("mongodb://\(address)/?directConnection=true") { client in
            let error = await #expect(throws: MongoError.self) {
                try await client.database("discovery").collection("c").insertOne(["x": 1])
            }
            #expect(error?.server?.code == 10107)
        }
    }

    @Test("SDAM, All servers unavailable: a client can be made all the same")
    func nobody() async throws {
        let ports = try [FreePort(), FreePort()]
        let client = try MongoClient("mongodb://\(ports[0].address),\(ports[1].address)/?replicaSet=rs0")
        await client.close()
    }

    /// Has the server fail `hello` for clients of this name, so many times.
    private func failingHello(_ name: String, times: Int32, on address: String) async throws {
        try await withMongoClient("mongodb://\(address)/?directConnection=true") { client in
            try await client.database("admin").runCommand([
                "configureFailPoint": "failCommand", "mode": ["times": .int32(times)],
                "data": ["failCommands": ["hello", "isMaster"], "errorCode": 1234, "appName": .string(name)],
            ])
        }
    }

    @Test("SDAM, Monitors sleep at least minHeartbeatFrequencyMS between checks")
    func minHeartbeatFrequency() async throws {
        let address = try await MongodProcess.shared(.plain).address
        let name = "SDAMMinHeartbeatFrequencyTest"
        try await failingHello(name, times: 5, on: address)
        let client = try MongoClient(
            "mongodb://\(address)/?directConnection=true&appName=\(name)&serverSelectionTimeoutMS=5000"
        )
        let start = ContinuousClock.now
        try await client.database("admin").runCommand(["ping": 1])
        let duration = ContinuousClock.now - start
        await client.close()
        #expect(duration >= .seconds(2) && duration <= .milliseconds(3500), "\(duration)")
    }

    @Test(
        "SDAM, Connection Pool Management: pools are ready after a check that succeeds, and cleared by one that fails"
    )
    func poolManagement() async throws {
        let address = try await MongodProcess.shared(.plain).address
        let name = "SDAMPoolManagementTest"
        let told = Mutex<[String]>([])
        var options = try MongoClientOptions(
            "mongodb://\(address)/?directConnection=true&appName=\(name)&heartbeatFrequencyMS=500"
        )
        options.eventHandler = { event in
            let name: String? =
                switch event {
                case .topology(.heartbeatSucceeded): "succeeded"
                case .topology(.heartbeatFailed): "failed"
                case .pool(.poolReady): "ready"
                case .pool(.poolCleared): "cleared"
                default: nil
                }
            if let name { told.withLock { $0.append(name) } }
        }
        let client = try MongoClient(options)
        try await Eventually.holds { told.withLock { $0.contains("ready") } }
        #expect(told.withLock { Array($0.prefix(2)) } == ["succeeded", "ready"])
        // The checks of a server that streams are failed by ending its connection first.
        try await failingHello(name, times: 2, on: address)
        try await Eventually.holds { told.withLock { $0.contains("failed") && $0.contains("cleared") } }
        try await Eventually.holds {
            told.withLock { told in
                guard let failed = told.lastIndex(of: "failed") else { return false }
                let after = told[failed...]
                return after.contains("succeeded") && after.contains("ready")
            }
        }
        await client.close()
    }

    @Test("Server selection, prose test: of servers that are equally near, the one with fewer operations is chosen")
    func operationCounts() async throws {
        let set = try await Self.starting.value
        let slow = try await Self.secondary(set)
        let name = "loadBalancingTest"
        func setFailPoint(_ mode: BSON) async throws {
            try await withMongoClient("mongodb://\(slow)/?directConnection=true") { client in
                try await client.database("admin").runCommand([
                    "configureFailPoint": "failCommand", "mode": mode,
                    "data": [
                        "failCommands": ["find"], "blockConnection": true, "blockTimeMS": 500, "appName": .string(name),
                    ],
                ])
            }
        }
        let counts = Mutex<[String: Int]>([:])
        let ready = Mutex(0)
        var options = try MongoClientOptions(
            try await set.uri(
                "appName=\(name)&localThresholdMS=30000&readPreference=nearest&minPoolSize=10&maxPoolSize=10"
            )
        )
        options.eventHandler = { event in
            switch event {
            case .command(.started(let event)) where event.info.commandName == "find":
                counts.withLock { $0["\(event.info.address)", default: 0] += 1 }
            case .pool(.connectionReady):
                ready.withLock { $0 += 1 }
            default:
                break
            }
        }
        let client = try MongoClient(options)
        try await Eventually.holds { ready.withLock { $0 } == 20 }
        let collection = client.database("discovery").collection("c")
        func find(_ times: Int) async throws -> Double {
            counts.withLock { $0 = [:] }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<10 {
                    group.addTask { for _ in 0..<times { _ = try await collection.findOne([:]) } }
                }
                try await group.waitForAll()
            }
            return counts.withLock { Double($0[slow] ?? 0) / Double($0.values.reduce(0, +)) }
        }
        try await setFailPoint(["times": 10000])
        let share = try await find(10)
        try await setFailPoint("off")
        #expect(share < 0.25, "\(share)")
        let even = try await find(100)
        // The specification wants 0.4 to 0.6, of servers that do nothing else; on a busy machine one is faster.
        #expect((0.3...0.7).contains(even), "\(even)")
        await client.close()
    }

    @Test("Max staleness, Parse lastWriteDate: it is there, and moves on with the clock")
    func lastWriteDate() async throws {
        let set = try await Self.starting.value
        let client = try MongoClient(try await set.uri("heartbeatFrequencyMS=500"))
        let collection = client.database("discovery").collection("staleness")
        func written() async throws -> Int64 {
            try await collection.insertOne(["x": 1])
            try await Task.sleep(for: .seconds(1))
            let primary = client.topologyDescription.servers.values.first { $0.type == .rsPrimary }
            return try #require(primary?.lastWriteDate).milliseconds
        }
        let first = try await written()
        try await Task.sleep(for: .seconds(1))
        let second = try await written()
        #expect(first > 0)
        #expect(second > first && second < first + 10_000, "\(first), \(second)")
        await client.close()
    }
}
