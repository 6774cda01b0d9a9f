// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import MongoNIO
import Synchronization

/// Everything that one run of a case works with.
final class Scene: Sendable {
    let deployment: Deployment
    let entities = EntityMap()
    private let mightFail: Bool
    private let failPoints = Mutex<Set<String>>([])
    private let startedTransaction = Mutex(false)
    /// The cluster's time when everything was prepared.
    private let clusterTime = Mutex<BSONDocument?>(nil)

    init(deployment: Deployment, mightFail: Bool) {
        self.deployment = deployment
        self.mightFail = mightFail
    }

    /// Makes an entity.
    ///
    /// - Parameter definition: One field: the kind, and what is to be known of it.
    func create(_ definition: BSONDocument) async throws {
        guard let (kind, fields) = definition.first, let fields = fields.documentValue else {
            throw UnifiedTestFailure("not an entity: \(definition)")
        }
        let name = fields["id"]?.stringValue ?? ""
        let parent = { (kind: String) in fields[kind]?.stringValue ?? "" }
        switch kind {
        case "client":
            for stored in fields["storeEventsAsEntities"]?.arrayValue ?? [] {
                try entities.add(stored["id"]?.stringValue ?? "", .value([]))
            }
            try entities.add(
                name,
                .client(try await ClientEntity(fields, deployment: deployment, mightFail: mightFail))
            )
        case "database":
            let client = try entities.client(parent("client")).client
            let options = try DatabaseOptions(test: fields["databaseOptions"]?.documentValue ?? [:])
            try entities.add(name, .database(client.database(parent("databaseName"), options: options)))
        case "collection":
            let database = try entities.database(parent("database"))
            let options = try CollectionOptions(test: fields["collectionOptions"]?.documentValue ?? [:])
            try entities.add(name, .collection(database.collection(parent("collectionName"), options: options)))
        case "session":
            let client = try entities.client(parent("client")).client
            let options = try ClientSessionOptions(test: fields["sessionOptions"]?.documentValue ?? [:], entities)
            let session = try client.startSession(options: options)
            if let time = clusterTime.withLock({ $0 }) { session.advanceClusterTime(to: time) }
            try entities.add(name, .session(session))
        case "bucket":
            let database = try entities.database(parent("database"))
            let options = try GridFSBucketOptions(test: fields["bucketOptions"]?.documentValue ?? [:])
            try entities.add(name, .bucket(database.gridFSBucket(options: options)))
        case "thread":
            try entities.add(name, .thread(ThreadEntity()))
        case "clientEncryption":
            throw UnifiedTestSkip("client-side encryption is not supported")
        default:
            throw UnifiedTestFailure("there are no entities of the kind \(kind)")
        }
    }

    // MARK: What threads and clusters ask for

    /// Waits for the threads that the test has not waited for itself: what fails on them fails the case.
    func joinThreads() async throws {
        for case .thread(let thread) in entities.all { try await thread.join() }
    }

    /// A transaction on a sharded cluster must not begin before what was prepared: see "MigrationConflict Errors on Sharded
    /// Clusters".
    func noteClusterTime() async throws {
        guard deployment.kind.isMock else { return }
        let time = try await deployment.clusterTime()
        clusterTime.withLock { $0 = time }
    }

    // MARK: What has to be undone

    func willSetFailPoint(_ name: String) {
        _ = failPoints.withLock { $0.insert(name) }
    }

    func willStartTransaction() {
        startedTransaction.withLock { $0 = true }
    }

    func disableFailPoints() async throws {
        for failPoint in failPoints.withLock({ $0 }) {
            try await deployment.disableFailPoint(failPoint)
            _ = failPoints.withLock { $0.remove(failPoint) }
        }
    }

    /// Leaves the deployment as it was found.
    func end() async throws {
        var failure: (any Error)?
        do { try await disableFailPoints() } catch { failure = error }
        for case .thread(let thread) in entities.all { thread.stop() }
        for case .cursor(let cursor) in entities.all { await cursor.close() }
        for case .session(let session) in entities.all { await session.endSession() }
        for case .client(let client) in entities.all { await client.client.close() }
        if startedTransaction.withLock({ $0 }) { try await deployment.killAllSessions() }
        if let failure { throw failure }
    }
}
