// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON

/// `insert`: as many of the documents as fit into one message.
struct InsertOperation: Operation {
    typealias Output = (count: Int, reply: WriteReply)

    var namespace: MongoNamespace
    var documents: ArraySlice<BSONDocument>
    var options: InsertManyOptions

    var commandName: String { "insert" }
    var database: String { namespace.database }
    var purpose: ServerSelector.Purpose { .write }
    var retryability: Retryability { .write }
    var accepts: CommandSettings.Fields { .writeConcern }

    func encode(into command: inout BSONWriter) {
        command.append("insert", namespace.collection)
        command.append("ordered", options.ordered)
        if let bypass = options.bypassDocumentValidation { command.append("bypassDocumentValidation", bypass) }
        command.append("comment", ifPresent: options.comment)
    }

    func documentSequence(within limits: MessageLimits) throws(MongoError) -> OpMessage.DocumentSequence? {
        OpMessage.DocumentSequence(
            identifier: "documents",
            documents: try WriteBatch.prefix(of: documents, within: limits)
        )
    }

    /// How many of the documents went out, and what became of them.
    func decode(_ reply: BSONDocument, _ context: ReplyContext) throws(MongoError) -> Output {
        (context.sequenceCount, WriteReply(reply, context))
    }
}

/// Decides how many writes go into one message. Pure.
enum WriteBatch {
    /// What the rest of the message (header, body, the section's own head) takes at most, in bytes.
    static let overhead = 16 << 10

    /// The longest beginning of the documents that fits.
    ///
    /// - Throws: `MongoError` when the first document is larger than the server accepts. One further on is met when its
    ///   turn comes: what is before it is written first, as the server would do it.
    static func prefix(
        of documents: ArraySlice<BSONDocument>,
        within limits: MessageLimits
    ) throws(MongoError) -> ArraySlice<BSONDocument> {
        var size = overhead
        var end = documents.startIndex
        while end < documents.endIndex, end - documents.startIndex < limits.writeCount {
            let length = documents[end].byteCount
            if length > limits.documentSize {
                guard end > documents.startIndex else {
                    throw MongoError(
                        .invalidArgument,
                        "a document of \(length) bytes is larger than the server accepts (\(limits.documentSize))"
                    )
                }
                break
            }
            size += length
            if size > limits.messageSize, end > documents.startIndex { break }
            end += 1
        }
        return documents[documents.startIndex..<end]
    }
}
