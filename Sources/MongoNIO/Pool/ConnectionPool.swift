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
/// those who wait. A pool is made paused: ``ready()`` sets it going.
final class ConnectionPool: Sendable {
    typealias Slot = PoolSlot<EstablishedConnection>
    typealias Waiter = CheckedContinuation<Result<Slot, MongoError>, Never>
    typealias Machine = PoolStateMachine<EstablishedConnection, Waiter>

    /// Where the connections come from, and who is told when that fails.
    struct Connector: Sendable {
        /// Makes a connection with the id, and tells when the server has answered the hello: behind a load balancer with the
        /// service that it is.
        var connect:
            @Sendable (_ id: Int, _ handshaken: @Sendable (BSONObjectID?) -> Void) async throws(MongoError)
                -> EstablishedConnection
        /// Told when a connection could not be made: before anybody else learns of it, so that a pool that has to be cleared
        /// is cleared first.
        var failed: @Sendable (Failure) -> Void
    }

    /// A connection that could not be made.
    struct Failure: Sendable {
        var error: MongoError
        var generation: PoolGeneration
        /// Whether the server answered the hello, so that this is about what came after it.
        var isHandshaken: Bool
    }

    struct State: ~Copyable {
        var machine: Machine
        /// The tasks that make connections, by the id of the connection.
        var making: [Int: Task<Void, Never>] = [:]
        /// What is still to be told, and whether somebody is telling it right now.
        var events: [PoolEvent<EstablishedConnection>] = []
        var isTelling = false
        var maintenance: RepeatedTask?
    }

    let address: ServerAddress
    let settings: Settings
    let observer: Observer
    let state: Mutex<State>
    private let eventLoop: any EventLoop
    private let connector: Connector
    private let lastWaiterID = Atomic<Int>(0)

    /// How a pool is to behave.
    struct Settings: Sendable {
        var limits = Machine.Limits()
        /// How long a request without a deadline may wait for a connection, or until one is made for it; `nil`: no limit.
        var waitQueueTimeout: Duration?
        /// How often the pool looks after its idle connections; `nil` means never, and then none are made in advance.
        var maintenanceInterval: TimeAmount? = .seconds(10)
    }

    /// - Parameter eventLoop: For the timers.
    init(
        _ address: ServerAddress,
        _ settings: Settings,
        connector: Connector,
        eventLoop: any EventLoop,
        observer: Observer
    ) {
        var limits = settings.limits
        if settings.maintenanceInterval == nil { limits.minPoolSize = 0 }
        self.address = address
        self.settings = settings
        self.observer = observer
        self.state = Mutex(
            State(machine: Machine(limits, address: address, isObserved: observer.isActive(.connection)))
        )
        self.eventLoop = eventLoop
        self.connector = connector
        observer.tell(.pool(event(.created)))
    }

    // MARK: Checking out and in

    /// Takes a connection out of the pool; waits for one if need be.
    ///
    /// - Throws: `MongoError` when the deadline passes, the task is cancelled, the pool is paused, cleared or closed, or no
    ///   connection can be made.
    func checkOut(deadline: Deadline) async throws(MongoError) -> ConnectionLease {
        let now = NIODeadline.now()
        switch update({ $0.take(now: now, &$1) }) {
        case .slot(let slot): return ConnectionLease(slot, of: self)
        case .failed(let error): throw error
        case .none: break
        }

        let id = lastWaiterID.wrappingAdd(1, ordering: .relaxed).newValue
        // The older timeout counts only where there is no other.
        let limit = deadline.isNever ? Deadline(after: settings.waitQueueTimeout, now: now) : deadline
        let lateness: Machine.Surrender = deadline.isNever ? .queueTimeout : .timeout
        let timer =
            limit.isNever ? nil : eventLoop.scheduleTask(deadline: limit.instant) { self.giveUp(id: id, lateness) }
        defer { timer?.cancel() }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { (waiter: Waiter) in
                update { $0.enqueue(id: id, waiter: waiter, since: now, now: .now(), &$1) }
                // The timer and the handler below find nothing to end when they run before the waiter was queued.
                if Task.isCancelled { giveUp(id: id, .cancelled) }
                if limit.hasPassed() { giveUp(id: id, lateness) }
            }
        } onCancel: {
            giveUp(id: id, .cancelled)
        }
        switch result {
        case .success(let slot): return ConnectionLease(slot, of: self)
        case .failure(let error): throw error
        }
    }

    /// A connection comes back. Called by the end of its ``ConnectionLease``.
    func checkIn(_ slot: Slot, purpose: Machine.Purpose) {
        update { machine, effects in
            // Under the pool's lock: a connection that breaks from now on is found among the idle ones.
            let connection = slot.connection.connection
            let isReusable = connection.isIdle
            let error = isReusable ? nil : connection.closeReason
            machine.checkIn(slot, isReusable: isReusable, error: error, purpose: purpose, now: .now(), &effects)
        }
    }

    private func giveUp(id: Int, _ cause: Machine.Surrender) {
        update { $0.giveUp(id: id, cause, now: .now(), &$1) }
    }

    // MARK: Ready, cleared, closed

    /// The server was found to be there: connections may be made.
    func ready() {
        update { $0.ready(now: .now(), &$1) }
        scheduleMaintenance()
    }

    /// Stops using today's connections, and makes none before ``ready()``.
    ///
    /// - Parameters:
    ///   - interruptInUse: Whether those in use and in the making are ended at once.
    ///   - serviceID: Behind a load balancer: the service whose connections are meant. The pool then goes on with the others.
    func clear(_ cause: MongoError, interruptInUse: Bool = false, serviceID: BSONObjectID? = nil) {
        update { machine, effects in
            if let serviceID {
                machine.clear(service: serviceID, cause, interruptInUse: interruptInUse, now: .now(), &effects)
            } else {
                machine.clear(cause, interruptInUse: interruptInUse, now: .now(), &effects)
            }
        }
    }

    /// Whether connections of the generation are still used: errors of others are old news.
    func isCurrent(_ generation: PoolGeneration) -> Bool {
        state.withLock { $0.machine.isCurrent(generation) }
    }

    /// Closes every connection. Those in use are closed when they come back.
    func close(_ reason: MongoError) async {
        update { $0.close(reason, now: .now(), &$1) }
        let (maintenance, making) = state.withLock { state in
            defer { state.maintenance = nil }
            return (state.maintenance, Array(state.making.values))
        }
        maintenance?.cancel()
        for task in making { await task.value }
    }

    /// How many connections there are, for tests and metrics.
    var counts: (all: Int, idle: Int, waiting: Int) {
        state.withLock { ($0.machine.count, $0.machine.idleCount, $0.machine.waiterCount) }
    }

    /// How many operations have, or wait for, a connection.
    var operationCount: Int {
        state.withLock { $0.machine.operationCount }
    }

    private func scheduleMaintenance() {
        let limits = settings.limits
        guard let interval = settings.maintenanceInterval, limits.minPoolSize > 0 || limits.maxIdleTime != nil else {
            return
        }
        state.withLock { state in
            guard state.maintenance == nil, !state.machine.isClosed else { return }
            state.maintenance = eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) {
                [weak self] task in
                guard let self else { return task.cancel() }
                update { $0.maintain(now: .now(), &$1) }
            }
        }
    }

    // MARK: Effects

    /// Has the state machine decide something, under the lock, and carries it out, without the lock.
    @discardableResult
    private func update<Answer: Sendable>(_ decide: (inout Machine, inout Machine.Effects) -> Answer) -> Answer {
        var effects = Machine.Effects()
        let answer = state.withLock { state in
            let answer = decide(&state.machine, &effects)
            // In the order of the decisions, whoever comes to tell of them.
            if !effects.events.isEmpty { state.events += effects.events }
            return answer
        }
        carryOut(effects)
        return answer
    }

    private func carryOut(_ effects: Machine.Effects) {
        // First: whoever is resumed below may rely on it that what led to it has been told.
        if !effects.events.isEmpty { tellEvents() }
        if !effects.abandon.isEmpty {
            let tasks = state.withLock { state in effects.abandon.compactMap { state.making[$0] } }
            for task in tasks { task.cancel() }
        }
        for order in effects.connect { make(order) }
        for (slot, error) in effects.interrupt { slot.connection.connection.close(error) }
        for slot in effects.close { slot.connection.connection.close() }
        for (waiter, slot) in effects.lease { waiter.resume(returning: .success(slot)) }
        for (waiter, error) in effects.fail { waiter.resume(returning: .failure(error)) }
    }

    /// Makes a connection in a task of the pool's own: whoever asked for it may be gone when it is there, and then it
    /// serves the next.
    private func make(_ order: Machine.ConnectOrder) {
        state.withLock { state in
            let task = Task { await self.establish(order) }
            state.making[order.id] = task
            // Given up before it began.
            if !state.machine.isConnecting(id: order.id) { task.cancel() }
        }
    }

    private func establish(_ order: Machine.ConnectOrder) async {
        do throws(MongoError) {
            let connection = try await connector.connect(order.id) { serviceID in
                self.state.withLock { $0.machine.handshaken(id: order.id, serviceID: serviceID) }
            }
            state.withLock { $0.making[order.id] = nil }
            update { $0.connected(id: order.id, connection, now: .now(), &$1) }
            // Only now: the pool has to know the connection before it can forget it.
            connection.connection.onClose { [weak self] error in
                self?.update { $0.connectionClosed(id: order.id, error, now: .now(), &$1) }
            }
        } catch {
            if let failure = state.withLock({ $0.machine.connectFailing(id: order.id, error) }) {
                connector.failed(
                    Failure(error: error, generation: failure.generation, isHandshaken: failure.isHandshaken)
                )
                update { $0.connectFailed(id: order.id, error, now: .now(), &$1) }
            }
            state.withLock { $0.making[order.id] = nil }
        }
    }
}

/// A connection that is out of its pool. It goes back when this value ends; one whose reply is outstanding, or that
/// broke, is closed then.
struct ConnectionLease: ~Copyable {
    private let slot: ConnectionPool.Slot
    private let pool: ConnectionPool
    private let purpose = Mutex(ConnectionPool.Machine.Purpose.operation)

    init(_ slot: ConnectionPool.Slot, of pool: ConnectionPool) {
        self.slot = slot
        self.pool = pool
    }

    deinit {
        pool.checkIn(slot, purpose: purpose.withLock { $0 })
    }

    /// The connection's number in its pool.
    var id: Int { slot.id }
    var connection: Connection { slot.connection.connection }
    /// What the server said of itself on this connection.
    var description: ConnectionDescription { slot.connection.description }
    var generation: PoolGeneration { slot.generation }

    /// Says what the connection is kept for beyond one operation: behind a load balancer, who waits in vain for a connection
    /// is told what has them.
    func keep(for purpose: ConnectionPool.Machine.Purpose) {
        self.purpose.withLock { present in
            guard present != purpose else { return }
            pool.state.withLock { $0.machine.keep(from: present, for: purpose) }
            present = purpose
        }
    }
}
