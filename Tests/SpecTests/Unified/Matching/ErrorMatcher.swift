// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/unified-test-format/unified-test-format.md#expectederror

import MongoBSON
import MongoNIO

/// Compares the error that a test expects with the one that came.
struct ErrorMatcher {
    let values: ValueMatcher

    /// - Parameters:
    ///   - expected: An `expectedError`.
    ///   - error: What was thrown.
    /// - Throws: `UnifiedTestFailure`.
    func match(_ expected: BSONDocument, _ error: any Error) throws {
        for (assertion, value) in expected {
            do {
                try match(assertion, value, error)
            } catch let failure as UnifiedTestFailure {
                throw UnifiedTestFailure("\(assertion): \(failure); the error is \(Self.show(error))")
            }
        }
    }

    private func match(_ assertion: String, _ value: BSON, _ error: any Error) throws {
        let mongo = error as? MongoError
        // A bulk write of a client has a field for what ended it.
        let server = mongo?.server ?? mongo?.clientBulkWrite?.error?.server
        switch assertion {
        case "isError":
            // It was thrown.
            break
        case "isClientError":
            // Network errors count as the client's; what a server answered does not, and neither do its refusals of
            // single writes.
            try require(.bool(server == nil) == value, "expected \(value)")
        case "isTimeoutError":
            try require(.bool(mongo?.code == .timeout) == value, "expected \(value)")
        case "errorContains":
            let needle = (value.stringValue ?? "").lowercased()
            try require(Self.words(of: error).contains { $0.lowercased().contains(needle) }, "expected '\(needle)'")
        case "errorCode":
            try require(server != nil && server?.code == value.toInt(), "expected \(value)")
        case "errorCodeName":
            let names = [server?.codeName, server?.writeConcernError?.codeName].compactMap(\.self)
            try require(
                names.contains { $0.lowercased() == value.stringValue?.lowercased() },
                "expected \(value), got \(names)"
            )
        case "errorLabelsContain":
            for label in value.arrayValue?.compactMap(\.stringValue) ?? [] {
                try require(mongo?.hasLabel(label) == true, "expected the label \(label)")
            }
        case "errorLabelsOmit":
            for label in value.arrayValue?.compactMap(\.stringValue) ?? [] {
                try require(mongo?.hasLabel(label) != true, "did not expect the label \(label)")
            }
        case "errorResponse":
            guard let reply = server?.reply else { throw UnifiedTestFailure("the error has no reply") }
            try values.match(value, .document(reply), isRoot: true, path: "errorResponse")
        case "writeErrors", "writeConcernErrors", "expectResult":
            try matchPartial(assertion, value, error)
        default:
            throw UnifiedTestFailure("is no known assertion")
        }
    }

    /// What bulk writes report beside an error: results and errors of single writes.
    private func matchPartial(_ assertion: String, _ value: BSON, _ error: any Error) throws {
        let bulk = BulkWriteFailure(error)
        switch assertion {
        case "expectResult":
            try values.match(value, bulk.partialResult.map(BSON.document), isRoot: true, path: assertion)
        case "writeErrors":
            let expected = value.documentValue ?? [:]
            for (index, expected) in expected {
                let actual = Int(index).flatMap { bulk.writeErrors[$0] }
                try values.match(expected, actual.map(BSON.document), isRoot: true, path: "writeErrors.\(index)")
            }
            try require(bulk.writeErrors.count == expected.count, "got \(bulk.writeErrors)")
        default:
            let expected = value.arrayValue ?? []
            try require(bulk.writeConcernErrors.count == expected.count, "got \(bulk.writeConcernErrors)")
            for (index, (expected, actual)) in zip(expected, bulk.writeConcernErrors).enumerated() {
                try values.match(expected, .document(actual), isRoot: true, path: "writeConcernErrors[\(index)]")
            }
        }
    }

    /// Everything that counts as the error's message.
    private static func words(of error: any Error) -> [String] {
        guard let mongo = error as? MongoError else { return ["\(error)"] }
        var words = [mongo.message, "\(mongo)"]
        if let server = mongo.server {
            words += [server.message, server.codeName ?? "", server.writeConcernError?.message ?? ""]
            words += server.writeErrors.map(\.message)
        }
        if let underlying = mongo.underlying { words += Self.words(of: underlying) }
        return words
    }

    static func show(_ error: any Error) -> String {
        (error as? MongoError)?.debugDescription ?? "\(error)"
    }

    private func require(_ condition: Bool, _ reason: @autoclosure () -> String) throws {
        if !condition { throw UnifiedTestFailure(reason()) }
    }
}
