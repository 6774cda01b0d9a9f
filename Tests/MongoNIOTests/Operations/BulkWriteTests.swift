// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import Testing

@testable import MongoNIO

@Suite("The plan of a bulk write")
struct BulkWritePlanTests {
    private let models: [WriteModel<BSONDocument>] = [
        .insertOne(["_id": 0]), .insertOne(["_id": 1]), .updateOne(["_id": 0], ["$set": ["a": 1]]),
        .insertOne(["_id": 3]), .deleteMany([:]), .deleteOne(["_id": 5]),
    ]

    private func plan(ordered: Bool) throws -> [(WriteBatchOperation.Kind, [Int])] {
        BulkWritePlan(try models.map { try $0.encoded() }, ordered: ordered).groups.map { ($0.kind, $0.places) }
    }

    @Test("keeps the order, and sends neighbors of one kind together")
    func ordered() throws {
        let groups = try plan(ordered: true)
        #expect(groups.map(\.0) == [.insert, .update, .insert, .delete])
        #expect(groups.map(\.1) == [[0, 1], [2], [3], [4, 5]])
    }

    @Test("sends all of a kind together when the order is of no matter")
    func unordered() throws {
        let groups = try plan(ordered: false)
        #expect(groups.map(\.0) == [.insert, .update, .delete])
        #expect(groups.map(\.1) == [[0, 1, 3], [2], [4, 5]])
        let deletionFirst: [WriteModel<BSONDocument>] = [.deleteOne([:]), .insertOne([:])]
        let plan = BulkWritePlan(try deletionFirst.map { try $0.encoded() }, ordered: false)
        #expect(plan.groups.map(\.kind) == [.insert, .delete])
        #expect(plan.groups.map(\.places) == [[1], [0]])
    }

    @Test("refuses updates without an operator, and replacements with one")
    func validation() throws {
        let update = #expect(throws: MongoError.self) {
            try WriteModel<BSONDocument>.updateOne([:], ["a": 1]).encoded()
        }
        #expect(update?.code == .invalidArgument)
        #expect(throws: MongoError.self) { try WriteModel<BSONDocument>.updateMany([:], [:] as BSONDocument).encoded() }
        #expect(throws: MongoError.self) { try WriteModel<BSONDocument>.replaceOne([:], ["$set": ["a": 1]]).encoded() }
        // A replacement may be empty: that is a document without fields.
        #expect(throws: Never.self) { try WriteModel<BSONDocument>.replaceOne([:], [:]).encoded() }
    }
}

@Suite("The progress of a bulk write")
struct BulkWriteProgressTests {
    private func writes(_ kind: WriteBatchOperation.Kind, _ count: Int) -> [EncodedWrite] {
        (0..<count).map { EncodedWrite(kind: kind, statement: [:], insertedID: .int32(Int32($0))) }
    }

    private func reply(_ document: BSONDocument) throws -> WriteReply {
        WriteReply(document, try Samples.context())
    }

    @Test("names writes by their place in what the caller gave")
    func places() throws {
        var progress = BulkWriteProgress()
        let writes = writes(.insert, 3)
        let refused: BSONDocument = ["index": 1, "code": 11000, "errmsg": "dup"]
        progress.add(
            try reply(["n": 2, "writeErrors": [.document(refused)]]),
            kind: .insert,
            writes[0..<3],
            at: [4, 6, 9][0..<3],
            ordered: false
        )
        #expect(progress.result.insertedCount == 2)
        #expect(progress.result.insertedIDs == [4: .int32(0), 9: .int32(2)])
        #expect(progress.writeErrors.map(\.index) == [6])
        #expect(progress.error?.bulkWriteResult == progress.result)
        #expect(progress.error?.server?.code == 11000)
    }

    @Test("of an ordered one takes nothing behind the refusal for inserted")
    func orderedInsertedIDs() throws {
        var progress = BulkWriteProgress()
        let writes = writes(.insert, 3)
        let refused: BSONDocument = ["index": 1, "code": 11000, "errmsg": "dup"]
        progress.add(
            try reply(["n": 1, "writeErrors": [.document(refused)]]),
            kind: .insert,
            writes[...],
            at: [0, 1, 2][...],
            ordered: true
        )
        #expect(progress.result.insertedIDs == [0: .int32(0)])
    }

    @Test("counts an upsert as upserted, and not as matched")
    func upserts() throws {
        var progress = BulkWriteProgress()
        let upserted: BSONDocument = ["index": 1, "_id": "new"]
        progress.add(
            try reply(["n": 3, "nModified": 1, "upserted": [.document(upserted)]]),
            kind: .update,
            writes(.update, 2)[...],
            at: [0, 7][...],
            ordered: true
        )
        #expect(progress.result.matchedCount == 2)
        #expect(progress.result.modifiedCount == 1)
        #expect(progress.result.upsertedIDs == [7: "new"])
        #expect(progress.error == nil)
    }

    @Test("survives places that no server should name")
    func impossiblePlaces() throws {
        var progress = BulkWriteProgress()
        let refused: BSONDocument = ["index": .int64(.max), "code": 1]
        let upserted: BSONDocument = ["index": -5, "_id": 1]
        progress.add(
            try reply(["n": .int64(.min), "writeErrors": [.document(refused)], "upserted": [.document(upserted)]]),
            kind: .update,
            writes(.update, 2)[1..<2],
            at: [3, 4][1..<2],
            ordered: true
        )
        #expect(progress.writeErrors.count == 1)
    }

    @Test("of writes that nobody acknowledged says so")
    func unacknowledged() throws {
        var progress = BulkWriteProgress()
        let reply = WriteReply([:], try Samples.context(isAcknowledged: false))
        progress.add(reply, kind: .delete, writes(.delete, 1)[...], at: [0][...], ordered: true)
        #expect(!progress.result.isAcknowledged)
        #expect(progress.error == nil)
    }
}
