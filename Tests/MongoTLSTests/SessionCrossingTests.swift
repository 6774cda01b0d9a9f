// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import TestSupport
import Testing

@testable import MongoTLS

/// A session is resumed with the same server, under the same options, and nowhere else. OpenSSL checks nothing of a
/// resumed session, so one that crosses would undo every check.
@Suite("Sessions never cross")
struct SessionCrossingTests {
    private static let versions = [TLSVersion.tls12, .tls13]
    private static let endpoint = "localhost:27017"

    /// Makes a connection to a server that offers sessions, and says whether it resumed one.
    private func connect(
        _ context: TLSContext,
        _ server: MemoryServer,
        host: String = "localhost",
        endpoint: String = endpoint
    ) throws -> Bool {
        let server = try MemoryServer(sharing: server)
        var session = try TLSSession(context, server: TLSServerName(host: host), endpoint: endpoint)
        try InMemory.complete(&session, with: server)
        let info = session.info
        _ = session.keepSessions(.notChecked)
        // The tickets of TLS 1.3 come with the first data.
        session.receive(ByteBuffer(bytes: server.exchange(session.takeOutboundBytes())))
        session.receive(ByteBuffer(bytes: server.write(Array("pong".utf8))))
        #expect(try session.readBytes() == Array("pong".utf8))
        // OpenSSL does not resume the session of a connection that ended without a goodbye.
        session.shutdown()
        return info.resumed
    }

    private func server(_ identities: TestIdentities) throws -> MemoryServer {
        try MemoryServer(
            MemoryServer.Configuration(identities.server).with {
                $0.clientAuthority = identities.authority.certificateFile
                $0.requiresClientCertificate = false
            }
        )
    }

    private func options(_ identities: TestIdentities, _ version: TLSVersion) -> TLSOptions {
        TLSOptions.trusting(identities.authority).with {
            $0.minimumVersion = version
            $0.maximumVersion = version
        }
    }

    @Test("The same server under the same options resumes: what the others are compared with", arguments: versions)
    func control(version: TLSVersion) async throws {
        let identities = try await TestIdentities.shared
        let context = try TLSContext(options(identities, version))
        let server = try server(identities)
        #expect(try !connect(context, server))
        for _ in 0..<3 { #expect(try connect(context, server)) }
    }

    @Test("Not with another host or another port, even when the very same server answers there", arguments: versions)
    func servers(version: TLSVersion) async throws {
        let identities = try await TestIdentities.shared
        let context = try TLSContext(options(identities, version))
        let server = try server(identities)
        #expect(try !connect(context, server))
        #expect(try !connect(context, server, endpoint: "localhost:27018"))
        #expect(try !connect(context, server, host: "127.0.0.1", endpoint: "127.0.0.1:27017"))
        // The same network address under another name for the certificate, as `serverNames` can give it.
        #expect(try !connect(context, server, host: "127.0.0.1"))
        #expect(try connect(context, server))
    }

    @Test("Not under another CA file, even one that trusts the same authority and more", arguments: versions)
    func authorities(version: TLSVersion) async throws {
        let identities = try await TestIdentities.shared
        let server = try server(identities)
        let directory = try TemporaryDirectory()
        let both = try [identities.authority, identities.stranger].map {
            try String(contentsOfFile: $0.certificateFile, encoding: .utf8)
        }
        let bundle = try directory.write(both.joined(), to: "both.pem")
        let base = options(identities, version)
        #expect(try !connect(try TLSContext(base), server))
        #expect(try !connect(try TLSContext(base.with { $0.caFile = bundle }), server))
    }

    @Test("Not under another trust, client certificate, verify mode, version range or list", arguments: versions)
    func settings(version: TLSVersion) async throws {
        let identities = try await TestIdentities.shared
        let server = try server(identities)
        let base = options(identities, version)
        let list = try await identities.authority.revocationList()
        let variants: [TLSOptions] = [
            base, base.with { $0.trust = .add },
            base.with { $0.certificateKeyFile = identities.client.certificateKeyFile },
            base.with { $0.allowInvalidCertificates = true }, base.with { $0.allowInvalidHostnames = true },
            base.with { $0.insecure = true }, base.with { $0.crlFile = list },
            base.with { $0.disableCertificateRevocationCheck = true }, base.with { $0.revocation = .require },
            base.with { $0.cipherSuitesTLS13 = ["TLS_AES_128_GCM_SHA256"] },
        ]
        for options in variants {
            #expect(try !connect(try TLSContext(options), server))
        }
        // Two clients with equal options are two contexts as well.
        #expect(try !connect(try TLSContext(base), server))
    }

    @Test("A session ends with the first certificate of the chain, not only with the server's own")
    func endOfTrust() async throws {
        let identities = try await TestIdentities.shared
        let soon = Date(timeIntervalSinceNow: 3600)
        let request = CertificateRequest.authority(name: "ends soon").with { $0.notAfter = soon }
        let intermediate = try await identities.authority.intermediate(request)
        let server = try MemoryServer(.init(try await intermediate.issue(.server())))
        let context = try TLSContext(options(identities, .tls13))
        #expect(try !connect(context, server))
        let key = TLSSessionCache.Key(endpoint: Self.endpoint, server: TLSServerName(host: "localhost"))
        let entry = try #require(context.sessionCache.take(key))
        #expect(entry.end <= Int64(soon.timeIntervalSince1970))
    }

    @Test("Not after a reload, whatever has changed, or nothing", arguments: versions)
    func reload(version: TLSVersion) async throws {
        let identities = try await TestIdentities.shared
        let provider = try TLSContextProvider(options(identities, version))
        let server = try server(identities)
        #expect(try !connect(provider.current, server))
        #expect(try connect(provider.current, server))
        try provider.reload()
        #expect(try !connect(provider.current, server))
        #expect(try connect(provider.current, server))
    }
}
