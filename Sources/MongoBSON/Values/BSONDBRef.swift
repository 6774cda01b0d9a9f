// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// A reference to a document, kept as a document with the fields `$ref`, `$id` and perhaps `$db`.
///
/// <https://github.com/mongodb/specifications/blob/master/source/dbref/dbref.md>. It is only a convention, and made and
/// read on demand: documents of this form stay documents otherwise.
public struct BSONDBRef: Sendable, Hashable {
    /// The name of the collection.
    public let collection: String
    /// The `_id` of the document.
    public let id: BSON
    /// The name of the database, or nil for the one that holds the reference.
    public let database: String?
    /// The fields besides these.
    public let extraFields: BSONDocument

    /// A reference of its parts.
    public init(collection: String, id: BSON, database: String? = nil, extraFields: BSONDocument = [:]) {
        self.collection = collection
        self.id = id
        self.database = database
        self.extraFields = extraFields
    }

    /// The reference that a document is; its fields may have any order.
    ///
    /// - Throws: ``BSONError/Code-swift.struct/keyNotFound`` without `$ref` or `$id`, and
    ///   ``BSONError/Code-swift.struct/typeMismatch`` when `$ref` or `$db` is not a string.
    public init(_ document: BSONDocument) throws(BSONError) {
        guard let reference = document["$ref"] else {
            throw BSONError(.keyNotFound, "a reference has no collection", path: ["$ref"])
        }
        guard let collection = reference.stringValue else {
            throw BSONError(.typeMismatch, "expected String, found the BSON type \(reference.type)", path: ["$ref"])
        }
        guard let id = document["$id"] else {
            throw BSONError(.keyNotFound, "a reference has no identifier", path: ["$id"])
        }
        let database = document["$db"]
        if let database, database.stringValue == nil {
            throw BSONError(.typeMismatch, "expected String, found the BSON type \(database.type)", path: ["$db"])
        }
        self.init(
            collection: collection,
            id: id,
            database: database?.stringValue,
            extraFields: document.filter { !["$ref", "$id", "$db"].contains($0.key) }
        )
    }

    /// The document: `$ref`, `$id`, `$db` if there is one, and the other fields in their order.
    public var document: BSONDocument {
        var fields: [(String, BSON)] = [("$ref", .string(collection)), ("$id", id)]
        if let database {
            fields.append(("$db", .string(database)))
        }
        return BSONDocument(fields + extraFields.map { ($0.key, $0.value) })
    }
}

extension BSONDBRef: BSONValueConvertible {
    static var bsonType: BSONType { .document }
    var bsonValue: BSON { .document(document) }

    init?(bsonValue: BSON) {
        guard let document = bsonValue.documentValue, let reference = try? BSONDBRef(document) else { return nil }
        self = reference
    }
}
