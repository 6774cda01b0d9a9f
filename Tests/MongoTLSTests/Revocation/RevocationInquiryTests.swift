// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import MongoTLS

@Suite("The inquiry about revocation", .timeLimit(.minutes(5)))
struct RevocationInquiryTests {
    /// An authority of its own with one certificate, so that what one test remembers does not reach another.
    private struct Scene {
        let fixture: RevocationFixture
        let context: TLSContext
        let certificate: IssuedCertificate

        init(
            responders: [TCPServer] = [],
            urls: [String] = [],
            mustStaple: Bool = false,
            _ change: (inout TLSOptions) -> Void = { _ in }
        ) async throws {
            fixture = try await .shared
            let locations = urls + responders.map { "http://\($0.address)/" }
            certificate = try await fixture.root.issue(
                .server().with {
                    $0.responders = locations
                    $0.mustStaple = mustStaple
                }
            )
            var options = TLSOptions()
            options.caFile = fixture.root.certificateFile
            change(&options)
            context = try TLSContext(options)
        }

        func response(_ answer: TestSupport.OCSPAnswer = .good) async throws -> [UInt8] {
            try await fixture.root.ocspResponse(for: certificate, answer)
        }

        func run(staple: [UInt8]? = nil, within time: TimeAmount = .seconds(20)) async throws -> Ending {
            let inquiry = RevocationInquiry(context, try fixture.subject(certificate), staple: staple)
            let outcome = await inquiry.run(
                until: .now() + time,
                on: MultiThreadedEventLoopGroup.singleton.next()
            )
            return switch outcome {
            case .accepted(let status): .accepted(status.source, status.verdict)
            case .refused(let error): .refused(error.code)
            case .cancelled: .cancelled
            }
        }
    }

    private enum Ending: Equatable {
        case accepted(String, String)
        case refused(TLSError.Code)
        case cancelled
    }

    @Test("A staple decides, and is remembered for connections without one")
    func staple() async throws {
        let good = try await Scene()
        #expect(try await good.run() == .accepted("none", "notChecked"))
        #expect(try await good.run(staple: good.response()) == .accepted("staple", "good"))
        #expect(try await good.run() == .accepted("cache", "good"))
        #expect(try await good.run(staple: [1, 2, 3]) == .refused(.stapleInvalid))
        #expect(try await good.run(staple: []) == .refused(.stapleInvalid))

        let revoked = try await Scene()
        #expect(try await revoked.run(staple: revoked.response(.revoked)) == .refused(.ocspRevoked))
        #expect(try await revoked.run() == .refused(.ocspRevoked))

        let unknown = try await Scene()
        #expect(try await unknown.run(staple: unknown.response(.unknown)) == .accepted("staple", "unknown"))
        #expect(try await unknown.run() == .accepted("none", "notChecked"))
        let endless = try await Scene()
        let response = try await endless.response(.good.with { $0.nextUpdate = nil })
        #expect(try await endless.run(staple: response) == .accepted("staple", "good"))
        #expect(try await endless.run() == .accepted("none", "notChecked"))
    }

    @Test("A must-staple certificate needs a staple each time, even when the cache knows it")
    func mustStaple() async throws {
        let scene = try await Scene(mustStaple: true)
        #expect(try await scene.run() == .refused(.mustStapleMissing))
        #expect(try await scene.run(staple: scene.response()) == .accepted("staple", "good"))
        #expect(try await scene.run() == .refused(.mustStapleMissing))
        let lax = try await Scene(mustStaple: true) { $0.disableCertificateRevocationCheck = true }
        #expect(try await lax.run() == .accepted("none", "notChecked"))
        let offline = try await Scene(mustStaple: true) { $0.disableOCSPEndpointCheck = true }
        #expect(try await offline.run() == .refused(.mustStapleMissing))
    }

    @Test("A responder is asked once; then the cache answers")
    func responder() async throws {
        for (answer, first, second) in [
            (TestSupport.OCSPAnswer.good, Ending.accepted("endpoint", "good"), Ending.accepted("cache", "good")),
            (.revoked, .refused(.ocspRevoked), .refused(.ocspRevoked)),
        ] {
            let box = ResponseBox()
            let server = try await TCPServer.http { _ in box.response }
            let scene = try await Scene(responders: [server])
            box.response = try await scene.response(answer)
            #expect(try await scene.run() == first)
            #expect(try await scene.run() == second)
            #expect(server.connectionCount == 1)
        }
    }

    @Test("A staple that is unknown leaves the question to the responder")
    func unknownStaple() async throws {
        let box = ResponseBox()
        let server = try await TCPServer.http { _ in box.response }
        let scene = try await Scene(responders: [server])
        box.response = try await scene.response(.revoked)
        #expect(try await scene.run(staple: scene.response(.unknown)) == .refused(.ocspRevoked))
        #expect(server.connectionCount == 1)
    }

    @Test("Responders that are asked in vain are asked once: the next connections do not wait for them")
    func fruitless() async throws {
        let servers = [try await TCPServer.start(.closing), try await TCPServer.start(.resetting)]
        let rows: [(TLSOptions.RevocationMode, first: Ending, next: Ending)] = [
            (.softFail, .accepted("endpoint", "unknown"), .accepted("none", "unknown")),
            (.require, .refused(.revocationUndecided), .refused(.revocationUndecided)),
        ]
        for (number, row) in rows.enumerated() {
            let scene = try await Scene(responders: servers) { $0.revocation = row.0 }
            #expect(try await scene.run() == row.first)
            for _ in 0..<3 { #expect(try await scene.run() == row.next) }
            #expect(servers.map(\.connectionCount) == [number + 1, number + 1])
            // What a server staples counts nevertheless.
            #expect(try await scene.run(staple: scene.response()) == .accepted("staple", "good"))
            #expect(try await scene.run() == .accepted("cache", "good"))
        }
    }

    @Test("URLs other than http are not asked, and turned off none is")
    func notAsked() async throws {
        let server = try await TCPServer.start(.closing)
        let foreign = try await Scene(urls: ["https://\(server.address)/", "ldap://\(server.address)/"])
        #expect(try await foreign.run() == .accepted("none", "notChecked"))
        let off = try await Scene(responders: [server]) { $0.disableOCSPEndpointCheck = true }
        #expect(try await off.run() == .accepted("none", "notChecked"))
        let disabled = try await Scene(responders: [server]) { $0.disableCertificateRevocationCheck = true }
        #expect(try await disabled.run(staple: [1]) == .accepted("none", "notChecked"))
        #expect(server.connectionCount == 0)
    }

    @Test("List and OCSP together: the staple first, then the list, and the responder not at all")
    func list() async throws {
        let fixture = try await RevocationFixture.shared
        let server = try await TCPServer.start(.closing)
        let list = try await fixture.root.revocationList()
        let scene = try await Scene(responders: [server]) { $0.crlFile = list }
        #expect(try await scene.run() == .accepted("crl", "good"))
        #expect(try await scene.run(staple: scene.response(.unknown)) == .accepted("crl", "good"))
        #expect(try await scene.run(staple: scene.response(.revoked)) == .refused(.ocspRevoked))

        // The staple comes before a list that would refuse.
        let foreign = try await fixture.intermediate.revocationList()
        let missing = try await Scene(responders: [server]) { $0.crlFile = foreign }
        #expect(try await missing.run() == .refused(.crlMissing))
        #expect(try await missing.run(staple: missing.response()) == .accepted("staple", "good"))
        #expect(try await missing.run() == .accepted("cache", "good"))
        // For the whole chain the root's list is needed all the same.
        let chain = try await Scene(responders: [server]) {
            $0.crlFile = foreign
            $0.crlCheck = .chain
        }
        #expect(try await chain.run() == .refused(.crlMissing))
        #expect(try await chain.run(staple: chain.response()) == .refused(.crlMissing))
        let whole = try await Scene(responders: [server]) {
            $0.crlFile = list
            $0.crlCheck = .chain
        }
        #expect(try await whole.run() == .accepted("crl", "good"))
        #expect(try await whole.run(staple: whole.response()) == .accepted("staple", "good"))
        #expect(server.connectionCount == 0)
    }

    @Test("A cancelled inquiry says so and remembers nothing of the silence")
    func cancellation() async throws {
        let server = try await TCPServer.start(.scripted { $0.connection == 0 ? [] : [.close] })
        let scene = try await Scene(responders: [server])
        let task = Task { try await scene.run(within: .hours(1)) }
        while server.received.first?.isEmpty != false {
            try await Task.sleep(for: .milliseconds(5))
        }
        task.cancel()
        #expect(try await task.value == .cancelled)
        #expect(try await scene.run() == .accepted("endpoint", "unknown"))
        #expect(server.connectionCount == 2)
    }
}

/// A response that is made after the responder that gives it.
private final class ResponseBox: Sendable {
    private let storage = Mutex<[UInt8]>([])

    var response: [UInt8] {
        get { storage.withLock { $0 } }
        set { storage.withLock { $0 = newValue } }
    }
}
