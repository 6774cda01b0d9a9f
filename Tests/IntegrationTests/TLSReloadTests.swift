// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MongoNIO
import MongoTLS
import Synchronization
import TestSupport
import Testing

/// Files of a client that works all the while are replaced.
@Suite("Reload of TLS files under load")
struct TLSReloadTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory(named: "reload")
    }

    /// What the tasks that send requests share.
    private final class Load: Sendable {
        let isOver = Atomic(false)
        let requests = Atomic(0)
    }

    private func install(_ source: String, as name: String) throws -> String {
        try install(contents: String(contentsOfFile: source, encoding: .utf8), as: name)
    }

    @discardableResult
    private func install(contents: String, as name: String) throws -> String {
        let path = directory.path(name)
        guard rename(try directory.write(contents, to: name + ".new"), path) == 0 else {
            throw CocoaError(.fileWriteUnknown)
        }
        return path
    }

    /// A list that is far from its end.
    private func revocationList(
        _ identities: TestIdentities,
        revoking revoked: [IssuedCertificate] = []
    ) async throws -> String {
        try await identities.authority.revocationList(
            revoking: revoked,
            nextUpdate: Date(timeIntervalSinceNow: 60 * 86_400)
        )
    }

    private func options(_ identities: TestIdentities, _ log: RecordedLog) async throws -> MongoClientOptions {
        let server = try await MongodProcess.shared(.tlsRequiringClientCertificate)
        // Connections are too old for the next request at once, so new ones are made all the time.
        var options = try MongoClientOptions("mongodb://localhost:\(server.port)/?maxIdleTimeMS=1")
        var tls = TLSOptions()
        tls.caFile = try install(identities.authority.certificateFile, as: "ca.pem")
        tls.certificateKeyFile = try install(identities.client.certificateKeyFile, as: "client.pem")
        tls.crlFile = try install(try await revocationList(identities), as: "crl.pem")
        options.tls = tls
        options.logger = log.logger
        return options
    }

    /// Replaces one file after the other while requests run, and the last by a bad one.
    ///
    /// - Parameter replaced: Waits until a replacement has been noticed; gets whether it is a good one.
    private func replaceAll(
        _ client: MongoClient,
        _ identities: TestIdentities,
        _ log: RecordedLog,
        replaced: (_ isGood: Bool) async throws -> Void
    ) async throws {
        let load = Load()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    while !load.isOver.load(ordering: .relaxed) {
                        try await client.database("admin").runCommand(["ping": 1])
                        load.requests.add(1, ordering: .relaxed)
                        try await Task.sleep(for: .milliseconds(2))
                    }
                }
            }
            defer { load.isOver.store(true, ordering: .relaxed) }
            let second = try await identities.authority.issue(.client().with { $0.commonName = "second" })
            _ = try install(second.certificateKeyFile, as: "client.pem")
            try await replaced(true)
            let both = try [identities.stranger, identities.authority].map {
                try String(contentsOfFile: $0.certificateFile, encoding: .utf8)
            }
            try install(contents: both.joined(), as: "ca.pem")
            try await replaced(true)
            _ = try install(try await revocationList(identities), as: "crl.pem")
            try await replaced(true)
            for name in ["client.pem", "ca.pem", "crl.pem"] {
                let good = try String(contentsOfFile: directory.path(name), encoding: .utf8)
                try install(contents: "rubbish", as: name)
                try await replaced(false)
                try install(contents: good, as: name)
                try await replaced(true)
            }
            let before = load.requests.load(ordering: .relaxed)
            try await Eventually.holds { load.requests.load(ordering: .relaxed) > before + 20 }
            load.isOver.store(true, ordering: .relaxed)
            // An operation that failed throws here.
            try await group.waitForAll()
        }

        // The new list is what new connections go by: it revokes the server.
        let revoking = try await revocationList(identities, revoking: [identities.server])
        _ = try install(revoking, as: "crl.pem")
        try await replaced(true)
        let error = await #expect(throws: MongoError.self) {
            try await client.database("admin").runCommand(["ping": 1])
        }
        #expect(error?.tls?.code == .crlRevoked, "\(String(describing: error))")
    }

    @Test("reloadTLS() replaces certificate, authority and list one after the other, and no operation fails")
    func onDemand() async throws {
        let identities = try await TestIdentities.shared
        let log = RecordedLog()
        var options = try await options(identities, log)
        options.serverSelectionTimeout = .seconds(5)
        let client = try MongoClient(options)
        try await replaceAll(client, identities, log) { isGood in
            if isGood {
                try await client.reloadTLS()
            } else {
                let error = await #expect(throws: MongoError.self) { try await client.reloadTLS() }
                #expect(error?.tls?.category == .configuration)
                #expect(error?.tls?.location?.hasPrefix(directory.path) == true)
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        // Who asked was told; a log says nothing that nobody asked for.
        #expect(log.warnings.isEmpty)
        await client.close()
        await #expect(throws: MongoError.self) { try await client.reloadTLS() }
    }

    @Test("The watch does the same by itself, and warns once for each bad file")
    func watch() async throws {
        let identities = try await TestIdentities.shared
        let log = RecordedLog()
        var options = try await options(identities, log)
        options.serverSelectionTimeout = .seconds(5)
        options.tls?.reloadInterval = .milliseconds(20)
        let client = try MongoClient(options)
        let reloads = Mutex((good: 0, bad: 0))
        try await replaceAll(client, identities, log) { isGood in
            let expected = reloads.withLock { reloads in
                if isGood { reloads.good += 1 } else { reloads.bad += 1 }
                return reloads
            }
            try await Eventually.holds {
                log.infos.count { $0.contains("TLS files") } >= expected.good
                    && log.warnings.count == expected.bad
            }
        }
        #expect(log.warnings.count == 3)
        #expect(log.warnings.allSatisfy { $0.contains("the earlier ones stay in use") })
        await client.close()
        // The watch ends with the client.
        let count = log.entries.count { $0.message.contains("TLS files") }
        _ = try install(identities.stranger.certificateFile, as: "ca.pem")
        try await Task.sleep(for: .milliseconds(200))
        #expect(log.entries.count { $0.message.contains("TLS files") } == count)
    }

    @Test("A client without TLS has nothing to reload")
    func withoutTLS() async throws {
        let client = try MongoClient("mongodb://localhost:1/")
        let error = await #expect(throws: MongoError.self) { try await client.reloadTLS() }
        #expect(error?.code == .invalidArgument)
        await client.close()
    }
}
