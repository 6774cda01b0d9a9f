// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import MongoNIO

/// An update of a test: operators, or a pipeline.
enum TestUpdate {
    case operators(BSONDocument)
    case pipeline([BSONDocument])
}

extension Arguments {
    func update() throws -> TestUpdate {
        switch try required("update", Arguments.value) {
        case .document(let operators): .operators(operators)
        case .array: .pipeline(try required("update", Arguments.documents))
        case let value: throw UnifiedTestFailure("not an update: \(value)")
        }
    }

    /// The one field of a model of a bulk write: what it does, and with what.
    fileprivate func model(_ test: BSONDocument) throws -> (name: String, Arguments) {
        guard let (name, fields) = test.first, let fields = fields.documentValue, test.count == 1 else {
            throw UnifiedTestFailure("not a model of a bulk write: \(test)")
        }
        return (name, nested(fields, name))
    }

    fileprivate func filter() throws -> BSONDocument { try required("filter", Arguments.document) }
}

extension UpdateModelOptions {
    init(test arguments: Arguments) throws {
        self.init()
        arrayFilters = try arguments.documents("arrayFilters")
        collation = try arguments.document("collation")
        hint = arguments.value("hint")
        sort = try arguments.document("sort")
        upsert = try arguments.bool("upsert")
    }
}

extension ReplaceModelOptions {
    init(test arguments: Arguments) throws {
        self.init()
        collation = try arguments.document("collation")
        hint = arguments.value("hint")
        sort = try arguments.document("sort")
        upsert = try arguments.bool("upsert")
    }
}

extension DeleteModelOptions {
    init(test arguments: Arguments) throws {
        self.init()
        collation = try arguments.document("collation")
        hint = arguments.value("hint")
    }
}

extension WriteModel<BSONDocument> {
    init(test: BSONDocument, _ arguments: Arguments) throws {
        let (name, fields) = try arguments.model(test)
        switch name {
        case "insertOne":
            self = .insertOne(try fields.required("document", Arguments.document))
        case "updateOne", "updateMany":
            let filter = try fields.filter()
            let options = try UpdateModelOptions(test: fields)
            self =
                switch (try fields.update(), name) {
                case (.operators(let update), "updateOne"): .updateOne(filter, update, options: options)
                case (.pipeline(let pipeline), "updateOne"): .updateOne(filter, pipeline, options: options)
                case (.operators(let update), _): .updateMany(filter, update, options: options)
                case (.pipeline(let pipeline), _): .updateMany(filter, pipeline, options: options)
                }
        case "replaceOne":
            let replacement = try fields.required("replacement", Arguments.document)
            self = try .replaceOne(fields.filter(), replacement, options: ReplaceModelOptions(test: fields))
        case "deleteOne":
            self = .deleteOne(try fields.filter(), options: try DeleteModelOptions(test: fields))
        case "deleteMany":
            self = .deleteMany(try fields.filter(), options: try DeleteModelOptions(test: fields))
        default:
            throw UnifiedTestFailure("there is no model \(name)")
        }
        try fields.finish()
    }
}

extension ClientWriteModel {
    init(test: BSONDocument, _ arguments: Arguments) throws {
        let (name, fields) = try arguments.model(test)
        let text = try fields.required("namespace", Arguments.string)
        let parts = text.split(separator: ".", maxSplits: 1)
        guard parts.count == 2 else { throw UnifiedTestFailure("not a namespace: \(text)") }
        let namespace = MongoNamespace(database: String(parts[0]), collection: String(parts[1]))
        switch name {
        case "insertOne":
            self = .insertOne(into: namespace, try fields.required("document", Arguments.document))
        case "updateOne", "updateMany":
            let filter = try fields.filter()
            let options = try UpdateModelOptions(test: fields)
            self =
                switch (try fields.update(), name) {
                case (.operators(let update), "updateOne"): .updateOne(in: namespace, filter, update, options: options)
                case (.pipeline(let stages), "updateOne"): .updateOne(in: namespace, filter, stages, options: options)
                case (.operators(let update), _): .updateMany(in: namespace, filter, update, options: options)
                case (.pipeline(let stages), _): .updateMany(in: namespace, filter, stages, options: options)
                }
        case "replaceOne":
            let replacement = try fields.required("replacement", Arguments.document)
            self = .replaceOne(
                in: namespace,
                try fields.filter(),
                replacement,
                options: try ReplaceModelOptions(test: fields)
            )
        case "deleteOne":
            self = .deleteOne(in: namespace, try fields.filter(), options: try DeleteModelOptions(test: fields))
        case "deleteMany":
            self = .deleteMany(in: namespace, try fields.filter(), options: try DeleteModelOptions(test: fields))
        default:
            throw UnifiedTestFailure("there is no model \(name)")
        }
        try fields.finish()
    }
}
