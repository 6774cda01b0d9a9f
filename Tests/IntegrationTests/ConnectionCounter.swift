// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoNIO
import Synchronization

/// Counts the connections that a client makes.
final class ConnectionCounter: Sendable {
    private let number = Atomic<Int>(0)

    var count: Int { number.load(ordering: .sequentiallyConsistent) }

    func note() { number.add(1, ordering: .sequentiallyConsistent) }

    /// A client of the shared server with TLS, whose connections are counted here.
    func client(_ options: String = "") async throws -> MongoClient {
        var clientOptions = try MongoClientOptions(try await TestDatabase.uri(options))
        clientOptions.eventHandler = { event in
            if case .pool(.connectionReady) = event { self.note() }
        }
        return try MongoClient(clientOptions)
    }
}
