// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/crud/crud.md#bulk-write-models

public import MongoBSON

/// One of the writes of a `bulkWrite` on a collection.
///
/// ```swift
/// try await kittens.bulkWrite([
///     .insertOne(Kitten(name: "Roscoe", color: "orange")),
///     .updateMany(["color": "gray"], ["$inc": ["age": 1]]),
///     .deleteOne(["name": "Nobody"]),
/// ])
/// ```
public struct WriteModel<Document: Encodable & Sendable>: Sendable {
    enum Kind: Sendable {
        case insert(Document)
        case update(UpdateStatement)
        case delete(DeleteStatement)
    }

    let kind: Kind

    /// Inserts a document. One without an `_id` gets a new `BSONObjectID`.
    public static func insertOne(_ document: Document) -> Self {
        Self(kind: .insert(document))
    }

    /// Changes the first document that matches, by operators, for example `["$set": ["color": "gray"]]`.
    public static func updateOne(
        _ filter: BSONDocument,
        _ update: BSONDocument,
        options: UpdateModelOptions = UpdateModelOptions()
    ) -> Self {
        Self(kind: .update(UpdateStatement(filter, .operators(update), multi: false, options)))
    }

    /// Changes the first document that matches, by the stages of an aggregation.
    public static func updateOne(
        _ filter: BSONDocument,
        _ pipeline: [BSONDocument],
        options: UpdateModelOptions = UpdateModelOptions()
    ) -> Self {
        Self(kind: .update(UpdateStatement(filter, .pipeline(pipeline), multi: false, options)))
    }

    /// Changes every document that matches, by operators.
    public static func updateMany(
        _ filter: BSONDocument,
        _ update: BSONDocument,
        options: UpdateModelOptions = UpdateModelOptions()
    ) -> Self {
        Self(kind: .update(UpdateStatement(filter, .operators(update), multi: true, options)))
    }

    /// Changes every document that matches, by the stages of an aggregation.
    public static func updateMany(
        _ filter: BSONDocument,
        _ pipeline: [BSONDocument],
        options: UpdateModelOptions = UpdateModelOptions()
    ) -> Self {
        Self(kind: .update(UpdateStatement(filter, .pipeline(pipeline), multi: true, options)))
    }

    /// Puts a document in the place of the first that matches, whose `_id` stays.
    ///
    /// - Throws: ``MongoError`` when the document cannot be encoded.
    public static func replaceOne(
        _ filter: BSONDocument,
        _ replacement: Document,
        options: ReplaceModelOptions = ReplaceModelOptions()
    ) throws(MongoError) -> Self {
        let replacement = Modification.replacement(try DocumentCoding.encode(replacement))
        return Self(kind: .update(UpdateStatement(filter, replacement, multi: false, UpdateModelOptions(options))))
    }

    /// Deletes the first document that matches.
    public static func deleteOne(
        _ filter: BSONDocument,
        options: DeleteModelOptions = DeleteModelOptions()
    ) -> Self {
        Self(kind: .delete(DeleteStatement(filter, multi: false, options)))
    }

    /// Deletes every document that matches.
    public static func deleteMany(
        _ filter: BSONDocument,
        options: DeleteModelOptions = DeleteModelOptions()
    ) -> Self {
        Self(kind: .delete(DeleteStatement(filter, multi: true, options)))
    }

    /// - Throws: `MongoError` when it cannot be encoded, or says something else than it should.
    func encoded() throws(MongoError) -> EncodedWrite {
        switch kind {
        case .insert(let document):
            let (bytes, id) = try DocumentCoding.encodeForInsert(document)
            return EncodedWrite(kind: .insert, statement: bytes, insertedID: id)
        case .update(let statement):
            try statement.modification.validate()
            let bytes = try BSONDocument.written(statement.encode)
            return EncodedWrite(kind: .update, statement: bytes, isForMany: statement.multi, hint: statement.hint)
        case .delete(let statement):
            let bytes = try BSONDocument.written(statement.encode)
            return EncodedWrite(kind: .delete, statement: bytes, isForMany: statement.multi, hint: statement.hint)
        }
    }
}

extension UpdateStatement {
    init(_ filter: BSONDocument, _ modification: Modification, multi: Bool, _ options: UpdateModelOptions) {
        self.init(
            filter: filter,
            modification: modification,
            multi: multi,
            upsert: options.upsert,
            arrayFilters: options.arrayFilters,
            collation: options.collation,
            hint: options.hint,
            sort: options.sort
        )
    }
}

extension UpdateModelOptions {
    init(_ options: ReplaceModelOptions) {
        self.init(collation: options.collation, hint: options.hint, sort: options.sort, upsert: options.upsert)
    }
}

extension DeleteStatement {
    init(_ filter: BSONDocument, multi: Bool, _ options: DeleteModelOptions) {
        self.init(filter: filter, multi: multi, collation: options.collation, hint: options.hint)
    }
}
