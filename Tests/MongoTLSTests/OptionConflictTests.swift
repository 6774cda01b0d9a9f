// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoTLS
import TestSupport
import Testing

/// The rules for options that a program sets; those for connection strings are in `ConnectionStringTLSTests`.
@Suite("Options that exclude each other")
struct OptionConflictTests {
    struct Setting: Sendable {
        let name: String
        let set: @Sendable (inout TLSOptions, Bool) -> Void
    }

    static let insecure = Setting(name: "insecure") { $0.insecure = $1 }
    static let certificates = Setting(name: "allowInvalidCertificates") { $0.allowInvalidCertificates = $1 }
    static let hostnames = Setting(name: "allowInvalidHostnames") { $0.allowInvalidHostnames = $1 }
    static let endpoint = Setting(name: "disableOCSPEndpointCheck") { $0.disableOCSPEndpointCheck = $1 }
    static let revocation = Setting(name: "disableCertificateRevocationCheck") {
        $0.disableCertificateRevocationCheck = $1
    }
    static let list = Setting(name: "crlFile") { options, _ in options.crlFile = "/crl.pem" }

    static let exclusive: [(Setting, Setting)] = [
        (insecure, certificates), (insecure, hostnames), (insecure, endpoint), (insecure, revocation), (insecure, list),
        (certificates, endpoint), (certificates, revocation), (certificates, list), (endpoint, revocation),
        (revocation, list),
    ]

    @Test("Mere presence is the conflict, whatever the values")
    func presence() throws {
        for (first, second) in Self.exclusive {
            for (one, other) in [(true, true), (true, false), (false, true), (false, false)] {
                var options = TLSOptions()
                first.set(&options, one)
                second.set(&options, other)
                let error = try options.refusal()
                #expect(error.code == .conflictingOptions, "\(first.name) and \(second.name)")
                #expect(error.hint != nil)
            }
        }
    }

    @Test("Every other pair may stand together")
    func compatible() {
        let all = [Self.insecure, Self.certificates, Self.hostnames, Self.endpoint, Self.revocation, Self.list]
        for (index, first) in all.enumerated() {
            for second in all[(index + 1)...]
            where !Self.exclusive.contains(where: { $0.name == first.name && $1.name == second.name })
                && !Self.exclusive.contains(where: { $0.name == second.name && $1.name == first.name })
            {
                var options = TLSOptions()
                first.set(&options, true)
                second.set(&options, true)
                #expect(throws: Never.self, "\(first.name) and \(second.name)") { try options.validate() }
            }
        }
    }

    @Test("There is one source for each thing")
    func sources() throws {
        let identity = TLSIdentity.pem([1])
        let cases: [TLSOptions] = [
            TLSOptions().with { ($0.caFile, $0.authorities) = ("/ca.pem", .pem([1])) },
            TLSOptions().with { ($0.certificateKeyFile, $0.identity) = ("/c.pem", identity) },
            TLSOptions().with { ($0.privateKeyFile, $0.identity) = ("/k.pem", identity) },
            TLSOptions().with {
                ($0.certificateKeyFilePassword, $0.passphrase) = ("x", TLSPassphrase { "x" })
            },
        ]
        for options in cases {
            #expect(try options.refusal().code == .conflictingOptions)
        }
    }
}

@Suite("Secrets in options")
struct SecretOptionTests {
    @Test("Neither passphrases nor keys show up in descriptions, dumps and mirrors")
    func hidden() async throws {
        let key = Array("-----BEGIN PRIVATE KEY-----\nSECRETBYTES".utf8)
        var options = TLSOptions()
        options.certificateKeyFilePassword = "SECRETBYTES"
        let captured = "SECRETBYTES"
        options.passphrase = TLSPassphrase { captured }
        for identity in [
            TLSIdentity.pem(key), .pem(certificates: key, privateKey: key), .der(certificates: [key], privateKey: key),
            .pkcs12(key),
        ] {
            options.identity = identity
            var dumped = ""
            dump(options, to: &dumped)
            dump(identity, to: &dumped)
            dump(TLSPassphrase { captured }, to: &dumped)
            let texts = [
                dumped, options.description, "\(options)", String(reflecting: options), String(reflecting: identity),
                "\(identity)", String(describing: options.passphrase), String(reflecting: options.passphrase),
            ]
            for text in texts {
                #expect(!text.contains("SECRETBYTES"))
                // As a list of numbers, which is how bytes are dumped.
                #expect(!text.contains("83, 69, 67, 82") && !text.contains("- 83\n"))
            }
            #expect(options.description.contains("<redacted>"))
        }
    }

    @Test("Options are equal when they name the same things; a closure is equal to its copies only")
    func equality() {
        let passphrase = TLSPassphrase { "x" }
        let options = TLSOptions().with {
            $0.passphrase = passphrase
            $0.identity = .pem([1, 2])
            $0.serverNames = ["a": "b"]
        }
        #expect(options == options.with { $0.passphrase = passphrase })
        #expect(options.hashValue == options.with { $0.passphrase = passphrase }.hashValue)
        #expect(options != options.with { $0.passphrase = TLSPassphrase { "x" } })
        #expect(options != options.with { $0.identity = .pem([1, 3]) })
        #expect(options != options.with { $0.serverNames = [:] })
    }
}
