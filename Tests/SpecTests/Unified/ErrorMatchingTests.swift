// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import Testing

@testable import MongoNIO

/// Every assertion of an `expectedError`, met and not met.
@Suite("The matching of errors in unified tests")
struct ErrorMatchingTests {
    private static let refused = MongoError(
        .command,
        "the server refused find (code 26)",
        labels: ["RetryableWriteError"],
        server: MongoError.ServerReply(
            code: 26,
            codeName: "NamespaceNotFound",
            message: "ns not found",
            reply: ["ok": 0, "code": 26, "errmsg": "ns not found"]
        )
    )
    private static let refusedWrites: any Error = MongoError(
        .write,
        "2 writes were refused",
        server: MongoError.ServerReply(
            code: 11000,
            codeName: nil,
            message: "",
            writeErrors: [
                MongoError.WriteError(index: 1, code: 11000, message: "E11000 duplicate key", errInfo: ["a": 1])
            ],
            writeConcernError: MongoError.WriteConcernError(
                code: 64,
                codeName: "WriteConcernFailed",
                message: "waiting for replication timed out"
            )
        )
    )
    private static let late: any Error = MongoError(.timeout, "the time was over")
    private static let lost: any Error = MongoError(.network, "the connection broke", underlying: Foreign())

    private static let refusal: any Error = refused
    private static let foreign: any Error = Foreign()

    private struct Foreign: Error, CustomStringConvertible {
        let description = "something foreign"
    }

    private static func matches(_ text: String, _ error: any Error) throws -> Bool {
        let expected = try BSONDocument(extendedJSON: text)
        return (try? ErrorMatcher(values: ValueMatcher(entities: EntityMap())).match(expected, error)) != nil
    }

    @Test("Errors have what is expected of them")
    func met() throws {
        let rows: [(String, any Error)] = [
            (#"{"isError": true}"#, Self.foreign), (#"{"isClientError": true}"#, Self.late),
            (#"{"isClientError": true}"#, Self.lost),
            (#"{"isClientError": false}"#, Self.refusal), (#"{"isClientError": false}"#, Self.refusedWrites),
            (#"{"isTimeoutError": true}"#, Self.late), (#"{"isTimeoutError": false}"#, Self.lost),
            (#"{"errorContains": "NS NOT"}"#, Self.refusal), (#"{"errorContains": "foreign"}"#, Self.lost),
            (#"{"errorContains": "duplicate"}"#, Self.refusedWrites),
            (#"{"errorContains": "replication"}"#, Self.refusedWrites),
            (#"{"errorCode": 26}"#, Self.refusal), (#"{"errorCodeName": "namespacenotfound"}"#, Self.refusal),
            (#"{"errorCodeName": "WriteConcernFailed"}"#, Self.refusedWrites),
            (#"{"errorLabelsContain": ["RetryableWriteError"]}"#, Self.refusal),
            (#"{"errorLabelsOmit": ["TransientTransactionError"]}"#, Self.refusal),
            (#"{"errorLabelsOmit": ["TransientTransactionError"]}"#, Self.foreign),
            (#"{"errorResponse": {"code": 26}}"#, Self.refusal),
            (#"{"expectResult": {"$$unsetOrMatches": {}}}"#, Self.refusal),
            (#"{"writeErrors": {"1": {"code": 11000, "details": {"a": 1}}}}"#, Self.refusedWrites),
            (#"{"writeConcernErrors": [{"code": 64}]}"#, Self.refusedWrites), (#"{"writeErrors": {}}"#, Self.refusal),
        ]
        for (expected, error) in rows {
            #expect(try Self.matches(expected, error), "\(expected): \(error)")
        }
    }

    @Test("Errors that have it not are refused, and so are assertions that nobody knows")
    func notMet() throws {
        let rows: [(String, any Error)] = [
            (#"{"isClientError": true}"#, Self.refusal), (#"{"isClientError": false}"#, Self.late),
            (#"{"isTimeoutError": true}"#, Self.lost), (#"{"isTimeoutError": false}"#, Self.late),
            (#"{"errorContains": "elsewhere"}"#, Self.refusal), (#"{"errorCode": 27}"#, Self.refusal),
            (#"{"errorCode": 26}"#, Self.lost), (#"{"errorCode": "26"}"#, Self.lost),
            (#"{"errorCodeName": "HostUnreachable"}"#, Self.refusal),
            (#"{"errorCodeName": "HostUnreachable"}"#, Self.lost),
            (#"{"errorLabelsContain": ["RetryableWriteError", "TransientTransactionError"]}"#, Self.refusal),
            (#"{"errorLabelsContain": ["RetryableWriteError"]}"#, Self.foreign),
            (#"{"errorLabelsOmit": ["RetryableWriteError"]}"#, Self.refusal),
            (#"{"errorResponse": {"code": 27}}"#, Self.refusal), (#"{"errorResponse": {}}"#, Self.lost),
            (#"{"expectResult": {"insertedCount": 1}}"#, Self.refusal),
            (#"{"writeErrors": {"0": {}}}"#, Self.refusedWrites), (#"{"writeErrors": {}}"#, Self.refusedWrites),
            (#"{"writeErrors": {"1": {"code": 1}}}"#, Self.refusedWrites),
            (#"{"writeErrors": {"1": {}}}"#, Self.refusal),
            (#"{"writeConcernErrors": []}"#, Self.refusedWrites),
            (#"{"writeConcernErrors": [{"code": 1}]}"#, Self.refusedWrites),
            (#"{"writeConcernErrors": [{}, {}]}"#, Self.refusedWrites), (#"{"isFunny": true}"#, Self.refusal),
        ]
        for (expected, error) in rows {
            #expect(try !Self.matches(expected, error), "\(expected): \(error)")
        }
    }

    @Test("What ended a bulk write of a client counts as its error")
    func clientBulkWrite() throws {
        var error = MongoError(.write, "a bulk write ended early")
        error.detail = .clientBulkWrite(
            ClientBulkWriteError(error: Self.refused, writeErrors: [0: .init(index: 0, code: 2, message: "b")])
        )
        #expect(
            try Self.matches(#"{"errorCode": 26, "isClientError": false, "writeErrors": {"0": {"code": 2}}}"#, error)
        )
        #expect(try !Self.matches(#"{"writeConcernErrors": [{}]}"#, error))
    }
}
