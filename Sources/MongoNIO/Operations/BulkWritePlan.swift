// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/crud/crud.md#insert-update-replace-delete-and-bulk-writes

import MongoBSON

/// One of many writes, ready to be sent.
struct EncodedWrite: Sendable {
    var kind: WriteBatchOperation.Kind
    /// The document to insert, or the statement of an update or a deletion.
    var statement: BSONDocument
    /// The `_id` of the document to insert.
    var insertedID: BSON?
    /// Whether it changes all documents that match.
    var isForMany = false
    var hint: BSON?
}

/// In which groups many writes are sent. Pure.
///
/// A command takes writes of one kind. In order, only neighbors of one kind can go together; without, all of a kind can:
/// first the insertions, then the updates, then the deletions, as other drivers send them.
struct BulkWritePlan: Sendable {
    /// Writes of one kind that go out one after the other.
    struct Group: Sendable {
        var kind: WriteBatchOperation.Kind
        var writes: [EncodedWrite]
        /// Which of the caller's writes these are.
        var places: [Int]
    }

    private(set) var groups: [Group] = []

    init(_ writes: [EncodedWrite], ordered: Bool) {
        for (place, write) in writes.enumerated() {
            let group = ordered ? lastGroup(of: write.kind) : groups.firstIndex { $0.kind == write.kind }
            if let group {
                groups[group].writes.append(write)
                groups[group].places.append(place)
            } else {
                groups.append(Group(kind: write.kind, writes: [write], places: [place]))
            }
        }
        if !ordered { groups.sort { $0.kind.turn < $1.kind.turn } }
    }

    private func lastGroup(of kind: WriteBatchOperation.Kind) -> Int? {
        groups.last?.kind == kind ? groups.count - 1 : nil
    }
}

/// What became of many writes so far. Pure.
struct BulkWriteProgress: Sendable {
    private(set) var result = BulkWriteResult()
    private(set) var writeErrors: [MongoError.WriteError] = []
    private var writeConcernError: MongoError.WriteConcernError?
    /// The first error, from which the combined one takes its label, code and address.
    private var first: MongoError?
    private var labels: Set<String> = []

    /// The writes of one message were answered.
    ///
    /// - Parameters:
    ///   - writes: The writes that went out, and no others.
    ///   - places: Which of the caller's writes these are.
    mutating func add(
        _ reply: WriteReply,
        kind: WriteBatchOperation.Kind,
        _ writes: ArraySlice<EncodedWrite>,
        at places: ArraySlice<Int>,
        ordered: Bool
    ) {
        func place(_ index: Int) -> Int {
            // The server counts from the first of what it got.
            let (place, overflow) = places.startIndex.addingReportingOverflow(index)
            return !overflow && places.indices.contains(place) ? places[place] : index
        }
        // The numbers are the server's: whatever they are, they must not trap.
        if !reply.isAcknowledged { result.isAcknowledged = false }
        let errors = reply.error?.server?.writeErrors ?? []
        switch kind {
        case .insert:
            result.insertedCount &+= reply.count
            let refused = Set(errors.map(\.index))
            let end = ordered ? errors.map(\.index).min() ?? writes.count : writes.count
            for (index, write) in writes.prefix(max(0, end)).enumerated() where !refused.contains(index) {
                result.insertedIDs[place(index)] = write.insertedID
            }
        case .update:
            // The server counts a document that was inserted as matched; the specification does not.
            result.matchedCount &+= reply.count &- reply.upserted.count
            result.modifiedCount &+= reply.modifiedCount ?? 0
            for (index, id) in reply.upserted { result.upsertedIDs[place(index)] = id }
        case .delete:
            result.deletedCount &+= reply.count
        }
        guard let error = reply.error else { return }
        first = first ?? error
        labels.formUnion(error.labels)
        writeErrors += errors.map { error in
            var error = error
            error.index = place(error.index)
            return error
        }
        writeConcernError = writeConcernError ?? error.server?.writeConcernError
    }

    /// The refusals as one error; `nil` when there are none.
    var error: MongoError? {
        guard var error = first else { return nil }
        let errors = writeErrors.sorted { $0.index < $1.index }
        error.labels = labels
        error.server?.writeErrors = errors
        error.server?.writeConcernError = writeConcernError
        if let first = errors.first {
            error.server?.code = first.code
            error.server?.message = first.message
            if errors.count > 1 {
                error.message = "\(errors.count) writes were refused (the first with code \(first.code))"
            }
        }
        error.detail = .bulkWrite(result)
        return error
    }

    /// An error that ended the whole, with what was done until then.
    func ended(by error: MongoError) -> MongoError {
        var error = error
        error.detail = .bulkWrite(result)
        return error
    }
}
