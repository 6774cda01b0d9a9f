// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON

/// What an operation returned, in the terms of the test format.
enum OperationResult: Sendable {
    case nothing
    case value(BSON)
    /// The documents of a cursor, read to its end: each of them is compared as a root document.
    case documents([BSONDocument])
    /// Something to be used further on.
    case entity(Entity)

    static func document(_ document: BSONDocument?) -> OperationResult {
        .value(document.map(BSON.document) ?? .null)
    }

    static func strings(_ strings: [String]) -> OperationResult {
        .value(.array(strings.map(BSON.string)))
    }

    static func count(_ count: Int) -> OperationResult {
        .value(.int64(Int64(count)))
    }

    /// - Throws: `UnifiedTestFailure`.
    func match(_ expected: BSON, _ values: ValueMatcher) throws {
        switch self {
        case .nothing:
            try values.match(expected, nil, isRoot: true, path: "result")
        case .value(let value):
            try values.match(expected, value, isRoot: true, path: "result")
        case .documents(let documents):
            guard case .array(let expected) = expected else {
                return try values.match(expected, .array(documents.map(BSON.document)), isRoot: true, path: "result")
            }
            guard expected.count == documents.count else {
                throw UnifiedTestFailure(
                    "result: expected \(expected.count) documents, got \(documents.count): \(documents)"
                )
            }
            for (index, (expected, document)) in zip(expected, documents).enumerated() {
                try values.match(expected, .document(document), isRoot: true, path: "result[\(index)]")
            }
        case .entity(let entity):
            throw UnifiedTestFailure("the result is a \(entity.kind), which cannot be compared")
        }
    }

    /// - Throws: `UnifiedTestFailure` when there is nothing to keep.
    func entity() throws -> Entity {
        switch self {
        case .nothing: throw UnifiedTestFailure("there is no result to keep")
        case .value(let value): .value(value)
        case .documents(let documents): .value(.array(documents.map(BSON.document)))
        case .entity(let entity): entity
        }
    }
}
