// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/read-write-concern/tests/README.md

import Foundation
import MongoBSON
import Testing

@testable import MongoNIO

@Suite("Specification: read-write-concern", .enabled(if: SpecTestFiles.arePresent, SpecTestFiles.absence))
struct ConcernSpecTests {
    @Test(
        "Concerns in connection strings are read as the specification says",
        arguments: SpecTestFiles.cases("read-write-concern/tests/connection-string")
    )
    func connectionString(_ test: SpecTestCase) throws {
        let fields = try test.object()
        try UnknownField.check(
            fields.keys,
            known: ["description", "uri", "valid", "warning", "readConcern", "writeConcern"]
        )
        let uri = try #require(fields["uri"] as? String)
        let isValid = try #require(fields["valid"] as? Bool)

        guard isValid else {
            // The connection string specification wants most invalid values ignored with a warning (uri-options asks for
            // it of a negative wTimeoutMS): that counts as refused, going unnoticed does not.
            do {
                #expect(!(try ConnectionString(uri)).warnings.isEmpty)
            } catch {
                #expect(error.code == .invalidArgument)
            }
            return
        }
        let parsed = try ConnectionString(uri)
        let options = try MongoClientOptions(connectionString: parsed)
        if let warning = fields["warning"] as? Bool {
            #expect(!parsed.warnings.isEmpty == warning, "warnings: \(parsed.warnings)")
        }
        if let readConcern = fields["readConcern"] as? [String: Any] {
            #expect(options.readConcern.level?.rawValue == readConcern["level"] as? String)
            #expect(options.readConcern.isServerDefault == readConcern.isEmpty)
        }
        if let writeConcern = fields["writeConcern"] as? [String: Any] {
            #expect(options.writeConcern == (try Self.writeConcern(writeConcern)))
        }
    }

    @Test(
        "Concerns made in code are judged as the specification says",
        arguments: SpecTestFiles.cases("read-write-concern/tests/document")
    )
    func document(_ test: SpecTestCase) throws {
        let fields = try test.object()
        try UnknownField.check(
            fields.keys,
            known: [
                "description", "valid", "readConcern", "readConcernDocument", "writeConcern", "writeConcernDocument",
                "isServerDefault", "isAcknowledged",
            ]
        )
        let isValid = try #require(fields["valid"] as? Bool)
        if let expected = fields["writeConcern"] as? [String: Any] {
            guard isValid else {
                #expect(throws: MongoError.self) { try Self.writeConcern(expected) }
                return
            }
            let writeConcern = try Self.writeConcern(expected)
            #expect(writeConcern.isServerDefault == fields["isServerDefault"] as? Bool)
            #expect(writeConcern.isAcknowledged == fields["isAcknowledged"] as? Bool)
            let sent = try Self.sent(writeConcern: writeConcern)["writeConcern"] ?? [String: Any]()
            if let document = fields["writeConcernDocument"] { #expect(isSameJSON(document, sent)) }
        } else {
            // No read concern is invalid: the server judges unknown levels.
            let expected = try #require(fields["readConcern"] as? [String: Any])
            let level = (expected["level"] as? String).map { ReadConcern.Level(rawValue: $0) }
            #expect(isValid)
            #expect(ReadConcern(level: level).isServerDefault == fields["isServerDefault"] as? Bool)
            let sent = try Self.sent(readConcern: ReadConcern(level: level))["readConcern"] ?? [String: Any]()
            if let document = fields["readConcernDocument"] { #expect(isSameJSON(document, sent)) }
        }
    }

    /// What a command that reads and writes says to the server, as JSON.
    private static func sent(
        readConcern: ReadConcern = .serverDefault,
        writeConcern: WriteConcern = .serverDefault
    ) throws -> [String: Any] {
        let builder = CommandBuilder(
            settings: CommandSettings(
                readConcern: readConcern,
                writeConcern: writeConcern,
                readPreference: .primary
            ),
            serverType: .rsPrimary,
            topologyType: .replicaSetWithPrimary,
            limits: MessageLimits(),
            maxWireVersion: HelloReply.newestWireVersion
        )
        let operation = AggregateOperation(
            database: "db",
            collection: "c",
            pipeline: [["$out": "d"]],
            options: AggregateOptions()
        )
        let text = try builder.message(for: operation).body.extendedJSON(.relaxed)
        return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    /// A write concern as the test files describe it.
    private static func writeConcern(_ fields: [String: Any]) throws -> WriteConcern {
        try UnknownField.check(fields.keys, known: ["w", "journal", "wtimeoutMS"])
        let w: WriteConcern.Acknowledgment? =
            switch fields["w"] {
            case let count as Int: .nodes(count)
            case let name as String: .tag(name)
            default: nil
            }
        return try WriteConcern(
            w: w,
            journal: fields["journal"] as? Bool,
            wTimeout: (fields["wtimeoutMS"] as? Int).map { .milliseconds($0) }
        )
    }
}
