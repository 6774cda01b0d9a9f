// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/crud/crud.md#insert-update-replace-delete-and-bulk-writes

import MongoBSON

/// How to change a document.
enum Modification: Sendable {
    /// Operators, for example `$set`.
    case operators(BSONDocument)
    /// The stages of an aggregation.
    case pipeline([BSONDocument])
    /// The whole document anew.
    case replacement(BSONDocument)

    /// - Throws: `MongoError` when operators are none, or a replacement is operators: the server could not know that it
    ///   was meant differently.
    func validate() throws(MongoError) {
        switch self {
        case .operators(let update):
            guard update.firstKey?.hasPrefix("$") == true else {
                throw MongoError(.invalidArgument, "an update has to begin with an operator, for example $set")
            }
        case .replacement(let replacement):
            guard replacement.firstKey?.hasPrefix("$") != true else {
                throw MongoError(.invalidArgument, "a replacement must not begin with an operator")
            }
        case .pipeline:
            break
        }
    }

    func encode(_ key: String, into command: inout BSONWriter) {
        switch self {
        case .operators(let document), .replacement(let document): command.append(key, document)
        case .pipeline(let stages): command.append(key, stages)
        }
    }
}

extension BSONDocument {
    /// The name of the first field.
    var firstKey: String? {
        elements.first(where: { _ in true })?.key
    }
}

/// One statement of an `update`.
struct UpdateStatement: Sendable {
    var filter: BSONDocument
    var modification: Modification
    /// Whether all documents that match are changed, or one.
    var multi: Bool
    var upsert: Bool?
    var arrayFilters: [BSONDocument]?
    var collation: BSONDocument?
    var hint: BSON?
    var sort: BSONDocument?

    func encode(into statement: inout BSONWriter) {
        statement.append("q", filter)
        modification.encode("u", into: &statement)
        if multi { statement.append("multi", true) }
        encodeOptions(into: &statement)
    }

    /// The fields that have the same names in `update` and `bulkWrite`.
    func encodeOptions(into statement: inout BSONWriter) {
        statement.append("upsert", ifPresent: upsert)
        statement.append("arrayFilters", ifPresent: arrayFilters)
        statement.append("collation", ifPresent: collation)
        statement.append("hint", ifPresent: hint)
        statement.append("sort", ifPresent: sort)
    }
}

/// One statement of a `delete`.
struct DeleteStatement: Sendable {
    var filter: BSONDocument
    /// Whether all documents that match are deleted, or one.
    var multi: Bool
    var collation: BSONDocument?
    var hint: BSON?

    func encode(into statement: inout BSONWriter) {
        statement.append("q", filter)
        // For the server 0 means "all that match".
        statement.append("limit", Int32(multi ? 0 : 1))
        statement.append("collation", ifPresent: collation)
        statement.append("hint", ifPresent: hint)
    }
}

/// Refuses a hint that a server would ignore without a word: it does not answer an unacknowledged write, and does not know
/// the field.
enum HintRule {
    /// MongoDB 4.2.
    static let updateWireVersion = 8
    /// MongoDB 4.4.
    static let deleteWireVersion = 9

    static func check(_ hint: BSON?, since wireVersion: Int, _ target: CommandTarget) throws(MongoError) {
        guard hint != nil, !target.isAcknowledged, target.maxWireVersion < wireVersion else { return }
        throw MongoError(
            .unsupported,
            "the server is too old for a hint of an unacknowledged write: it would be ignored"
        )
    }
}
