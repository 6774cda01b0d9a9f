// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/crud/bulk-write.md#handling-the-bulkwrite-server-response

import MongoBSON

/// What became of many writes to many collections so far. Pure.
struct ClientBulkWriteProgress: Sendable {
    private let isVerbose: Bool
    private let ordered: Bool
    private var result = ClientBulkWriteResult()
    private var failure = ClientBulkWriteError()
    /// Whether it is known that a write was done.
    private var anyDone = false
    private var labels: Set<String> = []
    private var firstError: MongoError?

    init(_ options: ClientBulkWriteOptions) {
        isVerbose = options.verboseResults
        ordered = options.ordered
        if isVerbose {
            result.insertResults = [:]
            result.updateResults = [:]
            result.deleteResults = [:]
        }
    }

    /// Whether an ordered bulk write ends here.
    var isOver: Bool { ordered && !failure.writeErrors.isEmpty }

    /// A message was answered. Its single results follow.
    mutating func add(_ output: ClientBulkWriteOperation.Output) {
        if !output.sums.isAcknowledged { result.isAcknowledged = false }
        result.insertedCount &+= output.sums.insertedCount
        result.upsertedCount &+= output.sums.upsertedCount
        result.matchedCount &+= output.sums.matchedCount
        result.modifiedCount &+= output.sums.modifiedCount
        result.deletedCount &+= output.sums.deletedCount
        if output.errorCount < (ordered ? 1 : output.count) { anyDone = true }
        if let error = output.writeConcernError {
            firstError = firstError ?? error
            labels.formUnion(error.labels)
            if let error = error.server?.writeConcernError { failure.writeConcernErrors.append(error) }
        }
    }

    /// What became of one of the writes of the message.
    ///
    /// - Parameter start: The place of the message's first write.
    mutating func add(_ entry: BSONDocument, _ writes: [ClientBulkWriteOperation.Write], from start: Int) {
        let index = Int(truncatingIfNeeded: entry.integer(forKey: "idx") ?? 0)
        let (place, overflow) = start.addingReportingOverflow(index)
        guard !overflow, writes.indices.contains(place) else { return }
        guard entry.element(forKey: "ok")?.number != 0 else {
            failure.writeErrors[place] = MongoError.WriteError(
                index: place,
                code: Int(truncatingIfNeeded: entry.integer(forKey: "code") ?? 0),
                message: entry.string(forKey: "errmsg") ?? "",
                errInfo: entry.document(forKey: "errInfo")
            )
            // In order, all before the refused one were done.
            if ordered, index > 0 { anyDone = true }
            return
        }
        anyDone = true
        guard isVerbose else { return }
        let count = Int(truncatingIfNeeded: entry.integer(forKey: "n") ?? 0)
        switch writes[place].kind {
        case .insert:
            result.insertResults?[place] = writes[place].insertedID.map { InsertOneResult(insertedID: $0) }
        case .update:
            let upserted = entry.document(forKey: "upserted")?["_id"]
            result.updateResults?[place] = UpdateResult(
                matchedCount: count,
                modifiedCount: Int(truncatingIfNeeded: entry.integer(forKey: "nModified") ?? 0),
                upsertedID: upserted
            )
        case .delete:
            result.deleteResults?[place] = DeleteResult(deletedCount: count)
        }
    }

    /// The end was reached.
    func finish() throws(MongoError) -> ClientBulkWriteResult {
        guard !failure.writeErrors.isEmpty || !failure.writeConcernErrors.isEmpty else { return result }
        let refused = failure.writeErrors.sorted { $0.key < $1.key }.map(\.value)
        let what =
            refused.isEmpty
            ? "the write concern was not met"
            : "\(refused.count) write\(refused.count == 1 ? " was" : "s were") refused"
        let code = refused.first?.code ?? failure.writeConcernErrors.first?.code ?? 0
        var error = MongoError(
            .write,
            "\(what) (code \(code)\(code == 11000 ? ", duplicate key" : ""))",
            labels: labels,
            server: MongoError.ServerReply(
                code: code,
                codeName: firstError?.server?.codeName,
                message: refused.first?.message ?? failure.writeConcernErrors.first?.message ?? "",
                writeErrors: refused,
                writeConcernError: failure.writeConcernErrors.first,
                address: firstError?.server?.address,
                reply: firstError?.server?.reply
            )
        )
        var failure = failure
        failure.partialResult = anyDone ? result : nil
        error.detail = .clientBulkWrite(failure)
        throw error
    }

    /// An error that ended the whole, with what was done until then.
    func ended(by error: MongoError) -> MongoError {
        var failure = failure
        failure.error = error
        failure.partialResult = anyDone ? result : nil
        var error = error
        error.detail = .clientBulkWrite(failure)
        return error
    }
}
