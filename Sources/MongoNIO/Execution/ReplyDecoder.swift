// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON

/// Turns a message into the body of a reply, or into the error that the server sent.
///
/// Before it on the way back: `Connection`. After it: the operation's own `decode`.
enum ReplyDecoder {
    /// - Throws: `MongoError` of the kind `invalidResponse` when this is no reply, of the kind `command` when the server
    ///   refused the command. Errors of single writes are left to the operation.
    static func decode(_ frame: MessageFramer.Frame, address: ServerAddress?) throws(MongoError) -> BSONDocument {
        let reply = try OpMessage.decode(frame)
        guard isOK(reply.body) else {
            throw commandError(reply.body, address: address)
        }
        return reply.body
    }

    private static func isOK(_ body: BSONDocument) -> Bool {
        guard let ok = body.element(forKey: "ok") else { return false }
        return ok.number == 1 || ok.truth == true
    }

    private static func commandError(_ body: BSONDocument, address: ServerAddress?) -> MongoError {
        let code = Int(truncatingIfNeeded: body.integer(forKey: "code") ?? 0)
        let codeName = body.string(forKey: "codeName")
        let message = body.string(forKey: "errmsg") ?? ""
        return MongoError(
            .command,
            "the server\(address.map { " \($0)" } ?? "") refused the command: "
                + "\(codeName ?? "error") (\(code))",
            labels: labels(body),
            server: MongoError.ServerReply(
                code: code,
                codeName: codeName,
                message: message,
                address: address,
                reply: body
            )
        )
    }

    /// The error of a reply whose command was done, but not acknowledged as it should have been; `nil` when all is well.
    static func writeConcernError(_ body: BSONDocument, address: ServerAddress?) -> MongoError? {
        guard let entry = body.document(forKey: "writeConcernError") else { return nil }
        let error = MongoError.WriteConcernError(
            code: Int(truncatingIfNeeded: entry.integer(forKey: "code") ?? 0),
            codeName: entry.string(forKey: "codeName"),
            message: entry.string(forKey: "errmsg") ?? "",
            errInfo: entry.document(forKey: "errInfo")
        )
        return MongoError(
            .write,
            "\(address.map { "\($0): " } ?? "")the write concern was not met (code \(error.code))",
            // Servers before 4.4 put the labels beside the error.
            labels: labels(body).union(labels(entry)),
            server: MongoError.ServerReply(
                code: error.code,
                codeName: error.codeName,
                message: error.message,
                writeConcernError: error,
                address: address,
                reply: body
            )
        )
    }

    static func labels(_ body: BSONDocument) -> Set<String> {
        Set(body.array(forKey: "errorLabels")?.elements.compactMap(\.string) ?? [])
    }
}
