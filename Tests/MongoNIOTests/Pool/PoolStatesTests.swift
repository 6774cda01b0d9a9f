// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import NIOCore
import Testing

@testable import MongoNIO

/// Traces through the states of a pool: paused, ready, cleared, and the services behind a load balancer.
@Suite("The states of a pool")
struct PoolStatesTests {
    typealias Trace = PoolTrace

    @Test("A pool begins paused: it gives nothing out and makes nothing, until it is ready")
    func paused() {
        var trace = Trace(minPoolSize: 2, isPaused: true)
        trace.checkOut("a")
        #expect(trace.failures["a"]?.code == .poolCleared)
        trace.maintain()
        #expect(trace.orders.isEmpty)
        trace.ready()
        trace.ready()
        #expect(
            trace.told == [
                "check-out started", "check-out failed connectionError", "ready", "created 1", "created 2",
            ]
        )
    }

    @Test("Clearing a paused pool says nothing, but counts: errors of before are old news")
    func clearingPaused() {
        var trace = Trace(isPaused: true)
        let before = trace.machine.generation
        trace.clear()
        #expect(trace.told.isEmpty)
        #expect(!trace.machine.isCurrent(before))
        trace.ready()
        trace.clear()
        trace.clear()
        #expect(trace.told == ["ready", "cleared"])
        trace.checkOut("a")
        #expect(trace.failures["a"]?.message.hasSuffix("because another operation failed with: cleared") == true)
    }

    @Test("Clearing fails everybody who waits at once")
    func clearingWaiters() {
        var trace = Trace(maxPoolSize: 1)
        trace.checkOut("a")
        trace.connect(1)
        trace.checkOut("b")
        trace.checkOut("c")
        trace.clear()
        #expect(trace.failures.keys.sorted() == ["b", "c"])
        #expect(trace.failures.values.allSatisfy { $0.code == .poolCleared })
        #expect(trace.told.suffix(3) == ["cleared"] + Array(repeating: "check-out failed connectionError", count: 2))
    }

    @Test("Interrupting ends the connections in use and in the making; those are not reported as failures")
    func interrupting() {
        var trace = Trace(maxConnecting: 3)
        for waiter in ["a", "b", "c"] { trace.checkOut(waiter) }
        trace.connect(1)
        trace.connect(2)
        trace.checkIn(2)
        // 1 and 2 are in use ("c" got 2), 3 is in the making.
        trace.checkOut("d")
        trace.clear(interruptInUse: true)
        #expect(trace.interrupted.keys.sorted() == [1, 2])
        #expect(trace.interrupted[1]?.code == .poolCleared)
        #expect(
            trace.interrupted[1]?.message
                == "Connection to localhost:27017 interrupted due to server monitor timeout"
        )
        #expect(trace.abandoned == [3])
        #expect(trace.failures["d"]?.code == .poolCleared)
        #expect(
            trace.told.suffix(3) == ["cleared", "closed 3 stale", "check-out failed connectionError"]
        )
        var reports = 0
        trace.failToConnect(MongoError(.cancelled, "cancelled"), reported: { _ in reports += 1 })
        #expect(reports == 0)
        trace.checkIn(1, isReusable: false)
        #expect(trace.told.suffix(2) == ["checked in 1", "closed 1 stale"])
        trace.checkIn(2, isReusable: false)
        #expect(trace.machine.count == 0)
    }

    @Test("A pool is filled up to minPoolSize, by maxConnecting at a time, and again when a connection is lost")
    func population() {
        var trace = Trace(minPoolSize: 3, maxConnecting: 2)
        #expect(trace.orders.count == 2)
        trace.connect(1)
        trace.connect(2)
        trace.connect(3)
        #expect(trace.orders.isEmpty)
        #expect(trace.machine.idleCount == 3)
        trace.breakIdle(2)
        #expect(trace.told.suffix(2) == ["closed 2 error", "created 4"])
        trace.connect(4)
        #expect(trace.machine.idleCount == 3)
    }

    @Test("A failed attempt to fill the pool is not repeated at once, and fails nobody")
    func populationFailure() {
        var trace = Trace(minPoolSize: 1)
        trace.failToConnect(MongoError(.network, "refused"))
        #expect(trace.orders.isEmpty)
        trace.maintain()
        #expect(trace.orders.count == 1)
        trace.checkOut("a")
        #expect(trace.orders.count == 1)
        trace.connect(1)
        #expect(trace.leases == ["a": 1])
        #expect(trace.failures.isEmpty)
    }

    @Test("Who waits when an attempt to fill the pool fails for a busy server gets an attempt of their own")
    func failedFillingWithWaiter() {
        let busy = MongoError(.network, "busy", labels: ["SystemOverloadedError", "RetryableError"])
        var trace = Trace(minPoolSize: 1, maxConnecting: 1)
        trace.checkOut("a")
        #expect(trace.orders.count == 1)
        trace.failToConnect(busy)
        #expect(trace.failures.isEmpty)
        #expect(trace.orders.count == 1)
        trace.failToConnect(busy)
        #expect(trace.failures["a"]?.message == "busy")
        #expect(trace.orders.isEmpty)
        // What clears the pool is told to one of them as it is.
        trace = Trace(minPoolSize: 1, maxConnecting: 1)
        trace.checkOut("a")
        trace.failToConnect(MongoError(.authentication, "refused")) { $0.clear() }
        #expect(trace.failures["a"]?.message == "refused")
    }

    @Test("Filling never exceeds maxPoolSize, and serves waiters first")
    func populationWithWaiters() {
        var trace = Trace(maxPoolSize: 2, minPoolSize: 2, maxConnecting: 5)
        for waiter in ["a", "b", "c"] { trace.checkOut(waiter) }
        #expect(trace.orders.count == 2)
        trace.connect(1)
        trace.connect(2)
        #expect(trace.leases == ["a": 1, "b": 2])
        #expect(trace.machine.count == 2)
    }

    @Test("Connections that were idle for too long are closed in the background, the longest first")
    func pruning() {
        var trace = Trace(maxIdleTime: .seconds(10))
        trace.checkOut("a")
        trace.checkOut("b")
        trace.connect(1)
        trace.connect(2)
        trace.checkIn(2)
        trace.now = trace.now + .seconds(6)
        trace.checkIn(1)
        trace.maintain()
        #expect(trace.closed.isEmpty)
        trace.now = trace.now + .seconds(4)
        trace.maintain()
        #expect(trace.closed == [2])
        #expect(trace.told.last == "closed 2 idle")
        trace.now = trace.now + .seconds(6)
        trace.maintain()
        #expect(trace.closed == [2, 1])
        #expect(trace.machine.count == 0)
    }

    @Test("Closing ends what is idle and what is in the making, then the pool")
    func closing() {
        var trace = Trace(maxConnecting: 3)
        for waiter in ["a", "b", "c"] { trace.checkOut(waiter) }
        trace.connect(1)
        trace.connect(2)
        trace.checkIn(1)
        trace.checkIn(1)
        trace.checkOut("d")
        trace.checkOut("e")
        trace.close()
        trace.close()
        #expect(trace.abandoned == [3])
        #expect(trace.told.suffix(3) == ["closed 3 poolClosed", "closed", "check-out failed poolClosed"])
        trace.checkOut("f")
        #expect(
            trace.failures["f"]?.message.hasPrefix("Attempted to check out a connection from closed connection pool")
                == true
        )
        trace.ready()
        trace.clear()
        #expect(trace.told.last == "check-out failed poolClosed")
    }

    @Test("Who gives up is told of with its reason")
    func givingUp() {
        var trace = Trace(maxPoolSize: 1)
        trace.checkOut("a")
        let second = trace.checkOut("b")
        let third = trace.checkOut("c")
        trace.now = trace.now + .seconds(1)
        trace.giveUp(second, .timeout)
        trace.giveUp(third, .cancelled)
        #expect(trace.told.suffix(2) == ["check-out failed timeout", "check-out failed connectionError"])
        let message = trace.failures["b"]?.message
        #expect(message?.hasPrefix("Timed out while checking out a connection from connection pool") == true)
        #expect(message?.contains("within 1000 ms") == true)
        #expect(trace.failures["c"]?.code == .cancelled)
    }

    @Test("An operation is counted once, from when it asks for a connection until it gives it back")
    func operationCount() {
        var trace = Trace(minPoolSize: 2, maxConnecting: 3)
        #expect(trace.machine.operationCount == 0)
        for (number, waiter) in ["a", "b", "c"].enumerated() {
            trace.checkOut(waiter)
            #expect(trace.machine.operationCount == number + 1)
        }
        trace.connect(1)
        trace.connect(2)
        #expect(trace.machine.operationCount == 3)
        trace.checkIn(1)
        #expect(trace.machine.operationCount == 2)
        trace.checkIn(2)
        #expect(trace.machine.operationCount == 1)
    }

    @Test("The time in the queue is over for those only for whom no connection is in the making")
    func queueTimeout() {
        var trace = Trace(maxConnecting: 2)
        let ids = ["a", "b", "c", "d"].map { trace.checkOut($0) }
        for id in ids.prefix(3) { trace.giveUp(id, .queueTimeout) }
        #expect(Set(trace.failures.keys) == ["c"])
        #expect(trace.told.last == "check-out failed timeout")
        // A connection is made for the next in the queue as soon as one may be.
        trace.connect(1)
        trace.giveUp(ids[3], .queueTimeout)
        #expect(Set(trace.failures.keys) == ["c"])
        // The operation's own time is over wherever it waits.
        trace.giveUp(ids[1], .timeout)
        #expect(trace.failures["b"]?.code == .timeout)
        trace.connect(2)
        #expect(trace.leases == ["a": 1, "d": 2])
    }

    @Test("Connections of before a clearing are made for nobody: the time in the queue goes on")
    func queueTimeoutAfterClearing() {
        var trace = Trace(maxConnecting: 1)
        trace.checkOut("a")
        trace.clear()
        trace.ready()
        let id = trace.checkOut("b")
        trace.giveUp(id, .queueTimeout)
        #expect(trace.failures["b"]?.code == .timeout)
    }

    @Test("A connection that is closed because of an error is told of with the error")
    func closingError() {
        var trace = Trace()
        for waiter in ["a", "b"] { trace.checkOut(waiter) }
        trace.connect(1)
        trace.connect(2)
        trace.checkIn(1, isReusable: false, error: MongoError(.network, "broken"))
        trace.checkIn(2, isReusable: false)
        #expect(trace.errors[1]?.message == "broken")
        #expect(trace.errors[2]?.message == "the connection came back before the reply to its last request")
        trace.checkOut("c")
        trace.connect(3)
        trace.checkIn(3)
        trace.clear()
        #expect(trace.told.last == "closed 3 stale")
        #expect(trace.errors[3] == nil)
    }

    // MARK: Load balancers

    @Test("Behind a load balancer a clearing concerns one service, and nobody stops waiting")
    func clearingService() {
        let (left, right) = (BSONObjectID(), BSONObjectID())
        var trace = Trace(maxPoolSize: 3, maxConnecting: 3, isLoadBalanced: true)
        for waiter in ["a", "b", "c", "d"] { trace.checkOut(waiter) }
        trace.connect(1, service: left)
        trace.connect(2, service: right)
        trace.connect(3, service: left)
        trace.clear(service: left)
        #expect(trace.failures.isEmpty)
        trace.checkIn(1)
        #expect(trace.told.suffix(3) == ["checked in 1", "closed 1 stale", "created 4"])
        // The place was given to a new connection for "d", at the present generation of the same service.
        trace.connect(4, service: left)
        #expect(trace.leases["d"] == 4)
        trace.checkIn(4)
        trace.checkIn(2)
        #expect(trace.machine.idleCount == 2)
        trace.clear(service: right)
        #expect(trace.closed == [1, 2])
    }

    @Test("A service without connections is forgotten, and begins anew")
    func forgottenService() {
        let service = BSONObjectID()
        var trace = Trace(isLoadBalanced: true)
        trace.checkOut("a")
        trace.connect(1, service: service)
        trace.clear(service: service)
        trace.checkIn(1)
        #expect(trace.machine.services.isEmpty)
        trace.clear(service: service)
        #expect(trace.told.filter { $0 == "cleared" }.count == 1)
        trace.checkOut("b")
        trace.connect(2, service: service)
        #expect(trace.machine.services[service]?.count == 1)
    }

    @Test("Behind a load balancer, who waits in vain learns what has the connections")
    func purposes() {
        var trace = Trace(maxPoolSize: 3, maxConnecting: 3, isLoadBalanced: true)
        for waiter in ["a", "b", "c"] { trace.checkOut(waiter) }
        for connection in 1...3 { trace.connect(connection, service: BSONObjectID()) }
        trace.machine.keep(from: .operation, for: .cursor)
        trace.machine.keep(from: .operation, for: .transaction)
        let waiting = trace.checkOut("d")
        trace.giveUp(waiting, .timeout)
        #expect(
            trace.failures["d"]?.message
                == "Timeout waiting for connection from the connection pool. maxPoolSize: 3, connections in use by "
                + "cursors: 1, connections in use by transactions: 1, connections in use by other operations: 1"
        )
        trace.checkIn(1, purpose: .cursor)
        #expect(trace.machine.cursorCount == 0)
    }
}
