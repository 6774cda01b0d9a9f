// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoNIO
import Testing

@Suite("Connection strings: TLS")
struct ConnectionStringTLSTests {
    private func parse(_ query: String) throws -> ConnectionString {
        try ConnectionString("mongodb://example.com/?" + query)
    }

    private func expectTLSError(_ query: String, _ code: String, sourceLocation: SourceLocation = #_sourceLocation) {
        let error = #expect(throws: MongoError.self, sourceLocation: sourceLocation) { try parse(query) }
        #expect(error?.code == .tls, sourceLocation: sourceLocation)
        #expect(error?.tls?.category == .configuration, sourceLocation: sourceLocation)
        #expect(error?.tls?.code.rawValue == code, sourceLocation: sourceLocation)
        #expect(error?.tls?.hint != nil, sourceLocation: sourceLocation)
    }

    @Test("Every option ends up in its property")
    func allOptions() throws {
        var expected = TLSOptions()
        expected.caFile = "/ca.pem"
        expected.certificateKeyFile = "/client.pem"
        expected.privateKeyFile = "/key.pem"
        expected.certificateKeyFilePassword = "pass word"
        expected.crlFile = "/crl.pem"
        expected.allowInvalidHostnames = true
        expected.disableOCSPEndpointCheck = true
        let parsed = try parse(
            """
            tls=true&tlsCAFile=/ca.pem&tlsCertificateKeyFile=/client.pem&tlsPrivateKeyFile=/key.pem\
            &tlsCertificateKeyFilePassword=pass%20word&tlsCRLFile=/crl.pem&tlsAllowInvalidHostnames=true\
            &tlsDisableOCSPEndpointCheck=true
            """
        )
        #expect(parsed.tls == expected)
        #expect(parsed.warnings.isEmpty)

        #expect(try parse("tlsInsecure=true").tls?.insecure == true)
        #expect(try parse("tlsAllowInvalidCertificates=false").tls?.allowInvalidCertificates == false)
        #expect(
            try parse("tlsDisableCertificateRevocationCheck=true").tls?.disableCertificateRevocationCheck == true
        )
    }

    @Test("The guide's first example: ssl=true is all it takes, without a warning")
    func ssl() throws {
        let parsed = try parse("ssl=true")
        #expect(parsed.tls == TLSOptions())
        #expect(parsed.warnings.isEmpty)
    }

    @Test("The names of PyMongo 3 mean what they meant, with one deprecation warning each")
    func legacyNames() throws {
        let parsed = try parse(
            """
            ssl=true&ssl_ca_certs=/ca.pem&ssl_certfile=/client.pem&ssl_keyfile=/key.pem&ssl_pem_passphrase=secret\
            &ssl_crlfile=/crl.pem&ssl_match_hostname=true
            """
        )
        #expect(parsed.tls?.caFile == "/ca.pem")
        #expect(parsed.tls?.certificateKeyFile == "/client.pem")
        #expect(parsed.tls?.privateKeyFile == "/key.pem")
        #expect(parsed.tls?.certificateKeyFilePassword == "secret")
        #expect(parsed.tls?.crlFile == "/crl.pem")
        #expect(parsed.tls?.allowInvalidHostnames == false)
        #expect(parsed.warnings.count == 6)
        #expect(parsed.warnings.allSatisfy { $0.hasPrefix("Deprecated option 'ssl_") })
    }

    @Test(
        "ssl_cert_reqs and ssl_match_hostname are translated",
        arguments: [
            ("ssl_cert_reqs=CERT_NONE", true, Bool?.none), ("ssl_cert_reqs=CERT_OPTIONAL", false, nil),
            ("ssl_cert_reqs=CERT_REQUIRED", false, nil), ("ssl_match_hostname=false", nil, true),
            ("ssl_match_hostname=true", nil, false),
        ] as [(String, Bool?, Bool?)]
    )
    func translated(query: String, allowsCertificates: Bool?, allowsHostnames: Bool?) throws {
        let parsed = try parse(query)
        let tls = try #require(parsed.tls)
        #expect(tls.allowInvalidCertificates == allowsCertificates)
        #expect(tls.allowInvalidHostnames == allowsHostnames)
        #expect(parsed.warnings.count == 1)
    }

    @Test(
        "A bad value of an option that weakens TLS is ignored with a warning: TLS is on, at full strength",
        arguments: [
            "tlsInsecure=yes", "tlsInsecure=1", "tlsInsecure=", "tlsInsecure=TRUE", "tlsAllowInvalidCertificates=True",
            "tlsAllowInvalidHostnames=t", "tlsDisableOCSPEndpointCheck=on", "tlsDisableCertificateRevocationCheck=y",
        ]
    )
    func badWeakening(query: String) throws {
        let parsed = try parse(query)
        #expect(parsed.tls == TLSOptions())
        #expect(parsed.warnings.count == 1)
    }

    @Test(
        "A bad value under a PyMongo 3 name is ignored too",
        arguments: ["ssl_cert_reqs=0", "ssl_cert_reqs=true", "ssl_cert_reqs=cert_none", "ssl_match_hostname=CERT_NONE"]
    )
    func badLegacyWeakening(query: String) throws {
        let parsed = try parse(query)
        #expect(parsed.tls == TLSOptions())
        #expect(parsed.warnings.count == 2)
    }

    @Test(
        "Conflicting options are refused on mere presence",
        arguments: [
            "tlsInsecure,tlsAllowInvalidCertificates", "tlsInsecure,tlsAllowInvalidHostnames",
            "tlsInsecure,tlsDisableOCSPEndpointCheck", "tlsInsecure,tlsDisableCertificateRevocationCheck",
            "tlsAllowInvalidCertificates,tlsDisableOCSPEndpointCheck",
            "tlsAllowInvalidCertificates,tlsDisableCertificateRevocationCheck",
            "tlsDisableOCSPEndpointCheck,tlsDisableCertificateRevocationCheck", "tlsInsecure,tlsCRLFile",
            "tlsAllowInvalidCertificates,tlsCRLFile", "tlsDisableCertificateRevocationCheck,tlsCRLFile",
            "ssl_cert_reqs,tlsInsecure", "ssl_match_hostname,tlsInsecure", "ssl_cert_reqs,ssl_crlfile",
        ]
    )
    func conflicts(names: String) {
        let names = names.split(separator: ",")
        for values in [("true", "true"), ("true", "false"), ("false", "true"), ("false", "false"), ("", "junk")] {
            expectTLSError("\(names[0])=\(values.0)&\(names[1])=\(values.1)", "conflictingOptions")
            expectTLSError("tls=true&\(names[1])=\(values.1)&\(names[0])=\(values.0)", "conflictingOptions")
        }
    }

    @Test(
        "Several values of one option have to agree, under whichever names",
        arguments: [
            "tls=true&ssl=false", "tls=false&tls=true", "ssl=true&ssl=true&ssl=false",
            "tlsCAFile=/a.pem&ssl_ca_certs=/b.pem", "tlsCAFile=/a.pem&tlsCAFile=/b.pem",
            "tlsInsecure=true&tlsInsecure=false", "tlsInsecure=true&tlsInsecure=junk",
            "tlsAllowInvalidCertificates=true&ssl_cert_reqs=CERT_REQUIRED",
            "tlsAllowInvalidHostnames=true&ssl_match_hostname=true",
            "tlsCertificateKeyFilePassword=a&ssl_pem_passphrase=b",
        ]
    )
    func disagreements(query: String) {
        expectTLSError(query, "conflictingOptions")
    }

    @Test(
        "Several values of one option that agree are accepted",
        arguments: [
            "tls=true&ssl=true", "tls=true&tls=true", "tlsCAFile=/a.pem&ssl_ca_certs=/a.pem",
            "tlsAllowInvalidCertificates=true&ssl_cert_reqs=CERT_NONE",
            "tlsAllowInvalidHostnames=true&ssl_match_hostname=false",
        ]
    )
    func agreements(query: String) throws {
        #expect(try parse(query).tls != nil)
    }

    @Test(
        "A value of tls other than true and false is refused",
        arguments: [
            "True", "TRUE", "1", "yes", "on", "t", "y", "", "false%20", "%20true", "False", "0", "no", "truе",
        ]
    )
    func badSwitch(value: String) {
        expectTLSError("tls=\(value)", "invalidValue")
        expectTLSError("ssl=\(value)&retryWrites=true", "invalidValue")
    }

    @Test(
        "Beside tls=false every other option of TLS is refused, whatever its value",
        arguments: [
            "tlsCAFile=/ca.pem", "tlsCAFile=", "tlsCertificateKeyFile=/c.pem", "tlsPrivateKeyFile=/k.pem",
            "tlsCertificateKeyFilePassword=x", "tlsCRLFile=/crl.pem", "tlsAllowInvalidCertificates=false",
            "tlsAllowInvalidHostnames=junk", "tlsInsecure=true", "tlsDisableOCSPEndpointCheck=true",
            "tlsDisableCertificateRevocationCheck=false", "ssl_ca_certs=/ca.pem", "ssl_certfile=/c.pem",
            "ssl_keyfile=/k.pem", "ssl_pem_passphrase=", "ssl_crlfile=/crl.pem", "ssl_cert_reqs=CERT_NONE",
            "ssl_match_hostname=junk", "authMechanism=MONGODB-X509",
        ]
    )
    func plaintextForbidden(query: String) {
        expectTLSError("tls=false&\(query)", "tlsDisabled")
        expectTLSError("\(query)&ssl=false", "tlsDisabled")
    }

    /// Everything somebody who wants TLS may write. None of it may end in plaintext.
    static let wantsTLS = [
        "tls=true", "ssl=true", "TLS=true", "SSL=true", "tls=True", "tls=TRUE", "tls=1", "tls=yes", "tls=on", "tls=t",
        "tls=", "ssl=", "ssl=True", "ssl=1", "tls=true%20", "tls=%20true", "tls=%74rue", "%74ls=true", "t%6Cs=true",
        "tls=true&tls=false", "tls=false&tls=true", "tls=true&ssl=false", "ssl=false&tls=true", "tls=false&ssl=1",
        "tlsCAFile=/ca.pem", "tlscafile=/ca.pem", "tlsCAFile=", "tlsCertificateKeyFile=/c.pem",
        "tlsPrivateKeyFile=/k.pem",
        "tlsCertificateKeyFilePassword=x", "tlsCertificateKeyFilePassword=", "tlsCRLFile=/crl.pem",
        "tlsAllowInvalidCertificates=true", "tlsAllowInvalidCertificates=false", "tlsAllowInvalidCertificates=junk",
        "tlsAllowInvalidHostnames=true", "tlsAllowInvalidHostnames=false", "tlsAllowInvalidHostnames=",
        "tlsInsecure=true",
        "tlsInsecure=false", "tlsInsecure=junk", "tlsDisableOCSPEndpointCheck=true", "tlsDisableOCSPEndpointCheck=junk",
        "tlsDisableCertificateRevocationCheck=true", "tlsDisableCertificateRevocationCheck=false",
        "ssl_ca_certs=/ca.pem", "SSL_CA_CERTS=/ca.pem", "ssl_certfile=/c.pem", "ssl_keyfile=/k.pem",
        "ssl_pem_passphrase=x", "ssl_crlfile=/crl.pem", "ssl_cert_reqs=CERT_NONE", "ssl_cert_reqs=CERT_REQUIRED",
        "ssl_cert_reqs=junk", "ssl_match_hostname=false", "ssl_match_hostname=junk", "tlsCaFiles=/ca.pem",
        "tlsVersion=1.3", "sslAllowInvalidCertificates=true", "sslCertificateAuthorityFile=/ca.pem", "ssl-ca=/ca.pem",
        "authMechanism=MONGODB-X509", "authmechanism=MONGODB-X509", "tls=false&authMechanism=MONGODB-X509",
        "tls=false&tlsCAFile=/ca.pem", "tlsCAFile=/ca.pem&tls=false", "tls=false&ssl_ca_certs=/ca.pem",
        "tls=false&tlsInsecure=junk", "replicaSet=rs;tls=true", "tls=true;replicaSet=rs", "replicaSet=rs&w=1;tls=true",
        "replicaSet=rs?tls=1&tls=true", "&tls=true", "w=1&&tls=true", "w=1&\u{301}tls=true", "w=1&tls\u{301}=true",
        "tls", "tls&w=1", "w=1&tls", "%FFtls=true", "tls=%", "tls%=true", "tls%20=true", "%20tls=true", "tls =true",
    ]

    @Test("Whoever writes something of TLS gets TLS or an error, never plaintext", arguments: wantsTLS)
    func neverPlaintext(query: String) {
        for uri in [
            "mongodb://example.com/?\(query)", "mongodb://example.com?\(query)", "mongodb://u:p@a,b/db?\(query)",
        ] {
            if let parsed = try? ConnectionString(uri) {
                #expect(parsed.tls != nil, "\(uri)")
            }
            if let options = try? MongoClientOptions(uri) {
                #expect(options.tls != nil, "\(uri)")
            }
        }
    }

    @Test("There are at least 40 ways to ask for TLS in these tests")
    func enoughWays() {
        #expect(Set(Self.wantsTLS).count == Self.wantsTLS.count)
        #expect(Self.wantsTLS.count >= 40)
    }

    @Test("mongodb+srv turns TLS on; only tls=false or ssl=false turns it off")
    func srv() throws {
        #expect(try ConnectionString("mongodb+srv://a.b.c").tls == TLSOptions())
        #expect(try ConnectionString("mongodb+srv://a.b.c/?tls=false").tls == nil)
        #expect(try ConnectionString("mongodb+srv://a.b.c/?ssl=false").tls == nil)
        for query in ["tls=0", "tls=", "tls=False", "tls=false&tlsCAFile=/a", "tls=false&ssl=true"] {
            #expect(throws: MongoError.self) { try ConnectionString("mongodb+srv://a.b.c/?\(query)") }
        }
    }

    @Test("Without any word about TLS connections are plaintext, as the specification has it")
    func plaintext() throws {
        for query in ["", "tls=false", "ssl=false", "tls=false&ssl=false", "tls=false&tlsFuture=1", "retryWrites=true"]
        {
            #expect(try parse(query).tls == nil)
        }
    }

    @Test("A path must not be empty, and a key needs its certificate")
    func paths() {
        for name in ["tlsCAFile", "tlsCertificateKeyFile", "tlsCRLFile", "ssl_ca_certs"] {
            expectTLSError("\(name)=", "emptyPath")
        }
        expectTLSError("tlsCAFile=/ca.pem%00.other", "invalidPath")
        expectTLSError("tlsPrivateKeyFile=/k.pem", "missingCertificate")
        expectTLSError("ssl_keyfile=/k.pem&tlsCAFile=/ca.pem", "missingCertificate")
    }

    @Test("MONGODB-X509 turns TLS on and wants a client certificate when the client is made")
    func x509() throws {
        let bare = try MongoClientOptions("mongodb://example.com/?authMechanism=MONGODB-X509")
        #expect(bare.tls != nil)
        let error = #expect(throws: MongoError.self) { try bare.validate() }
        #expect(error?.tls?.code.rawValue == "missingCertificate")
        try MongoClientOptions(
            "mongodb://example.com/?authMechanism=MONGODB-X509&tlsCertificateKeyFile=/c.pem"
        ).validate()
    }
}
