// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoNIO
import Synchronization
import TestSupport

/// A replica set of one member that tests share, started on first use.
actor SharedReplicaSet {
    static let instance = SharedReplicaSet()
    private var starting: Task<ReplicaSet, any Error>?

    private func set() async throws -> ReplicaSet {
        let task = starting ?? Task { try await ReplicaSet.start(members: 1) }
        starting = task
        return try await task.value
    }

    /// Lends a client and a database of its own to the body, and cleans up after it.
    ///
    /// - Parameters:
    ///   - name: The database's name, which is the application's name for fail points, too.
    ///   - events: Told of what happens in the client.
    static func with(
        _ name: String,
        options: String = "",
        events: (@Sendable (MongoEvent) -> Void)? = nil,
        _ body: (MongoDatabase) async throws -> Void
    ) async throws {
        let set = try await instance.set()
        let uri = try await set.uri(ofMember: 0, options.isEmpty ? "appName=\(name)" : "appName=\(name)&\(options)")
        var clientOptions = try MongoClientOptions(uri)
        clientOptions.eventHandler = events
        let client = try MongoClient(clientOptions)
        let database = client.database("mongonio_\(name)")
        do {
            try await database.drop()
            try await body(database)
            try await database.drop()
        } catch {
            await client.close()
            throw error
        }
        await client.close()
    }
}

/// The commands that a client sends.
final class CommandRecorder: Sendable {
    private let commands = Mutex<[(name: String, command: BSONDocument)]>([])

    /// The commands so far that have one of the names, in their order.
    func started(_ names: String...) -> [BSONDocument] {
        commands.withLock { $0 }.filter { names.contains($0.name) }.map(\.command)
    }

    /// The names of the commands so far.
    var names: [String] { commands.withLock { $0 }.map(\.name) }

    func note(_ event: MongoEvent) {
        guard case .command(.started(let started)) = event else { return }
        commands.withLock { $0.append((started.info.commandName, started.command)) }
    }
}
