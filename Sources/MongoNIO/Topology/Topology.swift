// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import DequeModule
import Logging
import MongoBSON
import NIOCore
import Synchronization

/// The deployment: which servers there are, what they are, and which one an operation goes to.
///
/// Before it on the way of a request: `OperationExecutor`. After it: `ConnectionPool` of the selected ``Server``. What is
/// learned of servers comes in from the monitors, the pools (both through ``TopologyReports``) and the executor.
///
/// All decisions are ``TopologyStateMachine``'s. What it answers is carried out without the lock and in the order of the
/// decisions, by whoever comes first: events are told one after the other, a pool is ready before its server can be
/// selected, and who waits for a change is woken when everybody else knows of it.
final class Topology: Sendable {
    /// Makes what belongs to a server.
    struct Factory: Sendable {
        var makePool: @Sendable (ServerAddress, TopologyReports) -> ConnectionPool
        /// `nil`: the server is not watched.
        var makeMonitor: @Sendable (ServerAddress, BSONObjectID, TopologyReports) -> ServerMonitor?
    }

    /// How servers are selected.
    struct Settings: Sendable {
        var localThreshold: Duration = .milliseconds(15)
        var heartbeatFrequency: Duration = .seconds(10)
    }

    /// What selection goes by. A new one replaces it with every change.
    final class Snapshot: Sendable {
        let description: TopologyDescription
        let servers: [ServerAddress: Server]
        /// Why there is no use in waiting for a server.
        let failure: MongoError?
        /// The one server that there is nothing to select about.
        let only: Server?

        init(_ description: TopologyDescription, _ servers: [ServerAddress: Server], failure: MongoError? = nil) {
            self.description = description
            self.servers = servers
            self.failure = failure
            let server = description.servers.values.first
            let isChosen =
                description.isCompatible && failure == nil
                && (description.type == .loadBalanced || (description.type == .single && server?.type != .unknown))
            only = isChosen ? server.flatMap { servers[$0.address] } : nil
        }
    }

    /// What is still to be carried out.
    private enum Work: Sendable {
        case action(TopologyStateMachine.Action)
        case resume(CheckedContinuation<Void, Never>)
    }

    private struct State: ~Copyable {
        var machine = TopologyStateMachine()
        var servers: [ServerAddress: Server] = [:]
        var snapshot = Snapshot(TopologyDescription(), [:])
        var work: Deque<Work> = []
        /// Whether somebody is carrying out work right now.
        var isWorking = false
        var waiters = TopologyWaiters()
        /// What closes the servers that left.
        var closing: [ServerAddress: Task<Void, Never>] = [:]
        var closed: MongoError?
    }

    private let state: Mutex<State>
    private let factory: Factory
    private let settings: Settings
    private let reports = TopologyReports()
    private let observer: Observer
    private let logger: Logger?
    private let eventLoop: any EventLoop

    /// - Parameter eventLoop: For the timers of those who wait.
    init(_ factory: Factory, _ settings: Settings, observer: Observer, logger: Logger?, eventLoop: any EventLoop) {
        self.factory = factory
        self.settings = settings
        self.observer = observer
        self.logger = logger
        self.eventLoop = eventLoop
        state = Mutex(State())
        reports.connect(to: self)
    }

    /// What is known of the deployment now.
    var description: TopologyDescription { snapshot.description }

    /// What the deployment is.
    var type: TopologyDescription.TopologyType { snapshot.description.type }

    /// How long the servers remember a session that nobody uses, the most forgetful of them; `nil` when it is not known.
    /// Behind a load balancer sessions do not expire.
    var logicalSessionTimeoutMinutes: Int? { snapshot.description.logicalSessionTimeoutMinutes }

    /// The shortest time that a server's answers have taken; zero when it was not measured yet.
    func minimumRoundTripTime(of address: ServerAddress) -> TimeAmount {
        snapshot.description.servers[address]?.minRoundTripTime.map { TimeAmount($0) } ?? .zero
    }

    private var snapshot: Snapshot { state.withLock { $0.snapshot } }

    // MARK: Beginning and end

    /// Begins to watch the servers. With `mongodb+srv`, once DNS has named them: until then nobody is selected.
    func open(_ seeds: TopologySeeds) {
        change { $0.open(seeds) }
    }

    /// The servers to begin with could not be found out: who waits for a server is told so, and so is everybody who comes
    /// before ``open(_:)``.
    func seedingFailed(_ error: MongoError) {
        change { [.publish($0.description, failure: error)] }
    }

    /// DNS names other hosts than before.
    func updateHosts(_ hosts: [ServerAddress]) {
        change { $0.updateHosts(hosts) }
    }

    /// Ends watching and closes every connection; waits for both. No server is selected any more.
    func close() async {
        let reason = MongoError(.clientClosed, "the client was closed")
        let (servers, waiters) = state.withLock { state in
            state.closed = reason
            let servers = state.servers.values.map { $0 }
            let waiters = state.waiters.takeAll()
            return (servers, waiters)
        }
        for waiter in waiters { waiter.resume(returning: .changed) }
        await withTaskGroup(of: Void.self) { group in
            for server in servers { group.addTask { await server.close(reason) } }
        }
        for task in state.withLock({ Array($0.closing.values) }) { await task.value }
        change { $0.close() }
        await withCheckedContinuation { continuation in
            perform { $0.work.append(.resume(continuation)) }
        }
    }

    // MARK: What is learned

    /// A server answered its monitor.
    func apply(_ server: ServerDescription) {
        change { $0.apply(server) }
    }

    /// A server answered the hello of a connection that operations will use.
    func greeted(_ server: ServerDescription) {
        change { $0.greeted(server) }
    }

    /// A server did not answer its monitor, or refused the check.
    func checkFailed(_ address: ServerAddress, _ error: MongoError) {
        change { $0.checkFailed(address, error) }
    }

    /// An operation, or the making of a connection for one, ended with an error. All errors may be told: what says nothing
    /// about the server changes nothing.
    ///
    /// - Parameters:
    ///   - error: With `server` set where the server refused: state changes are recognized by its codes, also those of a
    ///     write concern error.
    ///   - generation: That of the connection: errors of connections that were given up already are old news.
    ///   - phase: How far the connection was.
    ///   - serviceID: Behind a load balancer: the service that the connection led to.
    func handle(
        _ error: MongoError,
        from address: ServerAddress,
        generation: PoolGeneration,
        phase: ErrorPhase,
        serviceID: BSONObjectID? = nil
    ) {
        if case .none = error.meaning(in: phase) { return }
        guard let server = state.withLock({ $0.servers[address] }) else { return }
        let isCurrent = server.pool.isCurrent(generation)
        change {
            $0.handle(error, from: address, isCurrent: isCurrent, phase: phase, serviceID: serviceID)
        }
    }

    /// The way to a server and back was measured.
    func measured(_ roundTrip: Duration, to address: ServerAddress) {
        observer.metrics?.measured(roundTrip, to: address)
    }

    // MARK: Carrying out

    var isObserved: Bool { observer.isActive(.topology) }

    /// Tells an event in its place among the others.
    func tell(_ event: TopologyEvent) {
        perform { $0.work.append(.action(.tell(event))) }
    }

    private func change(_ decide: (inout TopologyStateMachine) -> [TopologyStateMachine.Action]) {
        perform { state in
            for action in decide(&state.machine) { state.work.append(.action(action)) }
        }
    }

    /// Has work added under the lock and sees to it that it is done: by this task, or by the one that is at it already.
    private func perform(_ add: (inout State) -> Void) {
        let isMine = state.withLock { state in
            add(&state)
            guard !state.isWorking, !state.work.isEmpty else { return false }
            state.isWorking = true
            return true
        }
        guard isMine else { return }
        while let work = nextWork() {
            switch work {
            case .action(let action): carryOut(action)
            case .resume(let continuation): continuation.resume()
            }
        }
    }

    private func nextWork() -> Work? {
        state.withLock { state in
            let work = state.work.popFirst()
            if work == nil { state.isWorking = false }
            return work
        }
    }

    private func carryOut(_ action: TopologyStateMachine.Action) {
        switch action {
        case .openServer(let address): openServer(address)
        case .closeServer(let address): closeServer(address)
        case .readyPool(let address): server(address)?.pool.ready()
        case .clearPool(let address, let error, let interruptInUse, let serviceID):
            server(address)?.pool.clear(error, interruptInUse: interruptInUse, serviceID: serviceID)
        case .requestCheck(let address): server(address)?.monitor?.requestCheck()
        case .cancelCheck(let address): server(address)?.monitor?.cancelCheck()
        case .tell(let event): observer.tell(.topology(event))
        case .warn(let text): logger?.warning("\(text)")
        case .publish(let description, let failure):
            let waiters = state.withLock { state in
                state.snapshot = Snapshot(description, state.servers, failure: failure)
                return state.waiters.takeAll()
            }
            for waiter in waiters { waiter.resume(returning: .changed) }
        }
    }

    private func server(_ address: ServerAddress) -> Server? {
        state.withLock { $0.servers[address] }
    }

    private func openServer(_ address: ServerAddress) {
        guard state.withLock({ $0.closed == nil }) else { return }
        let (id, type) = state.withLock { ($0.machine.id, $0.machine.description.type) }
        let server = Server(
            address: address,
            pool: factory.makePool(address, reports),
            monitor: type == .loadBalanced ? nil : factory.makeMonitor(address, id, reports)
        )
        let closed = state.withLock { state in
            if state.closed == nil { state.servers[address] = server }
            return state.closed
        }
        if let closed {
            keepClosing(address) { await server.close(closed) }
        } else {
            server.monitor?.start()
        }
    }

    private func closeServer(_ address: ServerAddress) {
        guard let server = state.withLock({ $0.servers.removeValue(forKey: address) }) else { return }
        keepClosing(address) {
            await server.close(MongoError(.network, "\(address) does not belong to the deployment any more"))
        }
    }

    /// Closing takes a while: ``close()`` waits for it.
    private func keepClosing(_ address: ServerAddress, _ body: @escaping @Sendable () async -> Void) {
        state.withLock { state in
            let previous = state.closing[address]
            state.closing[address] = Task {
                await previous?.value
                await body()
            }
        }
    }

    // MARK: Selection

    /// Selects a server for an operation; waits for one if need be.
    ///
    /// - Parameters:
    ///   - deprioritized: Servers that are passed over as long as another one fits.
    ///   - operation: The command's name, for the log; so is its id.
    /// - Throws: `MongoError` when no server fits before the deadline, the task is cancelled, the client is closed, or a
    ///   server speaks no version of the protocol that this driver speaks.
    func selectServer(
        _ selector: ServerSelector,
        deadline: Deadline,
        deprioritized: Set<ServerAddress> = [],
        operation: String = "",
        operationID: Int64? = nil
    ) async throws(MongoError) -> Server {
        guard observer.logs(.serverSelection) || observer.logs(.serverSelection, .info) else {
            return try await findServer(selector, deadline, deprioritized) { _ in }
        }
        func log(_ message: (LogMessage.Selection) -> LogMessage) {
            observer.log(
                message(
                    LogMessage.Selection(
                        selector: "\(selector)",
                        operation: operation,
                        operationID: operationID,
                        topology: "\(description)"
                    )
                )
            )
        }
        log { .selectionStarted($0) }
        do throws(MongoError) {
            let server = try await findServer(selector, deadline, deprioritized) { remaining in
                log { .selectionWaits($0, remaining: remaining) }
            }
            log { .selectionSucceeded($0, server.address) }
            return server
        } catch {
            // The deployment stands beside the failure already.
            let failure = error.code == .serverSelection ? "no server fits before the deadline" : "\(error)"
            log { .selectionFailed($0, failure) }
            throw error
        }
    }

    /// - Parameter waits: Told once when the wait begins, with the time that is left.
    private func findServer(
        _ selector: ServerSelector,
        _ deadline: Deadline,
        _ deprioritized: Set<ServerAddress>,
        waits: (Duration?) -> Void
    ) async throws(MongoError) -> Server {
        let start = NIODeadline.now()
        var isWaiting = false
        var selector = selector
        selector.localThreshold = settings.localThreshold
        selector.heartbeatFrequency = settings.heartbeatFrequency
        while true {
            let (snapshot, closed) = state.withLock { ($0.snapshot, $0.closed) }
            if let closed { throw closed }
            if let server = try select(selector, in: snapshot, deprioritized) { return server }
            if let failure = snapshot.failure { throw failure }
            if deadline.hasPassed() { throw Self.timeout(selector, snapshot.description, since: start) }
            if !isWaiting {
                isWaiting = true
                waits(deadline.isNever ? nil : .nanoseconds(deadline.remaining(now: start).nanoseconds))
            }
            for server in snapshot.servers.values { server.monitor?.requestCheck() }
            switch await change(of: snapshot, deadline: deadline) {
            case .changed: break
            case .timeout: throw Self.timeout(selector, description, since: start)
            case .cancelled: throw MongoError(.cancelled, "the task was cancelled")
            }
        }
    }

    /// - Returns: `nil` when no server fits now.
    private func select(
        _ selector: ServerSelector,
        in snapshot: Snapshot,
        _ deprioritized: Set<ServerAddress>
    ) throws(MongoError) -> Server? {
        if let only = snapshot.only { return only }
        if let error = snapshot.description.compatibilityError { throw MongoError(.incompatibleServer, error) }
        let suitable = try selector.suitableServers(in: snapshot.description, deprioritized: deprioritized)
        let chosen = ServerSelector.choose(from: selector.inWindow(suitable)) { address in
            snapshot.servers[address]?.operationCount ?? 0
        }
        return chosen.flatMap { snapshot.servers[$0.address] }
    }

    private func change(of snapshot: Snapshot, deadline: Deadline) async -> TopologyWaiters.Outcome {
        let id = state.withLock { $0.waiters.nextID() }
        let timer =
            deadline.isNever
            ? nil : eventLoop.scheduleTask(deadline: deadline.instant) { self.endWait(id, .timeout) }
        defer { timer?.cancel() }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let early = state.withLock { state -> TopologyWaiters.Outcome? in
                    if state.closed != nil || state.snapshot !== snapshot { return .changed }
                    // The timer and the handler below find nobody when they come before the waiter was taken in.
                    if Task.isCancelled { return .cancelled }
                    if deadline.hasPassed() { return .timeout }
                    state.waiters.add(id, waiter)
                    return nil
                }
                if let early { waiter.resume(returning: early) }
            }
        } onCancel: {
            endWait(id, .cancelled)
        }
    }

    private func endWait(_ id: Int, _ outcome: TopologyWaiters.Outcome) {
        state.withLock { $0.waiters.take(id) }?.resume(returning: outcome)
    }

    /// - SeeAlso: [Server Selection Errors](https://github.com/mongodb/specifications/blob/master/source/server-selection/server-selection.md#server-selection-errors)
    private static func timeout(
        _ selector: ServerSelector,
        _ description: TopologyDescription,
        since start: NIODeadline
    ) -> MongoError {
        let waited = (NIODeadline.now() - start).nanoseconds / 1_000_000
        let first = description.sortedServers.lazy.compactMap(\.error).first
        return MongoError(
            .serverSelection,
            "no server fits (\(selector)) after \(waited) ms; topology: \(description)",
            tls: first?.tls,
            underlying: first
        )
    }
}

/// Those who wait for the deployment to change.
struct TopologyWaiters {
    /// Why a wait is over.
    enum Outcome: Sendable { case changed, timeout, cancelled }
    typealias Waiter = CheckedContinuation<Outcome, Never>

    private var waiters: [Int: Waiter] = [:]
    private var lastID = 0

    mutating func nextID() -> Int {
        lastID += 1
        return lastID
    }

    mutating func add(_ id: Int, _ waiter: Waiter) {
        waiters[id] = waiter
    }

    /// Whoever takes a waiter out of here is the one to resume it.
    mutating func take(_ id: Int) -> Waiter? {
        waiters.removeValue(forKey: id)
    }

    mutating func takeAll() -> [Waiter] {
        defer { waiters = [:] }
        return Array(waiters.values)
    }
}
