// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MongoBSON
import MongoNIO

/// Measures the driver against a server: `DriverBenchmark URI tcp|tls WORKLOAD…`.
///
/// The tasks are those of the standard benchmark
/// (<https://github.com/mongodb/specifications/blob/master/source/benchmarking/benchmarking.md>) and some more. Prints
/// lines `PEER,WORKLOAD,TRANSPORT,METRIC,VALUE`. The environment says `DATA`, the folder with `small.bson` and
/// `large.bson`, and `PEER`, the name in the output. The collection `perf.tweets` has documents with `_id` 1 to 10,000.
@main
struct DriverBenchmark {
    private static let environment = ProcessInfo.processInfo.environment
    private static let count = 10_000

    private let uri: String
    private let transport: String
    private let workload: String

    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count >= 4 else {
            FileHandle.standardError.write(Data("usage: DriverBenchmark URI tcp|tls WORKLOAD…\n".utf8))
            exit(2)
        }
        // As in a server: in a task of the default executor. From the main actor each operation costs one more hand-over.
        try await Task.detached {
            for workload in arguments.dropFirst(3) {
                try await DriverBenchmark(uri: arguments[1], transport: arguments[2], workload: workload).run()
            }
        }.value
    }

    private func run() async throws {
        switch workload {
        case "ping": try await command(["ping": 1])
        case "hello": try await command(["hello": true])
        case "find_one": try await findOne()
        case "find_many": try await findMany()
        case "insert_one_small": try await insertOne("small", Self.count)
        case "insert_one_large": try await insertOne("large", 10)
        case "insert_many": try await insertMany()
        case "par_find_one": try await parallelFindOne()
        case "connect": try await connect()
        case "storm_seq": try await storm(tasks: 1)
        case "storm_par16": try await storm(tasks: 16)
        default:
            FileHandle.standardError.write(Data("there is no workload \(workload)\n".utf8))
            exit(2)
        }
    }

    // MARK: Workloads

    private func command(_ command: BSONDocument) async throws {
        try await withMongoClient(uri) { client in
            let database = client.database("admin")
            func run(_ count: Int) async throws {
                for _ in 0..<count { _ = try await database.runCommand(command) }
            }
            try await run(500)
            try await measure(1, Double(Self.count), "ops_s") { try await run(Self.count) }
        }
    }

    private func findOne() async throws {
        try await withMongoClient(uri) { client in
            let tweets = client.database("perf").collection("tweets")
            func run(_ count: Int) async throws {
                for id in 1...count { _ = try await tweets.findOne(["_id": .int32(Int32(id))]) }
            }
            try await run(500)
            try await measure(1, Double(Self.count), "ops_s") { try await run(Self.count) }
        }
    }

    private func findMany() async throws {
        try await withMongoClient(uri) { client in
            let tweets = client.database("perf").collection("tweets")
            func run() async throws {
                var found = 0
                for try await _ in try await tweets.find() { found += 1 }
                precondition(found == Self.count)
            }
            try await run()
            try await measure(5, Double(Self.count), "docs_s", run)
        }
    }

    private func insertOne(_ name: String, _ count: Int) async throws {
        let document = try document(name)
        try await withMongoClient(uri) { client in
            let corpus = client.database("perf").collection("corpus")
            try await fresh(client)
            for _ in 0..<min(count, 500) { try await corpus.insertOne(document) }
            let isSmall = count > 100
            let amount = isSmall ? Double(count) : Double(count * document.byteCount) / 1e6
            try await measure(isSmall ? 1 : 3, amount, isSmall ? "ops_s" : "MB_s", before: { try await fresh(client) })
            {
                for _ in 0..<count { try await corpus.insertOne(document) }
            }
        }
    }

    private func insertMany() async throws {
        let documents = Array(repeating: try document("small"), count: Self.count)
        try await withMongoClient(uri) { client in
            let corpus = client.database("perf").collection("corpus")
            try await fresh(client)
            try await corpus.insertMany(documents)
            try await measure(5, Double(Self.count), "docs_s", before: { try await fresh(client) }) {
                try await corpus.insertMany(documents)
            }
        }
    }

    private func parallelFindOne() async throws {
        let (tasks, each) = (32, 1000)
        try await withMongoClient(uri + "&maxPoolSize=\(tasks)") { client in
            let tweets = client.database("perf").collection("tweets")
            @Sendable func run(_ count: Int) async throws {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for task in 0..<tasks {
                        group.addTask {
                            for index in 0..<count {
                                let id = (task * each + index) % Self.count + 1
                                _ = try await tweets.findOne(["_id": .int32(Int32(id))])
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
            try await run(20)
            try await measure(1, Double(tasks * each), "ops_s") { try await run(each) }
        }
    }

    private func connect() async throws {
        var times: [Double] = []
        for _ in 0..<21 { times.append(try await connectOnce()) }
        emit("first_ms", times[0])
        emit("median_ms", median(Array(times.dropFirst())))
    }

    private func storm(tasks: Int) async throws {
        let total = 96
        try await measure(1, Double(total), "clients_s") {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<tasks {
                    group.addTask {
                        for _ in 0..<(total / tasks) { _ = try await connectOnce() }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    /// Milliseconds until a new client has its first reply.
    private func connectOnce() async throws -> Double {
        let start = ContinuousClock.now
        let client = try MongoClient(uri)
        _ = try await client.database("admin").runCommand(["ping": 1])
        let time = (ContinuousClock.now - start) / .milliseconds(1)
        await client.close()
        return time
    }

    // MARK: Tools

    private func document(_ name: String) throws -> BSONDocument {
        let folder = URL(fileURLWithPath: Self.environment["DATA"] ?? "data")
        return try BSONDocument(validating: try Data(contentsOf: folder.appendingPathComponent("\(name).bson")))
    }

    /// An empty collection `perf.corpus`.
    private func fresh(_ client: MongoClient) async throws {
        try await client.database("perf").collection("corpus").drop()
        _ = try await client.database("perf").runCommand(["create": "corpus"])
    }

    /// Prints the median of some runs, as an amount per second, and the processor time of one run.
    private func measure(
        _ runs: Int,
        _ amount: Double,
        _ metric: String,
        before: () async throws -> Void = {},
        _ body: () async throws -> Void
    ) async throws {
        var times: [Double] = []
        var processor = 0.0
        for _ in 0..<runs {
            try await before()
            let started = Self.processorTime
            let start = ContinuousClock.now
            try await body()
            times.append((ContinuousClock.now - start) / .seconds(1))
            processor += Self.processorTime - started
        }
        emit(metric, amount / median(times))
        emit("wall_s", median(times))
        emit("cli_cpu_s", processor / Double(runs))
    }

    private static var processorTime: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    private func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? 0 : (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }

    private func emit(_ metric: String, _ value: Double) {
        print("\(Self.environment["PEER"] ?? "mongo-nio"),\(workload),\(transport),\(metric),\(value)")
    }
}
