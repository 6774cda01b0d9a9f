// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/unified-test-format/unified-test-format.md#database-operations

import MongoBSON
import MongoNIO

extension Scene {
    func database(_ name: String, _ database: MongoDatabase, _ arguments: Arguments) async throws -> OperationResult {
        let session = try arguments.session()
        // Commands of the application's own inherit nothing.
        let isGeneric = ["runCommand", "runCursorCommand", "createCommandCursor"].contains(name)
        let database = try isGeneric ? database : database.withOptions(arguments.handleOptions())
        switch name {
        case "runCommand":
            let command = try command(arguments)
            var options = RunCommandOptions()
            options.readPreference = try arguments.readPreference()
            options.timeout = try arguments.milliseconds("timeoutMS")
            try arguments.finish()
            return .document(try await database.runCommand(command, options: options, session: session))
        case "runCursorCommand", "createCommandCursor":
            let command = try command(arguments)
            let options = try RunCursorCommandOptions(test: arguments)
            try arguments.finish()
            let cursor: MongoCursor<BSONDocument> =
                try await database.runCursorCommand(command, options: options, session: session)
            guard name == "runCursorCommand" else { return .entity(.cursor(CursorEntity(cursor))) }
            return .documents(try await cursor.toArray())
        case "aggregate":
            let pipeline = try arguments.required("pipeline", Arguments.documents)
            let options = try AggregateOptions(test: arguments)
            try arguments.finish()
            return .documents(try await database.aggregate(pipeline, options: options, session: session).toArray())
        case "createChangeStream", "watch":
            let pipeline = try arguments.required("pipeline", Arguments.documents)
            let options = try ChangeStreamOptions(test: arguments)
            try arguments.finish()
            let stream = try await database.watch(pipeline, as: BSONDocument.self, options: options, session: session)
            return .entity(.cursor(CursorEntity(stream)))
        default:
            return try await manage(name, database, arguments, session)
        }
    }

    /// The command, its name first: tests are read by runners that do not keep the order.
    private func command(_ arguments: Arguments) throws -> BSONDocument {
        let command = try arguments.required("command", Arguments.document)
        let name = try arguments.required("commandName", Arguments.string)
        guard let value = command[name] else { throw UnifiedTestFailure("not a command \(name): \(command)") }
        return BSONDocument([(name, value)] + command.filter { $0.key != name })
    }

    private func manage(
        _ name: String,
        _ database: MongoDatabase,
        _ arguments: Arguments,
        _ session: ClientSession?
    ) async throws -> OperationResult {
        switch name {
        case "createCollection":
            let name = try arguments.required("collection", Arguments.string)
            let options = try CreateCollectionOptions(test: arguments)
            try arguments.finish()
            let collection = try await database.createCollection(name, options: options, session: session)
            return .entity(.collection(collection))
        case "dropCollection":
            let name = try arguments.required("collection", Arguments.string)
            let options = try DropCollectionOptions(test: arguments)
            try arguments.finish()
            try await database.collection(name).drop(options: options, session: session)
            return .nothing
        case "modifyCollection":
            let name = try arguments.required("collection", Arguments.string)
            let options = try ModifyCollectionOptions(test: arguments)
            try arguments.finish()
            return .document(try await database.modifyCollection(name, options: options, session: session))
        case "listCollections", "listCollectionObjects":
            try arguments.skip("authorizedCollections", because: "is one of listCollectionNames")
            let options = try ListCollectionsOptions(test: arguments)
            try arguments.finish()
            return .documents(try await database.listCollections(options: options, session: session).toArray())
        case "listCollectionNames":
            let options = try ListCollectionsOptions(test: arguments)
            try arguments.finish()
            return .strings(try await database.listCollectionNames(options: options, session: session))
        case "dropDatabase":
            let options = try DropDatabaseOptions(test: arguments)
            try arguments.finish()
            try await database.drop(options: options, session: session)
            return .nothing
        default:
            throw unknown(name, of: "database")
        }
    }
}
