// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/crud/crud.md#error-handling

extension MongoError {
    /// What only some operations have to say of their failure. Indirect: it is rare, and errors should be small.
    indirect enum Detail: Sendable {
        case bulkWrite(BulkWriteResult)
        case clientBulkWrite(ClientBulkWriteError)
    }

    /// What `insertMany` or `bulkWrite` of a collection had done when it failed; `nil` for other operations, and when
    /// nothing was sent.
    public var bulkWriteResult: BulkWriteResult? {
        guard case .bulkWrite(let result) = detail else { return nil }
        return result
    }

    /// What came of the single writes of ``MongoClient/bulkWrite(_:options:session:)`` when it failed; `nil` for other
    /// operations, and when nothing was sent.
    public var clientBulkWrite: ClientBulkWriteError? {
        guard case .clientBulkWrite(let error) = detail else { return nil }
        return error
    }
}
