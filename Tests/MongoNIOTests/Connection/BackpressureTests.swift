// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/connection-monitoring-and-pooling/connection-monitoring-and-pooling.md#connection-pool

import MongoTLS
import Testing

@testable import MongoNIO

/// What "Connection Pool Backpressure", a prose test of discovery that wants MongoDB 7.0, comes to.
@Suite("Back-pressure while connecting")
struct BackpressureTests {
    private static let both: Set = ["SystemOverloadedError", "RetryableError"]

    @Test("Errors that an overload may cause are labeled: refusals, breaks and time-outs, of TCP, TLS and the hello")
    func labeled() {
        let errors = [
            MongoError(.network, "cannot connect: Connection refused"), MongoError(.timeout, "too late"),
            MongoError(TLSError(.network, .resetDuringHandshake, "reset")),
            MongoError(TLSError(.timeout, .handshakeTimeout, "too late")),
            // A mongod that has reached its maximum of connections looks like one without TLS.
            MongoError(TLSError(.notTLS, .plaintextServer, "closed unread")),
        ]
        for error in errors { #expect(error.markedForBackpressure().labels == Self.both, "\(error)") }
    }

    @Test("Errors with another reason are not: certificates, the proxy, refusals by the server, cancellations")
    func unlabeled() {
        let errors = [
            MongoError(TLSError(.certificate, .certificateExpired, "expired")),
            MongoError(TLSError(.hostname, .hostnameMismatch, "another host")),
            MongoError(TLSError(.notTLS, .httpAnswer, "HTTP")),
            MongoError(.network, "the proxy", underlying: ProxyError(.unreachable, "cannot be reached")),
            MongoError(.timeout, "the proxy", underlying: ProxyError(.timeout, "too late")),
            MongoError(.authentication, "no"), MongoError(.command, "no"), MongoError(.cancelled, "no"),
        ]
        for error in errors { #expect(error.markedForBackpressure().labels.isEmpty, "\(error)") }
    }

    @Test("A labeled failure to connect leaves the pool and the server as they are; another one does not")
    func discovery() throws {
        let address = ServerAddress.localhost
        var machine = TopologyStateMachine()
        _ = machine.open(TopologySeeds(hosts: [address], isDirect: true))
        _ = machine.apply(
            ServerDescription(
                address: address,
                hello: HelloReply(["ok": 1, "isWritablePrimary": true, "maxWireVersion": 21])
            )
        )
        let refused = MongoError(.network, "refused")
        func handle(_ error: MongoError) -> [TopologyStateMachine.Action] {
            machine.handle(error, from: address, isCurrent: true, phase: .handshake, serviceID: nil)
        }
        #expect(handle(refused.markedForBackpressure()).isEmpty)
        #expect(machine.description.servers[address]?.type == .standalone)
        let isCleared = handle(refused).contains { if case .clearPool = $0 { true } else { false } }
        #expect(isCleared)
        #expect(machine.description.servers[address]?.type == .unknown)
    }
}
