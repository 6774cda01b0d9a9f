// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/retryable-writes/retryable-writes.md#executing-retryable-write-commands

import Foundation
import MongoNIO
import Synchronization
import TestSupport
import Testing

/// Retryable writes while a replica set of three over TLS loses its primary, again and again: what was acknowledged is
/// there, once, and the writers notice nothing.
///
/// `MONGO_NIO_KILLS` says how often, and then without a timeout, too; twice unless told otherwise.
@Suite("Writes through fail-overs", .serialized)
struct FailoverWriteTests {
    private static let requestedKills = ProcessInfo.processInfo.environment["MONGO_NIO_KILLS"].flatMap(Int.init)
    private static let kills = requestedKills ?? 2
    private static let writerCount = 50

    /// What the writers have written. Writer `w` writes `w`, `w + 50`, `w + 100`, …
    private final class Ledger: Sendable {
        private struct State {
            var acknowledged: [[Int]] = Array(repeating: [], count: writerCount)
            var attempted = Array(repeating: 0, count: writerCount)
            var errors: [Int: String] = [:]
            var isOver = false
            /// The numbers that commands carry, by their request.
            var numbers: [Int64: Int] = [:]
            /// The attempts that failed, by number.
            var failures: [Int: [String]] = [:]
            var primaries: [String] = []
        }

        private let state = Mutex(State())
        private let start = ContinuousClock.now

        var isOver: Bool { state.withLock { $0.isOver } }
        var errors: [Int: String] { state.withLock { $0.errors } }
        var acknowledged: [Int] { state.withLock { $0.acknowledged.flatMap { $0 } } }
        var attemptedCount: Int { state.withLock { $0.attempted.reduce(0, +) } }
        var counts: [Int] { state.withLock { $0.acknowledged.map(\.count) } }
        var retriedCount: Int { state.withLock { $0.failures.count } }

        func end() { state.withLock { $0.isOver = true } }

        func next(_ writer: Int) -> Int {
            state.withLock { state in
                defer { state.attempted[writer] += 1 }
                return writer + state.attempted[writer] * writerCount
            }
        }

        func acknowledge(_ number: Int) {
            state.withLock { $0.acknowledged[number % writerCount].append(number) }
        }

        func note(_ error: any Error, of number: Int) {
            state.withLock { $0.errors[number] = "\(error)" }
        }

        func hear(_ event: MongoEvent) {
            let time = ContinuousClock.now - start
            state.withLock { state in
                switch event {
                case .command(.started(let started)) where started.info.commandName == "insert":
                    let documents = started.command["documents"]?.arrayValue
                    state.numbers[started.info.requestID] = documents?.first?.documentValue?["number"]?.toInt()
                case .command(.succeeded(let succeeded)):
                    state.numbers[succeeded.info.requestID] = nil
                case .command(.failed(let failed)):
                    guard let number = state.numbers.removeValue(forKey: failed.info.requestID) else { break }
                    let attempt = "\(time): \(failed.info.address): \(failed.failure)"
                    state.failures[number, default: []].append(attempt)
                case .topology(.descriptionChanged(let change)):
                    let primary = change.newDescription.servers.values.first { $0.type == .rsPrimary }
                    let name = primary?.address.description ?? "none"
                    if state.primaries.last?.hasSuffix(name) != true { state.primaries.append("\(time): \(name)") }
                default: break
                }
            }
        }

        /// What became of the writes that failed, and who was the primary when.
        var story: String {
            state.withLock { state in
                let errors = state.errors.sorted { $0.key < $1.key }.map { number, error in
                    let attempts = (state.failures[number] ?? []).joined(separator: "\n    ")
                    return "\(number): \(error)\n    \(attempts)"
                }
                return (["primaries:"] + state.primaries + ["errors:"] + errors).joined(separator: "\n")
            }
        }
    }

    private func write(_ ledger: Ledger, _ collection: MongoCollection<BSONDocument>) async {
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<Self.writerCount {
                group.addTask {
                    while !ledger.isOver {
                        // No `_id`: a write that is done twice is to show up twice.
                        let number = ledger.next(writer)
                        do {
                            try await collection.insertOne(["number": BSON(number)])
                            ledger.acknowledge(number)
                        } catch {
                            ledger.note(error, of: number)
                            try? await Task.sleep(for: .milliseconds(20))
                        }
                    }
                }
            }
        }
    }

    /// Waits until every writer has had a write acknowledged since now, and there have been a few in all.
    private func everybodyWrites(_ ledger: Ledger) async throws {
        let before = ledger.counts
        let end = ContinuousClock.now + .seconds(110)
        while ContinuousClock.now < end {
            if zip(before, ledger.counts).allSatisfy({ $0 < $1 }) { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("some writers did not come further: \(before) \(ledger.counts) \(ledger.story)")
    }

    /// Waits until the client sees the member serve again. Under load it has much to catch up with first.
    private func serves(_ address: ServerAddress, _ client: MongoClient) async throws {
        let end = ContinuousClock.now + .seconds(60)
        while ContinuousClock.now < end {
            let type = client.topologyDescription.servers[address]?.type
            if type == .rsSecondary || type == .rsPrimary { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("\(address) does not serve again")
    }

    /// What is tested.
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var options = ""
        /// Whether a member that comes back makes itself the primary again: a second fail-over at its heels.
        var isRestless = false
    }

    private static let rows: [Row] = [
        Row(testDescription: "a timeout, and two fail-overs in a row", options: "&timeoutMS=120000", isRestless: true),
        Row(testDescription: "one retry, and one fail-over at a time"),
    ]

    @Test(
        "50 writers notice nothing of a primary that is killed: every acknowledged number is there exactly once",
        arguments: requestedKills == nil ? Array(rows.prefix(1)) : rows
    )
    func exactlyOnce(row: Row) async throws {
        let set = try await ReplicaSet.start(prefersFirst: row.isRestless, configuration: ReplicaSet.secured)
        // Members that have to catch up first may take more than half a minute to elect one.
        let times = "heartbeatFrequencyMS=500&connectTimeoutMS=2000&serverSelectionTimeoutMS=110000"
        let uri = try await set.uri("w=majority&\(times)\(row.options)")
        let ledger = Ledger()
        var clientOptions = try MongoClientOptions(uri)
        clientOptions.eventHandler = { ledger.hear($0) }
        let client = try MongoClient(clientOptions)
        let collection = client.database("mongonio_tests").collection("numbers")
        let work = Task { await write(ledger, collection) }
        for kill in 1...Self.kills {
            try await everybodyWrites(ledger)
            let primary = try await set.primary()
            let start = ContinuousClock.now
            await set.kill(primary)
            // What the members say themselves, to be told from what the client makes of it.
            _ = try await set.primary(within: .seconds(110))
            let election = ContinuousClock.now - start
            try await everybodyWrites(ledger)
            let recovery = ContinuousClock.now - start
            try await set.restart(primary)
            let address = try ServerAddress(set.members[primary].address)
            try await serves(address, client)
            print("kill \(kill): elected in \(election), recovered in \(recovery), \(ledger.acknowledged.count) writes")
        }
        try await everybodyWrites(ledger)
        ledger.end()
        await work.value
        #expect(ledger.errors.isEmpty, "\(ledger.errors.count) errors: \(ledger.story)")

        var occurrences: [Int: Int] = [:]
        for try await document in try await collection.withOptions(CollectionOptions(readConcern: .majority)).find() {
            occurrences[try #require(document["number"]?.toInt()), default: 0] += 1
        }
        let acknowledged = ledger.acknowledged
        let lost = acknowledged.filter { occurrences[$0] == nil }
        let repeated = occurrences.filter { $0.value > 1 }.keys.sorted()
        #expect(lost.isEmpty, "\(lost.count) acknowledged numbers are lost: \(lost.prefix(5))")
        #expect(repeated.isEmpty, "\(repeated.count) numbers were written twice: \(repeated.prefix(5))")
        #expect(Set(acknowledged).count == acknowledged.count)
        print(
            "\(Self.kills) kills, \(row.testDescription), \(ledger.retriedCount) retries: \(acknowledged.count) of \(ledger.attemptedCount) acknowledged, \(occurrences.count) there"
        )
        await client.close()
        await set.stop()
    }
}
