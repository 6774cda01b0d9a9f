// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import TestSupport
import Testing

@testable import MongoTLS

/// Files that are replaced while they are in use, against an engine in memory.
@Suite("Reload of TLS files")
struct TLSContextProviderTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory(named: "reload")
    }

    /// Exchanges a file as a whole, as tools that renew certificates do.
    @discardableResult
    private func install(_ source: String, as name: String) throws -> String {
        try install(contents: String(contentsOfFile: source, encoding: .utf8), as: name)
    }

    @discardableResult
    private func install(contents: String, as name: String) throws -> String {
        let path = directory.path(name)
        let new = try directory.write(contents, to: name + ".new")
        guard rename(new, path) == 0 else { throw CocoaError(.fileWriteUnknown) }
        return path
    }

    private func connect(_ provider: TLSContextProvider, _ server: MemoryServer.Configuration) throws -> MemoryServer {
        let server = try MemoryServer(server)
        var session = try TLSSession(provider.current, server: TLSServerName(host: "localhost"))
        try InMemory.complete(&session, with: server)
        return server
    }

    @Test("New connections present the new client certificate, trust the new authority and know the new list at once")
    func everything() async throws {
        let identities = try await TestIdentities.shared
        var options = TLSOptions()
        options.caFile = try install(identities.authority.certificateFile, as: "ca.pem")
        options.certificateKeyFile = try install(identities.client.certificateKeyFile, as: "client.pem")
        let provider = try TLSContextProvider(options)
        let server = MemoryServer.Configuration(identities.server).with {
            $0.clientAuthority = identities.authority.certificateFile
        }
        #expect(try connect(provider, server).clientSubjects.first?.contains("second") == false)

        let second = try await identities.authority.issue(.client().with { $0.commonName = "second" })
        try install(second.certificateKeyFile, as: "client.pem")
        try provider.reload()
        #expect(try connect(provider, server).clientSubjects.first?.contains("second") == true)

        try install(identities.stranger.certificateFile, as: "ca.pem")
        try provider.reload()
        let error = #expect(throws: TLSError.self) { _ = try connect(provider, server) }
        #expect(error?.category == .certificate)
        let strangers = MemoryServer.Configuration(try await identities.stranger.issue(.server()))
        _ = try connect(provider, strangers)
    }

    @Test("A bad file throws its error and leaves the old in use, whichever of the files it is")
    func bad() async throws {
        let identities = try await TestIdentities.shared
        var options = TLSOptions()
        options.caFile = try install(identities.authority.certificateFile, as: "ca.pem")
        options.certificateKeyFile = try install(identities.client.chainFile, as: "client.pem")
        options.privateKeyFile = try install(identities.client.keyFile, as: "key.pem")
        options.crlFile = try install(try await identities.authority.revocationList(), as: "crl.pem")
        let provider = try TLSContextProvider(options)
        let first = provider.current
        let good = try ["ca.pem", "client.pem", "key.pem", "crl.pem"].map { name in
            (name, try String(contentsOfFile: directory.path(name), encoding: .utf8))
        }
        for (name, content) in good {
            for bad in ["", "rubbish", String(content.prefix(content.count / 2))] {
                try install(contents: bad, as: name)
                let error = #expect(throws: TLSError.self) { try provider.reload() }
                #expect(error?.category == .configuration)
                #expect(error?.location == directory.path(name))
                #expect(provider.current === first)
            }
            try install(contents: content, as: name)
        }
        try provider.reload()
        #expect(provider.current !== first)
        // A key that belongs to another certificate: each file alone is good.
        try install(identities.server.keyFile, as: "key.pem")
        #expect(throws: TLSError.self) { try provider.reload() }
        _ = try connect(provider, MemoryServer.Configuration(identities.server))
    }

    @Test("The watch reads changed files, warns once of a bad state that lasts, and notices when it is over")
    func watch() async throws {
        let identities = try await TestIdentities.shared
        let log = RecordedLog()
        var options = TLSOptions()
        options.caFile = try install(identities.authority.certificateFile, as: "ca.pem")
        let provider = try TLSContextProvider(options, logger: log.logger)
        let first = provider.current
        for _ in 0..<3 { provider.lookAtFiles() }
        #expect(provider.current === first)

        try install(contents: "half of a", as: "ca.pem")
        for _ in 0..<5 { provider.lookAtFiles() }
        #expect(provider.current === first)
        #expect(log.warnings.count == 1)
        #expect(log.warnings.first?.contains(directory.path("ca.pem")) == true)

        try install(identities.stranger.certificateFile, as: "ca.pem")
        for _ in 0..<3 { provider.lookAtFiles() }
        #expect(provider.current !== first)
        #expect(log.warnings.count == 1)
        #expect(log.infos.count == 1)
        _ = try connect(provider, .init(try await identities.stranger.issue(.server())))
    }

    @Test("A session that was made before a reload is not resumed after it")
    func sessions() async throws {
        let identities = try await TestIdentities.shared
        let provider = try TLSContextProvider(.trusting(identities.authority))
        let first = provider.current
        try provider.reload()
        #expect(first.sessionCache !== provider.current.sessionCache)
    }

    @Test("The ends of the client's, the server's and the authorities' certificates and of the list are logged once")
    func expiry() async throws {
        let root = try await CertificateAuthority.make(
            .authority(name: "nearly over").with { $0.notAfter = Date(timeIntervalSinceNow: 20 * 86_400 + 1800) }
        )
        let server = try await root.issue(
            .server().with { $0.notAfter = Date(timeIntervalSinceNow: 5 * 86_400 + 1800) }
        )
        let client = try await root.issue(.client().with { $0.notAfter = Date(timeIntervalSinceNow: 3600) })
        let log = RecordedLog()
        var options = TLSOptions()
        options.caFile = root.certificateFile
        options.certificateKeyFile = client.certificateKeyFile
        options.crlFile = try await root.revocationList(nextUpdate: Date(timeIntervalSinceNow: 6 * 86_400 + 1800))
        let provider = try TLSContextProvider(options, logger: log.logger)
        #expect(log.warnings.count == 2)
        for _ in 0..<3 {
            let server = try MemoryServer(.init(server))
            var session = try TLSSession(
                provider.current,
                server: TLSServerName(host: "localhost"),
                endpoint: "localhost:27017"
            )
            try InMemory.complete(&session, with: server)
            session.keepSessions(.notChecked)?.deliver()
            try provider.reload()
        }
        let warnings = log.warnings
        #expect(warnings.count == 4, "\(warnings)")
        for (words, days) in [
            ("the client certificate", "less than a day"), ("the revocation list", "in 6 days"),
            ("the server's certificate", "in 5 days"), ("the authority's certificate", "in 20 days"),
        ] {
            #expect(warnings.contains { $0.hasPrefix(words) && $0.contains(days) }, "\(words)")
        }
        // Nothing is watched for a client that does not log.
        #expect(try TLSContextProvider(options).current.ownExpiringItems.isEmpty)
    }

    @Test("A watch without files, or with an impossible interval, is refused")
    func validation() async throws {
        let authority = try await TestIdentities.shared.authority
        var options = TLSOptions()
        options.reloadInterval = .seconds(60)
        #expect(try options.refusal().code == .invalidOption)
        options.caFile = authority.certificateFile
        _ = try TLSContext(options)
        for interval in [Duration.zero, .seconds(-1), .seconds(86_400 * 366)] {
            options.reloadInterval = interval
            #expect(try options.refusal().code == .invalidOption)
        }
    }
}
