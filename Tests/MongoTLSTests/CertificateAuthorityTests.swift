// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import NIOPosix
import TestSupport
import Testing

/// The certificates of the tests, judged by the `openssl` program: a TLS test is worth what its certificates are worth.
@Suite("The test certificates")
struct CertificateAuthorityTests {
    @Test("A server certificate is valid under its authority, for its names and addresses, and under no other")
    func server() async throws {
        let identities = try await TestIdentities.shared
        let file = identities.server.certificateFile
        for option in [["-verify_hostname", "localhost"], ["-verify_ip", "127.0.0.1"], ["-verify_ip", "::1"]] {
            #expect(try await verify(file, under: identities.authority, ["-purpose", "sslserver"] + option) == nil)
        }
        #expect(try await verify(file, under: identities.authority, ["-verify_hostname", "example.org"]) == 62)
        #expect(try await verify(file, under: identities.authority, ["-purpose", "sslclient"]) == 26)
        #expect(try await verify(file, under: identities.stranger) == 20)
        let client = identities.client.certificateFile
        #expect(try await verify(client, under: identities.authority, ["-purpose", "sslclient"]) == nil)
    }

    @Test(
        "Keys of every kind sign and are signed",
        arguments: [.rsa(bits: 2048), .rsa(bits: 3072), .rsa(bits: 1024), .p256, .p384, .ed25519]
            as [CertificateRequest.Key]
    )
    func keys(key: CertificateRequest.Key) async throws {
        let authority = try await CertificateAuthority.make(.authority(name: "Root").with { $0.key = key })
        let leaf = try await authority.issue(.server().with { $0.key = key })
        #expect(try await verify(leaf.certificateFile, under: authority, ["-auth_level", "0"]) == nil)
    }

    @Test("Expired, not yet valid, self-signed, weakly signed and incomplete chains fail for exactly that reason")
    func invalid() async throws {
        let authority = try await TestIdentities.shared.authority
        let expired = try await authority.issue(.server().expired)
        #expect(try await verify(expired.certificateFile, under: authority) == 10)
        let early = try await authority.issue(.server().notYetValid)
        #expect(try await verify(early.certificateFile, under: authority) == 9)
        let alone = try await CertificateAuthority.selfSigned(.server())
        #expect(try await verify(alone.certificateFile, under: authority) == 18)
        let weak = try await authority.issue(.server().with { $0.digest = "sha1" })
        #expect(try await verify(weak.certificateFile, under: authority, ["-auth_level", "2"]) == 68)
        let short = try await authority.issue(.server().with { $0.key = .rsa(bits: 1024) })
        #expect(try await verify(short.certificateFile, under: authority, ["-auth_level", "2"]) == 66)

        let intermediate = try await authority.intermediate()
        let leaf = try await intermediate.issue(.server())
        #expect(try await verify(leaf.certificateFile, under: authority) == 20)
        #expect(try await verify(leaf.certificateFile, under: authority, ["-untrusted", leaf.chainFile]) == nil)
    }

    @Test("Extensions and serial numbers are those that were asked for")
    func extensions() async throws {
        let authority = try await TestIdentities.shared.authority
        let request = CertificateRequest.server(names: ["*.example.org"], addresses: []).with {
            $0.mustStaple = true
            $0.responders = ["http://127.0.0.1:8080/ocsp", "http://127.0.0.1:8081/"]
            $0.serial = "0A0B0C"
        }
        let certificate = try await authority.issue(request)
        let arguments = ["x509", "-in", certificate.certificateFile, "-noout", "-text"]
        let text = try await Subprocess.check("openssl", arguments).standardOutput
        for expected in [
            "DNS:*.example.org", "TLS Feature", "status_request", "OCSP - URI:http://127.0.0.1:8080/ocsp",
            "OCSP - URI:http://127.0.0.1:8081/", "(0xa0b0c)", "O = mongo-nio tests, CN = *.example.org",
        ] {
            #expect(text.contains(expected))
        }
    }

    @Test(
        "Every encoding of a private key can be read back",
        arguments: KeyEncoding.allCases,
        [.rsa(bits: 2048), .p256] as [CertificateRequest.Key]
    )
    func encodings(encoding: KeyEncoding, key: CertificateRequest.Key) async throws {
        let certificate = try await CertificateAuthority.selfSigned(.client().with { $0.key = key })
        let file = try await certificate.keyFile(as: encoding, passphrase: "sécret")
        func publicKey(_ file: String, passphrase: String) async throws -> Subprocess.Result {
            try await Subprocess.run(
                "openssl",
                ["pkey", "-in", file, "-pubout", "-passin", "env:PASS"],
                environment: ["PASS": passphrase]
            )
        }
        let original = try await publicKey(certificate.keyFile, passphrase: "").standardOutput
        #expect(original.contains("BEGIN PUBLIC KEY"))
        #expect(try await publicKey(file, passphrase: "sécret").standardOutput == original)
        if encoding.isEncrypted {
            #expect(try await publicKey(file, passphrase: "wrong").exitCode != 0)
        }
    }

    @Test("PKCS#12 and combined files hold the certificate, its intermediates and the key")
    func containers() async throws {
        let intermediate = try await TestIdentities.shared.authority.intermediate()
        let certificate = try await intermediate.issue(.client())
        let file = try await certificate.pkcs12File(passphrase: "secret")
        let arguments = ["pkcs12", "-in", file, "-passin", "pass:secret", "-noenc"]
        let contents = try await Subprocess.check("openssl", arguments).standardOutput
        for text in [contents, try String(contentsOfFile: certificate.certificateKeyFile, encoding: .utf8)] {
            #expect(text.components(separatedBy: "BEGIN CERTIFICATE").count == 3)
            #expect(text.components(separatedBy: "BEGIN PRIVATE KEY").count == 2)
        }
    }

    @Test("Revocation lists revoke, expire, begin and are signed")
    func revocationLists() async throws {
        let authority = try await CertificateAuthority.make(name: "Root")
        let namesake = try await CertificateAuthority.make(name: "Root")
        let (good, bad) = (try await authority.issue(.server()), try await authority.issue(.server()))
        func check(_ certificate: IssuedCertificate, _ list: String) async throws -> Int? {
            try await verify(certificate.certificateFile, under: authority, ["-crl_check", "-CRLfile", list])
        }
        let list = try await authority.revocationList(revoking: [bad])
        #expect(try await check(good, list) == nil)
        #expect(try await check(bad, list) == 23)
        let yesterday = Date(timeIntervalSinceNow: -86_400)
        let expired = try await authority.revocationList(
            lastUpdate: Date(timeIntervalSinceNow: -2 * 86_400),
            nextUpdate: yesterday
        )
        #expect(try await check(good, expired) == 12)
        let early = try await authority.revocationList(lastUpdate: Date(timeIntervalSinceNow: 86_400))
        #expect(try await check(good, early) == 11)
        // Its authority key identifier already tells the namesake's list from the authority's own.
        #expect(try await check(good, namesake.revocationList()) == 3)
        let der = try authority.derFile(ofRevocationList: list)
        try await Subprocess.check("openssl", ["crl", "-inform", "DER", "-in", der, "-noout"])
    }

    @Test("OCSP responses say what was asked for", arguments: [.rsa(bits: 2048), .p256] as [CertificateRequest.Key])
    func ocsp(key: CertificateRequest.Key) async throws {
        let authority = try await CertificateAuthority.make(.authority(name: "Root").with { $0.key = key })
        let leaf = try await authority.issue(.server())
        let delegate = try await authority.issue(.responseSigner().with { $0.key = key })
        let stranger = try await TestIdentities.shared.stranger.issue(.responseSigner())
        func check(_ answer: OCSPAnswer) async throws -> String {
            let directory = try TemporaryDirectory()
            let file = try directory.write(try await authority.ocspResponse(for: leaf, answer), to: "response.der")
            let result = try await Subprocess.run(
                "openssl",
                ["ocsp", "-respin", file, "-issuer", authority.certificateFile, "-cert", leaf.certificateFile]
                    + ["-CAfile", authority.certificateFile, "-no_nonce"]
            )
            return result.standardOutput + result.standardError
        }
        let good = try await check(.good)
        #expect(good.contains("Response verify OK") && good.contains(": good"))
        let revoked = try await check(.revoked)
        #expect(revoked.contains("Response verify OK") && revoked.contains(": revoked"))
        #expect(try await check(.unknown).contains(": unknown"))
        let delegated = try await check(OCSPAnswer.good.with { $0.signer = delegate })
        #expect(delegated.contains("Response verify OK") && delegated.contains(": good"))
        #expect(try await check(OCSPAnswer.good.with { $0.signer = stranger }).contains("Response Verify Failure"))
        #expect(try await check(OCSPAnswer.good.with { $0.hasBrokenSignature = true }).contains("signature failure"))
        #expect(try await check(OCSPAnswer.good.expired).contains("status expired"))
        #expect(try await check(OCSPAnswer.good.notYetValid).contains("status not yet valid"))
    }

    /// The number of the first verification error (`X509_V_ERR_…`), or `nil` when the certificate is valid.
    private func verify(
        _ file: String,
        under authority: CertificateAuthority,
        _ options: [String] = []
    ) async throws -> Int? {
        let result = try await Subprocess.run(
            "openssl",
            ["verify", "-no-CApath", "-no-CAstore", "-CAfile", authority.certificateFile] + options + [file]
        )
        if result.exitCode == 0 { return nil }
        // "error 10 at 0 depth lookup: certificate has expired"
        let output = result.standardOutput + result.standardError
        let number = output.split(separator: "\n").first { $0.hasPrefix("error ") }?.split(separator: " ").dropFirst()
        return try #require(number?.first.flatMap { Int($0) }, Comment(rawValue: output))
    }
}

@Suite("The test servers")
struct TestServerTests {
    @Test("openssl s_server takes the version it is told and staples what it is given")
    func openSSLServer() async throws {
        let identities = try await TestIdentities.shared
        let staple = try await identities.authority.ocspResponse(for: identities.server)
        let server = try await OpenSSLServer.start(identities.server, staple: staple, options: ["-tls1_2"])
        let authority = identities.authority.certificateFile
        let client = ["s_client", "-connect", server.address, "-status", "-CAfile", authority]
        let result = try await Subprocess.check("openssl", client)
        #expect(result.standardOutput.contains("OCSP Response Status: successful"))
        #expect(result.standardOutput.contains("Protocol  : TLSv1.2"))
        #expect(result.standardOutput.contains("Verify return code: 0 (ok)"))
        #expect(try await Subprocess.run("openssl", client + ["-tls1_3"]).exitCode != 0)
        await server.stop()
        #expect(try await Subprocess.run("openssl", client).exitCode != 0)
    }

    @Test("mongod over TLS shows the server's certificate, and goes when it is told")
    func mongod() async throws {
        let identities = try await TestIdentities.shared
        let authority = identities.authority.certificateFile
        let server = try await MongodProcess.start(.tls(identities.server, clientAuthority: authority))
        let client = ["s_client", "-connect", server.address, "-verify_return_error", "-CAfile", authority]
        let result = try await Subprocess.check("openssl", client)
        #expect(result.standardOutput.contains("New, TLSv1.3"))
        await server.stop()
        // It comes back where it was.
        let again = try await MongodProcess.start(server.configuration)
        #expect(again.port == server.port)
        await again.stop()
    }

    @Test("A mongod that cannot start says why")
    func failingMongod() async throws {
        let error = await #expect(throws: ChildProcess.Failure.self) {
            try await MongodProcess.start(.init().with { $0.arguments = ["--tlsMode", "perhaps"] })
        }
        #expect(error?.description.contains("perhaps") == true)
    }

    @Test("The misbehaving servers misbehave as they promise, and remember what they got")
    func misbehaving() async throws {
        let closing = try await TCPServer.start(.closing)
        #expect(try await exchange("x", with: closing) == .end(""))
        let resetting = try await TCPServer.start(.resettingAfterFirstBytes)
        #expect(try await exchange("x", with: resetting) == .reset)
        let dripping = try await TCPServer.start(.dripping(Array("drip".utf8), every: .milliseconds(1)))
        #expect(try await exchange("x", with: dripping, until: 4) == .end("drip"))
        let http = try await TCPServer.http { Array("you sent ".utf8) + $0 }
        let request = "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"
        guard case .end(let answer) = try await exchange(request, with: http) else {
            Issue.record("reset")
            return
        }
        #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.hasSuffix("\r\n\r\nyou sent hello"))
        #expect(http.connectionCount == 1)
        #expect(http.received == [Array(request.utf8)])
        let scripted = try await TCPServer.start(.scripted { [.send($0.bytes.reversed()), .close] })
        #expect(try await exchange("abc", with: scripted) == .end("cba"))
        let address = scripted.address
        try await scripted.stop()
        #expect(try await Subprocess.run("openssl", ["s_client", "-connect", address]).exitCode != 0)
    }

    @Test("Nothing listens on a free port, and nobody else gets it")
    func freePort() async throws {
        let port = try FreePort()
        await #expect(throws: (any Error).self) {
            try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: "127.0.0.1", port: port.number).get()
        }
        #expect(try FreePort().number != port.number)
    }

    @Test("A program that takes too long is killed with its children, and failing is told from succeeding")
    func subprocess() async throws {
        await #expect(throws: SubprocessError.self) {
            try await Subprocess.run("sh", ["-c", "sleep 60 | sleep 60"], timeout: .milliseconds(100))
        }
        await #expect(throws: SubprocessError.self) { try await Subprocess.check("sh", ["-c", "exit 3"]) }
        let result = try await Subprocess.run("sh", ["-c", "echo $A; echo b >&2; exit 3"], environment: ["A": "a"])
        #expect((result.exitCode, result.standardOutput, result.standardError) == (3, "a\n", "b\n"))
        #expect(try await Subprocess.run("sh", ["-c", "kill -TERM $$"]).exitCode == 143)
        let task = Task { try await Subprocess.run("sleep", ["60"]) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    private enum Ending: Equatable {
        case end(String)
        case reset
    }

    /// Sends a text and reads until the server closes, or until it has sent `count` bytes.
    private func exchange(_ text: String, with server: TCPServer, until count: Int = .max) async throws -> Ending {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: server.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        do {
            return try await channel.executeThenClose { inbound, outbound in
                // A server that closes at once may be gone before this arrives.
                try? await outbound.write(ByteBuffer(string: text))
                var received = ""
                for try await buffer in inbound {
                    received += String(buffer: buffer)
                    if received.utf8.count >= count { break }
                }
                return .end(received)
            }
        } catch let error as IOError where error.errnoCode == ECONNRESET {
            return .reset
        }
    }
}
