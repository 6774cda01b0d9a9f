// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON

/// Between the documents of users and those of the wire.
enum DocumentCoding {
    /// - Throws: `MongoError` of the kind `bson`.
    static func decode<Document: Decodable>(
        _ type: Document.Type,
        from document: BSONDocument
    ) throws(MongoError) -> Document {
        if let document = document as? Document { return document }
        do {
            return try BSONDecoder().decode(type, from: document)
        } catch {
            throw MongoError(.bson, "a document cannot be decoded as \(type): \(error)", underlying: error)
        }
    }

    /// - Throws: `MongoError` of the kind `bson`.
    static func decode<Value: Decodable>(_ type: Value.Type, fromEach values: [BSON]) throws(MongoError) -> [Value] {
        if let values = values as? [Value] { return values }
        let decoder = BSONDecoder()
        do {
            return try values.map { try decoder.decodeValue(type, from: $0) }
        } catch {
            throw MongoError(.bson, "a value cannot be decoded as \(type): \(error)", underlying: error)
        }
    }

    /// A document to be inserted: with an `_id`, made here if the user gave none, as its first field.
    ///
    /// - Throws: `MongoError` of the kind `bson`.
    static func encodeForInsert<Document: Encodable>(
        _ value: Document
    ) throws(MongoError) -> (document: BSONDocument, id: BSON) {
        let document = try encode(value)
        if let error = document.encodingError {
            throw MongoError(.bson, "a document cannot be encoded: \(error)", underlying: error)
        }
        if let id = document["_id"] { return (document, id) }
        let id = BSONObjectID()
        var writer = BSONWriter(capacity: document.byteCount + 17)
        writer.append("_id", id)
        writer.appendFields(of: document)
        do throws(BSONError) {
            return (try writer.finishDocument(), .objectID(id))
        } catch {
            throw MongoError(.bson, "a document cannot be encoded: \(error)", underlying: error)
        }
    }

    /// - Throws: `MongoError` of the kind `bson`.
    static func encode<Document: Encodable>(_ value: Document) throws(MongoError) -> BSONDocument {
        if let document = value as? BSONDocument { return document }
        do {
            return try BSONEncoder().encode(value)
        } catch {
            throw MongoError(.bson, "a value of \(Document.self) cannot be encoded: \(error)", underlying: error)
        }
    }
}
