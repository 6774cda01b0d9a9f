// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/unified-test-format/unified-test-format.md

import MongoBSON
import Testing

/// The test files in the unified format, each of their cases a test of its name. The suites have tests of their own only
/// so that one of them can be run: files of suites that are not listed here run as well.
@Suite("Specification: unified test format", .enabled(if: SpecTestFiles.arePresent, SpecTestFiles.absence))
struct UnifiedSpecTests {
    @Test("There are files")
    func filesAreFound() {
        #expect(!UnifiedTestFile.all.isEmpty)
    }

    // MARK: The format itself

    private static let formatFolder = "unified-test-format/tests/"

    @Test(
        "Files that are not of the format are refused",
        arguments: UnifiedCase.cases { $0.path.hasPrefix(formatFolder + "invalid/") }
    )
    func invalid(_ test: UnifiedCase) {
        #expect(throws: (any Error).self) { try Shape.unifiedTestFile.validate(.document(test.file.contents())) }
    }

    @Test(
        "Tests that must fail do",
        arguments: UnifiedCase.cases { $0.path.hasPrefix(formatFolder + "valid-fail/") }
    )
    func validFail(_ test: UnifiedCase) async throws {
        do {
            try await test.run()
        } catch let skip as UnifiedTestSkip {
            try Test.cancel(Comment(rawValue: skip.reason))
        } catch {
            return
        }
        Issue.record("the test passed")
    }

    @Test(
        "Tests that must pass do",
        arguments: UnifiedCase.cases { $0.path.hasPrefix(formatFolder + "valid-pass/") }
    )
    func validPass(_ test: UnifiedCase) async throws { try await expect(test) }

    // MARK: Suites

    @Test("Suite auth", arguments: UnifiedCase.suite("auth"))
    func auth(_ test: UnifiedCase) async throws { try await expect(test) }

    @Test("Suite causal-consistency", arguments: UnifiedCase.suite("causal-consistency"))
    func causalConsistency(_ test: UnifiedCase) async throws { try await expect(test) }

    @Test("Suite change-streams", arguments: UnifiedCase.suite("change-streams"))
    func changeStreams(_ test: UnifiedCase) async throws { try await expect(test) }

    @Test("Suite client-backpressure", arguments: UnifiedCase.suite("client-backpressure"))
    func clientBackpressure(_ test: UnifiedCase) async throws { try await expect(test) }

    @Test("Suite client-side-operations-timeout", arguments: UnifiedCase.suite("client-side-operations-timeout"))
    func clientSideOperationsTimeout(_ test: UnifiedCase) async throws { try await expect(test) }

    @Test("Suite collection-management", arguments: UnifiedCase.suite("collection-management"))
    func collectionManagement(_ test: UnifiedCase) async throws { try await expect(test) }

    @Test("Suite command-logging-and-monitoring", arguments: UnifiedCase.suite("command-logging-and-monitoring"))
    func commandLoggingAndMonitoring(_ test: UnifiedCase) async throws { try await expect(test) }

    @Test("Suite connection-monitoring-and-pooling", arguments: UnifiedCase.suite("connection-monitoring-and-pooling"))
    func connectionMonitoringAndPooling(_ test: UnifiedCase) async throws { try await expect(test) }

    @Test("Suite crud", arguments: UnifiedCase.suite("crud"))
    func crud(_ test: UnifiedCase) async throws { try await expect(test) }

    @Test("Suite gridfs", arguments: UnifiedCase.suite("gridfs"))
    func gridfs(_ test: UnifiedCase) async throws { try await expect(test) }

    @Test("Suite index-management", arguments: UnifiedCase.suite("index-management"))
    func indexManagement(_ test: UnifiedCase) async throws { try await expect(test) }

    @Test("Suite load-balancers", arguments: UnifiedCase.suite("load-balancers"))
    func loadBalancers(_ test: UnifiedCase) async throws { try await expect(test) }

    @Test("Suite mongodb-handshake", arguments: UnifiedCase.suite("mongodb-handshake"))
    func mongodbHandshake(_ test: UnifiedCase) async throws { try await expect(test) }

    @Test("Suite open-telemetry", arguments: UnifiedCase.suite("open-telemetry"))
    func openTelemetry(_ test: UnifiedCase) async throws { try await expect(test) }

    @Test("Suite read-write-concern", arguments: UnifiedCase.suite("read-write-concern"))
    func readWriteConcern(_ test: UnifiedCase) async throws { try await expect(test) }

    @Test("Suite retryable-reads", arguments: UnifiedCase.suite("retryable-reads"))
    func retryableReads(_ test: UnifiedCase) async throws { try await expect(test) }

    @Test("Suite retryable-writes", arguments: UnifiedCase.suite("retryable-writes"))
    func retryableWrites(_ test: UnifiedCase) async throws { try await expect(test) }

    @Test("Suite run-command", arguments: UnifiedCase.suite("run-command"))
    func runCommand(_ test: UnifiedCase) async throws { try await expect(test) }

    @Test("Suite server-discovery-and-monitoring", arguments: UnifiedCase.suite("server-discovery-and-monitoring"))
    func serverDiscoveryAndMonitoring(_ test: UnifiedCase) async throws { try await expect(test) }

    @Test("Suite server-selection", arguments: UnifiedCase.suite("server-selection"))
    func serverSelection(_ test: UnifiedCase) async throws { try await expect(test) }

    @Test("Suite sessions", arguments: UnifiedCase.suite("sessions"))
    func sessions(_ test: UnifiedCase) async throws { try await expect(test) }

    @Test("Suite transactions", arguments: UnifiedCase.suite("transactions"))
    func transactions(_ test: UnifiedCase) async throws { try await expect(test) }

    @Test("Suite transactions-convenient-api", arguments: UnifiedCase.suite("transactions-convenient-api"))
    func transactionsConvenientApi(_ test: UnifiedCase) async throws { try await expect(test) }

    @Test("Suite versioned-api", arguments: UnifiedCase.suite("versioned-api"))
    func versionedApi(_ test: UnifiedCase) async throws { try await expect(test) }

    @Test("Suites that have no test of their own", arguments: UnifiedCase.cases { !listed.contains($0.suite) })
    func others(_ test: UnifiedCase) async throws { try await expect(test) }

    private static let listed: Set = [
        "unified-test-format",
        "auth", "causal-consistency", "change-streams", "client-backpressure", "client-side-operations-timeout",
        "collection-management", "command-logging-and-monitoring", "connection-monitoring-and-pooling", "crud",
        "gridfs", "index-management", "load-balancers", "mongodb-handshake", "open-telemetry", "read-write-concern",
        "retryable-reads", "retryable-writes", "run-command", "server-discovery-and-monitoring", "server-selection",
        "sessions", "transactions", "transactions-convenient-api", "versioned-api",
    ]

    private func expect(_ test: UnifiedCase) async throws {
        do {
            try await test.run()
        } catch let skip as UnifiedTestSkip {
            try Test.cancel(Comment(rawValue: skip.reason))
        }
    }
}

extension UnifiedCase {
    /// Runs the case.
    ///
    /// - Throws: `UnifiedTestSkip` when it cannot run here, anything else when it fails.
    fileprivate func run() async throws {
        let (file, test) = try load()
        try await CaseRunner(file: file, test: test, name: testDescription).run()
    }
}
