// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/open-telemetry/open-telemetry.md#instrumenting-server-commands

import MongoBSON

/// The span of one command that is sent for an operation.
struct CommandSpan: Sendable {
    private let span: any OpenSpan
    private let operation: OperationSpan

    /// Begins the span.
    ///
    /// - Parameters:
    ///   - subject: The command and what it works on.
    ///   - info: Where it goes.
    ///   - body: The message's body.
    ///   - command: The body with the documents that travel beside it; asked for only when it is shown.
    init(
        _ subject: SpanSubject,
        _ info: CommandInfo,
        body: BSONDocument,
        command: @autoclosure () -> BSONDocument,
        in operation: OperationSpan
    ) {
        var attributes = Self.attributes(subject, info, body: body)
        let length = operation.tracer.queryTextLength
        if length > 0 { attributes.add("db.query.text", Self.text(of: command(), length: length)) }
        span = operation.tracer.collector.begin(subject.name, attributes, in: operation.span)
        self.operation = operation
    }

    func succeeded(_ reply: BSONDocument) {
        var attributes = SpanAttributeList()
        attributes.add("db.mongodb.cursor_id", Self.cursorID(in: reply))
        if !attributes.values.isEmpty { span.add(attributes) }
        span.end()
        operation.commandEnded(failed: false)
    }

    func failed(_ error: MongoError) {
        span.fail(error, .of(error))
        span.end()
        operation.commandEnded(failed: true)
    }

    // MARK: Pure

    static func attributes(_ subject: SpanSubject, _ info: CommandInfo, body: BSONDocument) -> SpanAttributeList {
        var attributes = subject.commonAttributes
        attributes.add("db.command.name", subject.name)
        attributes.add("db.query.summary", subject.summary)
        attributes.add("network.transport", info.address.kind == .unixSocket ? "unix" : "tcp")
        attributes.add("server.address", info.address.host)
        attributes.add("server.port", info.address.port.map { Int64($0) })
        attributes.add("db.mongodb.driver_connection_id", info.driverConnectionID)
        attributes.add("db.mongodb.server_connection_id", info.serverConnectionID)
        attributes.add("db.mongodb.lsid", identifier(of: body["lsid"]?.documentValue))
        attributes.add("db.mongodb.txn_number", body.integer(forKey: "txnNumber"))
        attributes.add("db.mongodb.cursor_id", cursorID(usedBy: subject.name, body))
        return attributes
    }

    /// The identifier of the cursor that a command works on.
    private static func cursorID(usedBy command: String, _ body: BSONDocument) -> Int64? {
        switch command {
        case "getMore": body.integer(forKey: "getMore")
        case "killCursors": body["cursors"]?.arrayValue?.first?.toInt64()
        default: nil
        }
    }

    /// The identifier of a cursor that the server keeps.
    static func cursorID(in reply: BSONDocument) -> Int64? {
        guard let id = reply.document(forKey: "cursor")?.integer(forKey: "id"), id != 0 else { return nil }
        return id
    }

    /// A command without what the driver adds to every command.
    static func text(of command: BSONDocument, length: Int) -> String {
        let hidden: Set = ["lsid", "$db", "$clusterTime", "signature"]
        let shown = BSONDocument(command.filter { !hidden.contains($0.key) }.map { ($0.key, $0.value) })
        return shown.extendedJSON(.relaxed, limit: length)
    }

    /// A session's identifier as UUIDs are written.
    static func identifier(of session: BSONDocument?) -> String? {
        guard case .binary(let binary)? = session?["id"], binary.bytes.count == 16 else { return nil }
        var text = ""
        for (index, byte) in binary.bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text += "-" }
            text += (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return text
    }
}
