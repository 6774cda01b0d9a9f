// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/server_write_commands/server_write_commands.md

import MongoBSON

/// `insert`, `update` or `delete`: as many statements of one kind as fit into one message.
struct WriteBatchOperation: Operation {
    typealias Output = (count: Int, reply: WriteReply)

    /// What the statements do. The raw value is the command's name.
    enum Kind: String, Sendable {
        case insert, update, delete

        /// Whose turn comes first when the order is of no matter.
        var turn: Int {
            switch self {
            case .insert: 0
            case .update: 1
            case .delete: 2
            }
        }

        /// The command's field for the statements.
        var field: String {
            switch self {
            case .insert: "documents"
            case .update: "updates"
            case .delete: "deletes"
            }
        }
    }

    var namespace: MongoNamespace
    var kind: Kind
    var statements: ArraySlice<BSONDocument>
    var ordered: Bool
    var options: WriteCommandOptions
    /// The first statement that is for many documents: such a one has no number by which the server could tell its second
    /// attempt. `nil` when there is none.
    var firstForMany: Int?
    /// A hint of one of the statements.
    var hint: BSON?

    var commandName: String { kind.rawValue }
    var database: String { namespace.database }
    var collectionName: String? { namespace.collection }
    var purpose: ServerSelector.Purpose { .write }
    var retryability: Retryability { firstForMany == statements.startIndex ? .never : .write }
    var accepts: CommandSettings.Fields { .writeConcern }
    var rawData: Bool? { options.rawData }

    func check(_ target: CommandTarget) throws(MongoError) {
        let version = kind == .update ? HintRule.updateWireVersion : HintRule.deleteWireVersion
        try HintRule.check(hint, since: version, target)
    }

    func isRetryable(within limits: MessageLimits) -> Bool {
        guard let firstForMany else { return true }
        guard let sent = try? prefix(within: limits) else { return false }
        return sent.endIndex <= firstForMany
    }

    func encode(into command: inout BSONWriter) {
        command.append(kind.rawValue, namespace.collection)
        command.append("ordered", ordered)
        options.encode(into: &command)
    }

    func documentSequences(within limits: MessageLimits) throws(MongoError) -> [OpMessage.DocumentSequence] {
        [OpMessage.DocumentSequence(identifier: kind.field, documents: try prefix(within: limits))]
    }

    private func prefix(within limits: MessageLimits) throws(MongoError) -> ArraySlice<BSONDocument> {
        var limits = limits
        // The server's limit is for documents that are stored; what is around them in a statement has room of its own.
        if kind != .insert { limits.documentSize += WriteBatch.overhead }
        return try WriteBatch.prefix(of: statements, within: limits)
    }

    /// How many of the statements went out, and what became of them.
    func decode(_ reply: BSONDocument, _ context: ReplyContext) throws(MongoError) -> Output {
        (context.sequenceCount, WriteReply(reply, context))
    }

    func refusal(in output: Output) -> MongoError? { output.reply.error }
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
