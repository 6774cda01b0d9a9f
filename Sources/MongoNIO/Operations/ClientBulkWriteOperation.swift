// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/crud/bulk-write.md#building-a-bulkwrite-command

import MongoBSON

/// `bulkWrite`: as many writes to any collections as fit into one message. Of MongoDB 8.0.
struct ClientBulkWriteOperation: Operation {
    /// One of the writes, ready to be sent but for the place of its namespace.
    struct Write: Sendable {
        var kind: WriteBatchOperation.Kind
        var namespace: MongoNamespace
        /// All fields but the first, which names the kind and the namespace's place.
        var rest: BSONDocument
        /// The `_id` of the document to insert.
        var insertedID: BSON?
        /// Whether it changes all documents that match.
        var isForMany = false
    }

    /// What the command is answered with: the sums, and a cursor over the single results.
    struct Output: Sendable {
        /// How many of the writes went out.
        var count: Int
        var sums: ClientBulkWriteResult
        var errorCount: Int
        var writeConcernError: MongoError?
        /// `nil` when the write concern asks for no acknowledgment.
        var cursor: CursorReply?
    }

    var writes: ArraySlice<Write>
    var options: ClientBulkWriteOptions

    /// MongoDB 8.0.
    static let wireVersion = 25
    /// What the rest of a message (its head, the fields that every command has) takes at most, by the specification.
    static let overhead = 1000

    var commandName: String { "bulkWrite" }
    var database: String { "admin" }
    var purpose: ServerSelector.Purpose { .write }
    // A write of many documents has no number by which the server could tell its second attempt.
    var retryability: Retryability { writes.first?.isForMany == true ? .never : .write }
    var accepts: CommandSettings.Fields { .writeConcern }
    var rawData: Bool? { options.rawData }

    func check(_ target: CommandTarget) throws(MongoError) {
        guard target.maxWireVersion >= Self.wireVersion else {
            throw MongoError(
                .unsupported,
                "writes to many collections at once need MongoDB 8.0; bulkWrite on a collection does with any server"
            )
        }
    }

    func isRetryable(within limits: MessageLimits) -> Bool {
        guard let firstForMany = writes.firstIndex(where: \.isForMany) else { return true }
        guard let sent = try? documentSequences(within: limits).first?.documents.count else { return false }
        return writes.startIndex + sent <= firstForMany
    }

    func encode(into command: inout BSONWriter) {
        command.append("bulkWrite", Int32(1))
        command.append("errorsOnly", !options.verboseResults)
        command.append("ordered", options.ordered)
        command.append("bypassDocumentValidation", ifPresent: options.bypassDocumentValidation)
        command.append("comment", ifPresent: options.comment)
        command.append("let", ifPresent: options.let)
    }

    func documentSequences(within limits: MessageLimits) throws(MongoError) -> [OpMessage.DocumentSequence] {
        let fields = try BSONDocument.written(encode)
        let room = limits.messageSize - Self.overhead - fields.byteCount
        var batch = Batch(room: room, count: limits.writeCount)
        for write in writes {
            guard try batch.add(write) else { break }
        }
        guard !batch.operations.isEmpty else {
            throw MongoError(.invalidArgument, "a write is larger than the message that the server accepts")
        }
        return [
            OpMessage.DocumentSequence(identifier: "ops", documents: batch.operations[...]),
            OpMessage.DocumentSequence(identifier: "nsInfo", documents: batch.namespaces[...]),
        ]
    }

    /// Fills one message. Pure.
    struct Batch {
        private var room: Int
        private let count: Int
        private(set) var operations: [BSONDocument] = []
        private(set) var namespaces: [BSONDocument] = []
        private var places: [MongoNamespace: Int32] = [:]

        init(room: Int, count: Int) {
            self.room = room
            self.count = count
        }

        /// - Returns: Whether the write is in; otherwise the message is full.
        mutating func add(_ write: Write) throws(MongoError) -> Bool {
            guard operations.count < count else { return false }
            let known = places[write.namespace]
            let place = known ?? Int32(clamping: namespaces.count)
            let operation = try BSONDocument.written { operation in
                operation.append(write.kind.rawValue, place)
                operation.appendFields(of: write.rest)
            }
            let namespace: BSONDocument? = known == nil ? ["ns": .string(write.namespace.description)] : nil
            let size = operation.byteCount + (namespace?.byteCount ?? 0)
            guard size <= room else { return false }
            room -= size
            operations.append(operation)
            if let namespace {
                namespaces.append(namespace)
                places[write.namespace] = place
            }
            return true
        }
    }

    func decode(_ reply: BSONDocument, _ context: ReplyContext) throws(MongoError) -> Output {
        func count(_ key: String) -> Int { Int(truncatingIfNeeded: reply.integer(forKey: key) ?? 0) }
        let sums = ClientBulkWriteResult(
            isAcknowledged: context.isAcknowledged,
            insertedCount: count("nInserted"),
            upsertedCount: count("nUpserted"),
            matchedCount: count("nMatched"),
            modifiedCount: count("nModified"),
            deletedCount: count("nDeleted")
        )
        return Output(
            count: context.sequenceCount,
            sums: sums,
            errorCount: count("nErrors"),
            writeConcernError: WriteReply(reply, context).error,
            cursor: context.isAcknowledged ? try CursorReply(reply, batchField: "firstBatch", context) : nil
        )
    }
}
