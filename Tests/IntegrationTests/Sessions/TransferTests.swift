// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/transactions-convenient-api/transactions-convenient-api.md

import Foundation
import MongoNIO
import Synchronization
import TestSupport
import Testing

/// Money that is moved about in transactions while servers and connections fail: each transfer is made once, whatever
/// happens, and nothing is made of nothing.
///
/// `MONGO_NIO_TRANSFERS` says how many transfers; 120 unless told otherwise.
@Suite("Transfers between accounts", .serialized)
struct TransferTests {
    private static let count = ProcessInfo.processInfo.environment["MONGO_NIO_TRANSFERS"].flatMap(Int.init) ?? 120
    private static let accountCount = 20
    private static let initialBalance = 1000

    /// The accounts, and the list of the transfers that were made, as one client sees them.
    private struct Bank: Sendable {
        let client: MongoClient
        let accounts: MongoCollection<BSONDocument>
        let transfers: MongoCollection<BSONDocument>

        init(_ client: MongoClient) {
            self.client = client
            accounts = client.database("mongonio_bank").collection("accounts")
            transfers = client.database("mongonio_bank").collection("transfers")
        }

        func open() async throws {
            for id in 0..<accountCount {
                try await accounts.insertOne(["_id": BSON(id), "balance": BSON(initialBalance)])
            }
            // A transaction cannot make a collection on old servers.
            try await transfers.insertOne(["number": -1, "from": 0, "to": 0, "amount": 0])
        }

        /// - Returns: How often the transaction was begun.
        @discardableResult
        func transfer(
            _ number: Int,
            interrupt: @Sendable (_ attempt: Int, _ step: Int) async throws -> Void = { _, _ in }
        )
            async throws -> Int
        {
            let from = number % accountCount
            let to =
                (number * 7 + 1) % accountCount == from ? (from + 1) % accountCount : (number * 7 + 1) % accountCount
            let amount = number % 9 + 1
            var attempts = 0
            try await client.withTransaction { session in
                attempts += 1
                // Read, think, write: what another transaction changes meanwhile is a conflict.
                let source = try await accounts.findOne(["_id": BSON(from)], session: session)
                let balance = try #require(source?["balance"]?.toInt())
                try await accounts.updateOne(
                    ["_id": BSON(from)],
                    ["$set": ["balance": BSON(balance - amount)]],
                    session: session
                )
                try await interrupt(attempts, 1)
                try await accounts.updateOne(
                    ["_id": BSON(to)],
                    ["$inc": ["balance": BSON(amount)]],
                    session: session
                )
                try await transfers.insertOne(
                    ["number": BSON(number), "from": BSON(from), "to": BSON(to), "amount": BSON(amount)],
                    session: session
                )
                try await interrupt(attempts, 2)
            }
            return attempts
        }

        /// Compares the balances with the list of transfers, and the list with what was asked for.
        func audit(_ numbers: Range<Int>) async throws {
            var expected = Array(repeating: initialBalance, count: accountCount)
            var made: [Int: Int] = [:]
            for try await transfer in try await transfers.find() {
                let (from, to) = (transfer["from"]?.toInt() ?? 0, transfer["to"]?.toInt() ?? 0)
                let amount = transfer["amount"]?.toInt() ?? 0
                expected[from] -= amount
                expected[to] += amount
                made[transfer["number"]?.toInt() ?? -2, default: 0] += 1
            }
            made[-1] = nil
            let missing = numbers.filter { made[$0] == nil }
            let repeated = made.filter { $0.value > 1 }.keys.sorted()
            #expect(missing.isEmpty, "not made: \(missing)")
            #expect(repeated.isEmpty, "made twice: \(repeated)")
            var balances = Array(repeating: 0, count: accountCount)
            for try await account in try await accounts.find() {
                balances[try #require(account["_id"]?.toInt())] = try #require(account["balance"]?.toInt())
            }
            #expect(balances == expected)
            #expect(balances.reduce(0, +) == accountCount * initialBalance)
        }
    }

    /// How far the transfers are, and what it took.
    private final class Progress: Sendable {
        struct Counts {
            var begun = 0
            var transactions = 0
            var commits = 0
            var failedCommits = 0
            var aborts = 0
            var isOver = false
        }

        private let state = Mutex(Counts())

        var counts: Counts { state.withLock { $0 } }

        /// - Returns: The number of the next transfer; `nil` when all are begun.
        func next() -> Int? {
            state.withLock { state in
                guard state.begun < TransferTests.count else { return nil }
                defer { state.begun += 1 }
                return state.begun
            }
        }

        func made(in transactions: Int) { state.withLock { $0.transactions += transactions } }

        func end() { state.withLock { $0.isOver = true } }

        func hear(_ event: MongoEvent) {
            guard case .command(let event) = event else { return }
            state.withLock { state in
                switch event {
                case .started(let started) where started.info.commandName == "commitTransaction": state.commits += 1
                case .failed(let failed) where failed.info.commandName == "commitTransaction": state.failedCommits += 1
                case .started(let started) where started.info.commandName == "abortTransaction": state.aborts += 1
                default: break
                }
            }
        }
    }

    /// What the server does wrong, in turns.
    private static let faults: [BSONDocument] = [
        ["failCommands": ["update"], "errorCode": 112, "errorLabels": ["TransientTransactionError"]],
        ["failCommands": ["find", "update", "insert"], "closeConnection": true],
        ["failCommands": ["commitTransaction"], "closeConnection": true],
        ["failCommands": ["commitTransaction"], "errorCode": 91],
        ["failCommands": ["commitTransaction"], "errorCode": 10107, "errorLabels": ["UnknownTransactionCommitResult"]],
        ["failCommands": ["commitTransaction"], "errorCode": 251, "errorLabels": ["TransientTransactionError"]],
        // These have been committed: only the answer says otherwise.
        ["failCommands": ["commitTransaction"], "writeConcernError": ["code": 91, "errmsg": "of the test"]],
        ["failCommands": ["commitTransaction"], "writeConcernError": ["code": 64, "errmsg": "of the test"]],
        ["failCommands": ["abortTransaction", "insert"], "closeConnection": true],
    ]

    @Test("Two clients' transfers keep the sum and are made once each, whatever connections and server do wrong")
    func faults() async throws {
        let set = try await ReplicaSet.start(members: 1)
        let uri = try await set.uri("heartbeatFrequencyMS=500&appName=transfers")
        let progress = Progress()
        func client() throws -> MongoClient {
            var options = try MongoClientOptions(uri)
            options.eventHandler = { progress.hear($0) }
            return try MongoClient(options)
        }
        let banks = [Bank(try client()), Bank(try client())]
        let admin = try MongoClient(try await set.uri())
        try await banks[0].open()

        let trouble = Task {
            var rounds = 0
            while !progress.counts.isOver {
                var data = Self.faults[rounds % Self.faults.count]
                data["appName"] = "transfers"
                try await admin.database("admin").runCommand([
                    "configureFailPoint": "failCommand", "mode": ["activationProbability": 0.2],
                    "data": .document(data),
                ])
                rounds += 1
                try await Task.sleep(for: .milliseconds(150))
            }
            try await admin.database("admin").runCommand(["configureFailPoint": "failCommand", "mode": "off"])
            return rounds
        }
        defer { progress.end() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for bank in banks {
                for _ in 0..<20 {
                    group.addTask {
                        while let number = progress.next() {
                            progress.made(in: try await bank.transfer(number))
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        progress.end()
        let rounds = try await trouble.value
        try await banks[0].audit(0..<Self.count)
        let counts = progress.counts
        print("\(Self.count) transfers under \(rounds) faults: \(counts)")
        // The faults were there.
        #expect(counts.transactions > Self.count)
        #expect(counts.failedCommits > 0)
        for bank in banks { await bank.client.close() }
        await admin.close()
        await set.stop()
    }

    @Test("A transaction survives the loss of the primary, in its middle and before its commit")
    func failover() async throws {
        let set = try await ReplicaSet.start(configuration: ReplicaSet.secured)
        let uri = try await set.uri("w=majority&heartbeatFrequencyMS=500&connectTimeoutMS=2000")
        let bank = Bank(try MongoClient(uri))
        try await bank.open()
        for number in 0..<2 {
            let primary = try await set.primary()
            let attempts = try await bank.transfer(number) { attempt, step in
                if attempt == 1, step == number + 1 { await set.kill(primary) }
            }
            #expect(attempts >= 2)
            print("a primary lost \(number == 0 ? "in the middle" : "before the commit"): \(attempts) attempts")
            try await set.restart(primary)
            let address = try ServerAddress(set.members[primary].address)
            try await Eventually.holds {
                let type = bank.client.topologyDescription.servers[address]?.type
                return type == .rsSecondary || type == .rsPrimary
            }
        }
        try await bank.audit(0..<2)
        await bank.client.close()
        await set.stop()
    }
}
