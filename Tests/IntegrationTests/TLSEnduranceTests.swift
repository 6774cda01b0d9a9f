// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MongoNIO
import MongoTLS
import TestSupport
import Testing

/// Many connections, one after the other: each ends in time and leaves nothing behind.
///
/// A few for every day; `MONGO_NIO_ATTEMPTS=500` and `MONGO_NIO_CONNECTS=1000` for the figures, on a machine that does
/// nothing else: only then are attempts held to their time and 20 %.
@Suite("Many connections")
struct TLSEnduranceTests {
    private static func number(_ variable: String) -> Int? {
        ProcessInfo.processInfo.environment[variable].flatMap { Int($0) }
    }

    /// The descriptors and the resident memory of this process.
    private struct Resources: CustomStringConvertible {
        var descriptors: Int
        var memory: Int

        static func now() throws -> Resources {
            let descriptors = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
            let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
            return Resources(descriptors: descriptors, memory: (Int(pages[1]) ?? 0) * 4096)
        }

        var description: String { "\(descriptors) descriptors, \(memory >> 10) KiB" }
    }

    private func expectFlat(
        _ before: Resources,
        _ what: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        // The last channels close on their loops.
        try await Eventually.holds(sourceLocation: sourceLocation) {
            try Resources.now().descriptors <= before.descriptors + 4
        }
        let after = try Resources.now()
        print("\(what): \(before) before, \(after) after")
        #expect(after.memory < before.memory + (24 << 20), "\(before) → \(after)", sourceLocation: sourceLocation)
    }

    @Test("Silent and dripping servers end at connectTimeoutMS, and leave nothing behind")
    func silence() async throws {
        let requested = Self.number("MONGO_NIO_ATTEMPTS")
        let caFile = try await TestIdentities.shared.authority.certificateFile
        let silent = try await TCPServer.start(.silent)
        let drip: [UInt8] = [0x16, 0x03, 0x03, 0x40, 0x00] + Array(repeating: 0, count: 64)
        let dripping = try await TCPServer.start(.dripping(drip, every: .milliseconds(30)))
        let timeout = Duration.milliseconds(150)
        func attempt(_ server: TCPServer) async -> Duration {
            let uri = "mongodb://\(server.address)/?tlsCAFile=\(caFile)&connectTimeoutMS=150"
            let report = await MongoClient.diagnose(uri)
            // On a machine that is too busy for TCP within so short a time it is the connection that times out.
            #expect(report.failures.map(\.category) == ["timeout"])
            return report.duration
        }
        // What the first attempts allocate stays.
        for server in [silent, dripping] { for _ in 0..<5 { _ = await attempt(server) } }
        let before = try Resources.now()
        var durations: [Duration] = []
        for index in 0..<(requested ?? 20) {
            durations.append(await attempt(index.isMultiple(of: 2) ? silent : dripping))
        }
        try await expectFlat(before, "\(durations.count) silent attempts")
        durations.sort()
        let (shortest, median) = (try #require(durations.first), durations[durations.count / 2])
        let longest = try #require(durations.last)
        print("attempts of \(timeout): \(shortest) to \(longest), median \(median)")
        #expect(shortest >= timeout * 0.8)
        // On a machine that does something else, single attempts are at its mercy.
        #expect(requested == nil ? median <= timeout * 20 : longest <= timeout * 1.2)
        try await silent.stop()
        try await dripping.stop()
    }

    @Test("Connecting and closing leaves nothing behind")
    func connects() async throws {
        let uri = try await TestDatabase.uri("maxIdleTimeMS=1")
        func connect(_ count: Int) async throws {
            for _ in 0..<count {
                try await withMongoClient(uri) { client in
                    _ = try await client.database("admin").runCommand(["ping": 1])
                }
            }
        }
        try await connect(20)
        let before = try Resources.now()
        let count = Self.number("MONGO_NIO_CONNECTS") ?? 50
        try await connect(count)
        try await expectFlat(before, "\(count) connects and closes")
    }
}
