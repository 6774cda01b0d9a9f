// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/auth/tests/README.md

import Foundation
import MongoNIO
import Testing

@Suite("Specification: auth, connection strings", .enabled(if: SpecTestFiles.arePresent, SpecTestFiles.absence))
struct AuthConnectionStringSpecTests {
    /// Cases that the specification has outdated itself: "If credentials are provided in the URI or client options, the
    /// driver MUST raise an error" (auth.md, MONGODB-AWS, Obtaining Credentials), which later cases of the same file
    /// demand for the same user information. They are held to what both agree on: the credential is read as they say,
    /// and then it is refused.
    private static let outdated: Set = [
        "should use username and password if specified (MONGODB-AWS)",
        "should use username, password and session token if specified (MONGODB-AWS)",
    ]

    @Test(
        "Credentials are read and judged as the specification says",
        arguments: SpecTestFiles.cases("auth/tests/legacy/connection-string.json")
    )
    func credential(_ test: SpecTestCase) throws {
        let fields = try test.object()
        try UnknownField.check(fields.keys, known: ["description", "uri", "valid", "credential", "comment"])
        let uri = try #require(fields["uri"] as? String)
        let isValid = try #require(fields["valid"] as? Bool)

        guard isValid else {
            #expect(throws: MongoError.self) { try ConnectionString(uri).credential?.validate() }
            return
        }
        let credential = try ConnectionString(uri).credential
        if Self.outdated.contains(test.name) {
            #expect(throws: MongoError.self) { try credential?.validate() }
        } else {
            try credential?.validate()
        }
        guard let expected = fields["credential"] as? [String: Any] else {
            #expect(credential == nil)
            return
        }
        let actual = try #require(credential)
        try UnknownField.check(
            expected.keys,
            known: ["username", "password", "source", "mechanism", "mechanism_properties"]
        )
        if let username = expected["username"] { #expect(isSameJSON(username, actual.username)) }
        if let password = expected["password"] { #expect(isSameJSON(password, actual.password)) }
        if let source = expected["source"] { #expect(isSameJSON(source, actual.source)) }
        if let mechanism = expected["mechanism"] { #expect(isSameJSON(mechanism, actual.mechanism?.rawValue)) }
        switch expected["mechanism_properties"] {
        case is NSNull:
            #expect(actual.mechanismProperties.isEmpty)
        case let properties as [String: Any]:
            for (name, value) in properties {
                #expect(isSameJSON(value, actual.mechanismProperties[name]), "property \(name)")
            }
        default:
            break
        }
    }
}
