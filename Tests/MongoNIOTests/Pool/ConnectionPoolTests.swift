// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization
import Testing

@testable import MongoNIO

/// A number and the highest it ever was.
private final class Gauge: Sendable {
    private let number = Mutex((now: 0, most: 0))

    var most: Int { number.withLock { $0.most } }

    func change(by difference: Int) {
        number.withLock { $0 = ($0.now + difference, max($0.most, $0.now + difference)) }
    }
}

/// The pool with its lock, tasks and timers, on connections that lead nowhere.
@Suite("The pool under load")
struct ConnectionPoolTests {
    @Test("A thousand tasks over five connections are all served; no more than two connections are made at once")
    func thousandTasks() async throws {
        let server = FakeServer { _ in await Task.yield() }
        let pool = server.pool(.init(limits: .init(maxPoolSize: 5, maxConnecting: 2)))
        pool.ready()
        let inUse = Gauge()
        let served = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<1000 {
                group.addTask {
                    for _ in 0..<3 {
                        let lease = try await pool.checkOut(deadline: .never)
                        inUse.change(by: 1)
                        await Task.yield()
                        inUse.change(by: -1)
                        _ = consume lease
                    }
                    return 3
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(served == 3000)
        #expect(server.made == 5)
        #expect(server.mostConnecting <= 2)
        #expect(inUse.most <= 5)
        #expect(pool.counts == (5, 5, 0))
        await pool.close(MongoError(.clientClosed, "closed"))
        #expect(pool.counts == (0, 0, 0))
        expectOrder(server.events)
    }

    @Test("A thousand tasks that are cancelled, cleared away and served at random all end, and no connection is lost")
    func thousandTasksInTrouble() async throws {
        let server = FakeServer { id throws(MongoError) in
            await Task.yield()
            if id % 5 == 0 { throw MongoError(.network, "refused") }
        }
        let pool = server.pool(.init(limits: .init(maxPoolSize: 5, minPoolSize: 2, maxConnecting: 2)))
        pool.ready()
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<1000 {
                let task = Task {
                    let lease = try await pool.checkOut(deadline: .never)
                    await Task.yield()
                    if number % 11 == 0 { lease.connection.close() }
                }
                if number % 7 == 0 { task.cancel() }
                if number % 50 == 0 {
                    pool.clear(MongoError(.network, "trouble"), interruptInUse: number % 100 == 0)
                    pool.ready()
                }
                group.addTask { _ = await task.result }
            }
        }
        #expect(pool.counts.waiting == 0)
        #expect(pool.counts.all <= 5)
        await pool.close(MongoError(.clientClosed, "closed"))
        #expect(pool.counts == (0, 0, 0))
        expectOrder(server.events)
    }

    @Test("A pool looks after its connections as often as maxIdleTimeMS and minPoolSize want")
    func maintenanceInterval() {
        #expect(PoolFactory.maintenanceInterval(nil, minPoolSize: 0) == .seconds(10))
        #expect(PoolFactory.maintenanceInterval(nil, minPoolSize: 1) == .seconds(1))
        #expect(PoolFactory.maintenanceInterval(.seconds(8), minPoolSize: 0) == .seconds(4))
        #expect(PoolFactory.maintenanceInterval(.seconds(8), minPoolSize: 1) == .seconds(1))
        #expect(PoolFactory.maintenanceInterval(.nanoseconds(1), minPoolSize: 1) == .milliseconds(10))
    }

    @Test("A waiter whose deadline passes is told so, also when it has passed before")
    func deadlines() async throws {
        let server = FakeServer()
        let pool = server.pool(.init(limits: .init(maxPoolSize: 1)))
        pool.ready()
        let lease = try await pool.checkOut(deadline: .never)
        let late = await #expect(throws: MongoError.self) {
            _ = try await pool.checkOut(deadline: Deadline(after: .milliseconds(1)))
        }
        #expect(late?.code == .timeout)
        let tooLate = await #expect(throws: MongoError.self) {
            _ = try await pool.checkOut(deadline: Deadline(after: .zero))
        }
        #expect(tooLate?.code == .timeout)
        _ = consume lease
        await pool.close(MongoError(.clientClosed, "closed"))
    }

    @Test("A failure is reported with its generation before the operation learns of it")
    func failures() async throws {
        let server = FakeServer { _ throws(MongoError) in throw MongoError(.network, "refused") }
        let pool = server.pool()
        pool.ready()
        let error = await #expect(throws: MongoError.self) { _ = try await pool.checkOut(deadline: .never) }
        #expect(error?.message == "refused")
        let failure = try #require(server.failures.first)
        #expect(pool.isCurrent(failure.generation))
        #expect(!failure.isHandshaken)
        // The fifth prose test of the specification.
        guard case .connectionCheckOutFailed(let event)? = server.events.last else {
            Issue.record("told last: \(String(describing: server.events.last))")
            return
        }
        #expect(event.reason == .connectionError)
        #expect(event.error.message == "refused")
        pool.clear(failure.error)
        #expect(!pool.isCurrent(failure.generation))
        await pool.close(MongoError(.clientClosed, "closed"))
    }

    @Test("Closing ends attempts that would last, and whoever waits for them")
    func closing() async throws {
        let server = FakeServer { _ throws(MongoError) in
            do {
                try await Task.sleep(for: .seconds(3600))
            } catch {
                throw MongoError(.cancelled, "the task was cancelled")
            }
        }
        let pool = server.pool()
        pool.ready()
        let waiting = Task { _ = try await pool.checkOut(deadline: .never) }
        while pool.counts.waiting == 0 { await Task.yield() }
        await pool.close(MongoError(.clientClosed, "closed"))
        let error = await #expect(throws: MongoError.self) { try await waiting.value }
        #expect(error?.code == .clientClosed)
        #expect(server.failures.isEmpty)
    }

    /// Each connection is created, made and closed in this order, and check-outs and check-ins lie between and alternate;
    /// each check-out that was started ends.
    private func expectOrder(_ events: [ConnectionPoolEvent]) {
        var open: Set<Int> = []
        var out: Set<Int> = []
        var created = 0
        var started = 0
        var ended = 0
        for event in events {
            switch event {
            case .connectionCreated(let event):
                created += 1
                #expect(event.driverConnectionID == created)
                open.insert(event.driverConnectionID)
            case .connectionReady(let event):
                #expect(open.contains(event.driverConnectionID))
            case .connectionCheckedOut(let event):
                ended += 1
                #expect(open.contains(event.driverConnectionID))
                #expect(out.insert(event.driverConnectionID).inserted)
            case .connectionCheckedIn(let event):
                #expect(out.remove(event.driverConnectionID) != nil)
            case .connectionClosed(let event):
                #expect(open.remove(event.driverConnectionID) != nil)
                #expect(!out.contains(event.driverConnectionID))
            case .connectionCheckOutStarted: started += 1
            case .connectionCheckOutFailed: ended += 1
            case .poolCreated, .poolReady, .poolCleared, .poolClosed: break
            }
        }
        #expect(open.isEmpty)
        #expect(out.isEmpty)
        #expect(started == ended)
        #expect(created > 0)
    }
}
