// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/unified-test-format/unified-test-format.md#client-operations

import MongoBSON
import MongoNIO

extension Scene {
    func client(_ name: String, _ entity: ClientEntity, _ arguments: Arguments) async throws -> OperationResult {
        let client = entity.client
        let session = try arguments.session()
        switch name {
        case "listDatabases", "listDatabaseObjects":
            let options = try ListDatabasesOptions(test: arguments)
            try arguments.finish()
            let databases = try await client.listDatabases(options: options, session: session)
            return .documents(databases.map(\.document))
        case "listDatabaseNames":
            let options = try ListDatabasesOptions(test: arguments)
            try arguments.finish()
            return .strings(try await client.listDatabaseNames(options: options, session: session))
        case "createChangeStream", "watch":
            let pipeline = try arguments.required("pipeline", Arguments.documents)
            let options = try ChangeStreamOptions(test: arguments)
            try arguments.finish()
            let stream = try await client.watch(pipeline, as: BSONDocument.self, options: options, session: session)
            return .entity(.cursor(CursorEntity(stream)))
        case "clientBulkWrite":
            let models = try arguments.required("models", Arguments.documents).map {
                try ClientWriteModel(test: $0, arguments)
            }
            let options = try ClientBulkWriteOptions(test: arguments)
            try arguments.finish()
            return .document(try await client.bulkWrite(models, options: options, session: session).testDocument)
        case "dropDatabase":
            let database = try arguments.required("database", Arguments.string)
            let options = try DropDatabaseOptions(test: arguments)
            try arguments.finish()
            try await client.database(database).drop(options: options, session: session)
            return .nothing
        case "appendMetadata":
            let fields = try arguments.required("driverInfoOptions", Arguments.document)
            try arguments.finish()
            let nested = arguments.nested(fields, "driverInfoOptions")
            let name = try nested.required("name", Arguments.string)
            let version = try nested.string("version")
            let platform = try nested.string("platform")
            try nested.finish()
            try client.appendMetadata(DriverInfo(name: name, version: version, platform: platform))
            return .nothing
        case "close":
            try arguments.finish()
            await client.close()
            return .nothing
        default:
            throw unknown(name, of: "client")
        }
    }
}

extension ListDatabasesOptions {
    init(test arguments: Arguments) throws {
        self.init()
        authorizedDatabases = try arguments.bool("authorizedDatabases")
        comment = arguments.value("comment")
        filter = try arguments.document("filter")
        try arguments.skip("nameOnly", because: "has a verb of its own: listDatabaseNames")
        timeout = try arguments.milliseconds("timeoutMS")
    }
}
