// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MongoNIO
import Synchronization
import TestSupport
import Testing

/// A replica set of three over TLS, whose members know each other by a key file, that loses its primary, again and again.
///
/// `MONGO_NIO_FAILOVER_ROUNDS` says how often; twice unless told otherwise.
@Suite("Fail-over of a replica set over TLS", .serialized)
struct FailoverTests {
    private static let rounds =
        ProcessInfo.processInfo.environment["MONGO_NIO_FAILOVER_ROUNDS"].flatMap(Int.init) ?? 2

    /// What 50 tasks do at once, and what comes of it.
    private final class Load: Sendable {
        static let taskCount = 50
        private struct Tally {
            var successes = Array(repeating: 0, count: taskCount)
            var errors: [String: Int] = [:]
            var isOver = false
        }
        private let tally = Mutex(Tally())

        var total: Int { tally.withLock { $0.successes.reduce(0, +) } }
        var successes: [Int] { tally.withLock { $0.successes } }
        var errors: [String: Int] { tally.withLock { $0.errors } }

        func end() { tally.withLock { $0.isOver = true } }

        /// Writes until told to end. Errors are what a fail-over brings; that nobody hangs is what is tested.
        func run(_ collection: MongoCollection<BSONDocument>) async {
            await withTaskGroup(of: Void.self) { group in
                for task in 0..<Self.taskCount {
                    group.addTask {
                        while !self.tally.withLock({ $0.isOver }) {
                            do {
                                try await collection.insertOne(["task": BSON(task)])
                                self.tally.withLock { $0.successes[task] += 1 }
                            } catch {
                                let code = (error as? MongoError)?.code.rawValue ?? "\(error)"
                                self.tally.withLock { $0.errors[code, default: 0] += 1 }
                                try? await Task.sleep(for: .milliseconds(20))
                            }
                        }
                    }
                }
            }
        }
    }

    private static func start() async throws -> ReplicaSet {
        try await ReplicaSet.start(configuration: ReplicaSet.secured)
    }

    /// Waits until every task has had a success since now.
    private func everybodySucceeds(_ load: Load, within limit: Duration = .seconds(60)) async throws {
        let before = load.successes
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end {
            if zip(before, load.successes).allSatisfy({ $0 < $1 }) { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("not every task had a success again: \(before) \(load.successes) \(load.errors)")
    }

    private func type(_ client: MongoClient, _ member: MongodProcess) throws -> ServerDescription.ServerType? {
        client.topologyDescription.servers[try ServerAddress(member.address)]?.type
    }

    @Test("A primary killed under the load of 50 tasks: nobody hangs, a new one is found, the old one serves again")
    func killedPrimary() async throws {
        let set = try await Self.start()
        let client = try MongoClient(try await set.uri("heartbeatFrequencyMS=500&connectTimeoutMS=2000"))
        let collection = client.database("mongonio_tests").collection("failover")
        for round in 1...Self.rounds {
            let load = Load()
            let work = Task { await load.run(collection) }
            try await everybodySucceeds(load)
            let primary = try await set.primary()
            let start = ContinuousClock.now
            await set.kill(primary)
            try await Eventually.holds { try type(client, set.members[primary]) == .unknown }
            // What the members say themselves, to be told from what the client makes of it.
            _ = try await set.primary()
            let election = ContinuousClock.now - start
            try await everybodySucceeds(load)
            let recovery = ContinuousClock.now - start
            load.end()
            let ended = ContinuousClock.now
            await work.value
            let drained = ContinuousClock.now - ended
            #expect(drained < .seconds(30))
            try await set.restart(primary)
            try await Eventually.holds {
                let type = try type(client, set.members[primary])
                return type == .rsSecondary || type == .rsPrimary
            }
            print(
                "fail-over \(round): elected in \(election), recovered in \(recovery), \(load.total) writes, "
                    + "errors \(load.errors)"
            )
        }
        await client.close()
        await set.stop()
    }

    @Test("A primary that is frozen under load is noticed, and its operations do not wait for it")
    func frozenPrimary() async throws {
        let set = try await Self.start()
        let client = try MongoClient(try await set.uri("heartbeatFrequencyMS=500&connectTimeoutMS=1000"))
        let load = Load()
        let work = Task { await load.run(client.database("mongonio_tests").collection("frozen")) }
        try await everybodySucceeds(load)
        let primary = try await set.primary()
        set.members[primary].suspend()
        // Within connectTimeoutMS + heartbeatFrequencyMS; operations that wait for it are interrupted then.
        try await Eventually.holds { try type(client, set.members[primary]) == .unknown }
        try await everybodySucceeds(load)
        set.members[primary].resume()
        try await Eventually.holds {
            let type = try type(client, set.members[primary])
            return type == .rsSecondary || type == .rsPrimary
        }
        load.end()
        await work.value
        print("frozen: \(load.total) writes, errors \(load.errors)")
        await client.close()
        await set.stop()
    }
}
