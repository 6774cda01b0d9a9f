// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import NIOCore
import Synchronization

/// The connections to one server.
///
/// Before it on the way of a request: `Topology`, which chose the server. After it: `ConnectionEstablisher` when a new
/// connection is needed, else `Connection`.
///
/// All decisions are ``PoolStateMachine``'s; this class holds the lock, the tasks that make connections and the timers of
/// those who wait.
final class ConnectionPool: Sendable {
    typealias Slot = PoolSlot<EstablishedConnection>
    typealias Waiter = CheckedContinuation<Result<Slot, MongoError>, Never>
    typealias Machine = PoolStateMachine<EstablishedConnection, Waiter>

    private struct State: ~Copyable {
        var machine: Machine
        /// The tasks that make connections, by the id of the connection.
        var making: [Int: Task<Void, Never>] = [:]
        var isClosed = false
    }

    private let state: Mutex<State>
    private let eventLoop: any EventLoop
    private let waitQueueTimeout: Duration?
    private let connect: @Sendable (_ id: Int) async throws(MongoError) -> EstablishedConnection
    private let failed: @Sendable (MongoError, PoolGeneration) -> Void
    private let lastWaiterID = Atomic<Int>(0)

    /// - Parameters:
    ///   - eventLoop: For the timers of those who wait.
    ///   - waitQueueTimeout: How long a request may wait for a connection; `nil` means as long as its own deadline allows.
    ///   - connect: Makes a connection with the id.
    ///   - failed: Told when a connection could not be made.
    init(
        limits: Machine.Limits,
        eventLoop: any EventLoop,
        waitQueueTimeout: Duration?,
        connect: @escaping @Sendable (_ id: Int) async throws(MongoError) -> EstablishedConnection,
        failed: @escaping @Sendable (MongoError, PoolGeneration) -> Void
    ) {
        self.state = Mutex(State(machine: PoolStateMachine(limits)))
        self.eventLoop = eventLoop
        self.waitQueueTimeout = waitQueueTimeout
        self.connect = connect
        self.failed = failed
    }

    // MARK: Checking out and in

    /// Takes a connection out of the pool; waits for one if need be.
    ///
    /// - Throws: `MongoError` when the deadline passes, the task is cancelled, the pool is closed, or no connection can be
    ///   made.
    func checkOut(deadline: Deadline) async throws(MongoError) -> ConnectionLease {
        let now = NIODeadline.now()
        var effects = Machine.Effects()
        let taken = state.withLock { $0.machine.take(now: now, &effects) }
        carryOut(effects)
        switch taken {
        case .slot(let slot): return ConnectionLease(slot, of: self)
        case .closed(let reason): throw reason
        case .none: break
        }

        let id = lastWaiterID.wrappingAdd(1, ordering: .relaxed).newValue
        let limit = min(deadline, Deadline(after: waitQueueTimeout, now: now))
        let timer =
            limit.isNever
            ? nil
            : eventLoop.scheduleTask(deadline: limit.instant) { self.waitEnded(id: id, since: now) }
        defer { timer?.cancel() }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: Waiter) in
                var effects = Machine.Effects()
                state.withLock { $0.machine.enqueue(id: id, waiter: waiter, now: .now(), &effects) }
                carryOut(effects)
                // The handler below finds nothing to cancel when it runs before the waiter was queued.
                if Task.isCancelled { waitCancelled(id: id) }
            }
        } onCancel: {
            waitCancelled(id: id)
        }
        switch result {
        case .success(let slot): return ConnectionLease(slot, of: self)
        case .failure(let error): throw error
        }
    }

    /// A connection comes back. Called by the end of its ``ConnectionLease``.
    fileprivate func checkIn(_ slot: Slot) {
        let isReusable = slot.connection.connection.isIdle
        var effects = Machine.Effects()
        state.withLock { $0.machine.checkIn(slot, isReusable: isReusable, now: .now(), &effects) }
        carryOut(effects)
    }

    private func waitEnded(id: Int, since start: NIODeadline) {
        let error = MongoError(
            .timeout,
            "no connection became free within \((NIODeadline.now() - start).nanoseconds / 1_000_000) ms"
        )
        state.withLock { $0.machine.giveUp(id: id) }?.resume(returning: .failure(error))
    }

    private func waitCancelled(id: Int) {
        let error = MongoError(.cancelled, "the task was cancelled")
        state.withLock { $0.machine.giveUp(id: id) }?.resume(returning: .failure(error))
    }

    // MARK: Clearing and closing

    /// The server was found to be there: connections may be made.
    func ready() {}

    /// Stops using today's connections.
    ///
    /// - Parameters:
    ///   - interruptInUse: Whether those in use are closed at once.
    ///   - serviceID: Behind a load balancer: the service whose connections are meant.
    func clear(_ reason: MongoError, interruptInUse: Bool = false, serviceID: BSONObjectID? = nil) {
        var effects = Machine.Effects()
        state.withLock { $0.machine.clear(reason, &effects) }
        carryOut(effects)
    }

    /// Whether connections of the generation are still used: errors of others are old news.
    func isCurrent(_ generation: PoolGeneration) -> Bool {
        state.withLock { $0.machine.currentGeneration == generation }
    }

    /// Closes every connection. Those in use are closed when they come back.
    func close(_ reason: MongoError) async {
        var effects = Machine.Effects()
        let making = state.withLock { state in
            state.isClosed = true
            state.machine.close(reason, &effects)
            return Array(state.making.values)
        }
        carryOut(effects)
        for task in making { task.cancel() }
        for task in making { await task.value }
    }

    /// How many connections there are, for tests and metrics.
    var counts: (all: Int, idle: Int, waiting: Int) {
        state.withLock { ($0.machine.count, $0.machine.idleCount, $0.machine.waiterCount) }
    }

    // MARK: Effects

    private func carryOut(_ effects: Machine.Effects) {
        for order in effects.connect { make(order) }
        for (waiter, slot) in effects.lease { waiter.resume(returning: .success(slot)) }
        for (waiter, error) in effects.fail { waiter.resume(returning: .failure(error)) }
        for slot in effects.close { slot.connection.connection.close() }
    }

    /// Makes a connection in a task of the pool's own: whoever asked for it may be gone when it is there, and then it
    /// serves the next.
    private func make(_ order: Machine.ConnectOrder) {
        state.withLock { state in
            state.making[order.id] = Task { await self.establish(order) }
            if state.isClosed { state.making[order.id]?.cancel() }
        }
    }

    private func establish(_ order: Machine.ConnectOrder) async {
        var effects = Machine.Effects()
        do throws(MongoError) {
            let connection = try await connect(order.id)
            let slot = Slot(id: order.id, generation: order.generation, connection: connection)
            state.withLock { state in
                state.making[order.id] = nil
                state.machine.connected(slot, now: .now(), &effects)
            }
            // Only now: the pool has to know the connection before it can forget it.
            connection.connection.onClose { [weak self] _ in self?.connectionClosed(id: order.id) }
        } catch {
            state.withLock { state in
                state.making[order.id] = nil
                state.machine.connectFailed(order, error, &effects)
            }
            failed(error, order.generation)
        }
        carryOut(effects)
    }

    private func connectionClosed(id: Int) {
        state.withLock { $0.machine.connectionClosed(id: id) }
    }
}

/// A connection that is out of its pool. It goes back when this value ends; one whose reply is outstanding, or that
/// broke, is closed then.
struct ConnectionLease: ~Copyable {
    private let slot: ConnectionPool.Slot
    private let pool: ConnectionPool

    init(_ slot: ConnectionPool.Slot, of pool: ConnectionPool) {
        self.slot = slot
        self.pool = pool
    }

    deinit {
        pool.checkIn(slot)
    }

    var connection: Connection { slot.connection.connection }
    /// What the server said of itself on this connection.
    var description: ConnectionDescription { slot.connection.description }
    var generation: PoolGeneration { slot.generation }
    /// The connection's number in its pool.
    var id: Int { slot.id }
}
