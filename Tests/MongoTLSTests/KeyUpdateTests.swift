// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import TestSupport
import Testing

@testable import MongoNIO
@testable import MongoTLS

@Suite("Key updates")
struct KeyUpdateTests {
    @Test("A server that wants keys updated again and again, and reads no answer, is left", arguments: [false, true])
    func flood(serverReads: Bool) async throws {
        let identities = try await TestIdentities.shared
        let server = try MemoryServer(.init(identities.server))
        let context = try TLSContext(.trusting(identities.authority))
        // Without a socket everything is left to the loop, as with one that is full.
        var core = ConnectionCore(session: try TLSSession(context, server: TLSServerName(host: "localhost")))
        var effects = ConnectionCore.Effects()
        func answer(_ core: inout ConnectionCore) -> Int {
            let buffers = core.takeOutbound(&effects)
            let answer = server.exchange(buffers.flatMap { Array($0.readableBytesView) })
            if !answer.isEmpty { core.receive(ByteBuffer(bytes: answer), &effects) }
            return buffers.reduce(0) { $0 + $1.readableBytes }
        }
        var isComplete = false
        for _ in 0..<10 where !isComplete {
            if case .complete = core.handshake(&effects) { isComplete = true }
            _ = answer(&core)
        }
        try #require(isComplete)
        var answered = 0
        for _ in 0..<3_000 where core.state.closeReason == nil {
            // Several updates in one segment.
            let updates = (0..<20).flatMap { _ in server.updateKeys() }
            core.receive(ByteBuffer(bytes: updates), &effects)
            if serverReads { answered += answer(&core) }
        }
        if serverReads {
            #expect(core.state.closeReason == nil)
            #expect(answered > 1 << 20)
        } else {
            #expect(core.state.closeReason?.code == .invalidResponse)
            #expect(effects.close)
            #expect(core.takeOutbound(&effects).isEmpty)
        }
    }
}
