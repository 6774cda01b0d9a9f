// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoNIO
import MongoTLS
import TestSupport
import Testing

/// The prose tests of the auth specification (auth.md, "Test Plan"), and what it means for users.
@Suite("Authentication against mongod")
struct AuthenticationTests {
    private func succeeds(_ uri: String) async throws {
        try await withMongoClient(uri) { try await AuthenticatedServer.run($0) }
    }

    /// The error of a client that cannot log in.
    private func failure(_ uri: String) async throws -> MongoError? {
        try await withMongoClient(uri) { client in
            await #expect(throws: MongoError.self) { try await AuthenticatedServer.run(client) }
        }
    }

    @Test(
        "SCRAM prose test, step 2: every mechanism that a user has works, named or negotiated",
        arguments: [
            ("sha1", "authMechanism=SCRAM-SHA-1"), ("sha1", ""), ("sha256", "authMechanism=SCRAM-SHA-256"),
            ("sha256", ""),
            ("both", "authMechanism=SCRAM-SHA-1"), ("both", "authMechanism=SCRAM-SHA-256"), ("both", ""),
        ]
    )
    func mechanisms(_ user: String, _ options: String) async throws {
        try await succeeds(try await AuthenticatedServer.shared.uri(user, user, options: options))
    }

    @Test("SCRAM prose test, step 2, by options instead of a connection string")
    func byOptions() async throws {
        let server = try await AuthenticatedServer.shared
        for mechanism in [nil, MongoCredential.Mechanism.scramSHA1, .scramSHA256] {
            var options = try MongoClientOptions("mongodb://\(server.server.address)/?directConnection=true")
            options.credential = MongoCredential(username: "both", password: "both", mechanism: mechanism)
            let client = try MongoClient(options)
            try await AuthenticatedServer.run(client)
            await client.close()
        }
    }

    @Test("SCRAM prose test, step 2: negotiation selects SCRAM-SHA-256, and the hello carries its first message")
    func negotiated() async throws {
        let server = try await AuthenticatedServer.shared
        try await server.create(.init(name: "negotiator", password: "x", mechanisms: ["SCRAM-SHA-1", "SCRAM-SHA-256"]))
        try await succeeds(server.uri("negotiator", "x"))
        #expect(
            server.logins(of: "negotiator")
                == [.init(mechanism: "SCRAM-SHA-256", isSpeculative: true, hasSucceeded: true)]
        )
        try await succeeds(server.uri("negotiator", "x", options: "authMechanism=SCRAM-SHA-1"))
        #expect(
            server.logins(of: "negotiator").last
                == .init(mechanism: "SCRAM-SHA-1", isSpeculative: true, hasSucceeded: true)
        )
    }

    @Test("SCRAM prose test, step 3: a mechanism that the user does not have fails")
    func wrongMechanism() async throws {
        let server = try await AuthenticatedServer.shared
        for (user, mechanism) in [("sha1", "SCRAM-SHA-256"), ("sha256", "SCRAM-SHA-1")] {
            let error = try await failure(server.uri(user, user, options: "authMechanism=\(mechanism)"))
            #expect(error?.code == .authentication)
        }
    }

    @Test("SCRAM prose test, step 3: an unknown user is told the same as one with a wrong password")
    func unknownUser() async throws {
        let server = try await AuthenticatedServer.shared
        let unknown = try await failure(server.uri("nobody", "nothing"))
        let wrong = try await failure(server.uri("both", "wrong"))
        #expect(unknown?.code == .authentication)
        #expect(wrong?.code == .authentication)
        #expect(unknown?.server?.code == wrong?.server?.code)
        #expect(unknown?.message == wrong?.message)
    }

    @Test(
        "SCRAM prose test, step 4: passwords work in their normalized and in other forms",
        arguments: [
            ("IX", "IX"), ("IX", "I\u{AD}X"), ("\u{2168}", "IV"), ("\u{2168}", "I\u{AD}V"), ("\u{2168}", "\u{2163}"),
        ]
    )
    func saslPrep(_ user: String, _ password: String) async throws {
        let server = try await AuthenticatedServer.shared
        try await succeeds(server.uri(user, password))
        try await succeeds(server.uri(user, password, options: "authMechanism=SCRAM-SHA-256"))
    }

    @Test(
        "User names and passwords in other scripts work in both mechanisms",
        arguments: [
            ("jürgen", "paßwörd£½"), ("наталья", "пароль и ещё"), ("رقم", "\u{661}\u{662}\u{663}\u{664}"),
            ("e\u{301}a\u{327}\u{301}", "a\u{327}\u{301}q\u{307}\u{323}"), ("שלום", "שלום"), ("한국어", "비밀번호"),
            ("a=b,c", "=,=,"), ("space man", "with\u{A0}space\u{2003}s"), ("zero", "a\u{200B}b"),
        ]
    )
    func otherScripts(_ user: String, _ password: String) async throws {
        let server = try await AuthenticatedServer.shared
        try await server.create(.init(name: user, password: password, mechanisms: ["SCRAM-SHA-1", "SCRAM-SHA-256"]))
        for mechanism in ["SCRAM-SHA-1", "SCRAM-SHA-256"] {
            try await succeeds(server.uri(user, password, options: "authMechanism=\(mechanism)"))
        }
        try await succeeds(server.uri(user, password))
    }

    @Test("What SASLprep forbids is refused by the server and by us, and is fine for SCRAM-SHA-1")
    func forbidden() async throws {
        let server = try await AuthenticatedServer.shared
        for (number, password) in ["\u{1F600}", "a\u{7}", "\u{627}1", "\u{E000}"].enumerated() {
            let name = "forbidden\(number)"
            let refusal = await #expect(throws: MongoError.self) {
                try await server.create(.init(name: name, password: password, mechanisms: ["SCRAM-SHA-256"]))
            }
            #expect(refusal?.code == .command)
            #expect(throws: MongoError.self) {
                try MongoClient(server.uri(name, password, options: "authMechanism=SCRAM-SHA-256"))
            }
            try await server.create(.init(name: name, password: password, mechanisms: ["SCRAM-SHA-1"]))
            try await succeeds(server.uri(name, password, options: "authMechanism=SCRAM-SHA-1"))
            try await succeeds(server.uri(name, password))
        }
    }

    @Test("A wrong password is one clear error, which holds no secret, after one attempt")
    func wrongPassword() async throws {
        let server = try await AuthenticatedServer.shared
        try await server.create(.init(name: "forgetful", password: "right", mechanisms: ["SCRAM-SHA-256"]))
        let uri = server.uri("forgetful", "sesame-open")
        try await withMongoClient(uri) { client in
            let error = await #expect(throws: MongoError.self) {
                _ = try await client.database("test").collection("cats").find().toArray()
            }
            #expect(error?.code == .authentication)
            #expect(error?.server?.code == 18)
            let texts = error.map { "\($0)\n\(String(reflecting: $0))" } ?? ""
            #expect(texts.contains("authSource"))
            #expect(!texts.contains("sesame"))
        }
        let failed = server.logins(of: "forgetful").filter { !$0.hasSucceeded }
        #expect(failed.count == 1)
    }

    @Test("A server that wants its user to log in again gets what it wants, and the command once more, retries or not")
    func reauthentication() async throws {
        let server = try await AuthenticatedServer.shared
        func demand(_ name: String, times: Int32) async throws {
            try await withMongoClient(server.uri("root", "root")) { client in
                try await client.database("admin").runCommand([
                    "configureFailPoint": "failCommand", "mode": ["times": .int32(times)],
                    "data": ["failCommands": ["find", "insert"], "errorCode": 391, "appName": .string(name)],
                ])
            }
        }
        for user in ["sha1", "sha256", "both"] {
            let commands = CommandRecorder()
            let name = "reauthentication-\(user)"
            var options = try MongoClientOptions(
                server.uri(user, user, options: "appName=\(name)&retryReads=false&retryWrites=false&maxPoolSize=1")
            )
            options.eventHandler = { commands.note($0) }
            let client = try MongoClient(options)
            let collection = client.database("reauthentication").collection("c")
            try await collection.drop()
            let before = server.logins(of: user).count
            try await demand(name, times: 1)
            try await collection.insertOne(["x": 1])
            #expect(commands.names.filter { $0 == "insert" }.count == 2)
            try await demand(name, times: 1)
            #expect(try await collection.findOne([:])?["x"] == 1)
            #expect(server.logins(of: user).count >= before + 2)
            // Once is enough: a server that goes on asking is told to the user.
            try await demand(name, times: 2)
            let error = await #expect(throws: MongoError.self) { try await collection.insertOne(["x": 2]) }
            #expect(error?.server?.code == 391)
            await client.close()
        }
    }

    @Test("Many tasks share connections of one user, whose keys are derived once")
    func manyTasks() async throws {
        let server = try await AuthenticatedServer.shared
        try await withMongoClient(server.uri("both", "both", options: "maxPoolSize=10")) { client in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<50 { group.addTask { try await AuthenticatedServer.run(client) } }
                try await group.waitForAll()
            }
        }
    }

    @Test("The source is the database that knows the user")
    func source() async throws {
        let server = try await AuthenticatedServer.shared
        try await withMongoClient(server.uri("root", "root")) { client in
            try await client.database("home").runCommand(["createUser": "local", "pwd": "x", "roles": ["dbOwner"]])
        }
        try await withMongoClient(server.uri("local", "x", options: "authSource=home")) { client in
            try await client.database("home").runCommand(["dbStats": 1])
        }
        #expect(try await failure(server.uri("local", "x"))?.code == .authentication)
    }

    @Test("PLAIN, which this server does not offer, is a clear error")
    func plain() async throws {
        let server = try await AuthenticatedServer.shared
        let error = try await failure(server.uri("both", "both", options: "authMechanism=PLAIN&authSource=$external"))
        #expect(error?.code == .authentication)
        #expect(error?.message.contains("PLAIN") == true)
    }

    @Test("A client without a user is refused by commands, not by the connection")
    func noUser() async throws {
        let server = try await AuthenticatedServer.shared
        try await withMongoClient("mongodb://\(server.server.address)/?directConnection=true") { client in
            try await client.database("admin").runCommand(["ping": 1])
            let error = await #expect(throws: MongoError.self) { try await AuthenticatedServer.run(client) }
            #expect(error?.code == .command)
            #expect(error?.server?.code == 13)
        }
    }

    @Test("Mechanisms that are not supported yet say so when the client is made")
    func unsupported() {
        for uri in [
            "mongodb://user@localhost/?authMechanism=GSSAPI&authSource=$external",
            "mongodb://localhost/?authMechanism=MONGODB-AWS",
            "mongodb://localhost/?authMechanism=MONGODB-OIDC&authMechanismProperties=ENVIRONMENT:k8s",
        ] {
            let error = #expect(throws: MongoError.self) { try MongoClient(uri) }
            #expect(error?.code == .unsupported)
        }
    }
}

@Suite("MONGODB-X509 against mongod")
struct X509AuthenticationTests {
    private func uri(
        _ server: AuthenticatedServer,
        user: String? = nil,
        certificate: IssuedCertificate? = nil
    ) -> String {
        let name = user.map { AuthenticatedServer.encoded($0) + "@" } ?? ""
        let file = (certificate ?? server.certificate).certificateKeyFile
        return "mongodb://\(name)localhost:\(server.server.port)/?directConnection=true&authMechanism=MONGODB-X509"
            + "&tlsCAFile=\(server.authorityFile)&tlsCertificateKeyFile=\(file)"
    }

    private func write(_ client: MongoClient) async throws {
        try await client.database("cats").collection("x509").insertOne(["name": "Roscoe"])
    }

    @Test("The certificate's subject is the user, whether or not it is named, and the hello is all it takes")
    func subject() async throws {
        let server = try await AuthenticatedServer.shared
        for user in [nil, server.subject] {
            try await withMongoClient(uri(server, user: user)) { try await write($0) }
        }
        let logins = server.logins(of: server.subject)
        #expect(logins.count == 2)
        #expect(logins.allSatisfy { $0.hasSucceeded && $0.mechanism == "MONGODB-X509" })
        // The log does not tell whether it was the hello; the server's counters do.
        let status = try await withMongoClient(server.uri("root", "root")) { client in
            try await client.database("admin").runCommand(["serverStatus": 1])
        }
        let counters = status["security", "authentication", "mechanisms", "MONGODB-X509"]?.documentValue
        #expect(counters?["speculativeAuthenticate", "successful"]?.toInt() == 2)
        #expect(counters?["authenticate", "received"]?.toInt() == 2)
    }

    @Test("A user that is not the certificate's subject, and a certificate without a user, are clear errors")
    func strangers() async throws {
        let server = try await AuthenticatedServer.shared
        let identities = try await TestIdentities.shared
        let stranger = try await identities.authority.issue(
            .client(name: "stray").with { $0.organizationalUnit = "cats" }
        )
        for uri in [uri(server, user: "CN=somebody else"), uri(server, certificate: stranger)] {
            try await withMongoClient(uri) { client in
                let error = await #expect(throws: MongoError.self) { try await write(client) }
                #expect(error?.code == .authentication)
                #expect(error?.message.contains("MONGODB-X509") == true)
            }
        }
    }

    @Test("Without TLS or without a certificate the client is not made")
    func configuration() async throws {
        let server = try await AuthenticatedServer.shared
        for options in [
            "authMechanism=MONGODB-X509&tls=false", "authMechanism=MONGODB-X509&tlsCAFile=\(server.authorityFile)",
        ] {
            let error = #expect(throws: MongoError.self) {
                try MongoClient("mongodb://localhost:\(server.server.port)/?\(options)")
            }
            #expect(error?.code == .tls || error?.code == .invalidArgument)
        }
    }
}

@Suite("Stable API against mongod")
struct ServerAPITests {
    @Test("Every command carries the version: what is not part of it is refused when the client is strict")
    func strict() async throws {
        let server = try await MongodProcess.shared(.plain)
        var options = try MongoClientOptions("mongodb://\(server.address)/?directConnection=true")
        options.serverAPI = MongoServerAPI(version: .v1, strict: true, deprecationErrors: true)
        let client = try MongoClient(options)
        let collection = client.database("mongonio_tests").collection("stableapi")
        try await collection.insertMany((0..<10).map { ["n": .int32($0)] })
        // With several batches: getMore has to carry the same parameters.
        #expect(try await collection.find(options: FindOptions(batchSize: 3)).toArray().count >= 10)
        try await collection.drop()
        let error = await #expect(throws: MongoError.self) {
            try await client.database("admin").runCommand(["serverStatus": 1])
        }
        #expect(error?.server?.codeName == "APIStrictError")
        await client.close()
    }

    @Test("It goes together with logging in")
    func authenticated() async throws {
        let server = try await AuthenticatedServer.shared
        for user in ["sha1", "sha256"] {
            var options = try MongoClientOptions(server.uri(user, user))
            options.serverAPI = MongoServerAPI(version: .v1)
            let client = try MongoClient(options)
            try await client.database("admin").runCommand(["ping": 1])
            _ = try await client.database("home").collection("cats").find().toArray()
            await client.close()
        }
    }
}
