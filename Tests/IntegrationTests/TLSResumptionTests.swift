// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoNIO
import Synchronization
import TestSupport
import Testing

@Suite("Session resumption")
struct TLSResumptionTests {
    /// Collects what TLS agreed on, connection by connection: those of the pool, which find the sessions of the monitor, and
    /// apart from them the monitor's first, which finds none.
    final class Handshakes: Sendable {
        private let infos = Mutex<[TLSConnectionInfo]>([])
        private let first = Mutex<[TLSConnectionInfo]>([])
        func note(_ event: MongoEvent) {
            switch event {
            case .pool(.connectionReady(let ready)):
                if let info = ready.tls { infos.withLock { $0.append(info) } }
            case .topology(.heartbeatSucceeded(let heartbeat)):
                if heartbeat.driverConnectionID == 1, let info = heartbeat.tls { first.withLock { $0.append(info) } }
            default:
                break
            }
        }
        var all: [TLSConnectionInfo] { infos.withLock { $0 } }
        /// One for each client.
        var firstOfAll: [TLSConnectionInfo] { first.withLock { $0 } }
    }

    /// Makes connections one after the other: each is too old for the next request.
    private func connect(
        _ count: Int,
        _ handshakes: Handshakes,
        _ change: (inout TLSOptions) -> Void = { _ in }
    ) async throws {
        var options = try MongoClientOptions(try await TestDatabase.uri("maxIdleTimeMS=1"))
        options.eventHandler = { handshakes.note($0) }
        var tls = try #require(options.tls)
        change(&tls)
        options.tls = tls
        let client = try MongoClient(options)
        for _ in 0..<count {
            try await client.database("admin").runCommand(["ping": 1])
            try await Task.sleep(for: .milliseconds(3))
        }
        await client.close()
    }

    @Test("At least 90 % of the 2nd to 100th connections resume", arguments: [TLSVersion.tls12, .tls13])
    func resumes(version: TLSVersion) async throws {
        let handshakes = Handshakes()
        try await connect(100, handshakes) {
            $0.minimumVersion = version
            $0.maximumVersion = version
        }
        let infos = handshakes.all
        // One for each request, and one to end the sessions.
        #expect(infos.count >= 100)
        #expect(infos.allSatisfy { $0.version == version })
        #expect(handshakes.firstOfAll.map(\.resumed) == [false])
        #expect(infos.count { $0.resumed } >= 90)
        // The peer is known on a resumed connection as well.
        #expect(infos.allSatisfy { $0.peer?.subject.contains("CN=localhost") == true })
    }

    @Test("Nothing is resumed from one client to another, whatever they have in common")
    func clientsAreApart() async throws {
        let handshakes = Handshakes()
        try await connect(2, handshakes)
        try await connect(1, handshakes)
        #expect(handshakes.firstOfAll.map(\.resumed) == [false, false])
    }
}
