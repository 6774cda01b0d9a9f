// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOCore
import NIOEmbedded
import NIOPosix
import Synchronization
import Testing

@testable import MongoNIO

/// The options of a pool in a test file.
struct CMAPPoolOptions: Sendable {
    var settings = ConnectionPool.Settings()
    var appName: String?

    init(_ fields: [String: Any]) throws {
        try UnknownField.check(
            fields.keys,
            known: [
                "maxPoolSize", "minPoolSize", "maxConnecting", "maxIdleTimeMS", "waitQueueTimeoutMS",
                "backgroundThreadIntervalMS", "appName",
            ]
        )
        func milliseconds(_ key: String) -> Int64? { (fields[key] as? Int).map(Int64.init) }
        settings.limits.maxPoolSize = fields["maxPoolSize"] as? Int ?? settings.limits.maxPoolSize
        settings.limits.minPoolSize = fields["minPoolSize"] as? Int ?? settings.limits.minPoolSize
        settings.limits.maxConnecting = fields["maxConnecting"] as? Int ?? settings.limits.maxConnecting
        settings.limits.maxIdleTime = milliseconds("maxIdleTimeMS").flatMap { $0 > 0 ? .milliseconds($0) : nil }
        settings.waitQueueTimeout = milliseconds("waitQueueTimeoutMS").flatMap { $0 > 0 ? .milliseconds($0) : nil }
        if let interval = milliseconds("backgroundThreadIntervalMS") {
            settings.maintenanceInterval = interval < 0 ? nil : .milliseconds(interval)
        }
        appName = fields["appName"] as? String
    }
}

/// What a test does with the pool, or waits for.
struct CMAPOperation: Sendable {
    enum Action: Sendable {
        case start(String)
        case wait(Int)
        case waitForThread(String)
        case waitForEvent(String, count: Int, timeout: Int?)
        case checkOut(label: String?)
        case checkIn(String)
        case clear(interruptInUse: Bool)
        case close
        case ready
    }

    var action: Action
    /// The thread that does it; `nil` is the test's own.
    var thread: String?

    init(_ fields: [String: Any]) throws {
        try UnknownField.check(
            fields.keys,
            known: [
                "name", "thread", "target", "ms", "event", "count", "timeout", "label", "connection",
                "interruptInUseConnections",
            ]
        )
        func text(_ key: String) throws -> String { try #require(fields[key] as? String) }
        func number(_ key: String) throws -> Int { try #require(fields[key] as? Int) }
        thread = fields["thread"] as? String
        let name = try text("name")
        switch name {
        case "start": action = .start(try text("target"))
        case "wait": action = .wait(try number("ms"))
        case "waitForThread": action = .waitForThread(try text("target"))
        case "waitForEvent":
            action = .waitForEvent(try text("event"), count: try number("count"), timeout: fields["timeout"] as? Int)
        case "checkOut": action = .checkOut(label: fields["label"] as? String)
        case "checkIn": action = .checkIn(try text("connection"))
        case "clear": action = .clear(interruptInUse: fields["interruptInUseConnections"] as? Bool ?? false)
        case "close": action = .close
        case "ready": action = .ready
        default: throw CMAPTestError(description: "unknown operation \(name)")
        }
    }
}

struct CMAPTestError: Error, CustomStringConvertible {
    var description: String
}

/// A pool under test with its threads, its labelled connections and its events.
final class CMAPPool: Sendable {
    /// Where the connections lead.
    enum Source {
        case nowhere
        case server(ServerAddress)
    }

    private struct State: ~Copyable {
        var threads: [String: CMAPThread] = [:]
        /// Connections that are out, by label; those without label are under numbers.
        var leases: [String: Lease] = [:]
        var lastUnnamed = 0
    }

    /// Keeps a connection out of its pool as long as it lives.
    private final class Lease: Sendable {
        private let lease: Mutex<ConnectionLease?>
        init(_ lease: consuming sending ConnectionLease) { self.lease = Mutex(lease) }
        func end() { lease.withLock { $0 = nil } }
        var isBroken: Bool { lease.withLock { $0?.connection.closeReason != nil } }
    }

    private let state = Mutex(State())
    private let pool: ConnectionPool
    private let record: EventRecord

    init(_ options: CMAPPoolOptions, source: Source) throws {
        let record = EventRecord()
        let group = MultiThreadedEventLoopGroup.singleton
        let address: ServerAddress
        let connect:
            @Sendable (Int, @Sendable (BSONObjectID?) -> Void) async throws(MongoError) -> EstablishedConnection
        switch source {
        case .nowhere:
            address = .localhost
            connect = { id, handshaken throws(MongoError) in
                handshaken(nil)
                return EstablishedConnection(
                    id: id,
                    connection: Connection(channel: NIOAsyncTestingChannel(), session: nil),
                    description: ConnectionDescription(address: .localhost, hello: HelloReply([:]), tls: nil)
                )
            }
        case .server(let server):
            address = server
            let establisher = ConnectionEstablisher(
                address: server,
                connector: ChannelConnector(group: group),
                tls: nil,
                connectTimeout: .seconds(10),
                handshake: try Handshake(metadata: .current(applicationName: options.appName))
            )
            connect = { id, handshaken throws(MongoError) in
                try await establisher.establish(id: id, handshaken: handshaken)
            }
        }
        let watcher = Watcher()
        pool = ConnectionPool(
            address,
            options.settings,
            connector: .init(connect: connect, failed: { watcher.failed($0) }),
            eventLoop: group.next(),
            observer: Observer(handler: { event in
                if case .pool(let event) = event { record.note(CMAPEvent(event)) }
            })
        )
        watcher.watch(pool)
        self.record = record
    }

    /// What the discovery of servers would do about a connection that cannot be made.
    private final class Watcher: Sendable {
        private struct Target { weak var pool: ConnectionPool? }
        private let target = Mutex(Target())

        func watch(_ pool: ConnectionPool) {
            target.withLock { $0.pool = pool }
        }

        func failed(_ failure: ConnectionPool.Failure) {
            guard let pool = target.withLock({ $0.pool }), pool.isCurrent(failure.generation),
                !failure.error.hasLabel(.systemOverloaded)
            else { return }
            pool.clear(failure.error)
        }
    }

    private final class EventRecord: Sendable {
        private let events = Mutex<[CMAPEvent]>([])
        func note(_ event: CMAPEvent) { events.withLock { $0.append(event) } }
        var all: [CMAPEvent] { events.withLock { $0 } }
    }

    var events: [CMAPEvent] { record.all }

    func close() async {
        await pool.close(MongoError(.clientClosed, "the test is over"))
        for thread in state.withLock({ Array($0.threads.values) }) { _ = try? await thread.finish() }
        for lease in state.withLock({ Array($0.leases.values) }) { lease.end() }
    }

    /// Performs an operation, or has its thread perform it.
    func perform(_ operation: CMAPOperation) async throws {
        guard let name = operation.thread else { return try await perform(operation.action) }
        let thread = state.withLock { $0.threads[name] }
        try #require(thread, "the thread \(name) was not started").perform {
            try await self.perform(operation.action)
        }
    }

    private func perform(_ action: CMAPOperation.Action) async throws {
        switch action {
        case .start(let name):
            state.withLock { $0.threads[name] = CMAPThread() }
        case .wait(let milliseconds):
            try await Task.sleep(for: .milliseconds(milliseconds))
        case .waitForThread(let name):
            let thread = state.withLock { $0.threads[name] }
            try await #require(thread, "the thread \(name) was not started").finish()
        case .waitForEvent(let type, let count, let timeout):
            try await wait(for: type, count, timeout: timeout ?? 10_000)
        case .checkOut(let label):
            let lease = Lease(try await pool.checkOut(deadline: .never))
            state.withLock { state in
                state.lastUnnamed += 1
                state.leases[label ?? "unnamed \(state.lastUnnamed)"] = lease
            }
        case .checkIn(let label):
            let lease = state.withLock { $0.leases.removeValue(forKey: label) }
            try #require(lease, "no connection is called \(label)").end()
        case .clear(let interruptInUse):
            pool.clear(MongoError(.network, "cleared by the test"), interruptInUse: interruptInUse)
            // Whoever uses a connection that is interrupted is told by what fails, and gives it back. Here nobody uses them.
            for lease in state.withLock({ Array($0.leases.values) }) where lease.isBroken { lease.end() }
        case .close:
            await pool.close(MongoError(.clientClosed, "closed by the test"))
        case .ready:
            pool.ready()
        }
    }

    private func wait(for type: String, _ count: Int, timeout: Int) async throws {
        let end = ContinuousClock.now + .milliseconds(timeout)
        while events.count(where: { $0.type == type }) < count {
            guard ContinuousClock.now < end else {
                throw CMAPTestError(description: "no \(count) × \(type) within \(timeout) ms: \(events.map(\.type))")
            }
            try await Task.sleep(for: .milliseconds(2))
        }
    }
}

/// Performs what it is given, one after the other.
final class CMAPThread: Sendable {
    typealias Work = @Sendable () async throws -> Void

    private let work: AsyncStream<Work>.Continuation
    private let task: Task<Void, any Error>

    init() {
        let (stream, continuation) = AsyncStream<Work>.makeStream()
        work = continuation
        task = Task {
            for await work in stream { try await work() }
        }
    }

    func perform(_ work: @escaping Work) {
        self.work.yield(work)
    }

    /// Waits until all is done.
    ///
    /// - Throws: The error that ended the thread.
    func finish() async throws {
        work.finish()
        try await task.value
    }
}
