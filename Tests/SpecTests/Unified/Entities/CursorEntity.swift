// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/unified-test-format/unified-test-format.md#cursor-operations

import MongoBSON
import MongoNIO

/// A cursor or a change stream.
struct CursorEntity: Sendable {
    private enum Kind: Sendable {
        case cursor(MongoCursor<BSONDocument>)
        case changeStream(ChangeStream<BSONDocument>)
    }

    private let kind: Kind

    init(_ cursor: MongoCursor<BSONDocument>) { kind = .cursor(cursor) }

    init(_ changeStream: ChangeStream<BSONDocument>) { kind = .changeStream(changeStream) }

    func next() async throws -> BSONDocument? {
        switch kind {
        case .cursor(let cursor): try await cursor.next()
        case .changeStream(let stream): try await stream.next()
        }
    }

    /// Asks the server at most once.
    func tryNext() async throws -> BSONDocument? {
        switch kind {
        case .cursor(let cursor): try await cursor.tryNext()
        case .changeStream(let stream): try await stream.tryNext()
        }
    }

    func close(timeout: Duration? = nil) async {
        switch kind {
        case .cursor(let cursor): await cursor.close(timeout: timeout)
        case .changeStream(let stream): await stream.close(timeout: timeout)
        }
    }
}

extension Scene {
    func cursor(_ name: String, _ cursor: CursorEntity, _ arguments: Arguments) async throws -> OperationResult {
        switch name {
        case "iterateUntilDocumentOrError":
            try arguments.finish()
            guard let document = try await cursor.next() else {
                throw UnifiedTestFailure("the cursor came to its end without a document")
            }
            return .document(document)
        case "iterateOnce":
            try arguments.finish()
            guard let document = try await cursor.tryNext() else { return .nothing }
            return .document(document)
        case "close":
            let timeout = try arguments.milliseconds("timeoutMS")
            try arguments.finish()
            await cursor.close(timeout: timeout)
            return .nothing
        default:
            throw unknown(name, of: "cursor")
        }
    }
}
