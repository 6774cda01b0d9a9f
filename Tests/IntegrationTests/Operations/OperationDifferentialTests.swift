// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MongoNIO
import NIOCore
import Testing

/// Carries out the sequences of operations that `dev/differential-operations` made, and writes down what came of each.
@Suite("Random operations")
struct OperationDifferentialTests {
    private static let environment = ProcessInfo.processInfo.environment
    private static let folder = environment["MONGODB_OPERATIONS_DIFFERENTIAL"]

    @Test(
        "have the results that PyMongo has",
        .enabled(if: folder != nil, "run dev/differential-operations, which starts PyMongo")
    )
    func pymongo() async throws {
        let folder = URL(fileURLWithPath: try #require(Self.folder))
        let uri = try #require(Self.environment["MONGODB_OPERATIONS_URI"])
        var sequences = ByteBuffer(bytes: try Data(contentsOf: folder.appendingPathComponent("sequences.bson")))
        var results = ByteBuffer()
        try await withMongoClient(uri) { client in
            let database = client.database("differential_swift")
            try await database.drop()
            while sequences.readableBytes > 0 {
                let sequence = try BSONValidator.readDocument(from: &sequences)
                for name in ["a", "b"] { try await database.collection(name).deleteMany([:]) }
                var outcomes: [BSON] = []
                for operation in sequence["operations"]?.arrayValue?.compactMap(\.documentValue) ?? [] {
                    outcomes.append(.document(await outcome(of: operation, in: database)))
                }
                var result: BSONDocument = ["outcomes": .array(outcomes)]
                for name in ["a", "b"] {
                    let left = try await database.collection(name).find(options: FindOptions(sort: ["_id": 1]))
                        .toArray()
                    result[name] = .array(left.map { .document($0) })
                }
                results.writeImmutableBuffer(result.buffer)
            }
            try await database.drop()
        }
        try Data(results.readableBytesView).write(to: folder.appendingPathComponent("swift.bson"))
    }

    private func outcome(of operation: BSONDocument, in database: MongoDatabase) async -> BSONDocument {
        do {
            return try await Operation(operation, database).run()
        } catch let error as MongoError {
            var outcome: BSONDocument = ["error": .int64(Int64(error.server?.code ?? -1))]
            if let refused = error.server?.writeErrors, !refused.isEmpty {
                outcome["writeErrors"] = .array(refused.map { [.int64(Int64($0.index)), .int64(Int64($0.code))] })
            }
            if let result = error.bulkWriteResult { outcome["result"] = .document(Operation.document(result)) }
            return outcome
        } catch {
            return ["swiftError": .string("\(error)")]
        }
    }
}

/// One of the operations, as the script writes them.
private struct Operation {
    let name: String
    let arguments: BSONDocument
    let collection: MongoCollection<BSONDocument>

    init(_ document: BSONDocument, _ database: MongoDatabase) {
        name = document["name"]?.stringValue ?? ""
        arguments = document
        collection = database.collection(document["collection"]?.stringValue ?? "")
    }

    private func document(_ key: String) -> BSONDocument? { arguments[key]?.documentValue }
    private func documents(_ key: String) -> [BSONDocument] {
        arguments[key]?.arrayValue?.compactMap(\.documentValue) ?? []
    }
    private func flag(_ key: String) -> Bool? { arguments[key]?.boolValue }
    private func number(_ key: String) -> Int? { arguments[key]?.toInt() }
    private var filter: BSONDocument { document("filter") ?? [:] }

    private static func list(_ documents: [BSONDocument]) -> BSONDocument {
        ["documents": .array(documents.map { .document($0) })]
    }

    static func document(_ result: BulkWriteResult) -> BSONDocument {
        [
            "inserted": .int64(Int64(result.insertedCount)), "matched": .int64(Int64(result.matchedCount)),
            "modified": .int64(Int64(result.modifiedCount)), "deleted": .int64(Int64(result.deletedCount)),
            "upserted": .array(result.upsertedIDs.sorted { $0.key < $1.key }.map { [.int64(Int64($0)), $1] }),
        ]
    }

    private static func document(_ result: UpdateResult) -> BSONDocument {
        [
            "matched": .int64(Int64(result.matchedCount)), "modified": .int64(Int64(result.modifiedCount)),
            "upserted": result.upsertedID ?? .null,
        ]
    }

    func run() async throws -> BSONDocument {
        switch name {
        case "insertOne":
            return ["id": try await collection.insertOne(document("document") ?? [:]).insertedID]
        case "insertMany":
            let result = try await collection.insertMany(
                documents("documents"),
                options: InsertManyOptions(ordered: flag("ordered") ?? true)
            )
            return ["ids": .array(result.insertedIDs.sorted { $0.key < $1.key }.map(\.value))]
        case "updateOne", "updateMany":
            return Self.document(try await update())
        case "replaceOne":
            return Self.document(
                try await collection.replaceOne(
                    filter,
                    document("replacement") ?? [:],
                    options: ReplaceOptions(upsert: flag("upsert"))
                )
            )
        case "deleteOne":
            return ["deleted": .int64(Int64(try await collection.deleteOne(filter).deletedCount))]
        case "deleteMany":
            return ["deleted": .int64(Int64(try await collection.deleteMany(filter).deletedCount))]
        case "find":
            let options = FindOptions(
                batchSize: number("batchSize"),
                collation: document("collation"),
                limit: number("limit"),
                projection: document("projection"),
                skip: number("skip"),
                sort: document("sort")
            )
            return Self.list(try await collection.find(filter, options: options).toArray())
        case "aggregate":
            let options = AggregateOptions(batchSize: number("batchSize"), collation: document("collation"))
            return Self.list(try await collection.aggregate(documents("pipeline"), options: options).toArray())
        case "findOneAndUpdate":
            return ["document": document(try await findOneAndUpdate())]
        case "findOneAndDelete":
            let options = FindOneAndDeleteOptions(projection: document("projection"), sort: document("sort"))
            return ["document": document(try await collection.findOneAndDelete(filter, options: options))]
        case "bulkWrite":
            return Self.document(
                try await collection.bulkWrite(
                    try documents("requests").map { try Self.model($0) },
                    options: BulkWriteOptions(ordered: flag("ordered") ?? true)
                )
            )
        case "distinct":
            return ["values": .array(try await collection.distinct(arguments["field"]?.stringValue ?? "", filter))]
        case "countDocuments":
            return ["count": .int64(Int64(try await collection.countDocuments(filter)))]
        default:
            throw UnknownOperation(name: name)
        }
    }

    private struct UnknownOperation: Error {
        var name: String
    }

    private func document(_ document: BSONDocument?) -> BSON { document.map { .document($0) } ?? .null }

    private func update() async throws -> UpdateResult {
        let options = UpdateOptions(
            arrayFilters: arguments["arrayFilters"] == nil ? nil : documents("arrayFilters"),
            collation: document("collation"),
            upsert: flag("upsert")
        )
        switch (name, arguments["update"]) {
        case ("updateOne", .array(let stages)):
            return try await collection.updateOne(filter, stages.compactMap(\.documentValue), options: options)
        case ("updateOne", let update):
            return try await collection.updateOne(filter, update?.documentValue ?? [:], options: options)
        case (_, .array(let stages)):
            return try await collection.updateMany(filter, stages.compactMap(\.documentValue), options: options)
        case (_, let update):
            return try await collection.updateMany(filter, update?.documentValue ?? [:], options: options)
        }
    }

    private func findOneAndUpdate() async throws -> BSONDocument? {
        try await collection.findOneAndUpdate(
            filter,
            document("update") ?? [:],
            options: FindOneAndUpdateOptions(
                projection: document("projection"),
                returnDocument: flag("after") == true ? .after : .before,
                sort: document("sort"),
                upsert: flag("upsert")
            )
        )
    }

    private static func model(_ request: BSONDocument) throws -> WriteModel<BSONDocument> {
        let filter = request["filter"]?.documentValue ?? [:]
        let update = request["update"]?.documentValue ?? [:]
        let upsert = request["upsert"]?.boolValue
        switch request["name"]?.stringValue {
        case "insertOne": return .insertOne(request["document"]?.documentValue ?? [:])
        case "updateOne": return .updateOne(filter, update, options: UpdateModelOptions(upsert: upsert))
        case "updateMany": return .updateMany(filter, update, options: UpdateModelOptions(upsert: upsert))
        case "replaceOne":
            let replacement = request["replacement"]?.documentValue ?? [:]
            return try .replaceOne(filter, replacement, options: ReplaceModelOptions(upsert: upsert))
        case "deleteOne": return .deleteOne(filter)
        case "deleteMany": return .deleteMany(filter)
        case let name: throw UnknownOperation(name: name ?? "")
        }
    }
}
