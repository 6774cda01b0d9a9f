// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// The prose tests of
// https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/tests/README.md#prose-tests

import MongoNIO
import Synchronization
import TestSupport
import Testing

/// Remembers the events about the deployment.
final class TopologyRecorder: Sendable {
    private let recorded = Mutex<[TopologyEvent]>([])

    var events: [TopologyEvent] { recorded.withLock { $0 } }

    func client(_ uri: String) throws -> MongoClient {
        var options = try MongoClientOptions(uri)
        options.eventHandler = { event in
            if case .topology(let event) = event { self.recorded.withLock { $0.append(event) } }
        }
        return try MongoClient(options)
    }

    func count(_ isCounted: (TopologyEvent) -> Bool) -> Int { events.count(where: isCounted) }

    /// Answered checks that the server was, or was not, to wait with.
    func heartbeats(awaited: Bool) -> Int {
        count { if case .heartbeatSucceeded(let event) = $0 { event.awaited == awaited } else { false } }
    }
}

/// Measures time: `dev/test` runs the integration tests one after the other.
@Suite("The monitors", .serialized)
struct MonitoringTests {
    @Test(
        "Streaming tests, 1: the server is heard of as often as heartbeatFrequencyMS says",
        arguments: [true, false]
    )
    func frequency(isStreaming: Bool) async throws {
        let recorder = TopologyRecorder()
        let mode = isStreaming ? "stream" : "poll"
        let client = try recorder.client(
            try await TestDatabase.uri("heartbeatFrequencyMS=500&serverMonitoringMode=\(mode)")
        )
        // With the default of 10 seconds there would be one.
        try await Eventually.holds { recorder.heartbeats(awaited: isStreaming) >= 4 }
        #expect(recorder.heartbeats(awaited: !isStreaming) <= (isStreaming ? 1 : 0))
        await client.close()
    }

    @Test("RTT tests, 1: the round trip time is measured all the time")
    func roundTripTime() async throws {
        let server = try await MongodProcess.shared(.plain)
        let recorder = TopologyRecorder()
        let client = try recorder.client(
            "mongodb://\(server.address)/?heartbeatFrequencyMS=500&appName=streamingRttTest"
        )
        _ = try await client.database("test").collection("test").findOne([:])
        try await Eventually.holds { recorder.heartbeats(awaited: true) >= 3 }
        for case .serverDescriptionChanged(let change) in recorder.events where change.newDescription.type != .unknown {
            #expect(try #require(change.newDescription.roundTripTime) > .zero)
        }
        // A client of its own: it must not be the one that is slowed down.
        try await withMongoClient("mongodb://\(server.address)/") { admin in
            try await admin.database("admin").runCommand([
                "configureFailPoint": "failCommand", "mode": ["times": 1000],
                "data": [
                    "failCommands": ["hello", "isMaster"], "blockConnection": true, "blockTimeMS": 500,
                    "appName": "streamingRttTest",
                ],
            ])
            try await Eventually.holds {
                let times = client.topologyDescription.servers.values.compactMap(\.roundTripTime)
                return times.contains { $0 > .milliseconds(250) }
            }
            try await admin.database("admin").runCommand(["configureFailPoint": "failCommand", "mode": "off"])
        }
        await client.close()
    }

    @Test("Heartbeat tests, 1: a check is told of before its socket is opened")
    func heartbeatBeforeSocket() async throws {
        let order = Mutex<[String]>([])
        @Sendable func note(_ what: String) { order.withLock { $0.append(what) } }
        let server = try await TCPServer.start(
            .scripted { _ in
                note("client hello received")
                return [.close]
            }
        )
        var options = try MongoClientOptions("mongodb://\(server.address)/?serverSelectionTimeoutMS=500")
        options.eventHandler = { event in
            switch event {
            case .topology(.heartbeatStarted):
                // The server has not been connected to yet.
                note("serverHeartbeatStartedEvent, \(server.connectionCount) connections")
            case .topology(.heartbeatFailed):
                note("serverHeartbeatFailedEvent")
            default:
                break
            }
        }
        let client = try MongoClient(options)
        let error = await #expect(throws: MongoError.self) {
            try await client.database("admin").runCommand(["ping": 1])
        }
        #expect(error?.code == .serverSelection)
        await client.close()
        #expect(
            order.withLock { $0 }.prefix(3) == [
                "serverHeartbeatStartedEvent, 0 connections", "client hello received", "serverHeartbeatFailedEvent",
            ]
        )
        try await server.stop()
    }

    @Test("The events of a client begin with its opening, end with its closing, and every check has its end")
    func order() async throws {
        let recorder = TopologyRecorder()
        let client = try recorder.client(try await TestDatabase.uri("heartbeatFrequencyMS=500"))
        try await client.database("admin").runCommand(["ping": 1])
        await client.close()
        let events = recorder.events
        guard case .opening? = events.first, case .closed? = events.last else {
            Issue.record("\(events)")
            return
        }
        let started = recorder.count { if case .heartbeatStarted = $0 { true } else { false } }
        let ended = recorder.count {
            switch $0 {
            case .heartbeatSucceeded, .heartbeatFailed: true
            default: false
            }
        }
        #expect(started == ended)
        guard case .descriptionChanged(let change)? = events.dropLast().last else {
            Issue.record("\(events)")
            return
        }
        #expect(change.newDescription.type == .unknown)
        #expect(change.newDescription.servers.isEmpty)
    }

    @Test("Where nothing listens, selection ends at its deadline and says what was seen; cancelling ends it at once")
    func nobody() async throws {
        let port = try FreePort()
        let client = try MongoClient("mongodb://\(port.address)/?serverSelectionTimeoutMS=700")
        let error = await #expect(throws: MongoError.self) {
            try await client.database("admin").runCommand(["ping": 1])
        }
        #expect(error?.code == .serverSelection)
        #expect(error?.message.contains(port.address) == true)
        #expect(error?.message.contains("refused") == true)
        await client.close()

        let patient = try MongoClient("mongodb://\(port.address)/")
        let task = Task { try await patient.database("admin").runCommand(["ping": 1]) }
        try await Task.sleep(for: .milliseconds(50))
        task.cancel()
        let cancelled = await #expect(throws: MongoError.self) { _ = try await task.value }
        #expect(cancelled?.code == .cancelled)
        await patient.close()
    }
}
