// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/server_write_commands/server_write_commands.md

import MongoBSON

/// What insert, update and delete are answered with.
struct WriteReply: Sendable {
    /// How many documents were inserted, matched or deleted.
    var count: Int
    /// How many documents were changed; `nil` except for updates.
    var modifiedCount: Int?
    /// The ids of documents that an update inserted, by the place of the update.
    var upserted: [(index: Int, id: BSON)]
    /// Whether the server answered at all.
    var isAcknowledged: Bool
    /// The refusal of some or all of the writes, or of the write concern.
    var error: MongoError?
    /// Whether the operation has a timeout.
    private let hasTimeout: Bool

    init(_ reply: BSONDocument, _ context: ReplyContext) {
        count = Int(truncatingIfNeeded: reply.integer(forKey: "n") ?? 0)
        modifiedCount = reply.integer(forKey: "nModified").map { Int(truncatingIfNeeded: $0) }
        upserted = Self.upserted(reply)
        isAcknowledged = context.isAcknowledged
        error = Self.error(reply, address: context.server.address)
        hasTimeout = context.continuation.deadline != nil
    }

    /// The refusal as the user is told of it.
    var refusal: MongoError? { error.map { OperationExecutor.judged($0, hasTimeout: hasTimeout) } }

    private static func upserted(_ reply: BSONDocument) -> [(index: Int, id: BSON)] {
        guard let entries = reply.array(forKey: "upserted") else { return [] }
        return entries.elements.compactMap { element in
            guard let entry = element.document, let id = entry.element(forKey: "_id")?.value else { return nil }
            return (Int(truncatingIfNeeded: entry.integer(forKey: "index") ?? 0), id)
        }
    }

    private static func error(_ reply: BSONDocument, address: ServerAddress) -> MongoError? {
        let writeErrors = (reply.array(forKey: "writeErrors")?.elements.compactMap(\.document) ?? []).map { entry in
            MongoError.WriteError(
                index: Int(truncatingIfNeeded: entry.integer(forKey: "index") ?? 0),
                code: Int(truncatingIfNeeded: entry.integer(forKey: "code") ?? 0),
                message: entry.string(forKey: "errmsg") ?? "",
                errInfo: entry.document(forKey: "errInfo")
            )
        }
        let concernError = reply.document(forKey: "writeConcernError").map { entry in
            MongoError.WriteConcernError(
                code: Int(truncatingIfNeeded: entry.integer(forKey: "code") ?? 0),
                codeName: entry.string(forKey: "codeName"),
                message: entry.string(forKey: "errmsg") ?? "",
                errInfo: entry.document(forKey: "errInfo")
            )
        }
        guard !writeErrors.isEmpty || concernError != nil else { return nil }
        let code = writeErrors.first?.code ?? concernError?.code ?? 0
        let what =
            writeErrors.isEmpty
            ? "the write concern was not met"
            : "\(writeErrors.count) write\(writeErrors.count == 1 ? " was" : "s were") refused"
        return MongoError(
            .write,
            "\(address): \(what) (code \(code)\(code == 11000 ? ", duplicate key" : ""))",
            labels: ReplyDecoder.labels(reply),
            server: MongoError.ServerReply(
                code: code,
                codeName: code == 11000 ? "DuplicateKey" : concernError?.codeName,
                message: writeErrors.first?.message ?? concernError?.message ?? "",
                writeErrors: writeErrors,
                writeConcernError: concernError,
                address: address,
                reply: reply
            )
        )
    }
}
