// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import Testing

@testable import MongoNIO

@Suite("Writes to many collections")
struct ClientBulkWriteTests {
    private let kittens = MongoNamespace(database: "home", collection: "kittens")
    private let cats = MongoNamespace(database: "home", collection: "cats")

    private func operation(
        _ models: [ClientWriteModel],
        _ options: ClientBulkWriteOptions = ClientBulkWriteOptions()
    ) throws -> ClientBulkWriteOperation {
        ClientBulkWriteOperation(writes: try models.map { try $0.encoded() }[...], options: options)
    }

    @Test("name each collection once, and the writes by the place of its name")
    func namespaces() throws {
        let sequences = try operation([
            .insertOne(into: kittens, ["_id": 1] as BSONDocument),
            .updateOne(in: cats, ["_id": 1], ["$set": ["a": 1]], options: UpdateModelOptions(upsert: true)),
            .deleteMany(in: kittens, [:], options: DeleteModelOptions(hint: "_id_")),
            .replaceOne(in: cats, ["_id": 2], ["b": 1] as BSONDocument),
        ]).documentSequences(within: MessageLimits())
        #expect(sequences.map(\.identifier) == ["ops", "nsInfo"])
        #expect(
            Array(sequences[0].documents) == [
                ["insert": .int32(0), "document": ["_id": 1]],
                [
                    "update": .int32(1), "filter": ["_id": 1], "updateMods": ["$set": ["a": 1]], "multi": false,
                    "upsert": true,
                ],
                ["delete": .int32(0), "filter": [:], "multi": true, "hint": "_id_"],
                ["update": .int32(1), "filter": ["_id": 2], "updateMods": ["b": 1], "multi": false],
            ]
        )
        #expect(Array(sequences[1].documents) == [["ns": "home.kittens"], ["ns": "home.cats"]])
    }

    @Test("are split by their number")
    func count() throws {
        var limits = MessageLimits()
        limits.writeCount = 2
        let model = ClientWriteModel.insertOne(into: kittens, ["a": 1] as BSONDocument)
        let sequences = try operation([model, model, model]).documentSequences(within: limits)
        #expect(sequences.first?.documents.count == 2)
    }

    @Test("are split where one more byte would be more than the message holds, the overhead and the names counted")
    func size() throws {
        let model = ClientWriteModel.insertOne(into: kittens, ["_id": 1] as BSONDocument)
        let other = ClientWriteModel.insertOne(into: cats, ["_id": 1] as BSONDocument)
        let one = try operation([model])
        let fields = try BSONDocument.written(one.encode).byteCount
        let sequences = try one.documentSequences(within: MessageLimits())
        let write = sequences[0].documents[0].byteCount
        let name = sequences[1].documents[0].byteCount
        let otherName = (["ns": "home.cats"] as BSONDocument).byteCount
        func fitting(_ models: [ClientWriteModel], _ room: Int) throws -> Int? {
            var limits = MessageLimits()
            limits.messageSize = 1000 + fields + room
            return try operation(models).documentSequences(within: limits).first?.documents.count
        }
        #expect(try fitting([model, model], name + 2 * write) == 2)
        #expect(try fitting([model, model], name + 2 * write - 1) == 1)
        #expect(try fitting([model, other], name + otherName + 2 * write) == 2)
        #expect(try fitting([model, other], name + otherName + 2 * write - 1) == 1)
        #expect(throws: MongoError.self) { try fitting([model], name + write - 1) }
    }

    @Test("are only for MongoDB 8.0 and newer")
    func version() throws {
        let one = try operation([.deleteOne(in: kittens, [:])])
        let error = #expect(throws: MongoError.self) {
            try one.check(CommandTarget(maxWireVersion: 24, isAcknowledged: true))
        }
        #expect(error?.code == .unsupported)
        #expect(throws: Never.self) { try one.check(CommandTarget(maxWireVersion: 25, isAcknowledged: true)) }
    }

    @Test("say nothing of a partial result when the first of an ordered run was refused")
    func nothingDone() throws {
        let writes = try operation([.deleteOne(in: kittens, [:]), .deleteOne(in: kittens, [:])]).writes
        var progress = ClientBulkWriteProgress(ClientBulkWriteOptions())
        progress.add(output(errors: 1, count: 2))
        progress.add(["ok": 0, "idx": 0, "code": 8, "errmsg": "no"], Array(writes), from: 0)
        #expect(progress.isOver)
        let error = #expect(throws: MongoError.self) { try progress.finish() }
        #expect(error?.clientBulkWrite?.writeErrors[0]?.code == 8)
        #expect(error?.clientBulkWrite?.partialResult == nil)
    }

    @Test("say what was done before the refused one of an ordered run, and by all others of an unordered one")
    func partlyDone() throws {
        let models: [ClientWriteModel] = [
            .insertOne(into: kittens, ["_id": 7] as BSONDocument), .deleteOne(in: kittens, [:]),
        ]
        let writes = Array(try operation(models).writes)
        var ordered = ClientBulkWriteProgress(ClientBulkWriteOptions(verboseResults: true))
        ordered.add(output(errors: 1, count: 2, inserted: 1))
        ordered.add(["ok": 1, "idx": 0, "n": 1], writes, from: 0)
        ordered.add(["ok": 0, "idx": 1, "code": 8], writes, from: 0)
        let error = #expect(throws: MongoError.self) { try ordered.finish() }
        #expect(error?.clientBulkWrite?.partialResult?.insertedCount == 1)
        #expect(error?.clientBulkWrite?.partialResult?.insertResults?[0]?.insertedID == 7)

        var unordered = ClientBulkWriteProgress(ClientBulkWriteOptions(ordered: false))
        unordered.add(output(errors: 1, count: 2))
        #expect(!unordered.isOver)
        let lost = unordered.ended(by: MongoError(.network, "gone"))
        #expect(lost.code == .network)
        #expect(lost.clientBulkWrite?.error?.code == .network)
        #expect(lost.clientBulkWrite?.partialResult != nil)
        #expect(lost.clientBulkWrite?.partialResult?.hasVerboseResults == false)
    }

    @Test("survive places that no server should name")
    func impossiblePlaces() throws {
        let writes = Array(try operation([.deleteOne(in: kittens, [:])]).writes)
        var progress = ClientBulkWriteProgress(ClientBulkWriteOptions(verboseResults: true))
        progress.add(["ok": 1, "idx": .int64(.max), "n": 1], writes, from: 1)
        progress.add(["ok": 1, "idx": -3, "n": 1], writes, from: 0)
        #expect(try progress.finish().deleteResults == [:])
    }

    private func output(errors: Int, count: Int, inserted: Int = 0) -> ClientBulkWriteOperation.Output {
        ClientBulkWriteOperation.Output(
            count: count,
            sums: ClientBulkWriteResult(insertedCount: inserted),
            errorCount: errors
        )
    }
}
