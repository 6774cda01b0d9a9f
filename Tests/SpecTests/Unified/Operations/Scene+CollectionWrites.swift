// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/unified-test-format/unified-test-format.md#collection-operations

import MongoBSON
import MongoNIO

extension Scene {
    func write(
        _ name: String,
        _ collection: MongoCollection<BSONDocument>,
        _ arguments: Arguments
    ) async throws -> OperationResult {
        let session = try arguments.session()
        switch name {
        case "insertOne":
            let document = try arguments.required("document", Arguments.document)
            let options = try InsertOneOptions(test: arguments)
            try arguments.finish()
            return .document(
                try await collection.insertOne(document, options: options, session: session).testDocument
            )
        case "insertMany":
            let documents = try arguments.required("documents", Arguments.documents)
            let options = try InsertManyOptions(test: arguments)
            try arguments.finish()
            return .document(
                try await collection.insertMany(documents, options: options, session: session).testDocument
            )
        case "updateOne", "updateMany":
            let filter = try arguments.required("filter", Arguments.document)
            let update = try arguments.update()
            let options = try UpdateOptions(test: arguments)
            try arguments.finish()
            let result =
                switch (update, name) {
                case (.operators(let update), "updateOne"):
                    try await collection.updateOne(filter, update, options: options, session: session)
                case (.pipeline(let pipeline), "updateOne"):
                    try await collection.updateOne(filter, pipeline, options: options, session: session)
                case (.operators(let update), _):
                    try await collection.updateMany(filter, update, options: options, session: session)
                case (.pipeline(let pipeline), _):
                    try await collection.updateMany(filter, pipeline, options: options, session: session)
                }
            return .document(result.testDocument)
        case "replaceOne":
            let filter = try arguments.required("filter", Arguments.document)
            let replacement = try arguments.required("replacement", Arguments.document)
            let options = try ReplaceOptions(test: arguments)
            try arguments.finish()
            return .document(
                try await collection.replaceOne(filter, replacement, options: options, session: session).testDocument
            )
        case "deleteOne", "deleteMany":
            let filter = try arguments.required("filter", Arguments.document)
            let options = try DeleteOptions(test: arguments)
            try arguments.finish()
            let result =
                if name == "deleteOne" {
                    try await collection.deleteOne(filter, options: options, session: session)
                } else {
                    try await collection.deleteMany(filter, options: options, session: session)
                }
            return .document(result.testDocument)
        case "bulkWrite":
            let requests = try arguments.required("requests", Arguments.documents).map {
                try WriteModel(test: $0, arguments)
            }
            let options = try BulkWriteOptions(test: arguments)
            try arguments.finish()
            return .document(
                try await collection.bulkWrite(requests, options: options, session: session).testDocument
            )
        default:
            return try await findAndModify(name, collection, arguments, session)
        }
    }

    private func findAndModify(
        _ name: String,
        _ collection: MongoCollection<BSONDocument>,
        _ arguments: Arguments,
        _ session: ClientSession?
    ) async throws -> OperationResult {
        let filter = try arguments.required("filter", Arguments.document)
        switch name {
        case "findOneAndDelete":
            let options = try FindOneAndDeleteOptions(test: arguments)
            try arguments.finish()
            return .document(try await collection.findOneAndDelete(filter, options: options, session: session))
        case "findOneAndReplace":
            let replacement = try arguments.required("replacement", Arguments.document)
            let options = try FindOneAndReplaceOptions(test: arguments)
            try arguments.finish()
            return .document(
                try await collection.findOneAndReplace(filter, replacement, options: options, session: session)
            )
        default:
            let update = try arguments.update()
            let options = try FindOneAndUpdateOptions(test: arguments)
            try arguments.finish()
            return switch update {
            case .operators(let update):
                .document(try await collection.findOneAndUpdate(filter, update, options: options, session: session))
            case .pipeline(let pipeline):
                .document(try await collection.findOneAndUpdate(filter, pipeline, options: options, session: session))
            }
        }
    }
}
