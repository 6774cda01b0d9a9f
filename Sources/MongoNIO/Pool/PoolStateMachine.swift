// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import DequeModule
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
/// carries out the ``Effects`` it answers.
///
/// - SeeAlso: [Connection Monitoring and Pooling](https://github.com/mongodb/specifications/blob/master/source/connection-monitoring-and-pooling/connection-monitoring-and-pooling.md)
struct PoolStateMachine<Connection: Sendable, Waiter: Sendable>: Sendable {
    /// What the pool may do.
    struct Limits: Sendable {
        /// How many connections there may be; 0 means as many as are asked for.
        var maxPoolSize = 100
        /// How many connections may be in the making at once.
        var maxConnecting = 2
        /// How long a connection may be idle before it is closed instead of used; `nil` means for ever.
        var maxIdleTime: TimeAmount?
    }

    typealias Slot = PoolSlot<Connection>

    /// What is to be done after the lock is given back.
    struct Effects {
        /// Waiters that got a connection.
        var lease: [(waiter: Waiter, slot: Slot)] = []
        /// Waiters that got none.
        var fail: [(waiter: Waiter, error: MongoError)] = []
        /// Connections to be made.
        var connect: [ConnectOrder] = []
        /// Connections to be closed.
        var close: [Slot] = []
    }

    /// A connection that is to be made.
    struct ConnectOrder: Hashable, Sendable {
        var id: Int
        var generation: PoolGeneration
    }

    private enum State {
        case open
        case closed(MongoError)
    }

    private struct IdleSlot: Sendable {
        var slot: Slot
        var since: NIODeadline
    }

    private struct WaiterEntry: Sendable {
        var id: Int
        var waiter: Waiter
    }

    private let limits: Limits
    private var state = State.open
    private var generation = PoolGeneration()
    /// The most recently used at the end: it is taken first, so that the others can become too old.
    private var idle: Deque<IdleSlot> = []
    private var inUse = 0
    /// What is in the making, and for which generation: of an earlier one it takes a place, but serves nobody.
    private var connecting: [Int: PoolGeneration] = [:]
    private var waiters: Deque<WaiterEntry> = []
    private var lastID = 0

    init(_ limits: Limits) {
        self.limits = limits
    }

    /// How many connections there are, those in the making included.
    var count: Int { idle.count + inUse + connecting.count }
    var idleCount: Int { idle.count }
    var waiterCount: Int { waiters.count }
    var currentGeneration: PoolGeneration { generation }

    // MARK: Checking out

    enum TakeResult {
        case slot(Slot)
        /// The caller has to queue up.
        case none
        case closed(MongoError)
    }

    /// Takes an idle connection, if there is one and nobody has waited longer.
    mutating func take(now: NIODeadline, _ effects: inout Effects) -> TakeResult {
        if case .closed(let reason) = state { return .closed(reason) }
        guard waiters.isEmpty else { return .none }
        while let candidate = idle.popLast() {
            if isUsable(candidate, now: now) {
                inUse += 1
                return .slot(candidate.slot)
            }
            effects.close.append(candidate.slot)
        }
        return .none
    }

    /// Queues up for a connection. Has one made if that is allowed.
    ///
    /// - Parameter id: Names the waiter in ``giveUp(id:)``.
    mutating func enqueue(id: Int, waiter: Waiter, now: NIODeadline, _ effects: inout Effects) {
        switch take(now: now, &effects) {
        case .slot(let slot):
            effects.lease.append((waiter, slot))
        case .closed(let reason):
            effects.fail.append((waiter, reason))
        case .none:
            waiters.append(WaiterEntry(id: id, waiter: waiter))
            orderConnections(&effects)
        }
    }

    /// A waiter's time ran out, or its task was cancelled.
    ///
    /// - Returns: The waiter; `nil` when it was served already.
    mutating func giveUp(id: Int) -> Waiter? {
        guard let index = waiters.firstIndex(where: { $0.id == id }) else { return nil }
        return waiters.remove(at: index).waiter
    }

    // MARK: Checking in

    /// A connection comes back.
    ///
    /// - Parameter isReusable: Whether it is open and has no reply outstanding.
    mutating func checkIn(_ slot: Slot, isReusable: Bool, now: NIODeadline, _ effects: inout Effects) {
        inUse -= 1
        if isReusable, slot.generation == generation, case .open = state {
            offer(slot, now: now, &effects)
        } else {
            effects.close.append(slot)
        }
        orderConnections(&effects)
    }

    /// A connection was closed by the server, or broke. One in use is dealt with when it comes back.
    mutating func connectionClosed(id: Int) {
        if let index = idle.firstIndex(where: { $0.slot.id == id }) {
            idle.remove(at: index)
        }
    }

    // MARK: Making connections

    /// An order was carried out.
    mutating func connected(_ slot: Slot, now: NIODeadline, _ effects: inout Effects) {
        connecting[slot.id] = nil
        if slot.generation == generation, case .open = state {
            offer(slot, now: now, &effects)
        } else {
            effects.close.append(slot)
        }
        orderConnections(&effects)
    }

    /// An order failed. Everybody who waits is told: the next attempt would most likely end the same way, and who wants to
    /// try again decides that higher up.
    mutating func connectFailed(_ order: ConnectOrder, _ error: MongoError, _ effects: inout Effects) {
        connecting[order.id] = nil
        guard order.generation == generation else {
            // Of the time before a clearing: today's waiters asked for today's connections.
            orderConnections(&effects)
            return
        }
        failWaiters(error, &effects)
    }

    // MARK: Clearing and closing

    /// The server is in trouble, or is another one now: no connection of today is used again.
    mutating func clear(_ reason: MongoError, _ effects: inout Effects) {
        guard case .open = state else { return }
        generation.advance()
        effects.close += idle.map(\.slot)
        idle.removeAll()
        failWaiters(reason, &effects)
    }

    /// The end. Connections in use are closed when they come back.
    mutating func close(_ reason: MongoError, _ effects: inout Effects) {
        guard case .open = state else { return }
        state = .closed(reason)
        effects.close += idle.map(\.slot)
        idle.removeAll()
        failWaiters(reason, &effects)
    }

    // MARK: Inside

    private func isUsable(_ candidate: IdleSlot, now: NIODeadline) -> Bool {
        guard candidate.slot.generation == generation else { return false }
        guard let maxIdleTime = limits.maxIdleTime else { return true }
        return now - candidate.since < maxIdleTime
    }

    private mutating func offer(_ slot: Slot, now: NIODeadline, _ effects: inout Effects) {
        if let first = waiters.popFirst() {
            inUse += 1
            effects.lease.append((first.waiter, slot))
        } else {
            idle.append(IdleSlot(slot: slot, since: now))
        }
    }

    /// Orders connections for those who wait and for whom none is in the making yet.
    private mutating func orderConnections(_ effects: inout Effects) {
        guard case .open = state else { return }
        while connecting.values.count(where: { $0 == generation }) < waiters.count,
            connecting.count < max(1, limits.maxConnecting),
            limits.maxPoolSize == 0 || count < limits.maxPoolSize
        {
            lastID += 1
            connecting[lastID] = generation
            effects.connect.append(ConnectOrder(id: lastID, generation: generation))
        }
    }

    private mutating func failWaiters(_ error: MongoError, _ effects: inout Effects) {
        effects.fail += waiters.map { ($0.waiter, error) }
        waiters.removeAll()
    }
}
