// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import MongoNIO

/// Traces through the pool's state machine, on a clock that the tests set. Connections are named by numbers, waiters by
/// letters.
@Suite("The pool's state machine")
struct PoolStateMachineTests {
    typealias Trace = PoolTrace

    @Test("The first request has a connection made, the second uses it again")
    func reuse() {
        var trace = Trace()
        trace.checkOut("a")
        #expect(trace.orders.count == 1)
        #expect(trace.leases.isEmpty)
        trace.connect(1)
        #expect(trace.leases == ["a": 1])
        trace.checkIn(1)
        trace.checkOut("b")
        #expect(trace.leases["b"] == 1)
        #expect(trace.orders.isEmpty)
        #expect(trace.machine.count == 1)
    }

    @Test("The most recently used connection is used first")
    func lastInFirstOut() {
        var trace = Trace()
        trace.checkOut("a")
        trace.checkOut("b")
        trace.connect(1)
        trace.connect(2)
        trace.checkIn(1)
        trace.checkIn(2)
        trace.checkOut("c")
        #expect(trace.leases["c"] == 2)
    }

    @Test("There are never more connections than maxPoolSize, and waiters are served in their order")
    func maximumSize() {
        var trace = Trace(maxPoolSize: 2, maxConnecting: 10)
        for waiter in ["a", "b", "c", "d"] { trace.checkOut(waiter) }
        #expect(trace.orders.count == 2)
        trace.connect(1)
        trace.connect(2)
        #expect(trace.leases == ["a": 1, "b": 2])
        trace.checkIn(2)
        #expect(trace.leases["c"] == 2)
        trace.checkIn(1)
        #expect(trace.leases["d"] == 1)
        #expect(trace.machine.count == 2)
        #expect(trace.orders.isEmpty)
    }

    @Test("A maxPoolSize of 0 sets no limit")
    func unlimited() {
        var trace = Trace(maxPoolSize: 0, maxConnecting: 1000)
        for number in 0..<500 { trace.checkOut("\(number)") }
        #expect(trace.orders.count == 500)
    }

    @Test("An order says for whom it is: for those who wait, in their order, then for the minimum")
    func purpose() {
        let deadline = Deadline(instant: .uptimeNanoseconds(2_000_000_000))
        var trace = Trace(minPoolSize: 3, maxConnecting: 3, isPaused: true)
        trace.ready()
        #expect(trace.orders.map(\.purpose) == [.minPoolSize, .minPoolSize, .minPoolSize])
        trace = Trace(minPoolSize: 0, maxConnecting: 3)
        trace.checkOut("a", deadline: deadline)
        trace.checkOut("b")
        #expect(trace.orders.map(\.purpose) == [.waiter(until: deadline), .waiter(until: .never)])
    }

    @Test("No more than maxConnecting connections are in the making at once")
    func maximumConnecting() {
        var trace = Trace(maxConnecting: 2)
        for waiter in ["a", "b", "c", "d", "e"] { trace.checkOut(waiter) }
        #expect(trace.orders.count == 2)
        trace.connect(1)
        #expect(trace.orders.count == 2)
        trace.connect(2)
        trace.connect(3)
        #expect(trace.orders.count == 2)
        trace.connect(4)
        trace.connect(5)
        #expect(trace.orders.isEmpty)
        #expect(trace.leases.count == 5)
    }

    @Test("A connection that comes back serves a waiter before the one that is in the making for it")
    func returnedBeforeMade() {
        var trace = Trace()
        trace.checkOut("a")
        trace.connect(1)
        trace.checkOut("b")
        #expect(trace.orders.count == 1)
        trace.checkIn(1)
        #expect(trace.leases["b"] == 1)
        trace.connect(2)
        #expect(trace.machine.idleCount == 1)
    }

    @Test("Nobody overtakes a waiter")
    func noOvertaking() {
        var trace = Trace(maxPoolSize: 1)
        trace.checkOut("a")
        trace.connect(1)
        trace.checkOut("b")
        trace.checkIn(1)
        #expect(trace.leases["b"] == 1)
        trace.checkOut("c")
        #expect(trace.leases["c"] == nil)
    }

    @Test("A connection with a reply outstanding is closed, and the next waiter gets a new one")
    func notReusable() {
        var trace = Trace(maxPoolSize: 1)
        trace.checkOut("a")
        trace.connect(1)
        trace.checkOut("b")
        #expect(trace.orders.isEmpty)
        trace.checkIn(1, isReusable: false)
        #expect(trace.closed == [1])
        #expect(trace.orders.count == 1)
        trace.connect(2)
        #expect(trace.leases["b"] == 2)
    }

    @Test("An idle connection that is too old is closed instead of used")
    func idleTime() {
        var trace = Trace(maxIdleTime: .seconds(10))
        trace.checkOut("a")
        trace.connect(1)
        trace.checkIn(1)
        trace.now = trace.now + .seconds(9)
        trace.checkOut("b")
        #expect(trace.leases["b"] == 1)
        trace.checkIn(1)
        trace.now = trace.now + .seconds(10)
        trace.checkOut("c")
        #expect(trace.closed == [1])
        #expect(trace.leases["c"] == nil)
        #expect(trace.orders.count == 1)
    }

    @Test("A connection that the server closed while it was idle is forgotten")
    func closedWhileIdle() {
        var trace = Trace()
        trace.checkOut("a")
        trace.connect(1)
        trace.checkIn(1)
        trace.breakIdle(1)
        #expect(trace.machine.count == 0)
        trace.checkOut("b")
        #expect(trace.orders.count == 1)
    }

    @Test("A failed attempt fails the one for whom it was made, and the next waiter gets an attempt of its own")
    func connectFailure() {
        var trace = Trace(maxConnecting: 1)
        trace.checkOut("a")
        trace.checkOut("b")
        trace.failToConnect(MongoError(.network, "refused"))
        #expect(trace.failures.keys.sorted() == ["a"])
        #expect(trace.failures["a"]?.message == "refused")
        #expect(trace.orders.count == 1)
        trace.connect(1)
        #expect(trace.leases == ["b": 1])
    }

    @Test("A failed attempt whose waiter was served by another connection fails nobody")
    func failureOfSurplus() {
        var trace = Trace(maxConnecting: 2)
        trace.checkOut("a")
        trace.checkOut("b")
        trace.connect(1)
        trace.checkIn(1)
        #expect(trace.leases == ["a": 1, "b": 1])
        trace.failToConnect(MongoError(.network, "refused"))
        #expect(trace.failures.isEmpty)
        #expect(trace.machine.count == 1)
    }

    @Test("Whoever's attempt failed gets the error itself, the others learn of the clearing that followed")
    func failureThatClears() {
        var trace = Trace(maxConnecting: 1)
        trace.checkOut("a")
        trace.checkOut("b")
        trace.failToConnect(MongoError(.network, "refused"), reported: { $0.clear() })
        #expect(trace.failures["a"]?.code == .network)
        #expect(trace.failures["b"]?.code == .poolCleared)
        #expect(trace.orders.isEmpty)
        #expect(trace.machine.count == 0)
        #expect(
            trace.told.suffix(4) == [
                "cleared", "check-out failed connectionError", "closed 1 error",
                "check-out failed connectionError",
            ]
        )
    }

    @Test("A waiter that gives up is not served, and its connection serves the next")
    func givingUp() {
        var trace = Trace(maxPoolSize: 1)
        trace.checkOut("a")
        trace.connect(1)
        let waiting = trace.checkOut("b")
        trace.checkOut("c")
        trace.giveUp(waiting, .timeout)
        trace.giveUp(waiting, .cancelled)
        #expect(trace.failures["b"]?.code == .timeout)
        trace.checkIn(1)
        #expect(trace.leases == ["a": 1, "c": 1])
    }

    @Test("After a clearing no earlier connection is used, whether idle, in use or in the making")
    func clearing() {
        var trace = Trace(maxConnecting: 3)
        for waiter in ["a", "b", "c"] { trace.checkOut(waiter) }
        trace.connect(1)
        trace.connect(2)
        trace.checkIn(1)
        // Connection 1 went to "c", who waited; 2 is idle now, 3 is in the making.
        trace.checkIn(2)
        trace.clear()
        #expect(trace.closed == [2])
        trace.checkIn(1)
        #expect(trace.closed == [2, 1])
        trace.connect(3)
        #expect(trace.closed == [2, 1, 3])
        #expect(trace.machine.count == 0)
        trace.ready()
        trace.checkOut("d")
        trace.connect(4)
        #expect(trace.leases["d"] == 4)
    }

    @Test("A failed attempt from before a clearing does not fail today's waiters")
    func staleFailure() {
        var trace = Trace(maxConnecting: 2)
        trace.checkOut("a")
        trace.clear()
        #expect(trace.failures["a"]?.code == .poolCleared)
        trace.ready()
        trace.checkOut("b")
        #expect(trace.orders.count == 2)
        trace.failToConnect(MongoError(.network, "refused"))
        #expect(trace.failures["b"] == nil)
        trace.connect(1)
        #expect(trace.leases["b"] == 1)
    }

    @Test("A closed pool fails those who wait and those who come, and takes nothing back")
    func closing() {
        var trace = Trace(maxPoolSize: 1)
        trace.checkOut("a")
        trace.connect(1)
        trace.checkOut("b")
        trace.close()
        #expect(trace.failures["b"]?.code == .clientClosed)
        trace.checkOut("c")
        #expect(trace.failures["c"]?.code == .clientClosed)
        trace.checkIn(1)
        #expect(trace.closed == [1])
        #expect(trace.machine.count == 0)
        #expect(trace.orders.isEmpty)
    }

    @Test("A thousand waiters over five connections are all served, in their order")
    func fairness() {
        var trace = Trace(maxPoolSize: 5, maxConnecting: 2)
        for number in 0..<1000 { trace.checkOut("\(number)") }
        var made = 0
        var served: [String] = []
        var busy: [Int] = []
        while served.count < 1000 {
            #expect(trace.orders.count <= 2)
            while !trace.orders.isEmpty {
                made += 1
                trace.connect(made)
            }
            for (waiter, connection) in trace.leases.sorted(by: { (Int($0.key) ?? 0) < (Int($1.key) ?? 0) }) {
                served.append(waiter)
                busy.append(connection)
            }
            trace.leases = [:]
            #expect(busy.count <= 5)
            guard !busy.isEmpty else { break }
            trace.checkIn(busy.removeFirst())
        }
        #expect(served == (0..<1000).map(String.init))
        #expect(made == 5)
    }
}
