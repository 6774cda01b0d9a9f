// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/ocsp-support/tests/README.md

import Foundation
import MongoBSON
import MongoNIO
import MongoTLS
import TestSupport
import Testing

/// The integration matrix of the OCSP specification: 24 scenarios, each with three connection strings, against mongod.
@Suite("The OCSP matrix")
struct OCSPMatrixTests {
    struct Scenario: Sendable, CustomTestStringConvertible {
        enum Situation: String, Sendable, CaseIterable {
            case validStaples
            case revokedStaples
            case validWithoutStaple
            case revokedWithoutStaple
            case softFail
            case maliciousRevoked
            case maliciousSilent
        }

        enum Key: String, Sendable, CaseIterable {
            case rsa
            case ecdsa
        }

        enum Signer: String, Sendable {
            case issuer
            case delegate
            /// Nothing listens where the responder should be.
            case nobody
        }

        let situation: Situation
        let key: Key
        let signer: Signer

        var testDescription: String { "\(situation.rawValue), \(key.rawValue), \(signer.rawValue)" }

        var mustStaple: Bool {
            switch situation {
            case .validStaples, .revokedStaples, .maliciousRevoked, .maliciousSilent: true
            case .validWithoutStaple, .revokedWithoutStaple, .softFail: false
            }
        }

        var serverStaples: Bool { situation == .validStaples || situation == .revokedStaples }

        var answer: OCSPAnswer {
            switch situation {
            case .validStaples, .validWithoutStaple, .softFail, .maliciousSilent: .good
            case .revokedStaples, .revokedWithoutStaple, .maliciousRevoked: .revoked
            }
        }

        /// What `tls=true` leads to.
        var expected: Ending {
            switch situation {
            case .validStaples: .connected(source: "staple", verdict: "good")
            case .validWithoutStaple: .connected(source: "endpoint", verdict: "good")
            case .softFail: .connected(source: "endpoint", verdict: "unknown")
            case .revokedStaples, .revokedWithoutStaple: .refused(.ocspRevoked)
            case .maliciousRevoked, .maliciousSilent: .refused(.mustStapleMissing)
            }
        }

        static let all = Situation.allCases.flatMap { situation in
            Key.allCases.flatMap { key in
                let signers: [Signer] =
                    switch situation {
                    case .softFail, .maliciousSilent: [.nobody]
                    default: [.issuer, .delegate]
                    }
                return signers.map { Scenario(situation: situation, key: key, signer: $0) }
            }
        }
    }

    enum Ending: Sendable, Equatable {
        case connected(source: String, verdict: String)
        case refused(TLSError.Code)
    }

    @Test("There are 24 scenarios")
    func count() {
        #expect(Scenario.all.count == 24)
    }

    @Test("tls=true decides, tlsInsecure and tlsAllowInvalidCertificates connect", arguments: Scenario.all)
    func matrix(_ scenario: Scenario) async throws {
        try await Self.gate.enter()
        defer { Self.gate.leave() }

        let key: CertificateRequest.Key = scenario.key == .rsa ? .rsa(bits: 2048) : .p256
        let authority = try await CertificateAuthority.make(.authority(name: "OCSP authority").with { $0.key = key })
        let responses = Responses()
        let responder = scenario.signer == .nobody ? nil : try await TCPServer.http { _ in responses.current }
        let port = try FreePort()
        let address = responder?.address ?? port.address
        let certificate = try await authority.issue(
            .server().with {
                $0.key = key
                $0.mustStaple = scenario.mustStaple
                $0.responders = ["http://\(address)/"]
            }
        )
        var answer = scenario.answer
        if scenario.signer == .delegate {
            answer.signer = try await authority.issue(.responseSigner().with { $0.key = key })
        }
        if responder != nil { responses.current = try await authority.ocspResponse(for: certificate, answer) }

        let server = try await MongodProcess.start(
            .tls(certificate, clientAuthority: authority.certificateFile).with {
                $0.parameters["ocspEnabled"] = scenario.serverStaples ? "true" : "false"
            }
        )
        let uri = "mongodb://\(server.address)/?tls=true&tlsCAFile=\(authority.certificateFile)"
        #expect(try await connect(uri) == scenario.expected)
        let unchecked = Ending.connected(source: "none", verdict: "notChecked")
        #expect(try await connect(uri + "&tlsInsecure=true") == unchecked)
        #expect(try await connect(uri + "&tlsAllowInvalidCertificates=true") == unchecked)
        await server.stop()
        withExtendedLifetime((port, responder)) {}
    }

    /// Two servers at a time: 24 at once take no less time, more memory than a small machine has, and all of its attention.
    private static let gate = Gate(width: 2)

    private func connect(_ uri: String) async throws -> Ending {
        var options = try MongoClientOptions(uri)
        let ready = Responses.Status()
        options.eventHandler = { event in
            if case .pool(.connectionReady(let event)) = event { ready.note(event.tls?.revocation) }
        }
        let client = try MongoClient(options)
        do throws(MongoError) {
            _ = try await client.database("admin").runCommand(["ping": 1])
        } catch {
            await client.close()
            guard let tls = error.tls, tls.category == .revocation else { throw error }
            #expect(tls.message.contains("invalid status response"))
            return .refused(tls.code)
        }
        await client.close()
        let status = try #require(ready.first)
        return .connected(source: status.source, verdict: status.verdict)
    }
}
