// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/crud/bulk-write.md#write-models

public import MongoBSON

/// One of the writes of ``MongoClient/bulkWrite(_:options:session:)``, and the collection that it is for.
///
/// ```swift
/// let kittens = MongoNamespace(database: "home", collection: "kittens")
/// let events = MongoNamespace(database: "home", collection: "events")
/// try await client.bulkWrite([
///     .insertOne(into: kittens, Kitten(name: "Roscoe", color: "orange")),
///     .updateMany(in: kittens, ["color": "gray"], ["$inc": ["age": 1]]),
///     .insertOne(into: events, ["kind": "birthday"] as BSONDocument),
/// ])
/// ```
public struct ClientWriteModel: Sendable {
    enum Kind: Sendable {
        case insert(any Encodable & Sendable)
        case update(UpdateStatement)
        case replace(any Encodable & Sendable, UpdateStatement)
        case delete(DeleteStatement)
    }

    /// The collection.
    public let namespace: MongoNamespace
    let kind: Kind

    /// Inserts a document. One without an `_id` gets a new `BSONObjectID`.
    public static func insertOne(
        into namespace: MongoNamespace,
        _ document: some Encodable & Sendable
    ) -> ClientWriteModel {
        ClientWriteModel(namespace: namespace, kind: .insert(document))
    }

    /// Changes the first document that matches, by operators, for example `["$set": ["color": "gray"]]`.
    public static func updateOne(
        in namespace: MongoNamespace,
        _ filter: BSONDocument,
        _ update: BSONDocument,
        options: UpdateModelOptions = UpdateModelOptions()
    ) -> ClientWriteModel {
        self.update(namespace, UpdateStatement(filter, .operators(update), multi: false, options))
    }

    /// Changes the first document that matches, by the stages of an aggregation.
    public static func updateOne(
        in namespace: MongoNamespace,
        _ filter: BSONDocument,
        _ pipeline: [BSONDocument],
        options: UpdateModelOptions = UpdateModelOptions()
    ) -> ClientWriteModel {
        update(namespace, UpdateStatement(filter, .pipeline(pipeline), multi: false, options))
    }

    /// Changes every document that matches, by operators.
    public static func updateMany(
        in namespace: MongoNamespace,
        _ filter: BSONDocument,
        _ update: BSONDocument,
        options: UpdateModelOptions = UpdateModelOptions()
    ) -> ClientWriteModel {
        self.update(namespace, UpdateStatement(filter, .operators(update), multi: true, options))
    }

    /// Changes every document that matches, by the stages of an aggregation.
    public static func updateMany(
        in namespace: MongoNamespace,
        _ filter: BSONDocument,
        _ pipeline: [BSONDocument],
        options: UpdateModelOptions = UpdateModelOptions()
    ) -> ClientWriteModel {
        update(namespace, UpdateStatement(filter, .pipeline(pipeline), multi: true, options))
    }

    private static func update(_ namespace: MongoNamespace, _ statement: UpdateStatement) -> ClientWriteModel {
        ClientWriteModel(namespace: namespace, kind: .update(statement))
    }

    /// Puts a document in the place of the first that matches, whose `_id` stays.
    public static func replaceOne(
        in namespace: MongoNamespace,
        _ filter: BSONDocument,
        _ replacement: some Encodable & Sendable,
        options: ReplaceModelOptions = ReplaceModelOptions()
    ) -> ClientWriteModel {
        let statement = UpdateStatement(filter, .replacement([:]), multi: false, UpdateModelOptions(options))
        return ClientWriteModel(namespace: namespace, kind: .replace(replacement, statement))
    }

    /// Deletes the first document that matches.
    public static func deleteOne(
        in namespace: MongoNamespace,
        _ filter: BSONDocument,
        options: DeleteModelOptions = DeleteModelOptions()
    ) -> ClientWriteModel {
        ClientWriteModel(namespace: namespace, kind: .delete(DeleteStatement(filter, multi: false, options)))
    }

    /// Deletes every document that matches.
    public static func deleteMany(
        in namespace: MongoNamespace,
        _ filter: BSONDocument,
        options: DeleteModelOptions = DeleteModelOptions()
    ) -> ClientWriteModel {
        ClientWriteModel(namespace: namespace, kind: .delete(DeleteStatement(filter, multi: true, options)))
    }

    /// - Throws: `MongoError` when it cannot be encoded, or says something else than it should.
    func encoded() throws(MongoError) -> ClientBulkWriteOperation.Write {
        switch kind {
        case .insert(let document):
            let (document, id) = try DocumentCoding.encodeForInsert(document)
            let rest = try BSONDocument.written { $0.append("document", document) }
            return ClientBulkWriteOperation.Write(kind: .insert, namespace: namespace, rest: rest, insertedID: id)
        case .update(let statement):
            return try encoded(statement)
        case .replace(let replacement, var statement):
            statement.modification = .replacement(try DocumentCoding.encode(replacement))
            return try encoded(statement)
        case .delete(let statement):
            let rest = try BSONDocument.written { operation in
                operation.append("filter", statement.filter)
                operation.append("multi", statement.multi)
                operation.append("collation", ifPresent: statement.collation)
                operation.append("hint", ifPresent: statement.hint)
            }
            return ClientBulkWriteOperation.Write(
                kind: .delete,
                namespace: namespace,
                rest: rest,
                isForMany: statement.multi
            )
        }
    }

    private func encoded(_ statement: UpdateStatement) throws(MongoError) -> ClientBulkWriteOperation.Write {
        try statement.modification.validate()
        let rest = try BSONDocument.written { operation in
            operation.append("filter", statement.filter)
            statement.modification.encode("updateMods", into: &operation)
            operation.append("multi", statement.multi)
            statement.encodeOptions(into: &operation)
        }
        return ClientBulkWriteOperation.Write(
            kind: .update,
            namespace: namespace,
            rest: rest,
            isForMany: statement.multi
        )
    }
}
