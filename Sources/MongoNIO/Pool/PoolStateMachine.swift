// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import DequeModule
import MongoBSON
import NIOCore

/// A connection of a pool, and which generation it belongs to.
struct PoolSlot<Connection: Sendable>: Sendable {
    var id: Int
    var generation: PoolGeneration
    var connection: Connection
}

/// Who has which connection, who waits for one, and when a new one is to be made.
///
/// A value without I/O and without a clock: `ConnectionPool` keeps it under its lock, tells it what happens and when, and
/// carries out the ``Effects`` it answers. Making, failing and closing connections is in `PoolStateMachine+Connections`.
///
/// - SeeAlso: [Connection Monitoring and Pooling](https://github.com/mongodb/specifications/blob/master/source/connection-monitoring-and-pooling/connection-monitoring-and-pooling.md)
struct PoolStateMachine<Connection: Sendable, Waiter: Sendable>: Sendable {
    /// What the pool may do.
    struct Limits: Sendable {
        /// How many connections there may be; 0 means as many as are asked for.
        var maxPoolSize = 100
        /// How many connections are kept, whether or not anybody asks for them.
        var minPoolSize = 0
        /// How many connections may be in the making at once.
        var maxConnecting = 2
        /// How long a connection may be idle before it is closed instead of used; `nil` means for ever.
        var maxIdleTime: TimeAmount?
        /// Whether the server is a load balancer.
        var isLoadBalanced = false
    }

    typealias Slot = PoolSlot<Connection>

    /// What is to be done after the lock is given back.
    struct Effects {
        /// What to tell of, in order; empty when nobody listens.
        var events: [PoolEvent<Connection>] = []
        /// Waiters that got a connection.
        var lease: [(waiter: Waiter, slot: Slot)] = []
        /// Waiters that got none.
        var fail: [(waiter: Waiter, error: MongoError)] = []
        /// Connections to be made.
        var connect: [ConnectOrder] = []
        /// Connections to be closed.
        var close: [Slot] = []
        /// Connections in use that are to be closed under their users, with the error that these get.
        var interrupt: [(slot: Slot, error: MongoError)] = []
        /// Orders that are to be given up.
        var abandon: [Int] = []
    }

    /// A connection that is to be made.
    struct ConnectOrder: Hashable, Sendable {
        var id: Int
        var generation: PoolGeneration
    }

    enum State: Sendable {
        /// Nothing is given out and nothing is made until the server is found to be there. With the reason when that is a
        /// clearing.
        case paused(MongoError?)
        case ready
        case closed(MongoError)
    }

    struct IdleSlot: Sendable {
        var slot: Slot
        var since: NIODeadline
    }

    struct WaiterEntry: Sendable {
        var id: Int
        var waiter: Waiter
        var since: NIODeadline
    }

    /// A connection in the making. Of an earlier generation it takes a place, but serves nobody.
    struct Pending: Sendable {
        var generation: PoolGeneration
        var since: NIODeadline
        /// Whether nobody waited for it when it was ordered; it may serve somebody by now.
        var isInAdvance: Bool
        /// Whether the server answered the hello.
        var isHandshaken = false
        /// Who is told when it fails: set while the failure is being reported.
        var failing: WaiterEntry?
    }

    /// What connections behind a load balancer are kept for.
    ///
    /// - SeeAlso: [Connection tracking](https://github.com/mongodb/specifications/blob/master/source/load-balancers/load-balancers.md#connection-tracking)
    enum Purpose: Sendable {
        case operation
        case cursor
        case transaction
    }

    let address: ServerAddress
    let limits: Limits
    /// Whether anybody wants to know what happens.
    let isObserved: Bool
    var state = State.paused(nil)
    var generation = PoolGeneration()
    /// Behind a load balancer: the generation of each service, and how many connections it has here.
    var services: [BSONObjectID: (generation: PoolGeneration, count: Int)] = [:]
    /// All connections that are made, idle or in use.
    var connections: [Int: Slot] = [:]
    /// The most recently used at the end: it is taken first, so that the others can become too old.
    var idle: Deque<IdleSlot> = []
    var connecting: [Int: Pending] = [:]
    var waiters: Deque<WaiterEntry> = []
    /// No connections are made in advance for the time being: the last attempt failed.
    var isPopulationHeld = false
    var cursorCount = 0
    var transactionCount = 0
    var lastID = 0

    init(_ limits: Limits, address: ServerAddress, isObserved: Bool) {
        self.limits = limits
        self.address = address
        self.isObserved = isObserved
    }

    /// How many connections there are, those in the making included.
    var count: Int { connections.count + connecting.count }
    var idleCount: Int { idle.count }
    var waiterCount: Int { waiters.count }
    /// How many have a connection, or wait for one. Connections in the making are for those who wait, or for nobody.
    var operationCount: Int { connections.count - idle.count + waiters.count }
    var isClosed: Bool {
        if case .closed = state { true } else { false }
    }

    // MARK: Checking out

    enum TakeResult {
        case slot(Slot)
        /// The caller has to queue up.
        case none
        case failed(MongoError)
    }

    /// Somebody wants a connection: gives an idle one, if there is one and nobody has waited longer.
    mutating func take(now: NIODeadline, _ effects: inout Effects) -> TakeResult {
        tell(.checkOutStarted, &effects)
        let result = takeIdle(now: now, &effects)
        switch result {
        case .slot(let slot): tell(.checkedOut(slot, .zero), &effects)
        case .failed(let error): tell(.checkOutFailed(reason, error, .zero), &effects)
        case .none: break
        }
        return result
    }

    /// Queues up for a connection, after ``take(now:_:)``. Has one made if that is allowed.
    ///
    /// - Parameters:
    ///   - id: Names the waiter in ``giveUp(id:_:now:_:)``.
    ///   - since: When it asked.
    mutating func enqueue(id: Int, waiter: Waiter, since: NIODeadline, now: NIODeadline, _ effects: inout Effects) {
        let entry = WaiterEntry(id: id, waiter: waiter, since: since)
        switch takeIdle(now: now, &effects) {
        case .slot(let slot):
            serve(entry, slot, now: now, &effects)
        case .failed(let error):
            fail(entry, reason, error, now: now, &effects)
        case .none:
            waiters.append(entry)
            orderConnections(now: now, &effects)
        }
    }

    enum Surrender: Sendable {
        /// The operation's own time is over.
        case timeout
        /// `waitQueueTimeoutMS` is over: the time for getting a connection, or the right to have one made. Whoever has one in
        /// the making does not wait in the queue any more; how long that takes is limited by `connectTimeoutMS`.
        case queueTimeout
        case cancelled
    }

    /// A waiter's time ran out, or its task was cancelled. Nothing happens when it was served already.
    ///
    /// - SeeAlso: [Checking Out a Connection](https://github.com/mongodb/specifications/blob/master/source/connection-monitoring-and-pooling/connection-monitoring-and-pooling.md#checking-out-a-connection)
    mutating func giveUp(id: Int, _ cause: Surrender, now: NIODeadline, _ effects: inout Effects) {
        guard let index = waiters.firstIndex(where: { $0.id == id }) else { return }
        // The connections in the making are for those who have waited longest.
        if case .queueTimeout = cause, waiters.distance(from: waiters.startIndex, to: index) < currentConnectingCount {
            return
        }
        let entry = waiters.remove(at: index)
        switch cause {
        case .timeout, .queueTimeout:
            fail(entry, .timeout, timeoutError(waited: now - entry.since), now: now, &effects)
        case .cancelled:
            let error = MongoError(.cancelled, "the task was cancelled")
            fail(entry, .connectionError, error, now: now, &effects)
        }
    }

    private mutating func takeIdle(now: NIODeadline, _ effects: inout Effects) -> TakeResult {
        switch state {
        case .closed(let error): return .failed(error)
        case .paused(let cause): return .failed(clearedError(cause))
        case .ready: break
        }
        guard waiters.isEmpty else { return .none }
        while let candidate = idle.popLast() {
            guard let reason = reasonToClose(candidate, now: now) else { return .slot(candidate.slot) }
            discard(candidate.slot, reason, &effects)
        }
        return .none
    }

    /// Why nothing is given out when ``state`` does not allow it.
    private var reason: ConnectionCheckOutFailedEvent.Reason {
        if case .closed = state { .poolClosed } else { .connectionError }
    }

    private func reasonToClose(_ candidate: IdleSlot, now: NIODeadline) -> ConnectionClosedEvent.Reason? {
        guard isCurrent(candidate.slot.generation) else { return .stale }
        guard let maxIdleTime = limits.maxIdleTime else { return nil }
        return now - candidate.since < maxIdleTime ? nil : .idle
    }

    // MARK: Checking in

    /// A connection comes back.
    ///
    /// - Parameters:
    ///   - isReusable: Whether it is open and has no reply outstanding.
    ///   - error: What broke it, when it is not.
    ///   - purpose: What it was kept for.
    mutating func checkIn(
        _ slot: Slot,
        isReusable: Bool,
        error: MongoError? = nil,
        purpose: Purpose = .operation,
        now: NIODeadline,
        _ effects: inout Effects
    ) {
        change(purpose, by: -1)
        tell(.checkedIn(slot), &effects)
        if case .closed = state {
            discard(slot, .poolClosed, &effects)
        } else if !isReusable, limits.isLoadBalanced {
            // Nobody but the connection itself has found it broken: there, connections are not interrupted.
            discard(slot, .error, error: error ?? Self.unfinished, &effects)
        } else if !isCurrent(slot.generation) {
            discard(slot, .stale, &effects)
        } else if !isReusable {
            discard(slot, .error, error: error ?? Self.unfinished, &effects)
        } else {
            offer(slot, now: now, &effects)
        }
        orderConnections(now: now, &effects)
    }

    /// A connection that is out is kept for something else from now on.
    mutating func keep(from old: Purpose, for new: Purpose) {
        change(old, by: -1)
        change(new, by: 1)
    }

    private mutating func change(_ purpose: Purpose, by difference: Int) {
        switch purpose {
        case .operation: break
        case .cursor: cursorCount += difference
        case .transaction: transactionCount += difference
        }
    }

    /// Gives a connection to who has waited longest, or keeps it.
    mutating func offer(_ slot: Slot, now: NIODeadline, _ effects: inout Effects) {
        if let first = waiters.popFirst() {
            serve(first, slot, now: now, &effects)
        } else {
            idle.append(IdleSlot(slot: slot, since: now))
        }
    }

    // MARK: Waiters

    private mutating func serve(_ entry: WaiterEntry, _ slot: Slot, now: NIODeadline, _ effects: inout Effects) {
        tell(.checkedOut(slot, now - entry.since), &effects)
        effects.lease.append((entry.waiter, slot))
    }

    mutating func fail(
        _ entry: WaiterEntry,
        _ reason: ConnectionCheckOutFailedEvent.Reason,
        _ error: MongoError,
        now: NIODeadline,
        _ effects: inout Effects
    ) {
        tell(.checkOutFailed(reason, error, now - entry.since), &effects)
        effects.fail.append((entry.waiter, error))
    }

    mutating func failWaiters(
        _ reason: ConnectionCheckOutFailedEvent.Reason,
        _ error: MongoError,
        now: NIODeadline,
        _ effects: inout Effects
    ) {
        while let entry = waiters.popFirst() { fail(entry, reason, error, now: now, &effects) }
    }

    /// Nothing is built when nobody listens.
    func tell(_ event: @autoclosure () -> PoolEvent<Connection>, _ effects: inout Effects) {
        if isObserved { effects.events.append(event()) }
    }

    // MARK: Errors

    /// - SeeAlso: [Connection pool errors](https://github.com/mongodb/specifications/blob/master/source/connection-monitoring-and-pooling/connection-monitoring-and-pooling.md#connection-pool-errors)
    func clearedError(_ cause: MongoError?) -> MongoError {
        guard let cause else {
            return MongoError(.poolCleared, "Connection pool for \(address) is paused: the server was not found yet")
        }
        return MongoError(
            .poolCleared,
            "Connection pool for \(address) was cleared because another operation failed with: \(cause.message)",
            tls: cause.tls,
            underlying: cause
        )
    }

    /// Why a connection is closed that is neither broken nor free.
    private static var unfinished: MongoError {
        MongoError(.network, "the connection came back before the reply to its last request")
    }

    private func timeoutError(waited: TimeAmount) -> MongoError {
        let inUse = connections.count - idle.count
        if limits.isLoadBalanced {
            return MongoError(
                .timeout,
                "Timeout waiting for connection from the connection pool. maxPoolSize: \(limits.maxPoolSize), "
                    + "connections in use by cursors: \(cursorCount), "
                    + "connections in use by transactions: \(transactionCount), "
                    + "connections in use by other operations: \(inUse - cursorCount - transactionCount)"
            )
        }
        return MongoError(
            .timeout,
            "Timed out while checking out a connection from connection pool: \(address) had none free within "
                + "\(waited.nanoseconds / 1_000_000) ms (maxPoolSize \(limits.maxPoolSize), in use \(inUse), "
                + "being established \(connecting.count), others waiting \(waiters.count))"
        )
    }
}
