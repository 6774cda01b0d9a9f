// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MongoTLS
import TestSupport
import Testing

@Suite("Verification of the chain")
struct ChainVerificationTests {
    private func failure(
        _ certificate: IssuedCertificate,
        trusting authority: CertificateAuthority,
        _ change: (inout MemoryServer.Configuration) -> Void = { _ in }
    ) throws -> TLSError {
        let error = try InMemory.failure(.trusting(authority), MemoryServer.Configuration(certificate).with(change))
        #expect(error.category == .certificate)
        #expect(error.message.contains("certificate verify failed"))
        #expect(error.hint != nil)
        #expect(error.verifyCode != nil)
        #expect(error.certificate != nil)
        return error
    }

    @Test(
        "Leaf, intermediate and root: what is complete is accepted, in TLS 1.2 and 1.3",
        arguments: [TLSVersion.tls12, .tls13]
    )
    func complete(version: TLSVersion) async throws {
        let root = try await TestIdentities.shared.authority
        let leaf = try await root.intermediate().issue(.server())
        let options = TLSOptions.trusting(root).with { $0.maximumVersion = version }
        let info = try InMemory.connect(options, .init(leaf))
        #expect(info.version == version)
        #expect(info.peer?.subjectAlternativeNames.contains("DNS:localhost") == true)
    }

    @Test("Expired and not yet valid certificates are told apart, with their dates")
    func dates() async throws {
        let authority = try await TestIdentities.shared.authority
        let expired = try failure(try await authority.issue(.server().expired), trusting: authority)
        #expect(expired.code == .certificateExpired)
        #expect((expired.certificate?.notAfter ?? .max) < Int64(Date().timeIntervalSince1970))
        let early = try failure(try await authority.issue(.server().notYetValid), trusting: authority)
        #expect(early.code == .certificateNotYetValid)
        #expect((early.certificate?.notBefore ?? 0) > Int64(Date().timeIntervalSince1970))
        let old = try await CertificateAuthority.make(.authority(name: "Old root").expired)
        let below = try failure(try await old.issue(.server()), trusting: old)
        #expect(below.code == .certificateExpired)
        #expect(below.depth == 1)
    }

    @Test("Self-signed, unknown root and unknown issuer are told apart")
    func unknown() async throws {
        let identities = try await TestIdentities.shared
        let alone = try failure(try await CertificateAuthority.selfSigned(.server()), trusting: identities.authority)
        #expect(alone.code == .selfSignedCertificate)
        let stranger = try await identities.stranger.issue(.server())
        #expect(try failure(stranger, trusting: identities.authority).code == .unknownIssuer)
        let withRoot = try failure(stranger, trusting: identities.authority) {
            $0.extraFiles = [identities.stranger.certificateFile]
        }
        #expect(withRoot.code == .untrustedRoot)
        #expect(withRoot.depth == 1)
    }

    @Test("A self-signed certificate that is given as the CA file is trusted")
    func pinned() async throws {
        let alone = try await CertificateAuthority.selfSigned(.server())
        try InMemory.connect(TLSOptions().with { $0.caFile = alone.certificateFile }, MemoryServer(.init(alone)))
    }

    @Test("A server that sends no intermediates is told from one of an unknown authority, as far as there are signs")
    func incomplete() async throws {
        let root = try await TestIdentities.shared.authority
        // By the name that the intermediate bears.
        let named = try await root.intermediate(name: "Example intermediate authority").issue(.server())
        let incomplete = try failure(named, trusting: root) { $0.sendsIntermediates = false }
        #expect(incomplete.code == .incompleteChain)
        #expect(incomplete.hint?.contains("intermediate") == true)
        // By nothing: the hint names both possibilities.
        let anonymous = try await root.intermediate(name: "Example CA 2").issue(.server())
        let undecided = try failure(anonymous, trusting: root) { $0.sendsIntermediates = false }
        #expect(undecided.code == .unknownIssuer)
        #expect(undecided.hint?.contains("intermediate") == true)
        #expect(undecided.hint?.contains(root.certificateFile) == true)
    }

    /// Certificates with extensions that the test authority does not write.
    private func leaf(_ authority: CertificateAuthority, _ extensions: String) async throws -> IssuedCertificate {
        let leaf = try await authority.issue(.server())
        let directory = try TemporaryDirectory()
        let configuration = try directory.write(
            "[e]\nsubjectAltName = DNS:localhost\nextendedKeyUsage = serverAuth\n" + extensions + "\n",
            to: "extensions.cnf"
        )
        let request = directory.path("request.pem")
        try await Subprocess.check(
            "openssl",
            ["req", "-new", "-key", leaf.keyFile, "-subj", "/CN=localhost", "-out", request]
        )
        // In the place of the certificate that the authority has issued, under the same key.
        try await Subprocess.check(
            "openssl",
            ["x509", "-req", "-in", request, "-CA", authority.certificateFile, "-CAkey", authority.keyFile]
                + ["-days", "30", "-extfile", configuration, "-extensions", "e", "-out", leaf.certificateFile]
        )
        return leaf
    }

    @Test("The authority key identifier proves which it is, where it names the issuer of the issuer")
    func keyIdentifier() async throws {
        let identities = try await TestIdentities.shared
        let always = "authorityKeyIdentifier = keyid, issuer:always"
        let below = try await leaf(identities.authority.intermediate(name: "Example CA 3"), always)
        let incomplete = try failure(below, trusting: identities.authority) { $0.sendsIntermediates = false }
        #expect(incomplete.code == .incompleteChain)
        let stranger = try await leaf(CertificateAuthority.make(name: "Issuing CA that is a root"), always)
        let unknown = try failure(stranger, trusting: identities.authority) { $0.sendsIntermediates = false }
        #expect(unknown.code == .unknownIssuer)
    }

    @Test("The address of the issuer's certificate is a sign that the server should have sent it")
    func issuerLocation() async throws {
        let root = try await TestIdentities.shared.authority
        let location = "authorityInfoAccess = caIssuers;URI:http://pki.example.com/ca4.crt"
        let below = try await leaf(root.intermediate(name: "Example CA 4"), location)
        #expect(try failure(below, trusting: root) { $0.sendsIntermediates = false }.code == .incompleteChain)
    }

    @Test("An authority that was made anew under its old name is recognized")
    func namesake() async throws {
        let (old, new) = (
            try await CertificateAuthority.make(name: "Root"), try await CertificateAuthority.make(name: "Root")
        )
        let error = try failure(try await new.issue(.server()), trusting: old)
        #expect(error.code == .unknownIssuer)
        #expect(error.hint?.contains("same name") == true)
    }

    @Test("A trusted intermediate without its root is not enough, and the error says what is missing")
    func partialChain() async throws {
        let intermediate = try await TestIdentities.shared.authority.intermediate()
        let leaf = try await intermediate.issue(.server())
        let error = try failure(leaf, trusting: intermediate)
        #expect(error.code == .missingRoot)
        #expect(error.hint?.contains("root") == true)
    }

    @Test("The trusted root is preferred to a cross certificate that the server sends")
    func trustedFirst() async throws {
        // The same authority twice: as a root, and certified by another root that nobody trusts and that has expired.
        let root = try await CertificateAuthority.make(name: "New root")
        let old = try await CertificateAuthority.make(.authority(name: "Expired root").expired)
        let cross = try await old.issue(.authority(name: "New root").with { $0.key = .file(root.keyFile) })
        let leaf = try await root.issue(.server())
        let configuration = MemoryServer.Configuration(leaf).with {
            $0.extraFiles = [cross.certificateFile, old.certificateFile]
        }
        try InMemory.connect(.trusting(root), MemoryServer(configuration))
    }

    @Test(
        "A certificate that is not for servers is refused",
        arguments: [[.client], [.codeSigning], [.responseSigning, .client]] as [[CertificateRequest.Usage]]
    )
    func purpose(usages: [CertificateRequest.Usage]) async throws {
        let authority = try await TestIdentities.shared.authority
        let leaf = try await authority.issue(.server().with { $0.usages = usages })
        #expect(try failure(leaf, trusting: authority).code == .wrongPurpose)
        let unrestricted = try await authority.issue(.server().with { $0.usages = [] })
        try InMemory.connect(.trusting(authority), MemoryServer(.init(unrestricted)))
    }

    @Test("An issuer that is no authority is refused as such")
    func invalidAuthority() async throws {
        let root = try await TestIdentities.shared.authority
        let impostor = try await root.intermediate(.server(names: ["impostor.example.com"], addresses: []))
        let leaf = try await impostor.issue(.server())
        let error = try failure(leaf, trusting: root)
        #expect(error.code == .invalidAuthority)
        #expect(error.depth == 1)
    }

    @Test("Weak keys and digests are refused by the security level")
    func weak() async throws {
        let authority = try await TestIdentities.shared.authority
        let weak = [
            try await authority.issue(.server().with { $0.key = .rsa(bits: 1024) }),
            try await authority.issue(.server().with { $0.digest = "sha1" }),
        ]
        let options = TLSOptions.trusting(authority).with { $0.cipherSuites = ["DEFAULT", "@SECLEVEL=2"] }
        for leaf in weak {
            let error = try InMemory.failure(options, .init(leaf))
            #expect(error.code == .weakCertificate)
            #expect(error.category == .certificate)
        }
    }

    @Test("A signature by another key of an authority without key identifiers is 'badSignature'")
    func badSignature() async throws {
        let authority = try await TestIdentities.shared.authority
        let leaf = try await authority.issue(.server())
        // The last byte of the DER belongs to the signature's number.
        var der = try leaf.der
        der[der.count - 1] ^= 1
        let base64 = Data(der).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
        let text = "-----BEGIN CERTIFICATE-----\n\(base64)\n-----END CERTIFICATE-----\n"
        try text.write(toFile: leaf.chainFile, atomically: false, encoding: .utf8)
        #expect(try failure(leaf, trusting: authority).code == .badSignature)
    }
}
