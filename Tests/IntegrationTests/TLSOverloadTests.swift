// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/connection-monitoring-and-pooling/connection-monitoring-and-pooling.md#connection-pool

import MongoNIO
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

/// A mongod with TLS that has reached its maximum of connections closes new ones exactly as a mongod without TLS does.
@Suite("A server with TLS that takes no more connections")
struct TLSOverloadTests {
    @Test("A client that has been there knows it for an overload and keeps what it has; a new one gets a hint")
    func maximumOfConnections() async throws {
        let identities = try await TestIdentities.shared
        let server = try await MongodProcess.start(
            .tls(identities.server, clientAuthority: identities.authority.certificateFile).with {
                $0.arguments = ["--maxConns", "8"]
            }
        )
        let uri =
            "mongodb://localhost:\(server.port)/?tlsCAFile=\(identities.authority.certificateFile)"
            + "&serverMonitoringMode=poll&serverSelectionTimeoutMS=5000"
        let failures = Mutex<[MongoError]>([])
        let cleared = ConnectionCounter()
        var options = try MongoClientOptions(uri)
        options.eventHandler = { event in
            switch event {
            case .pool(.connectionClosed(let event)):
                if let error = event.error { failures.withLock { $0.append(error) } }
            case .pool(.poolCleared): cleared.note()
            default: break
            }
        }
        let client = try MongoClient(options)
        try await client.database("admin").runCommand(["ping": 1])

        // Strangers take what is left.
        var strangers: [any Channel] = []
        for _ in 0..<8 {
            let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            strangers.append(try await bootstrap.connect(host: "127.0.0.1", port: server.port).get())
        }
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                // The one connection that there is serves some of them; what the others are told is in the events.
                group.addTask { _ = try? await client.database("admin").runCommand(["ping": 1]) }
            }
        }
        try await Eventually.holds { failures.withLock { !$0.isEmpty } }
        for error in failures.withLock({ $0 }) {
            #expect(error.tls?.category != .notTLS, "\(error)")
            #expect(error.hasLabel("SystemOverloadedError"), "\(error)")
        }
        #expect(cleared.count == 0)
        // The connection that there is goes on.
        try await client.database("admin").runCommand(["ping": 1])

        let newcomer = try MongoClient(uri)
        let error = await #expect(throws: MongoError.self) {
            try await newcomer.database("admin").runCommand(["ping": 1])
        }
        // Which of the two depends on whether the greeting arrived before the end.
        let codes = [TLSError.Code.plaintextServer, .closedDuringHandshake]
        #expect(error?.tls.map { codes.contains($0.code) } == true, "\(String(describing: error))")
        #expect(error?.tls?.hint?.isEmpty == false)
        await newcomer.close()
        for stranger in strangers { try? await stranger.close() }
        await client.close()
    }
}
