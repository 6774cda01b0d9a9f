// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/mongodb-handshake/tests/README.md#prose-tests

import MongoBSON
import NIOCore
import Testing

@testable import MongoNIO

@Suite("The handshake's message")
struct HandshakeTests {
    private func hello(
        isMonitoring: Bool = false,
        isLoadBalanced: Bool = false,
        maxTime: Int64? = nil
    ) throws -> BSONDocument {
        var handshake = try Handshake(
            metadata: ClientMetadata(
                applicationName: nil,
                operatingSystem: .init(type: "Linux"),
                platform: "Swift",
                environment: .init()
            ),
            serverAPI: nil,
            isLoadBalanced: isLoadBalanced
        )
        handshake.isMonitoring = isMonitoring
        var message = try handshake.message(id: 1, maxTime: maxTime)
        // Header, flags and the kind of the one section.
        message.moveReaderIndex(forwardBy: 21)
        return try BSONValidator.readDocument(from: &message)
    }

    @Test("Prose test 9: every handshake says that the driver knows how to behave under back-pressure")
    func backpressure() throws {
        for isMonitoring in [true, false] {
            for isLoadBalanced in [true, false] {
                let hello = try hello(isMonitoring: isMonitoring, isLoadBalanced: isLoadBalanced)
                #expect(hello["backpressure"] == "2")
            }
        }
    }

    @Test("The hello tells the server of its time where it has one")
    func maxTime() throws {
        #expect(try hello(maxTime: 17)["maxTimeMS"] == .int64(17))
        #expect(try hello()["maxTimeMS"] == nil)
    }

    @Test("Prose test 2: mechanisms that nobody knows are no error")
    func arbitraryMechanism() async throws {
        let server = try await ScriptedServer.start(hello: ["saslSupportedMechs": ["SCRAM-SHA-9999"]]) { _ in [:] }
        try await withMongoClient(server.uri) { client in
            try await client.database("admin").runCommand(["ping": 1])
        }
        try await server.stop()
        // With a user, the mechanism that every server has is left.
        #expect(Login.mechanism(nil, offered: ["SCRAM-SHA-9999"]) == .sha1)
        #expect(Login.mechanism(nil, offered: ["SCRAM-SHA-9999", "SCRAM-SHA-256"]) == .sha256)
    }
}
