// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/command-logging-and-monitoring/command-logging-and-monitoring.md#security

import MongoBSON
import NIOCore

/// Tells the observer of one command. Made only when somebody listens.
struct CommandReport {
    private let info: CommandInfo
    private let isSensitive: Bool
    private let start = NIODeadline.now()
    private let observer: Observer
    /// `nil` when no spans are wanted, and for a sensitive command.
    private let span: CommandSpan?

    /// - Returns: `nil` when nobody listens.
    init?(
        _ operation: some Operation,
        _ message: CommandBuilder.Message,
        on lease: borrowing ConnectionLease,
        _ run: OperationRun,
        _ observer: Observer
    ) {
        guard observer.isActive(.command) || run.context.span != nil else { return nil }
        let description = lease.description
        info = CommandInfo(
            commandName: operation.commandName,
            databaseName: operation.database,
            requestID: Int64(message.id),
            operationID: run.operationID,
            address: description.address,
            driverConnectionID: Int64(lease.id),
            serverConnectionID: description.hello.connectionID,
            serviceID: description.hello.serviceID
        )
        isSensitive = Self.isSensitive(operation.commandName, body: message.body)
        self.observer = observer
        if let parent = run.context.span, !isSensitive {
            let subject = SpanSubject(command: operation)
            span = CommandSpan(subject, info, body: message.body, command: message.command, in: parent)
        } else {
            span = nil
        }
    }

    func started(_ message: CommandBuilder.Message) {
        // The documents are put together for those who read them.
        guard observer.isRead(.command) else { return }
        let command = isSensitive ? BSONDocument() : message.command
        observer.tell(.command(.started(CommandStartedEvent(info: info, command: command))))
    }

    func succeeded(_ reply: BSONDocument) {
        span?.succeeded(reply)
        let reply = isSensitive ? BSONDocument() : reply
        observer.tell(.command(.succeeded(CommandSucceededEvent(info: info, duration: duration, reply: reply))))
    }

    func failed(_ error: MongoError) {
        span?.failed(error)
        var error = error
        if isSensitive { error.redact() }
        observer.tell(.command(.failed(CommandFailedEvent(info: info, duration: duration, failure: error))))
    }

    private var duration: Duration {
        .nanoseconds((NIODeadline.now() - start).nanoseconds)
    }

    /// Whether a command or its reply holds secrets: how it is called, or that it logs in with the hello.
    static func isSensitive(_ commandName: String, body: BSONDocument) -> Bool {
        switch commandName.lowercased() {
        case "authenticate", "saslstart", "saslcontinue", "getnonce", "createuser", "updateuser", "copydbgetnonce",
            "copydbsaslstart", "copydb":
            true
        case "hello", "ismaster":
            body.element(forKey: "speculativeAuthenticate") != nil
        default:
            false
        }
    }
}

extension CommandBuilder.Message {
    /// The body, as a view of the message.
    var body: BSONDocument {
        BSONDocument(
            trusted: bytes.getSlice(at: bytes.readerIndex + OpMessage.prefixLength, length: bodyLength) ?? ByteBuffer()
        )
    }

    /// The body with the documents that travel beside it.
    var command: BSONDocument {
        guard !sequences.isEmpty else { return body }
        var writer = BSONWriter(capacity: bytes.readableBytes + 64)
        writer.appendFields(of: body)
        for sequence in sequences { writer.append(sequence.identifier, Array(sequence.documents)) }
        // The same documents were written a moment ago.
        return (try? writer.finishDocument()) ?? body
    }
}

extension MongoError {
    /// Takes out everything that the server said.
    fileprivate mutating func redact() {
        guard let server else { return }
        let name = server.codeName.map { "\($0) " } ?? ""
        message = "the server refused the command: \(name)(code \(server.code)); its words are left out"
        self.server?.message = ""
        self.server?.writeErrors = []
        self.server?.writeConcernError = nil
        self.server?.reply = nil
        underlying = nil
    }
}
