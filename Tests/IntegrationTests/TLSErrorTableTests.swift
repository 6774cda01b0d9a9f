// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoNIO
import TestSupport
import Testing

/// One server for each way in which TLS can fail, and the code by which the error tells it from all the others.
@Suite("The table of TLS errors")
struct TLSErrorTableTests {
    /// A server that is set up wrong, or a client that is wrong for it.
    struct Row: Sendable {
        let name: String
        let code: TLSError.Code
        let category: TLSError.Category
        /// What people search for.
        let text: String
        /// How to reach it: the host, the port, and what keeps it running.
        let start: @Sendable (TestIdentities) async throws -> Server
        /// What the client does otherwise than the others.
        var client: @Sendable (inout TLSOptions, TestIdentities) async throws -> Void = { _, _ in }
    }

    struct Server: Sendable {
        var host = "localhost"
        var port: Int
        var handle: any Sendable

        init(_ server: OpenSSLServer, host: String = "localhost") {
            (self.host, port, handle) = (host, server.port, server)
        }

        init(_ server: MongodProcess) {
            (port, handle) = (server.port, server)
        }

        init(_ server: TCPServer) {
            (host, port, handle) = ("127.0.0.1", server.port, server)
        }
    }

    private static func serving(
        _ request: CertificateRequest,
        _ options: [String] = []
    ) -> @Sendable (TestIdentities) async throws -> Server {
        { identities in Server(try await OpenSSLServer.start(identities.authority.issue(request), options: options)) }
    }

    private static func requiringClientCertificate(
        _ options: [String]
    ) -> @Sendable (TestIdentities) async throws -> Server {
        { identities in
            Server(
                try await OpenSSLServer.start(
                    identities.server,
                    clientAuthority: identities.authority.certificateFile,
                    options: options
                )
            )
        }
    }

    private static func misbehaving(_ behavior: TCPServer.Behavior) -> @Sendable (TestIdentities) async throws -> Server
    {
        { _ in Server(try await TCPServer.start(behavior)) }
    }

    private static let asStranger: @Sendable (inout TLSOptions, TestIdentities) async throws -> Void = {
        $0.certificateKeyFile = try await strangersClient.value.certificateKeyFile
        _ = $1
    }

    private static let strangersClient = Task { try await TestIdentities.shared.stranger.issue(.client()) }

    private static let verifyFailed = "certificate verify failed"

    static let rows: [Row] = [
        Row(
            name: "expired",
            code: .certificateExpired,
            category: .certificate,
            text: verifyFailed,
            start: serving(CertificateRequest.server().expired)
        ),
        Row(
            name: "not yet valid",
            code: .certificateNotYetValid,
            category: .certificate,
            text: verifyFailed,
            start: serving(CertificateRequest.server().notYetValid)
        ),
        Row(
            name: "wrong host",
            code: .hostnameMismatch,
            category: .hostname,
            text: verifyFailed,
            start: serving(.server(names: ["db.example.com"], addresses: []))
        ),
        Row(
            name: "no IP SAN",
            code: .addressMismatch,
            category: .hostname,
            text: verifyFailed,
            start: { identities in
                let certificate = try await identities.authority.issue(.server(names: ["localhost"], addresses: []))
                return Server(try await OpenSSLServer.start(certificate), host: "127.0.0.1")
            }
        ),
        Row(
            name: "self-signed",
            code: .selfSignedCertificate,
            category: .certificate,
            text: verifyFailed,
            start: { _ in Server(try await OpenSSLServer.start(CertificateAuthority.selfSigned(.server()))) }
        ),
        Row(
            name: "unknown CA",
            code: .unknownIssuer,
            category: .certificate,
            text: verifyFailed,
            start: { Server(try await OpenSSLServer.start($0.stranger.issue(.server()))) }
        ),
        Row(
            name: "unknown CA, with its root",
            code: .untrustedRoot,
            category: .certificate,
            text: verifyFailed,
            start: { identities in
                let certificate = try await identities.stranger.issue(.server())
                let chain = ["-cert_chain", identities.stranger.certificateFile]
                return Server(try await OpenSSLServer.start(certificate, options: chain))
            }
        ),
        Row(
            name: "incomplete chain",
            code: .incompleteChain,
            category: .certificate,
            text: verifyFailed,
            start: { identities in
                let leaf = try await identities.authority.intermediate().issue(.server())
                let alone = ["-cert", leaf.certificateFile, "-key", leaf.keyFile]
                return Server(try await OpenSSLServer.start(nil, options: alone)).keeping(leaf)
            }
        ),
        Row(
            name: "trusted intermediate without its root",
            code: .missingRoot,
            category: .certificate,
            text: verifyFailed,
            start: { identities in Server(try await OpenSSLServer.start(try await Self.belowIntermediate.value.leaf)) },
            client: { options, _ in
                options.caFile = try await Self.belowIntermediate.value.intermediate.certificateFile
            }
        ),
        Row(
            name: "wrong purpose",
            code: .wrongPurpose,
            category: .certificate,
            text: verifyFailed,
            start: serving(CertificateRequest.server().with { $0.usages = [.client] })
        ),
        Row(
            name: "issuer that is no authority",
            code: .invalidAuthority,
            category: .certificate,
            text: verifyFailed,
            start: { identities in
                let impostor = try await identities.authority.intermediate(.server(names: ["impostor"], addresses: []))
                return Server(try await OpenSSLServer.start(impostor.issue(.server())))
            }
        ),
        Row(
            name: "weak key",
            code: .weakCertificate,
            category: .certificate,
            text: verifyFailed,
            start: serving(
                CertificateRequest.server().with { $0.key = .rsa(bits: 1024) },
                ["-cipher", "DEFAULT:@SECLEVEL=0"]
            ),
            // Debian's level; OpenSSL's own lets 1,024 bits pass.
            client: { options, _ in options.cipherSuites = ["DEFAULT", "@SECLEVEL=2"] }
        ),
        Row(
            name: "weak digest",
            code: .weakCertificate,
            category: .certificate,
            text: verifyFailed,
            start: serving(
                CertificateRequest.server().with { $0.digest = "sha1" },
                ["-cipher", "DEFAULT:@SECLEVEL=0"]
            ),
            client: { options, _ in options.cipherSuites = ["DEFAULT", "@SECLEVEL=2"] }
        ),
        Row(
            name: "TLS 1.1 only",
            code: .noSharedVersion,
            category: .protocolVersion,
            text: "tlsv1 alert protocol version",
            start: serving(.server(), ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"])
        ),
        Row(
            name: "TLS 1.0 only",
            code: .noSharedVersion,
            category: .protocolVersion,
            text: "tlsv1 alert protocol version",
            start: serving(.server(), ["-tls1", "-cipher", "ALL:@SECLEVEL=0"])
        ),
        Row(
            name: "no shared cipher",
            code: .noSharedCipher,
            category: .handshake,
            text: "handshake failure",
            start: serving(.server(), ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"]),
            client: { options, _ in options.cipherSuites = ["ECDHE-ECDSA-AES256-GCM-SHA384"] }
        ),
        Row(
            name: "client certificate required, TLS 1.2",
            code: .clientCertificateRequired,
            category: .clientCertificate,
            text: "handshake failure",
            start: requiringClientCertificate(["-tls1_2"])
        ),
        Row(
            name: "client certificate required, TLS 1.3",
            code: .clientCertificateRequired,
            category: .clientCertificate,
            text: "certificate required",
            start: requiringClientCertificate(["-tls1_3"])
        ),
        Row(
            name: "client certificate required by mongod, TLS 1.3",
            code: .clientCertificateRequired,
            category: .clientCertificate,
            text: "without an alert",
            start: { _ in Server(try await MongodProcess.shared(.tlsRequiringClientCertificate)) }
        ),
        Row(
            name: "client certificate required by mongod, TLS 1.2",
            code: .clientCertificateRequired,
            category: .clientCertificate,
            text: "without an alert",
            start: { _ in Server(try await MongodProcess.shared(.tlsRequiringClientCertificate)) },
            client: { options, _ in options.maximumVersion = .tls12 }
        ),
        Row(
            name: "client certificate refused, TLS 1.2",
            code: .clientCertificateRefused,
            category: .clientCertificate,
            text: "unknown ca",
            start: requiringClientCertificate(["-tls1_2"]),
            client: asStranger
        ),
        Row(
            name: "client certificate refused, TLS 1.3",
            code: .clientCertificateRefused,
            category: .clientCertificate,
            text: "unknown ca",
            start: requiringClientCertificate(["-tls1_3"]),
            client: asStranger
        ),
        Row(
            name: "client certificate refused by mongod",
            code: .clientCertificateRefused,
            category: .clientCertificate,
            text: "without an alert",
            start: { _ in Server(try await MongodProcess.shared(.tlsRequiringClientCertificate)) },
            client: asStranger
        ),
        Row(
            name: "plaintext mongod",
            code: .plaintextServer,
            category: .notTLS,
            text: "does not speak TLS",
            start: { _ in Server(try await MongodProcess.shared(.plain)) }
        ),
        Row(
            name: "HTTP answer",
            code: .httpAnswer,
            category: .notTLS,
            text: "wrong version number",
            start: { _ in
                Server(
                    try await TCPServer.start(
                        .scripted { _ in [.send(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)), .close] }
                    )
                )
            }
        ),
        Row(
            name: "another protocol",
            code: .notTLS,
            category: .notTLS,
            text: "wrong version number",
            start: misbehaving(.scripted { _ in [.send(Array("SSH-2.0-OpenSSH_9.6\r\n".utf8))] })
        ),
        Row(
            name: "reset",
            code: .resetDuringHandshake,
            category: .network,
            text: "reset",
            start: misbehaving(.resettingAfterFirstBytes)
        ),
        Row(
            name: "close",
            code: .closedDuringHandshake,
            category: .network,
            text: "closed",
            start: misbehaving(.scripted { _ in [.close] })
        ),
        Row(
            name: "silence",
            code: .handshakeTimeout,
            category: .timeout,
            text: "connectTimeoutMS",
            start: misbehaving(.silent)
        ),
        Row(
            name: "a byte every 200 ms",
            code: .handshakeTimeout,
            category: .timeout,
            text: "connectTimeoutMS",
            start: misbehaving(
                .dripping([0x16, 0x03, 0x03, 0x40, 0x00] + Array(repeating: 0, count: 64), every: .milliseconds(200))
            )
        ),
    ]

    private static let belowIntermediate = Task {
        let intermediate = try await TestIdentities.shared.authority.intermediate()
        return (intermediate: intermediate, leaf: try await intermediate.issue(.server()))
    }

    @Test(
        "Each server has its code, its category, the words that people search for, a hint, and its address",
        arguments: rows
    )
    func row(row: Row) async throws {
        let identities = try await TestIdentities.shared
        let server = try await row.start(identities)
        var tls = TLSOptions()
        tls.caFile = identities.authority.certificateFile
        try await row.client(&tls, identities)
        var options = try MongoClientOptions("mongodb://\(server.host):\(server.port)/?serverSelectionTimeoutMS=5000")
        options.tls = tls
        options.connectTimeout = row.category == .timeout ? .seconds(2) : .seconds(10)
        let client = try MongoClient(options)
        let error = await #expect(throws: MongoError.self) {
            try await client.database("admin").runCommand(["ping": 1])
        }
        await client.close()
        withExtendedLifetime(server) {}
        let failure = try #require(error?.tls, "\(String(describing: error))")
        #expect(failure.code == row.code, "\(failure)")
        #expect(failure.category == row.category)
        #expect(failure.message.contains(row.text), "\(failure)")
        #expect(failure.hint?.isEmpty == false)
        #expect(failure.location == "\(server.host):\(server.port)")
        #expect(error?.description.contains(row.text) == true)
    }

    @Test("No two kinds of servers share a code")
    func distinct() {
        // The rows in which the same thing happens under another version, or to another part of the certificate.
        let variants: [Set<String>] = [
            ["weak key", "weak digest"], ["TLS 1.0 only", "TLS 1.1 only"], ["silence", "a byte every 200 ms"],
            Set(Self.rows.map(\.name).filter { $0.hasPrefix("client certificate required") }),
            Set(Self.rows.map(\.name).filter { $0.hasPrefix("client certificate refused") }),
        ]
        for (code, rows) in Dictionary(grouping: Self.rows, by: \.code) where rows.count > 1 {
            #expect(variants.contains(Set(rows.map(\.name))), "\(code)")
        }
        #expect(Set(Self.rows.map(\.code)).count == 22)
    }
}

extension TLSErrorTableTests.Row: CustomTestStringConvertible {
    var testDescription: String { name }
}

extension TLSErrorTableTests.Server {
    /// The same server, which needs the value as long as it runs.
    fileprivate func keeping(_ value: some Sendable) -> Self {
        var copy = self
        copy.handle = [handle, value] as [any Sendable]
        return copy
    }
}
