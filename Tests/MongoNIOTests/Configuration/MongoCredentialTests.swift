// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoNIO
import Testing

@Suite("Credentials")
struct MongoCredentialTests {
    @Test("The source follows the mechanism and the database until one is given")
    func source() throws {
        func source(_ uri: String) throws -> String? { try ConnectionString(uri).credential?.source }
        #expect(try source("mongodb://u:p@h") == "admin")
        #expect(try source("mongodb://u:p@h/db") == "db")
        #expect(try source("mongodb://u:p@h/db.coll") == "db")
        #expect(try source("mongodb://u:p@h/db?authSource=other") == "other")
        #expect(try source("mongodb://u:p@h/?authMechanism=PLAIN") == "$external")
        #expect(try source("mongodb://h/db?authMechanism=MONGODB-X509") == "$external")

        var credential = MongoCredential(username: "u", password: "p")
        #expect(credential.source == "admin")
        credential.mechanism = .plain
        #expect(credential.source == "$external")
        credential.source = "ldap"
        #expect(credential.source == "ldap")
    }

    @Test(
        "A database or a source alone does not ask for authentication",
        arguments: ["mongodb://h/db", "mongodb://h/?authSource=db", "mongodb://h/db?authSource=db"]
    )
    func noCredential(uri: String) throws {
        let parsed = try ConnectionString(uri)
        #expect(parsed.credential == nil)
        #expect(parsed.warnings.isEmpty)
    }

    @Test("Properties without a mechanism and a user are noted")
    func propertiesAlone() throws {
        let parsed = try ConnectionString("mongodb://h/?authMechanismProperties=SERVICE_NAME:x")
        #expect(parsed.credential == nil)
        #expect(parsed.warnings.count == 1)
    }

    @Test("Names of properties are the same in any case, and values may contain colons")
    func properties() throws {
        let parsed = try ConnectionString(
            "mongodb://h/?authMechanism=MONGODB-OIDC&authMechanismProperties=environment:azure,Token_Resource:mongodb://a:1"
        )
        #expect(
            parsed.credential?.mechanismProperties == ["ENVIRONMENT": "azure", "TOKEN_RESOURCE": "mongodb://a:1"]
        )
        try parsed.credential?.validate()
    }

    @Test(
        "Properties that cannot be told apart are ignored as a whole, with a warning",
        arguments: ["TOKEN_RESOURCE:mongodb://a%2Cb,ENVIRONMENT:azure", "a:1,A:2", "a:1,a:1", "a", ":", ""]
    )
    func ambiguousProperties(value: String) throws {
        let parsed = try ConnectionString("mongodb://h/?authMechanism=MONGODB-OIDC&authMechanismProperties=\(value)")
        #expect(parsed.credential?.mechanismProperties == [:])
        #expect(parsed.warnings.count == 1)
    }

    @Test("The service name of old is read for GSSAPI, with a warning, and yields to its replacement")
    func gssapiServiceName() throws {
        let old = try ConnectionString("mongodb://u@h/?authMechanism=GSSAPI&gssapiServiceName=x")
        #expect(old.credential?.mechanismProperties == ["SERVICE_NAME": "x"])
        #expect(old.warnings.count == 1)
        let both = try ConnectionString(
            "mongodb://u@h/?authMechanism=GSSAPI&gssapiServiceName=x&authMechanismProperties=SERVICE_NAME:y"
        )
        #expect(both.credential?.mechanismProperties == ["SERVICE_NAME": "y"])
    }

    @Test(
        "What a mechanism requires or forbids is told before anything is sent",
        arguments: [
            MongoCredential(), MongoCredential(username: "u"), MongoCredential(username: "", password: "p"),
            MongoCredential(password: "p", mechanism: .scramSHA256),
            MongoCredential(username: "u", mechanism: .scramSHA1), MongoCredential(username: "u", mechanism: .plain),
            MongoCredential(username: "u", password: "p", mechanismProperties: ["SERVICE_NAME": "x"]),
            MongoCredential(username: "u", password: "p", source: ""),
            MongoCredential(username: "u", password: "p", mechanism: .mongodbX509),
            MongoCredential(source: "admin", mechanism: .mongodbX509),
            MongoCredential(mechanism: .mongodbX509, mechanismProperties: ["A": "b"]),
            MongoCredential(mechanism: .gssapi), MongoCredential(username: "u", source: "x", mechanism: .gssapi),
            MongoCredential(username: "u", mechanism: .gssapi, mechanismProperties: ["NAME": "x"]),
            MongoCredential(mechanism: .mongodbOIDC),
            MongoCredential(
                mechanism: .mongodbOIDC,
                mechanismProperties: ["ALLOWED_HOSTS": "x", "ENVIRONMENT": "k8s"]
            ),
            MongoCredential(mechanism: .mongodbOIDC, mechanismProperties: ["ENVIRONMENT": "azure"]),
            MongoCredential(
                mechanism: .mongodbOIDC,
                mechanismProperties: ["ENVIRONMENT": "k8s", "TOKEN_RESOURCE": "x"]
            ),
            MongoCredential(username: "u", password: "p", mechanism: .mongodbAWS),
            MongoCredential(username: "u", password: "p", mechanism: .init(rawValue: "MONGODB-CR")),
            MongoCredential(mechanism: .init(rawValue: "mongodb-x509")),
        ]
    )
    func refused(credential: MongoCredential) {
        let error = #expect(throws: MongoError.self) { try credential.validate() }
        #expect(error?.code == .invalidArgument)
    }

    @Test(
        "What a mechanism needs and no more is accepted",
        arguments: [
            MongoCredential(username: "u", password: "p"), MongoCredential(username: "u", password: ""),
            MongoCredential(username: "u", password: "p", mechanism: .plain), MongoCredential(mechanism: .mongodbX509),
            MongoCredential(username: "CN=u", mechanism: .mongodbX509),
            MongoCredential(username: "u", mechanism: .gssapi, mechanismProperties: ["SERVICE_REALM": "R"]),
            MongoCredential(mechanism: .mongodbOIDC, mechanismProperties: ["ENVIRONMENT": "k8s"]),
            MongoCredential(mechanism: .mongodbAWS),
        ]
    )
    func accepted(credential: MongoCredential) throws {
        try credential.validate()
    }
}
