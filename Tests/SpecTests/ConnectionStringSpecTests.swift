// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/connection-string/tests/README.md
// https://github.com/mongodb/specifications/blob/master/source/uri-options/tests/README.md

import Foundation
import MongoNIO
import Testing

@Suite(
    "Specification: connection-string and uri-options",
    .enabled(if: SpecTestFiles.arePresent, SpecTestFiles.absence)
)
struct ConnectionStringSpecTests {
    @Test(
        "Connection strings are read as the specification says",
        arguments: SpecTestFiles.cases("connection-string/tests") + SpecTestFiles.cases("uri-options/tests")
    )
    func connectionString(_ test: SpecTestCase) throws {
        let fields = try test.object()
        try UnknownField.check(
            fields.keys,
            known: ["description", "uri", "valid", "warning", "hosts", "auth", "options", "comment"]
        )
        let uri = try #require(fields["uri"] as? String)
        let isValid = try #require(fields["valid"] as? Bool)

        guard isValid else {
            #expect(throws: MongoError.self) { try ConnectionString(uri) }
            return
        }
        let parsed = try ConnectionString(uri)
        // Whatever is valid also turns into options.
        _ = try MongoClientOptions(connectionString: parsed)
        if let warning = fields["warning"] as? Bool {
            #expect(!parsed.warnings.isEmpty == warning, "warnings: \(parsed.warnings)")
        }
        if let hosts = fields["hosts"] as? [[String: Any]] {
            try expect(hosts, of: parsed)
        }
        if let auth = fields["auth"] as? [String: Any] {
            try expect(auth: auth, of: parsed)
        }
        if let options = fields["options"] as? [String: Any] {
            let actual = ParsedOptions.dictionary(of: parsed)
            for (name, value) in options {
                #expect(isSameJSON(value, actual[name.lowercased()]), "option \(name) of \(actual)")
            }
        }
    }

    private func expect(_ hosts: [[String: Any]], of parsed: ConnectionString) throws {
        try #require(parsed.hosts.count == hosts.count)
        for (expected, actual) in zip(hosts, parsed.hosts) {
            try UnknownField.check(expected.keys, known: ["type", "host", "port"])
            #expect(actual.host == expected["host"] as? String)
            if let port = expected["port"] as? Int {
                #expect(actual.port == port)
            } else {
                #expect(actual.port == (actual.kind == .unixSocket ? nil : 27017))
            }
            guard let type = expected["type"] as? String else { continue }
            let kinds: [String: ServerAddress.Kind] = [
                "hostname": .hostname, "ipv4": .ipv4, "ip_literal": .ipv6, "unix": .unixSocket,
            ]
            #expect(actual.kind == (try #require(kinds[type])))
        }
    }

    private func expect(auth: [String: Any], of parsed: ConnectionString) throws {
        try UnknownField.check(auth.keys, known: ["username", "password", "db"])
        if let username = auth["username"] as? String {
            #expect(parsed.credential?.username == username)
            #expect(parsed.credential?.password == auth["password"] as? String)
        } else {
            #expect(parsed.credential == nil)
        }
        if let database = auth["db"] as? String {
            // The specification calls the whole namespace "db".
            let namespace = [parsed.database, parsed.collection].compactMap(\.self).joined(separator: ".")
            #expect(namespace == database)
        }
    }
}
