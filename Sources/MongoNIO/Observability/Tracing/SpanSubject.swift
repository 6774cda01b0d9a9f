// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/open-telemetry/open-telemetry.md#operation-span-name

import MongoBSON

/// What a span is about: an operation or a command, and what it works on. Pure.
struct SpanSubject: Hashable, Sendable {
    var name: String
    var database: String
    /// `nil` for what concerns no collection or more than one.
    var collection: String?

    init(_ name: String, database: String, collection: String? = nil) {
        self.name = name
        self.database = database
        self.collection = database == "admin" ? nil : collection
    }

    /// The operation that the application asked for.
    init(operation: some Operation) {
        self.init(
            Self.operationName(operation),
            database: operation.database,
            collection: operation.collectionName
        )
    }

    /// A command that is sent for it.
    init(command operation: some Operation) {
        self.init(operation.commandName, database: operation.database, collection: operation.collectionName)
    }

    /// The name with what it works on.
    var summary: String {
        guard let collection else { return "\(name) \(database)" }
        return "\(name) \(database).\(collection)"
    }

    /// What an operation's span says.
    var operationAttributes: SpanAttributeList {
        var attributes = commonAttributes
        attributes.add("db.operation.name", name)
        attributes.add("db.operation.summary", summary)
        return attributes
    }

    var commonAttributes: SpanAttributeList {
        var attributes = SpanAttributeList.ofEverySpan
        attributes.add("db.namespace", database)
        attributes.add("db.collection.name", collection)
        return attributes
    }

    /// What the specification calls an operation: as its command is called, but for a few.
    private static func operationName(_ operation: some Operation) -> String {
        if operation.isGeneric { return "runCommand" }
        return switch operation.commandName {
        case "create": "createCollection"
        case "drop": "dropCollection"
        case "collMod": "modifyCollection"
        default: operation.commandName
        }
    }
}

extension SpanAttributeList {
    static let ofEverySpan: SpanAttributeList = {
        var attributes = SpanAttributeList()
        attributes.add("db.system.name", "mongodb")
        return attributes
    }()

    /// What is told of an error. Its words are those that are safe to log: spans leave the process.
    static func of(_ error: MongoError) -> SpanAttributeList {
        var attributes = SpanAttributeList()
        if let code = error.server?.code { attributes.add("db.response.status_code", String(code)) }
        attributes.add("exception.type", "MongoError.\(error.code)")
        attributes.add("exception.message", error.message)
        // Errors of Swift know no stack. What they have instead is the chain of what caused them.
        var lines = ["\(error)"]
        var cause = error.underlying
        while let error = cause, lines.count < 10 {
            lines.append("caused by \(error)")
            cause = (error as? MongoError)?.underlying
        }
        attributes.add("exception.stacktrace", lines.joined(separator: "\n"))
        return attributes
    }
}
