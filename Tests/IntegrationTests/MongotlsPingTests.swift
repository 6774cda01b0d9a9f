// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// Runs the program `mongotls` as a person would, and reads its JSON as a script would.
@Suite("mongotls ping")
struct MongotlsPingTests {
    struct Report: Decodable {
        struct Server: Decodable {
            var address: String
            var version: String?
        }
        struct TLS: Decodable {
            struct Peer: Decodable {
                var subject: String
                var issuer: String
                var sans: [String]
                var notAfter: String
            }
            struct Revocation: Decodable {
                var source: String
                var verdict: String
            }
            var version: String
            var cipher: String
            var resumed: Bool
            var peer: Peer?
            var revocation: Revocation
        }
        struct Failure: Decodable {
            var category: String
            var code: String
            var message: String
            var hint: String?
        }
        var ok: Bool
        var server: Server?
        var tls: TLS?
        var error: Failure?
        var elapsedMS: Double
    }

    private func ping(_ uri: String) async throws -> (exitCode: Int32, report: Report) {
        let result = try await Subprocess.run(try Mongotls.path, ["ping", uri, "--json"], timeout: .seconds(60))
        let report = try JSONDecoder().decode(Report.self, from: Data(result.standardOutput.utf8))
        return (result.exitCode, report)
    }

    /// The connection string of a server on this machine.
    private func uri(_ port: Int, host: String = "localhost", caFile: String, _ more: String = "") -> String {
        "mongodb://\(host):\(port)/?tls=true&tlsCAFile=\(caFile)&\(more)"
    }

    @Test("tells the server's version and what TLS agreed on")
    func success() async throws {
        let (exitCode, report) = try await ping(try await TestDatabase.uri())
        #expect(exitCode == 0)
        #expect(report.ok)
        #expect(report.error == nil)
        #expect(report.server?.address.hasPrefix("localhost:") == true)
        #expect(report.server?.version?.isEmpty == false)
        let tls = try #require(report.tls)
        #expect(tls.version == "TLSv1.3")
        #expect(tls.cipher.hasPrefix("TLS_"))
        #expect(!tls.resumed)
        #expect(tls.peer?.subject.contains("CN=localhost") == true)
        #expect(tls.peer?.sans.contains("DNS:localhost") == true)
        #expect(tls.peer?.notAfter.hasSuffix("Z") == true)
        #expect(report.elapsedMS > 0)
    }

    @Test("tells people the same in a few lines")
    func text() async throws {
        let result = try await Subprocess.run(try Mongotls.path, ["ping", try await TestDatabase.uri()])
        #expect(result.exitCode == 0)
        #expect(result.standardOutput.contains("TLSv1.3"))
        #expect(result.standardOutput.contains("CN=localhost"))
        #expect(result.standardError.isEmpty)
    }

    @Test("says plainly when the connection is not encrypted")
    func plaintext() async throws {
        let server = try await MongodProcess.shared(.plain)
        let (exitCode, report) = try await ping("mongodb://127.0.0.1:\(server.port)/")
        #expect(exitCode == 0)
        #expect(report.ok)
        #expect(report.tls == nil)
    }

    @Test("calls a wrong CA, an expired and a self-signed certificate 'certificate', each with its own code")
    func certificates() async throws {
        let identities = try await TestIdentities.shared
        let mongod = try await MongodProcess.shared(.tls)
        let expired = try await OpenSSLServer.start(identities.authority.issue(.server().expired))
        let selfSigned = try await OpenSSLServer.start(CertificateAuthority.selfSigned(.server()))

        let caFile = identities.authority.certificateFile
        let reports = [
            try await ping(uri(mongod.port, caFile: identities.stranger.certificateFile)),
            try await ping(uri(expired.port, caFile: caFile)),
            try await ping(uri(selfSigned.port, caFile: caFile)),
        ]
        for (exitCode, report) in reports {
            #expect(exitCode == 1)
            #expect(!report.ok)
            #expect(report.error?.category == "certificate")
            #expect(report.error?.message.contains("certificate verify failed") == true)
            #expect(report.error?.hint != nil)
        }
        #expect(Set(reports.compactMap(\.report.error?.code)).count == 3)
        await expired.stop()
        await selfSigned.stop()
    }

    @Test("calls a wrong name 'hostname'")
    func hostname() async throws {
        let identities = try await TestIdentities.shared
        let server = try await OpenSSLServer.start(
            identities.authority.issue(.server(names: ["db.example.com"], addresses: []))
        )
        let (exitCode, report) = try await ping(uri(server.port, caFile: identities.authority.certificateFile))
        #expect(exitCode == 1)
        #expect(report.error?.category == "hostname")
        #expect(report.error?.hint?.contains("db.example.com") == true)
        await server.stop()
    }

    @Test("calls it 'network' where nothing listens")
    func nothingListens() async throws {
        let identities = try await TestIdentities.shared
        let port = try FreePort()
        let (exitCode, report) = try await ping(uri(port.number, caFile: identities.authority.certificateFile))
        #expect(exitCode == 1)
        #expect(report.error?.category == "network")
    }

    @Test("calls a silent port 'timeout', after connectTimeoutMS")
    func silence() async throws {
        let identities = try await TestIdentities.shared
        let server = try await TCPServer.start(.silent)
        let (exitCode, report) = try await ping(
            uri(server.port, host: "127.0.0.1", caFile: identities.authority.certificateFile, "connectTimeoutMS=500")
        )
        #expect(exitCode == 1)
        #expect(report.error?.category == "timeout")
        #expect(report.elapsedMS >= 500)
        #expect(report.elapsedMS < 10_000)
        try await server.stop()
    }

    @Test("calls a mongod without TLS 'notTLS' or 'network'")
    func plaintextServer() async throws {
        let identities = try await TestIdentities.shared
        let server = try await MongodProcess.shared(.plain)
        let (exitCode, report) = try await ping(
            uri(server.port, host: "127.0.0.1", caFile: identities.authority.certificateFile)
        )
        #expect(exitCode == 1)
        #expect(["notTLS", "network"].contains(report.error?.category))
    }

    @Test("calls a missing CA file 'configuration', and names it")
    func missingFile() async throws {
        let (exitCode, report) = try await ping(uri(27017, caFile: "/nowhere/ca.pem"))
        #expect(exitCode == 1)
        #expect(report.error?.category == "configuration")
        #expect(report.error?.message.contains("/nowhere/ca.pem") == true)
    }

    @Test("ends with 2 when it is used wrongly")
    func usage() async throws {
        for arguments in [[], ["ping"], ["ping", "--nonsense", "x"], ["ping", "http://example.com"], ["dance"]] {
            let result = try await Subprocess.run(try Mongotls.path, arguments)
            #expect(result.exitCode == (arguments.isEmpty ? 0 : 2), "mongotls \(arguments.joined(separator: " "))")
        }
        let (exitCode, report) = try await ping("mongodb://")
        #expect(exitCode == 2)
        #expect(report.error?.category == "configuration")
    }

    @Test("'version' tells OpenSSL, the protocols and the roots")
    func version() async throws {
        struct Version: Decodable {
            struct OpenSSL: Decodable {
                var builtAgainst: String
                var running: String
            }
            struct Roots: Decodable {
                var file: String
                var fileSource: String
                var inFile: Int
            }
            var openssl: OpenSSL
            var protocols: [String]
            var roots: Roots
        }
        let identities = try await TestIdentities.shared
        let result = try await Subprocess.run(
            try Mongotls.path,
            ["version", "--json"],
            environment: ["SSL_CERT_FILE": identities.authority.certificateFile]
        )
        #expect(result.exitCode == 0)
        let version = try JSONDecoder().decode(Version.self, from: Data(result.standardOutput.utf8))
        #expect(version.openssl.running.hasPrefix("OpenSSL 3"))
        #expect(version.openssl.builtAgainst.hasPrefix("OpenSSL 3"))
        #expect(version.protocols.suffix(2) == ["TLSv1.2", "TLSv1.3"])
        #expect(version.roots.file == identities.authority.certificateFile)
        #expect(version.roots.fileSource == "SSL_CERT_FILE")
        #expect(version.roots.inFile == 1)
    }
}
