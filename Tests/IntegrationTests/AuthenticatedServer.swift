// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MongoNIO
import TestSupport

/// A server that wants its clients to log in, with TLS for those who ask for it, and the users of the tests.
struct AuthenticatedServer: Sendable {
    let server: MongodProcess
    /// A client certificate whose subject is the name of a user of `$external`.
    let certificate: IssuedCertificate
    let authorityFile: String

    /// The one of this test process, started on first use.
    static var shared: AuthenticatedServer {
        get async throws { try await starting.value }
    }

    private static let starting = Task<AuthenticatedServer, any Error> {
        let identities = try await TestIdentities.shared
        // A subject with the same organization and unit as the server's would be a member of the cluster.
        let certificate = try await identities.authority.issue(
            .client(name: "kitten").with { $0.organizationalUnit = "cats" }
        )
        let server = try await MongodProcess.start(
            .tls(identities.server, clientAuthority: identities.authority.certificateFile).with {
                $0.tlsMode = .allowTLS
                $0.requiresAuthentication = true
                // Fewer iterations than by default: what a login costs is not the subject here.
                $0.parameters = [
                    "scramIterationCount": "5000", "scramSHA256IterationCount": "5000",
                    "authenticationMechanisms": "SCRAM-SHA-1,SCRAM-SHA-256,MONGODB-X509",
                ]
            }
        )
        let result = AuthenticatedServer(
            server: server,
            certificate: certificate,
            authorityFile: identities.authority.certificateFile
        )
        // The first user is made through the localhost exception.
        try await withMongoClient("mongodb://127.0.0.1:\(server.port)/?directConnection=true") { client in
            try await client.database("admin").runCommand([
                "createUser": "root", "pwd": "root", "roles": ["root"], "mechanisms": ["SCRAM-SHA-256"],
            ])
        }
        for user in users { try await result.create(user) }
        try await withMongoClient(result.uri("root", "root")) { client in
            try await client.database("$external").runCommand([
                "createUser": .string(result.subject), "roles": [["role": "readWriteAnyDatabase", "db": "admin"]],
            ])
        }
        return result
    }

    struct User: Sendable {
        var name: String
        var password: String
        var mechanisms: [String]
    }

    private static let users = [
        User(name: "sha1", password: "sha1", mechanisms: ["SCRAM-SHA-1"]),
        User(name: "sha256", password: "sha256", mechanisms: ["SCRAM-SHA-256"]),
        User(name: "both", password: "both", mechanisms: ["SCRAM-SHA-1", "SCRAM-SHA-256"]),
        User(name: "IX", password: "IX", mechanisms: ["SCRAM-SHA-256"]),
        User(name: "\u{2168}", password: "\u{2163}", mechanisms: ["SCRAM-SHA-256"]),
    ]

    func create(_ user: User) async throws {
        try await withMongoClient(uri("root", "root")) { client in
            try await client.database("admin").runCommand([
                "createUser": .string(user.name), "pwd": .string(user.password), "roles": ["root"],
                "mechanisms": .array(user.mechanisms.map { .string($0) }),
            ])
        }
    }

    /// The certificate's subject as RFC 2253 writes it.
    var subject: String { "CN=kitten,OU=cats,O=mongo-nio tests" }

    /// A connection string with user name and password.
    func uri(_ user: String, _ password: String, options: String = "") -> String {
        "mongodb://\(Self.encoded(user)):\(Self.encoded(password))@\(server.address)/?directConnection=true&\(options)"
    }

    static func encoded(_ text: String) -> String {
        text.utf8.map { "%" + String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    /// A command that only a user may run.
    static func run(_ client: MongoClient) async throws {
        try await client.database("admin").runCommand(["dbStats": 1])
    }

    /// What the server's log says of log-ins, the newest last.
    func logins(of user: String) -> [Login] {
        server.log.split(separator: "\n").compactMap { line in
            guard line.contains("uthenticat"), let entry = try? JSONDecoder().decode(Entry.self, from: Data(line.utf8)),
                let mechanism = entry.attr.mechanism
            else { return nil }
            let name = entry.attr.user ?? entry.attr.principalName ?? ""
            guard name == user || name.contains("\"\(user)\"") else { return nil }
            return Login(
                mechanism: mechanism,
                isSpeculative: entry.attr.isSpeculative ?? entry.attr.speculative ?? false,
                hasSucceeded: entry.msg.contains("ucce")
            )
        }
    }

    struct Login: Sendable, Equatable {
        var mechanism: String
        var isSpeculative: Bool
        var hasSucceeded: Bool
    }

    private struct Entry: Decodable {
        struct Attributes: Decodable {
            var mechanism: String?
            var user: String?
            var principalName: String?
            var isSpeculative: Bool?
            var speculative: Bool?
        }

        var msg: String
        var attr: Attributes
    }
}
