// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import Synchronization
import TestSupport
import Testing

@testable import MongoNIO

/// Every public function that waits ends with its timeout and with its task, whatever the server does: it says nothing at
/// all, or its hello and then nothing. Nothing but the timeout could end it: all other limits are ten minutes.
@Suite("Every wait", .timeLimit(.minutes(5)))
struct WaitingTests {
    /// How many rows are worked on at a time: most of it is waiting.
    private static let width = 8
    private static let limits = "serverSelectionTimeoutMS=600000&connectTimeoutMS=600000"

    @Test("The table has every public function that waits")
    func table() throws {
        let rows = WaitingVerb.table.filter { $0.aspect == nil }.map(\.name).sorted()
        let verbs = try PublicVerbs.thatWait().filter { WaitingVerb.exceptions[$0] == nil }.sorted()
        #expect(!verbs.isEmpty)
        #expect(Set(verbs).subtracting(rows).sorted() == [], "functions without a row")
        #expect(Set(rows).subtracting(verbs).sorted() == [], "rows without a function")
        // Overloads count: each is a function.
        #expect(rows == verbs)
        #expect(Set(WaitingVerb.exceptions.keys).subtracting(try PublicVerbs.thatWait()) == [])
    }

    @Test("Functions that wait are found by their declarations")
    func declarations() {
        let source = """
            public struct A {
                public func now() -> Int { 0 }
                public func later(_ a: Int, b c: [Int] = []) async -> Int {
                struct B {
                    public mutating func run(_ body: (Int, Int) async -> Void) {
                    public static func spread<T: P>(
                        over first: T,
                        _ body: (T, T) async throws -> Void
                    ) async throws(E) -> T {
                    func hidden() async {
                }
                public func after() async {
            }
            public func free(x: Int) async {
            """
        #expect(
            PublicVerbs.verbsThatWait(in: source) == [
                "A.later(_:b:)", "A.B.spread(over:_:)", "A.after()", "free(x:)",
            ]
        )
    }

    @Test("ends with the timeout when the server says hello, and no more; the connection is closed")
    func timeout() async throws {
        try await forEach(WaitingVerb.table) { row in
            // What prepares the call needs some time, too.
            try await Self.withHello(row, "timeoutMS=\(row.hanging == nil ? 1000 : 2000)") { stage, server in
                let end = try await Self.call(row, stage, whenever: nil)
                Self.check(end, row, .timeout)
                try await Self.checkConnection(row, stage, server)
            }
        }
    }

    @Test("ends with its task when the server says hello, and no more; the connection is closed")
    func cancellation() async throws {
        try await forEach(WaitingVerb.table) { row in
            try await Self.withHello(row, "") { stage, server in
                let end = try await Self.call(row, stage) {
                    server.commands.contains { row.leavesUnanswered($0.name) }
                }
                Self.check(end, row, .cancelled)
                if !row.goesOn { try await Self.checkConnection(row, stage, server) }
            }
        }
    }

    @Test("ends with the timeout when the server says nothing at all")
    func timeoutInSilence() async throws {
        try await forEach(WaitingVerb.table.filter { $0.hanging == nil }) { row in
            try await Self.withSilence("timeoutMS=200") { stage, _ in
                let end = try await Self.call(row, stage, whenever: nil)
                Self.check(end, row, .timeout)
            }
        }
    }

    @Test("ends with its task when the server says nothing at all")
    func cancellationInSilence() async throws {
        try await forEach(WaitingVerb.table.filter { $0.hanging == nil }) { row in
            try await Self.withSilence("") { stage, server in
                let end = try await Self.call(row, stage) { server.connectionCount > 0 }
                Self.check(end, row, .cancelled)
            }
        }
    }

    // MARK: The parts

    private func forEach(
        _ rows: [WaitingVerb],
        _ body: @escaping @Sendable (WaitingVerb) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, row) in rows.enumerated() {
                if number >= Self.width { try await group.next() }
                group.addTask { try await body(row) }
            }
            try await group.waitForAll()
        }
    }

    private static func withHello(
        _ row: WaitingVerb,
        _ options: String,
        _ body: (WaitingVerb.Stage, ScriptedServer) async throws -> Void
    ) async throws {
        let server = try await ScriptedServer.start(hello: ScriptedServer.replicaSet) { row.answer($0) }
        let uri = "\(server.uri)&\(limits)&\(options)"
        try await withMongoClient(uri) { client in
            try await body(WaitingVerb.Stage(client: client, uri: uri), server)
        }
        try await server.stop()
    }

    private static func withSilence(
        _ options: String,
        _ body: (WaitingVerb.Stage, TCPServer) async throws -> Void
    ) async throws {
        let server = try await TCPServer.start(.silent)
        let uri = "mongodb://\(server.address)/?directConnection=true&\(limits)&\(options)"
        try await withMongoClient(uri) { client in
            try await body(WaitingVerb.Stage(client: client, uri: uri), server)
        }
        try await server.stop()
    }

    /// How a call ended; `nil`: it did not.
    private static func call(
        _ row: WaitingVerb,
        _ stage: WaitingVerb.Stage,
        whenever isTimeToCancel: (() -> Bool)?
    ) async throws -> Result<Void, any Error>? {
        let ended = Ended()
        let task = Task {
            do {
                try await row.call(stage)
                ended.note(.success(()))
            } catch {
                ended.note(.failure(error))
            }
        }
        if let isTimeToCancel {
            try await wait { isTimeToCancel() || ended.result != nil }
            task.cancel()
        }
        try await wait { ended.result != nil }
        return ended.result
    }

    /// Waits until the condition holds, or for so long that it will not.
    private static func wait(until condition: () -> Bool) async throws {
        for _ in 0..<3000 where !condition() { try await Task.sleep(for: .milliseconds(10)) }
    }

    private static func check(_ end: Result<Void, any Error>?, _ row: WaitingVerb, _ code: MongoError.Code) {
        switch (end, row.end) {
        case (nil, _): Issue.record("\(row.description) did not end")
        case (.success, .returns): break
        case (.success, .fails): Issue.record("\(row.description) did not fail")
        case (.failure(let error), .returns): Issue.record("\(row.description) failed: \(error)")
        case (.failure(let error), .fails):
            #expect((error as? MongoError)?.code == code, "\(row.description): \(error)")
        }
    }

    /// The connection whose reply did not come is closed, and the client works on with another.
    private static func checkConnection(
        _ row: WaitingVerb,
        _ stage: WaitingVerb.Stage,
        _ server: ScriptedServer
    ) async throws {
        let unanswered = server.commands.filter { row.leavesUnanswered($0.name) }
        #expect(!unanswered.isEmpty, "\(row.description): the server was asked nothing")
        try await wait { unanswered.allSatisfy { !server.isOpen($0.connection) } }
        for command in unanswered {
            let isOpen = server.isOpen(command.connection)
            #expect(!isOpen, "\(row.description): the connection is open after \(command.name)")
        }
        guard !stage.client.isClosed else { return }
        _ = try await stage.database.runCommand(["ping": 1])
        let used = server.commands.last { $0.name == "ping" }?.connection
        #expect(!unanswered.contains { $0.connection == used }, "\(row.description): the connection was used again")
    }
}

/// How a call ended.
private final class Ended: Sendable {
    private let state = Mutex<Result<Void, any Error>?>(nil)

    var result: Result<Void, any Error>? { state.withLock { $0 } }

    func note(_ result: Result<Void, any Error>) { state.withLock { $0 = result } }
}
