// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import MongoTLS

@Suite("tlsDisableOCSPEndpointCheck")
struct TLSDisableOCSPEndpointCheckTests {
    /// What comes of the question about a certificate that names a responder, and whether that was asked.
    private func inquire(
        _ isDisabled: Bool?,
        staple answer: TestSupport.OCSPAnswer? = nil
    ) async throws -> (outcome: String, wasAsked: Bool) {
        let fixture = try await RevocationFixture.shared
        let server = try await TCPServer.start(.closing)
        let certificate = try await fixture.root.issue(.server().with { $0.responders = ["http://\(server.address)/"] })
        var options = TLSOptions()
        options.caFile = fixture.root.certificateFile
        options.disableOCSPEndpointCheck = isDisabled
        var staple: [UInt8]?
        if let answer { staple = try await fixture.root.ocspResponse(for: certificate, answer) }
        let inquiry = RevocationInquiry(try TLSContext(options), try fixture.subject(certificate), staple: staple)
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let outcome =
            switch await inquiry.run(until: .now() + .seconds(20), on: loop) {
            case .accepted(let status): "\(status.source) \(status.verdict)"
            case .refused(let error): "\(error.code)"
            case .cancelled: "cancelled"
            }
        let wasAsked = server.connectionCount > 0
        try await server.stop()
        return (outcome, wasAsked)
    }

    @Test("No responder is asked, and a staple is verified all the same")
    func disabled() async throws {
        #expect(try await inquire(true) == ("none notChecked", false))
        #expect(try await inquire(true, staple: .good) == ("staple good", false))
        #expect(try await inquire(true, staple: .revoked) == ("ocspRevoked", false))
        #expect(try await inquire(true, staple: .good.expired) == ("stapleInvalid", false))
    }

    @Test("false means what leaving the option out means: the responder is asked")
    func enabled() async throws {
        for isDisabled in [nil, false] {
            #expect(try await inquire(isDisabled) == ("endpoint unknown", true))
        }
    }
}
