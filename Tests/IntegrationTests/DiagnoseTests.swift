// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MongoNIO
import TestSupport
import Testing

/// `diagnose` names the cause, whatever it is, and needs no working handshake for it.
@Suite("diagnose")
struct DiagnoseTests {
    private typealias Name = DiagnosisStep.Name

    private func report(_ port: Int, host: String = "localhost", _ query: String) async -> DiagnosisReport {
        await MongoClient.diagnose("mongodb://\(host):\(port)/?\(query)")
    }

    private func step(_ name: DiagnosisStep.Name, of report: DiagnosisReport) throws -> DiagnosisStep {
        try #require((report.steps + report.hosts.flatMap(\.steps)).first { $0.name == name })
    }

    @Test("A good server: every step is told, in its order, with what was negotiated")
    func good() async throws {
        let identities = try await TestIdentities.shared
        let server = try await MongodProcess.shared(.tls)
        let report = await report(server.port, "tlsCAFile=\(identities.authority.certificateFile)")
        #expect(report.isOK, "\(report)")
        #expect(report.steps.map(\.name) == [.options, .files])
        let host = try #require(report.hosts.first)
        #expect(
            host.steps.map(\.name) == [
                .dns, .tcp, .versions, .chain, .trust, .hostname, .crl, .staple, .endpoint, .clientCertificate,
                .handshake, .hello, .login,
            ]
        )
        for name in [Name.dns, .tcp, .chain, .trust, .hostname, .clientCertificate, .handshake, .hello] {
            #expect(try step(name, of: report).status == .ok, "\(report)")
        }
        let chain = try step(.chain, of: report)
        #expect(chain.certificates.first?.subject.contains("CN=localhost") == true)
        #expect(chain.certificates.first?.subjectAlternativeNames.contains("DNS:localhost") == true)
        #expect(chain.certificates.first?.key == "EC P-256")
        #expect(chain.certificates.first?.signatureAlgorithm == "ecdsa-with-SHA256")
        #expect(chain.certificates.first?.serialNumber == identities.server.serial)
        #expect(chain.certificates.first?.fingerprint.count == 64)
        let versions = try step(.versions, of: report).versions
        #expect(versions.map(\.version) == [.tls10, .tls11, .tls12, .tls13])
        #expect(versions.suffix(2).allSatisfy { $0.isAccepted == true })
        #expect(try step(.handshake, of: report).detail.contains("TLSv1.3"))
        #expect(try step(.hello, of: report).detail.contains("Standalone"))
        #expect(try step(.clientCertificate, of: report).detail.contains("asked for"))
    }

    @Test("The cause of every server of the TLS error table is named", arguments: TLSErrorTableTests.rows)
    func errorTable(row: TLSErrorTableTests.Row) async throws {
        let identities = try await TestIdentities.shared
        let server = try await row.start(identities)
        var tls = TLSOptions()
        tls.caFile = identities.authority.certificateFile
        try await row.client(&tls, identities)
        var options = try MongoClientOptions("mongodb://\(server.host):\(server.port)/")
        options.tls = tls
        options.connectTimeout = row.category == .timeout ? .seconds(2) : .seconds(20)
        let report = await MongoClient.diagnose(options)
        withExtendedLifetime(server) {}
        let failures = report.failures
        #expect(failures.first?.code == row.code.rawValue, "\(report)")
        #expect(failures.first?.category == row.category.rawValue)
        #expect(failures.first?.hint?.isEmpty == false)
        #expect(failures.allSatisfy { $0.code == row.code.rawValue }, "\(report)")
        #expect(report.duration < options.connectTimeout + .seconds(5))
        // Whoever shows a certificate has it looked at, whether the handshake works or not.
        let showsCertificate = [
            TLSError.Category.certificate, .hostname, .clientCertificate, .protocolVersion,
        ].contains(row.category)
        if showsCertificate { #expect(try !step(.chain, of: report).certificates.isEmpty, "\(report)") }
    }

    @Test("A host that does not exist fails at DNS, a port where nothing listens at TCP, and silence in time")
    func network() async throws {
        let unknown = await report(27017, host: "no-such-host.invalid", "tls=true")
        #expect(unknown.failures.map(\.name) == [.dns])
        let port = try FreePort()
        let refused = await report(port.number, "tls=true")
        #expect(refused.failures.map(\.name) == [.tcp])
        #expect(refused.failures.first?.category == "network")
        let server = try await TCPServer.start(.silent)
        let uri = "mongodb://\(server.address),127.0.0.1:\(server.port)/?tls=true&connectTimeoutMS=2000"
        let silent = await MongoClient.diagnose(uri)
        #expect(silent.hosts.count == 2)
        #expect(silent.failures.map(\.code) == ["handshakeTimeout", "handshakeTimeout"], "\(silent)")
        #expect(silent.duration < .seconds(10))
        // One look for each host, and a greeting is all that was sent.
        #expect(server.received.allSatisfy { $0.starts(with: [0x16, 0x03]) })
        #expect(server.connectionCount == 2)
        try await server.stop()
    }

    @Test("A server that cannot be trusted gets handshakes and nothing else")
    func nothingSent() async throws {
        let identities = try await TestIdentities.shared
        let server = try await OpenSSLServer.start(identities.stranger.issue(.server()), options: ["-msg"])
        let report = await report(server.port, "tlsCAFile=\(identities.authority.certificateFile)")
        #expect(!report.isOK)
        #expect(try step(.chain, of: report).certificates.count == 1)
        // s_server prints the plaintext that it receives.
        #expect(!server.log.contains("isMaster"))
        #expect(!server.log.contains("mongo-nio"))
        await server.stop()
    }

    @Test("Each check is made whatever the others say: expired, wrong host and unknown authority at once")
    func several() async throws {
        let identities = try await TestIdentities.shared
        let wrong = CertificateRequest.server(names: ["db.example.com"], addresses: []).expired
        let server = try await OpenSSLServer.start(identities.authority.issue(wrong))
        let report = await report(server.port, "tlsCAFile=\(identities.authority.certificateFile)")
        #expect(Set(report.failures.map(\.code)) == ["certificateExpired", "hostnameMismatch"], "\(report)")
        await server.stop()
    }

    @Test("What the options let pass is a warning")
    func lenient() async throws {
        let identities = try await TestIdentities.shared
        let server = try await MongodProcess.shared(.tls)
        for query in ["tlsInsecure=true", "tlsAllowInvalidCertificates=true"] {
            let report = await report(server.port, query + "&tlsCAFile=\(identities.stranger.certificateFile)")
            #expect(report.isOK, "\(report)")
            #expect(try step(.options, of: report).status == .warned)
            #expect(try step(.trust, of: report).status == .warned)
            #expect(try step(.trust, of: report).code == "untrustedRoot")
        }
        let plain = try await MongodProcess.shared(.plain)
        let plaintext = await report(plain.port, host: "127.0.0.1", "")
        #expect(plaintext.isOK, "\(plaintext)")
        #expect(try step(.options, of: plaintext).detail.contains("not encrypted"))
        #expect(try step(.hello, of: plaintext).status == .ok)
    }

    @Test("Staple, responder and list each have their step")
    func revocation() async throws {
        let authority = try await TestIdentities.shared.authority
        let caFile = "tlsCAFile=\(authority.certificateFile)&connectTimeoutMS=1500"
        func report(
            _ certificate: IssuedCertificate,
            staple: [UInt8]? = nil,
            _ more: String = ""
        ) async throws -> DiagnosisReport {
            let server = try await OpenSSLServer.start(certificate, staple: staple)
            let report = await self.report(server.port, caFile + more)
            await server.stop()
            return report
        }
        let leaf = try await authority.issue(.server())
        let stapled = try await report(leaf, staple: try await authority.ocspResponse(for: leaf))
        #expect(try step(.staple, of: stapled).status == .ok, "\(stapled)")
        let revoked = try await report(leaf, staple: try await authority.ocspResponse(for: leaf, .revoked))
        #expect(try step(.staple, of: revoked).code == "ocspRevoked", "\(revoked)")
        let stale = try await report(leaf, staple: try await authority.ocspResponse(for: leaf, .good.expired))
        #expect(try step(.staple, of: stale).code == "stapleInvalid", "\(stale)")
        let must = try await report(authority.issue(.server().with { $0.mustStaple = true }))
        #expect(try step(.staple, of: must).code == "mustStapleMissing", "\(must)")

        for (list, code) in [
            (try await authority.revocationList(), nil),
            (try await authority.revocationList(revoking: [leaf]), "crlRevoked"),
            (try await authority.revocationList(nextUpdate: Date(timeIntervalSinceNow: -60)), "crlExpired"),
            (try await TestIdentities.shared.stranger.revocationList(), "crlMissing"),
        ] {
            let report = try await report(leaf, "&tlsCRLFile=\(list)")
            #expect(try step(.crl, of: report).code == code, "\(report)")
            #expect(try step(.crl, of: report).status == (code == nil ? .ok : .failed), "\(report)")
        }

        // A good staple makes the list unnecessary: a client connects.
        let expired = try await authority.revocationList(nextUpdate: Date(timeIntervalSinceNow: -60))
        let good = try await authority.ocspResponse(for: leaf)
        let unneeded = try await report(leaf, staple: good, "&tlsCRLFile=\(expired)")
        #expect(try step(.crl, of: unneeded).code == "crlExpired", "\(unneeded)")
        #expect(try step(.crl, of: unneeded).status == .warned, "\(unneeded)")

        let off = try await report(leaf, "&tlsDisableCertificateRevocationCheck=true")
        #expect(try step(.crl, of: off).detail.contains("by the options"))
        #expect(try step(.endpoint, of: off).detail.contains("by the options"))
    }

    @Test(
        "Whether responders were asked, who answered what and how fast, or why they were not: whatever the hello says"
    )
    func endpoints() async throws {
        let authority = try await TestIdentities.shared.authority
        let responses = Responses()
        let good = try await TCPServer.http { _ in responses.current }
        let port = try FreePort()
        let places = ["http://127.0.0.1:\(port.number)/", "http://\(good.address)/ocsp"]
        let certificate = try await authority.issue(.server().with { $0.responders = places })
        let list = try await authority.revocationList()
        let server = try await MongodProcess.start(
            .tls(certificate, clientAuthority: authority.certificateFile).with {
                $0.parameters["ocspEnabled"] = "false"
            }
        )
        let silent = try await OpenSSLServer.start(certificate)
        func look(_ answer: OCSPAnswer, _ more: String = "", port: Int) async throws -> DiagnosisStep {
            responses.current = try await authority.ocspResponse(for: certificate, answer)
            let query = "tlsCAFile=\(authority.certificateFile)&connectTimeoutMS=5000"
            return try step(.endpoint, of: await report(port, query + more))
        }
        // A server that answers the hello, and one that never does.
        for port in [server.port, silent.port] {
            let known = try await look(.good, port: port)
            #expect(known.status == .ok, "\(known)")
            #expect(known.detail.contains("\(places[0]): Connection refused"), "\(known)")
            #expect(known.detail.contains("\(places[1]): good until "), "\(known)")
            #expect(known.detail.contains(" ms"))
            let revoked = try await look(.revoked, port: port)
            #expect(revoked.status == .failed)
            #expect(revoked.code == "ocspRevoked")
            #expect(revoked.detail.contains("\(places[1]): revoked on "), "\(revoked)")
            let unknown = try await look(.unknown, port: port)
            #expect(unknown.status == .warned)
            #expect(unknown.detail.contains("\(places[1]): does not know the certificate"), "\(unknown)")
            let off = try await look(.revoked, "&tlsDisableOCSPEndpointCheck=true", port: port)
            #expect(off.status == .skipped)
            #expect(off.detail.contains("not asked: turned off by tlsDisableOCSPEndpointCheck"), "\(off)")
            let listed = try await look(.revoked, "&tlsCRLFile=\(list)", port: port)
            #expect(listed.detail.contains("not asked: the revocation list decided"), "\(listed)")
        }
        let staple = try await authority.ocspResponse(for: certificate)
        let stapling = try await OpenSSLServer.start(certificate, staple: staple)
        let stapled = try await look(.revoked, port: stapling.port)
        #expect(stapled.status == .skipped)
        #expect(stapled.detail.contains("not asked: the stapled response decided"), "\(stapled)")
        // With .require nobody's answer is not good enough.
        var options = try MongoClientOptions("mongodb://localhost:\(server.port)/")
        options.tls = TLSOptions()
        options.tls?.caFile = authority.certificateFile
        options.tls?.revocation = .require
        responses.current = []
        let required = try step(.endpoint, of: await MongoClient.diagnose(options))
        #expect(required.code == "revocationUndecided")
        #expect(required.detail.contains("\(places[1]): the OCSP response cannot be parsed"), "\(required)")
        let nameless = try step(
            .endpoint,
            of: await report(
                try await MongodProcess.shared(.tls).port,
                "tlsCAFile=\(authority.certificateFile)"
            )
        )
        #expect(nameless.detail == "the certificate names no OCSP responder")
        await server.stop()
        await silent.stop()
        await stapling.stop()
        try await good.stop()
    }

    @Test("A log-in that is refused fails at 'login', after a hello that worked, and the password is not told")
    func login() async throws {
        let identities = try await TestIdentities.shared
        let server = try await MongodProcess.shared(.tls)
        let caFile = identities.authority.certificateFile
        let report = await MongoClient.diagnose(
            "mongodb://nobody:hunter2@localhost:\(server.port)/?tlsCAFile=\(caFile)"
        )
        #expect(report.failures.map(\.name) == [.login], "\(report)")
        #expect(try step(.login, of: report).code == "AuthenticationFailed")
        #expect(try step(.login, of: report).hint?.isEmpty == false)
        #expect(try step(.hello, of: report).status == .ok)
        #expect(!report.description.contains("hunter2"))
    }

    // MARK: The program

    private struct Report: Decodable {
        struct Step: Decodable {
            var name: String
            var status: String
            var detail: String
            var hint: String?
            var category: String?
            var code: String?
        }
        struct Host: Decodable {
            var address: String
            var ok: Bool
            var steps: [Step]
        }
        var ok: Bool
        var elapsedMS: Int
        var steps: [Step]
        var hosts: [Host]
    }

    private func run(_ arguments: String...) async throws -> Subprocess.Result {
        try await Subprocess.run(try Mongotls.path, ["diagnose"] + arguments, timeout: .seconds(60))
    }

    @Test("mongotls diagnose prints stable JSON, ends with 0, 1 or 2, and colors nothing that is no terminal")
    func program() async throws {
        let identities = try await TestIdentities.shared
        let server = try await MongodProcess.shared(.tls)
        let uri = "mongodb://localhost:\(server.port)/?tlsCAFile="
        let good = try await run(uri + identities.authority.certificateFile, "--json")
        #expect(good.exitCode == 0, "\(good)")
        let report = try JSONDecoder().decode(Report.self, from: Data(good.standardOutput.utf8))
        #expect(report.ok && report.hosts.allSatisfy(\.ok))
        #expect(report.hosts.first?.address == "localhost:\(server.port)")
        #expect(report.hosts.first?.steps.count == 13)
        // What does not apply is null, and not left out.
        let object = try JSONSerialization.jsonObject(with: Data(good.standardOutput.utf8)) as? [String: Any]
        let steps = try #require(object?["steps"] as? [[String: Any]])
        #expect(Set(steps[0].keys) == ["name", "status", "detail", "hint", "category", "code"])

        let bad = try await run(uri + identities.stranger.certificateFile)
        #expect(bad.exitCode == 1)
        #expect(bad.standardOutput.contains("trust"))
        #expect(bad.standardOutput.contains("FAILED"))
        #expect(bad.standardOutput.contains("untrustedRoot"))
        #expect(!bad.standardOutput.contains("\u{1B}["))

        let missing = try await run("mongodb://localhost:1/?tlsCAFile=/nowhere/ca.pem", "--json")
        #expect(missing.exitCode == 1)
        #expect(missing.standardOutput.contains("fileMissing"))
        #expect(try await run("http://localhost").exitCode == 2)
        #expect(try await run().exitCode == 2)
    }

    @Test("A passphrase closure is asked once: it may have a person behind it")
    func passphraseClosure() async throws {
        let identities = try await TestIdentities.shared
        let key = try await identities.client.certificateKeyFile(as: .encryptedPBES2, passphrase: "hunter2")
        let server = try await MongodProcess.shared(.tls)
        let counter = ConnectionCounter()
        var options = try MongoClientOptions("mongodb://localhost:\(server.port)/")
        options.tls = TLSOptions()
        options.tls?.caFile = identities.authority.certificateFile
        options.tls?.certificateKeyFile = key
        options.tls?.passphrase = TLSPassphrase {
            counter.note()
            return "hunter2"
        }
        let report = await MongoClient.diagnose(options)
        #expect(report.isOK, "\(report)")
        #expect(counter.count == 1)
    }

    @Test("No secret is in a report")
    func secrets() async throws {
        let identities = try await TestIdentities.shared
        let key = try await identities.client.certificateKeyFile(as: .encryptedPBES2, passphrase: "hunter2")
        let server = try await MongodProcess.shared(.tls)
        let query = "tlsCertificateKeyFile=\(key)&tlsCAFile=\(identities.authority.certificateFile)"
        for password in ["hunter2", "hunter2x"] {
            let report = await report(server.port, query + "&tlsCertificateKeyFilePassword=\(password)")
            #expect(report.isOK == (password == "hunter2"), "\(report)")
            var texts = report.description
            dump(report, to: &texts)
            texts += String(decoding: try JSONEncoder().encode(report), as: UTF8.self)
            #expect(!texts.contains("hunter2"))
        }
    }
}
