// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import CMongoOpenSSL
import NIOCore
import TestSupport
import Testing

@testable import MongoTLS

/// How a server can end a connection, and what may be said of it: no more than is known.
@Suite("How connections end")
struct HandshakeEndTests {
    private let name = TLSServerName(host: "localhost")
    private static let endpoint = "localhost:27017"

    /// The error of a client whose greeting is answered with an alert.
    private func error(
        forAlert alert: UInt8,
        isFatal: Bool = true,
        _ change: (inout TLSOptions) -> Void = { _ in }
    ) async throws -> TLSError {
        let options = TLSOptions.trusting(try await TestIdentities.shared.authority).with(change)
        var session = try TLSSession(try TLSContext(options), server: name)
        _ = session.handshake()
        session.receive(ByteBuffer(bytes: [0x15, 3, 3, 0, 2, isFatal ? 2 : 1, alert]))
        guard case .failed(let error) = session.handshake() else {
            Issue.record("an alert was passed over")
            throw InMemory.Stuck()
        }
        return error
    }

    // MARK: Alerts

    @Test(
        "An alert that may be about a client certificate is not taken for it where none was asked for",
        arguments: [UInt8(49), 51, 42, 46]
    )
    func unrelatedAlert(alert: UInt8) async throws {
        let error = try await error(forAlert: alert)
        #expect(error.code == .alert)
        #expect(error.category == .handshake)
        let client = try await TestIdentities.shared.client.certificateKeyFile
        #expect(try await self.error(forAlert: alert) { $0.certificateKeyFile = client }.category == .clientCertificate)
    }

    @Test("An internal error of the server has a hint: Atlas answers so to strangers")
    func internalError() async throws {
        let error = try await error(forAlert: 80)
        #expect(error.code == .alert)
        #expect(error.hint?.contains("access list") == true)
        #expect(error.hint?.contains("may") == true)
    }

    @Test("The closing alert in the middle of the handshake is a lost connection, not a broken protocol")
    func goodbye() async throws {
        let error = try await error(forAlert: 0, isFatal: false)
        #expect(error.code == .closedDuringHandshake)
        #expect(error.category == .network)
        #expect(!error.message.contains("without an alert"))
    }

    @Test(
        "An alert on a connection in use is a broken connection: the handshake is long over",
        arguments: [
            TLSVersion.tls12, .tls13,
        ]
    )
    func lateAlert(version: TLSVersion) async throws {
        let identities = try await TestIdentities.shared
        let options = TLSOptions.trusting(identities.authority).with { $0.maximumVersion = version }
        let server = try MemoryServer(.init(identities.server))
        var session = try TLSSession(try TLSContext(options), server: name)
        try InMemory.complete(&session, with: server)
        session.receive(ByteBuffer(bytes: server.exchange(session.takeOutboundBytes())))
        session.receive(ByteBuffer(bytes: server.write([1])))
        #expect(try session.readBytes() == [1])
        // What nobody can decrypt.
        _ = server.exchange([0x17, 3, 3, 0, 32] + [UInt8](repeating: 7, count: 32))
        #expect(server.read() == nil)
        session.receive(ByteBuffer(bytes: server.exchange([])))
        let error = #expect(throws: TLSError.self) { _ = try session.readBytes() }
        #expect(error?.code == .alert)
        #expect(error?.category == .network)
        #expect(error?.message.contains("handshake") == false)
    }

    @Test(
        "What the client's own policy refuses is not called a fault of the protocol",
        arguments: [
            SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED, SSL_R_WRONG_SIGNATURE_TYPE,
        ]
    )
    func policy(reason: Int32) {
        let error = failure(reason).error
        #expect(error.code == .refusedByPolicy)
        #expect(error.hint?.isEmpty == false)
    }

    @Test("No version to offer is the client's own doing")
    func noVersion() {
        let error = failure(SSL_R_NO_PROTOCOLS_AVAILABLE).error
        #expect(error.category == .configuration)
        #expect(!error.message.contains("server"))
    }

    private func failure(_ reason: Int32) -> HandshakeFailure {
        HandshakeFailure(
            errors: ErrorStack(entries: [.init(library: ERR_LIB_SSL, reason: reason, text: "OpenSSL's words")]),
            firstBytes: [],
            receivedBytes: 0,
            inboundEnded: false,
            hasIdentity: false,
            certificateWasRequested: false,
            isAfterHandshake: false,
            isEstablished: false,
            wasWelcomeBefore: false
        )
    }

    // MARK: What the server did before

    @Test("A server that has spoken TLS is never said not to: it may take no more connections")
    func knownServer() async throws {
        let identities = try await TestIdentities.shared
        let provider = try TLSContextProvider(.trusting(identities.authority))
        func error(_ endpoint: String?) throws -> TLSError? {
            try TLSSession(provider.current, server: name, endpoint: endpoint).errorForUnreadGreeting
        }
        let first = try error(Self.endpoint)
        #expect(first?.code == .plaintextServer)
        #expect(first?.hint?.contains("maximum of connections") == true)
        var session = try TLSSession(provider.current, server: name, endpoint: Self.endpoint)
        try InMemory.complete(&session, with: try MemoryServer(.init(identities.server)))
        #expect(try error(Self.endpoint) == nil)
        #expect(try error("localhost:27018")?.code == .plaintextServer)
        #expect(try error(nil)?.code == .plaintextServer)
        // Another CA file changes nothing about that.
        try provider.reload()
        #expect(try error(Self.endpoint) == nil)
    }

    @Test(
        "A client that was let in before is not refused for its certificate, or for having none",
        arguments: [
            false, true,
        ]
    )
    func knownClient(hasCertificate: Bool) async throws {
        let identities = try await TestIdentities.shared
        let options = TLSOptions.trusting(identities.authority).with {
            if hasCertificate { $0.certificateKeyFile = identities.client.certificateKeyFile }
        }
        let context = try TLSContext(options)
        let configuration = MemoryServer.Configuration(identities.server).with {
            $0.clientAuthority = identities.authority.certificateFile
            $0.requiresClientCertificate = false
        }
        /// What is said of a server that closes right after the handshake, or that first sends something.
        func error(welcomed: Bool = false) throws -> TLSError {
            let server = try MemoryServer(configuration)
            var session = try TLSSession(context, server: name, endpoint: Self.endpoint)
            try InMemory.complete(&session, with: server)
            session.receive(ByteBuffer(bytes: server.exchange(session.takeOutboundBytes())))
            if welcomed {
                session.receive(ByteBuffer(bytes: server.write([1])))
                #expect(try session.readBytes() == [1])
            }
            return session.errorForLostConnection(reset: false)
        }
        let first = try error()
        #expect(first.code == (hasCertificate ? .clientCertificateRefused : .clientCertificateRequired))
        #expect(try error(welcomed: true).code == .truncated)
        let later = try error()
        #expect(later.code == .closedAfterHandshake)
        #expect(later.category == .network)
    }

    @Test("The notes about servers are bounded")
    func bound() {
        let notes = TLSEndpointNotes()
        for number in 0..<1000 { notes.insert("\(number)") }
        #expect((0..<1000).count { notes.contains("\($0)") } == TLSEndpointNotes.capacity)
        #expect(notes.contains("999"))
    }

    // MARK: Tickets

    @Test("However many sessions a server offers, no more wait than will be kept, and those are the newest")
    func offers() throws {
        func session(_ number: Int) throws -> ResumableSession {
            let pointer = try #require(SSL_SESSION_new())
            SSL_SESSION_set_time(pointer, number)
            return ResumableSession(owning: pointer)
        }
        for wantsSessions in [true, false] {
            let record = TLSSessionRecord(wantsSessions: wantsSessions)
            for number in 1...1000 { record.offer(try session(number)) }
            var kept: [Int] = []
            record.keepSessions { kept.append(Int(SSL_SESSION_get_time($0.pointer))) }
            #expect(kept == (wantsSessions ? [997, 998, 999, 1000] : []))
        }
    }
}
