// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MongoTLS
import TestSupport
import Testing

/// Every kind of key in every form, from one file, two files, memory and PKCS#12; and what the server gets to see of it.
@Suite("tlsCertificateKeyFile and identity: forms of keys")
struct TLSCertificateKeyFileTests {
    static let keys: [CertificateRequest.Key] = [.rsa(bits: 2048), .p256, .p384, .ed25519]
    static let passphrase = "sécret & sons"

    /// The authorities and clients of this suite, made once: an intermediate authority stands between root and client.
    private static let making = Task<(root: CertificateAuthority, clients: [IssuedCertificate]), any Error> {
        let root = try await CertificateAuthority.make(name: "Client root")
        let intermediate = try await root.intermediate(name: "Client intermediate")
        var clients: [IssuedCertificate] = []
        for key in keys { clients.append(try await intermediate.issue(.client(name: "client").with { $0.key = key })) }
        return (root, clients)
    }

    private func client(_ key: CertificateRequest.Key) async throws -> IssuedCertificate {
        let index = try #require(Self.keys.firstIndex(of: key))
        return try await Self.making.value.clients[index]
    }

    private func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    private static func exists(_ encoding: KeyEncoding, for key: CertificateRequest.Key) -> Bool {
        key != .ed25519 || (encoding != .traditional && encoding != .encryptedTraditional)
    }

    @Test(
        "A key in any encoding loads from one file, from two files and from memory",
        arguments: keys,
        KeyEncoding.allCases
    )
    func encodings(key: CertificateRequest.Key, encoding: KeyEncoding) async throws {
        guard Self.exists(encoding, for: key) else { return }
        let client = try await client(key)
        let keyFile = try await client.keyFile(as: encoding, passphrase: Self.passphrase)
        var forms: [(String, (inout TLSOptions) -> Void)] = []
        if encoding == .der {
            let certificates = [try client.der]
            let keyBytes = try bytes(keyFile)
            forms.append(("DER", { $0.identity = .der(certificates: certificates, privateKey: keyBytes) }))
        } else {
            let combined = try await client.certificateKeyFile(as: encoding, passphrase: Self.passphrase)
            let reversed = try await client.certificateKeyFile(
                as: encoding,
                passphrase: Self.passphrase,
                keyFirst: true
            )
            let (chain, combinedBytes, keyBytes) = (
                try bytes(client.chainFile), try bytes(combined), try bytes(keyFile)
            )
            forms = [
                ("one file", { $0.certificateKeyFile = combined }),
                ("one file, key first", { $0.certificateKeyFile = reversed }),
                (
                    "two files",
                    {
                        $0.certificateKeyFile = client.chainFile
                        $0.privateKeyFile = keyFile
                    }
                ),
                ("one text", { $0.identity = .pem(combinedBytes) }),
                ("two texts", { $0.identity = .pem(certificates: chain, privateKey: keyBytes) }),
            ]
        }
        for (form, change) in forms {
            for usesClosure in [false, true] {
                var options = TLSOptions()
                change(&options)
                if usesClosure {
                    options.passphrase = TLSPassphrase { Self.passphrase }
                } else {
                    options.certificateKeyFilePassword = Self.passphrase
                }
                #expect(throws: Never.self, "\(form), closure: \(usesClosure)") { _ = try TLSContext(options) }
            }
            guard encoding.isEncrypted else { continue }
            var options = TLSOptions()
            change(&options)
            #expect(try options.refusal().code == .passphraseMissing, "\(form)")
            options.certificateKeyFilePassword = "wrong"
            #expect(try options.refusal().code == .passphraseWrong, "\(form)")
        }
    }

    @Test("Encrypted PKCS#8 and the traditional forms load from DER in memory", arguments: keys)
    func derForms(key: CertificateRequest.Key) async throws {
        let client = try await client(key)
        let directory = try TemporaryDirectory()
        let certificates = [try client.der]
        let encrypted = directory.path("encrypted.der")
        try await Subprocess.check(
            "openssl",
            ["pkcs8", "-topk8", "-outform", "DER", "-in", client.keyFile, "-out", encrypted, "-passout", "pass:secret"]
        )
        var options = TLSOptions()
        options.identity = .der(certificates: certificates, privateKey: try bytes(encrypted))
        #expect(try options.refusal().code == .passphraseMissing)
        options.certificateKeyFilePassword = "wrong"
        #expect(try options.refusal().code == .passphraseWrong)
        options.certificateKeyFilePassword = "secret"
        _ = try TLSContext(options)

        guard Self.exists(.traditional, for: key) else { return }
        let traditional = directory.path("traditional.der")
        try await Subprocess.check(
            "openssl",
            ["pkey", "-traditional", "-outform", "DER", "-in", client.keyFile, "-out", traditional]
        )
        let privateKey = try withExtendedLifetime(directory) { try bytes(traditional) }
        _ = try TLSContext(TLSOptions().with { $0.identity = .der(certificates: certificates, privateKey: privateKey) })
    }

    @Test(
        "The server gets the certificate and its intermediates, in TLS 1.2 and 1.3, from every form",
        arguments: keys,
        [TLSVersion.tls12, .tls13]
    )
    func handshake(key: CertificateRequest.Key, version: TLSVersion) async throws {
        let identities = try await TestIdentities.shared
        let (client, root) = (try await client(key), try await Self.making.value.root)
        let archive = try bytes(try await client.pkcs12File(passphrase: "secret"))
        // The wrong way round: root-side first, leaf last.
        let reversed = try [client.intermediateFiles[0], client.certificateFile, client.keyFile]
            .map { try String(contentsOfFile: $0, encoding: .utf8) }.joined()
        let chain = try [client.certificateFile, client.intermediateFiles[0]].map {
            try decodedPEM(String(contentsOfFile: $0, encoding: .utf8))
        }
        let keyBytes = try bytes(try await client.keyFile(as: .der))
        let forms: [TLSIdentity] = [
            .pem(Array(reversed.utf8)), .pkcs12(archive), .der(certificates: chain, privateKey: keyBytes),
            .der(certificates: chain.reversed(), privateKey: keyBytes),
        ]
        var variants = forms.map { form in TLSOptions().with { $0.identity = form } }
        variants.append(TLSOptions().with { $0.certificateKeyFile = client.certificateKeyFile })
        for var options in variants {
            options.caFile = identities.authority.certificateFile
            options.certificateKeyFilePassword = "secret"
            (options.minimumVersion, options.maximumVersion) = (version, version)
            let server = try MemoryServer(
                .init(identities.server).with { $0.clientAuthority = root.certificateFile }
            )
            let info = try InMemory.connect(options, server)
            #expect(info.version == version)
            #expect(server.clientSubjects.count == 2)
            #expect(server.clientSubjects.first?.hasSuffix("CN=client") == true)
            #expect(server.clientSubjects.last?.hasSuffix("CN=Client intermediate") == true)
        }
    }

    @Test("A server that requires a client certificate refuses to go on without one, and refuses a stranger's")
    func required() async throws {
        let identities = try await TestIdentities.shared
        let stranger = try await identities.stranger.issue(.client())
        for version in [TLSVersion.tls12, .tls13] {
            let options = TLSOptions.trusting(identities.authority).with { $0.maximumVersion = version }
            let server = MemoryServer.Configuration(identities.server).with {
                $0.clientAuthority = identities.authority.certificateFile
            }
            let missing = try InMemory.failure(options, server)
            #expect(missing.code == .clientCertificateRequired)
            #expect(missing.category == .clientCertificate)
            #expect(missing.hint?.contains("tlsCertificateKeyFile") == true)
            let refused = try InMemory.failure(
                options.with { $0.certificateKeyFile = stranger.certificateKeyFile },
                server
            )
            #expect(refused.code == .clientCertificateRefused)
            #expect(refused.category == .clientCertificate)
        }
    }

    @Test("EC PARAMETERS before a key, as openssl ecparam writes them, do no harm")
    func parameters() async throws {
        let client = try await client(.p256)
        let parameters = try await Subprocess.check("openssl", ["ecparam", "-name", "prime256v1"]).standardOutput
        #expect(parameters.contains("BEGIN EC PARAMETERS"))
        let key = try String(contentsOfFile: try await client.keyFile(as: .traditional), encoding: .utf8)
        let chain = try String(contentsOfFile: client.chainFile, encoding: .utf8)
        for text in [parameters + key + chain, chain + parameters + key] {
            _ = try TLSContext(TLSOptions().with { $0.identity = .pem(Array(text.utf8)) })
        }
    }

    @Test("A file with a certificate and no key is told from one with a key and no certificate")
    func halves() async throws {
        let client = try await client(.p256)
        let keyMissing = try TLSOptions().with { $0.certificateKeyFile = client.chainFile }.refusal()
        #expect(keyMissing.code == .fileWrongContent)
        #expect(keyMissing.message.contains("no private key"))
        let certificateMissing = try TLSOptions().with { $0.certificateKeyFile = client.keyFile }.refusal()
        #expect(certificateMissing.code == .fileWrongContent)
        #expect(certificateMissing.message.contains("no certificate"))
    }

    @Test("A key that is smaller than the system's policy allows is refused with the reason")
    func weakKey() async throws {
        let weak = try await TestIdentities.shared.authority.issue(.client().with { $0.key = .rsa(bits: 1024) })
        let error = try TLSOptions().with {
            $0.certificateKeyFile = weak.certificateKeyFile
            $0.cipherSuites = ["DEFAULT", "@SECLEVEL=2"]
        }.refusal()
        #expect(error.code == .identityNotAllowed)
        #expect(error.location == weak.certificateKeyFile)
        #expect(error.message.contains("key too small"))
    }
}

/// The bytes of the first PEM block.
func decodedPEM(_ text: String) throws -> [UInt8] {
    let body = text.split(separator: "\n").dropFirst().prefix { !$0.hasPrefix("-----END") }.joined()
    return [UInt8](try #require(Data(base64Encoded: body)))
}
