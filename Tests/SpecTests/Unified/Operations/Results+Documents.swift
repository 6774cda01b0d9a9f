// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/unified-test-format/unified-test-format.md#converting-returned-model-objects-to-documents

import MongoBSON
import MongoNIO

// The results of writes, under the names of the specification. One that was not acknowledged has no counts.

extension InsertOneResult {
    var testDocument: BSONDocument { ["acknowledged": .bool(isAcknowledged), "insertedId": insertedID] }
}

extension InsertManyResult {
    var testDocument: BSONDocument {
        guard isAcknowledged else { return ["acknowledged": false] }
        return BulkWriteResult.testDocument(
            inserted: insertedIDs.count,
            insertedIDs: insertedIDs,
            matched: 0,
            modified: 0,
            deleted: 0,
            upsertedIDs: [:]
        )
    }
}

extension UpdateResult {
    var testDocument: BSONDocument {
        guard isAcknowledged else { return ["acknowledged": false] }
        var document: BSONDocument = [
            "acknowledged": true, "matchedCount": BSON(matchedCount), "modifiedCount": BSON(modifiedCount),
            "upsertedCount": BSON(upsertedCount),
        ]
        if let upsertedID { document["upsertedId"] = upsertedID }
        return document
    }
}

extension DeleteResult {
    var testDocument: BSONDocument {
        guard isAcknowledged else { return ["acknowledged": false] }
        return ["acknowledged": true, "deletedCount": BSON(deletedCount)]
    }
}

extension BulkWriteResult {
    var testDocument: BSONDocument {
        guard isAcknowledged else { return ["acknowledged": false] }
        return Self.testDocument(
            inserted: insertedCount,
            insertedIDs: insertedIDs,
            matched: matchedCount,
            modified: modifiedCount,
            deleted: deletedCount,
            upsertedIDs: upsertedIDs
        )
    }

    fileprivate static func testDocument(
        inserted: Int,
        insertedIDs: [Int: BSON],
        matched: Int,
        modified: Int,
        deleted: Int,
        upsertedIDs: [Int: BSON]
    ) -> BSONDocument {
        [
            "acknowledged": true,
            "insertedCount": BSON(inserted),
            "insertedIds": .document(byIndex(insertedIDs) { $0 }),
            "matchedCount": BSON(matched),
            "modifiedCount": BSON(modified),
            "deletedCount": BSON(deleted),
            "upsertedCount": BSON(upsertedIDs.count),
            "upsertedIds": .document(byIndex(upsertedIDs) { $0 }),
        ]
    }
}

extension ClientBulkWriteResult {
    var testDocument: BSONDocument {
        guard isAcknowledged else { return ["acknowledged": false] }
        var document: BSONDocument = [
            "acknowledged": true,
            "insertedCount": BSON(insertedCount),
            "upsertedCount": BSON(upsertedCount),
            "matchedCount": BSON(matchedCount),
            "modifiedCount": BSON(modifiedCount),
            "deletedCount": BSON(deletedCount),
        ]
        // Of single writes the tests know the fields without those that say the same for all.
        if let insertResults {
            document["insertResults"] = .document(byIndex(insertResults) { .document(["insertedId": $0.insertedID]) })
        }
        if let updateResults {
            document["updateResults"] = .document(
                byIndex(updateResults) { result in
                    var fields: BSONDocument = [
                        "matchedCount": BSON(result.matchedCount), "modifiedCount": BSON(result.modifiedCount),
                    ]
                    if let id = result.upsertedID { fields["upsertedId"] = id }
                    return .document(fields)
                }
            )
        }
        if let deleteResults {
            document["deleteResults"] = .document(
                byIndex(deleteResults) { .document(["deletedCount": BSON($0.deletedCount)]) }
            )
        }
        return document
    }
}

private func byIndex<Value>(_ values: [Int: Value], _ convert: (Value) -> BSON) -> BSONDocument {
    BSONDocument(values.sorted { $0.key < $1.key }.map { (String($0.key), convert($0.value)) })
}

/// What a bulk write reports beside its error.
struct BulkWriteFailure {
    var partialResult: BSONDocument?
    var writeErrors: [Int: BSONDocument] = [:]
    var writeConcernErrors: [BSONDocument] = []

    init(_ error: any Error) {
        guard let error = error as? MongoError else { return }
        guard let bulk = error.clientBulkWrite else {
            partialResult = error.bulkWriteResult?.testDocument
            for error in error.server?.writeErrors ?? [] { writeErrors[error.index] = error.testDocument }
            writeConcernErrors = [error.server?.writeConcernError].compactMap { $0?.testDocument }
            return
        }
        partialResult = bulk.partialResult?.testDocument
        writeErrors = bulk.writeErrors.mapValues(\.testDocument)
        writeConcernErrors = bulk.writeConcernErrors.map(\.testDocument)
    }
}

extension MongoError.WriteError {
    fileprivate var testDocument: BSONDocument { .refusal(code: code, message: message, details: errInfo) }
}

extension MongoError.WriteConcernError {
    fileprivate var testDocument: BSONDocument { .refusal(code: code, message: message, details: errInfo) }
}

extension BSONDocument {
    fileprivate static func refusal(code: Int, message: String, details: BSONDocument?) -> BSONDocument {
        var document: BSONDocument = ["code": BSON(code), "message": .string(message)]
        if let details { document["details"] = .document(details) }
        return document
    }
}
