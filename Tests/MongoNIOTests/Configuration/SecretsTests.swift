// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoNIO
import Testing

@Suite("Secrets stay secret")
struct SecretsTests {
    private static let secret = "hunter2"

    /// All texts that Swift makes of a value by itself.
    private func texts(of value: Any) -> [String] {
        var dumped = ""
        dump(value, to: &dumped)
        var printed = ""
        print(value, to: &printed)
        debugPrint(value, to: &printed)
        return [String(describing: value), String(reflecting: value), "\(value)", dumped, printed, reflected(value)]
    }

    /// Every leaf that reflection reaches.
    private func reflected(_ value: Any, depth: Int = 0) -> String {
        guard depth < 20 else { return "" }
        let children = Mirror(reflecting: value).children
        if children.isEmpty { return "\(value)\n" }
        return children.map { reflected($0.value, depth: depth + 1) }.joined()
    }

    @Test(
        "No text made of a connection string, its options or its warnings contains a secret",
        arguments: [
            "mongodb://user:hunter2@example.com/db",
            "mongodb://user:hunter2@example.com/db?authMechanism=PLAIN&foo=hunter2&w=1&w=2",
            "mongodb://example.com/?tlsCertificateKeyFilePassword=hunter2&tlsCertificateKeyFilePassword=hunter2",
            "mongodb://example.com/?ssl_pem_passphrase=hunter2",
            "mongodb://example.com/?tlsCertificateKeyFilePassword=a&hunter2=b&xhunter2=",
            "mongodb://example.com/?ssl_pem_passphrase=a&hunter2=b",
            "mongodb://example.com/?proxyHost=p&proxyUsername=u&proxyPassword=hunter2",
            "mongodb://k:hunter2@h/?authMechanism=MONGODB-AWS&authMechanismProperties=AWS_SESSION_TOKEN:hunter2",
            "mongodb://h/?authMechanism=MONGODB-OIDC&authMechanismProperties=TOKEN_RESOURCE:hunter2,ENVIRONMENT:azure",
            "mongodb://h/?authMechanism=MONGODB-OIDC&authMechanismProperties=TOKEN_RESOURCE:a,hunter2",
            "mongodb://h/?maxPoolSize=hunter2&journal=hunter2&compressors=hunter2&readPreference=hunter2",
        ]
    )
    func values(uri: String) throws {
        let parsed = try ConnectionString(uri)
        let options = try MongoClientOptions(connectionString: parsed)
        let all: [Any] =
            [
                parsed, options, parsed.warnings, parsed.credential as Any, parsed.tls as Any, parsed.proxy as Any,
                [options],
            ]
        for value in all {
            for text in texts(of: value) {
                #expect(!text.contains(Self.secret), "\(uri)")
            }
        }
    }

    @Test(
        "No error contains a secret",
        arguments: [
            "mongodb://user:hunter2@", "mongodb://user:hunter2@:1", "mongodb://user:hunter2@a:b",
            "mongodb://user:hunter2@h:99999", "mongodb://user:hunter2:x@h", "mongodb://user:%hunter2@h",
            "mongodb://user:/hunter2@h", "mongodb://user:?hunter2@h", "mongodb://user:hunter2/@h",
            "mongodb://user:hunter2@h/$", "mongodb://user:hunter2@h/?w", "mongodb://user:hunter2@h/?w=-1",
            "mongodb://h/?tls=hunter2", "mongodb://h/?ssl_cert_reqs=hunter2&tlsInsecure=hunter2",
            "mongodb://h/?tls=false&tlsCertificateKeyFilePassword=hunter2",
            "mongodb://h/?tlsCertificateKeyFilePassword=hunter2&ssl_pem_passphrase=x",
            "mongodb://h/?tlsCertificateKeyFilePassword=%hunter2", "mongodb://h/?proxyPassword=hunter2",
            "mongodb://h/?proxyHost=h&proxyPassword=hunter2", "mongodb://h/?hunter2", "mongodb://h/?hunter2@x=1",
            "mongodb://h/?tlsCertificateKeyFilePassword=a&hunter2%=b",
        ]
    )
    func errors(uri: String) throws {
        let error = #expect(throws: MongoError.self) { try ConnectionString(uri) }
        for text in texts(of: try #require(error)) {
            #expect(!text.contains(Self.secret), "\(text)")
        }
    }

    @Test(
        "No error about a credential contains a secret",
        arguments: [
            MongoCredential(username: "", password: secret), MongoCredential(password: secret),
            MongoCredential(username: "u", password: secret, mechanism: .mongodbX509),
            MongoCredential(username: "u", password: secret, mechanism: .mongodbAWS),
            MongoCredential(username: "u", password: secret, mechanismProperties: ["X": secret]),
            MongoCredential(mechanism: .mongodbOIDC, mechanismProperties: ["ENVIRONMENT": secret]),
            MongoCredential(
                username: "u",
                mechanism: .gssapi,
                mechanismProperties: ["CANONICALIZE_HOST_NAME": secret]
            ),
        ]
    )
    func credentialErrors(credential: MongoCredential) throws {
        let error = #expect(throws: MongoError.self) { try credential.validate() }
        for text in texts(of: try #require(error)) {
            #expect(!text.contains(Self.secret))
        }
    }

    @Test("What is not secret is shown")
    func shown() throws {
        let parsed = try ConnectionString(
            "mongodb://alice:hunter2@h/?authMechanism=GSSAPI&authMechanismProperties=SERVICE_NAME:other"
        )
        let text = try #require(parsed.credential).description
        #expect(text.contains("alice"))
        #expect(text.contains("other"))
        #expect(text.contains("<redacted>"))
    }
}
