// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoNIO
import TestSupport

/// A client of the shared server with TLS, and a collection that belongs to one test.
struct TestDatabase {
    let client: MongoClient
    let collection: MongoCollection<BSONDocument>

    /// Lends a client and a fresh collection to the body, and cleans up after it.
    static func with(
        _ name: String,
        options: String = "",
        _ body: (TestDatabase) async throws -> Void
    ) async throws {
        try await withMongoClient(await uri(options)) { client in
            let collection = client.database("mongonio_tests").collection(name)
            try await collection.drop()
            try await body(TestDatabase(client: client, collection: collection))
            try await collection.drop()
        }
    }

    /// The connection string of the shared server with TLS.
    static func uri(_ options: String = "") async throws -> String {
        let server = try await MongodProcess.shared(.tls)
        let identities = try await TestIdentities.shared
        let more = options.isEmpty ? "" : "&\(options)"
        return "mongodb://localhost:\(server.port)/?tls=true&tlsCAFile=\(identities.authority.certificateFile)\(more)"
    }
}
