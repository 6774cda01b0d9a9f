// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import NIOCore
import Synchronization

/// Carries operations out: selects a server, checks a connection out, sends, waits, decodes, and tries again.
///
/// The only place that sees topology, pool and connection at once, and the only place for a retry loop. Before it on the
/// way of a request: an ``Operation``. After it: `Topology`.
final class OperationExecutor: Sendable {
    let topology: Topology
    let observer: Observer
    /// Makes spans of operations; `nil` when nobody wants any.
    let tracer: OperationTracer?
    let retries: RetryOptions
    let clock = ClusterClock()
    let sessions = ServerSessions()
    let running = RunningOperations()
    /// How long a server may take to be selected.
    private let serverSelectionTimeout: Duration
    /// How long a single exchange may take when the operation has no timeout; `nil` means as long as the operation.
    private let socketTimeout: Duration?
    private let serverAPI: MongoServerAPI?

    init(topology: Topology, observer: Observer, options: MongoClientOptions, retries: RetryOptions? = nil) {
        self.topology = topology
        self.observer = observer
        tracer = OperationTracer(options)
        self.retries = retries ?? RetryOptions(options)
        serverSelectionTimeout = options.serverSelectionTimeout
        socketTimeout = options.socketTimeout.flatMap { $0 > .zero ? $0 : nil }
        serverAPI = options.serverAPI
    }

    /// Carries an operation out.
    ///
    /// - Parameters:
    ///   - settings: What the operation inherits.
    ///   - session: The session that it belongs to; `nil` gives it one of its own where it needs one.
    ///   - server: The server it has to go to; `nil` has one selected.
    ///   - timeout: How long it may take in all, instead of what it inherits.
    func execute<O: Operation>(
        _ operation: O,
        _ settings: CommandSettings,
        session: ClientSession? = nil,
        on server: Server? = nil,
        timeout: Duration? = nil
    ) async throws(MongoError) -> O.Output {
        var context = try context(settings, session: session, timeout: timeout)
        context.server = server
        return try await execute(operation, settings, in: context)
    }

    /// Carries one of several commands of an operation out.
    func execute<O: Operation>(
        _ operation: O,
        _ settings: CommandSettings,
        in context: OperationContext
    ) async throws(MongoError) -> O.Output {
        if let tracer, context.span == nil { return try await traced(operation, settings, in: context, tracer) }
        running.enter()
        defer { running.leave() }
        var run = try OperationRun(operation, settings, context, self)
        while true {
            let failure: AttemptFailure
            do throws(AttemptFailure) {
                let output = try await attempt(operation, &run)
                if run.role != nil { context.clientSession?.commandWasSent() }
                return output
            } catch {
                failure = error
            }
            let session = context.clientSession
            if let role = run.role { session?.transactionFailed(failure.error, role) }
            switch run.policy.failed(
                failure.error,
                at: failure.stage,
                isSharded: failure.server != nil && topology.type == .sharded,
                isExpired: context.deadline?.hasPassed() ?? false
            ) {
            case .fail(let error, let isLatest):
                if run.role != nil, run.wasSent { session?.commandWasSent() }
                if isLatest, let reply = failure.reply { return try operation.decode(reply.body, reply.context) }
                return try operation.recover(from: explained(error, run))
            case .retry(let pause, let avoidsServer):
                if avoidsServer, let server = failure.server { run.avoided.insert(server.address) }
                // Somebody else may still be carrying out what the failure means for the server: the one retry must not
                // be spent on a server that is known to be gone.
                await topology.settle()
                if run.role == .commit, run.policy.mayHaveBeenDone {
                    run.settings.writeConcern =
                        try TransactionStateMachine.writeConcernForRepeatedCommit(settings.writeConcern)
                }
                if let pause {
                    let delay = pause * retries.jitter()
                    if let deadline = context.deadline, Deadline(after: delay) >= deadline { throw failure.error }
                    try await self.pause(delay)
                }
            }
        }
    }

    // MARK: One attempt

    private func attempt<O: Operation>(
        _ operation: O,
        _ run: inout OperationRun
    ) async throws(AttemptFailure) -> O.Output {
        // Before anything is sent: to give an exchange up later costs the connection.
        if Task.isCancelled {
            throw AttemptFailure(MongoError(.cancelled, "the task was cancelled"), .selection)
        }
        let deadline = run.context.deadline
        let limit = Deadline(after: serverSelectionTimeout)
        let server: Server
        do throws(MongoError) {
            server = try await selectServer(operation, run, deadline: min(deadline ?? .never, limit))
        } catch {
            throw AttemptFailure(
                run.labeling.labeled(error, at: .selection, wireVersion: nil, isMongos: false),
                .selection
            )
        }
        // With a timeout, what is left of the time for selecting; without one, the pool's own limit.
        let patience = deadline.map { min($0, limit) } ?? .never
        let type = topology.type
        if type == .loadBalanced {
            let connection = try await checkOutPinned(server, run, deadline: patience)
            return try await exchange(operation, on: connection.lease, connection, of: server, type, &run)
        }
        let lease = try await checkOut(server, run, deadline: patience)
        return try await exchange(operation, on: lease, nil, of: server, type, &run)
    }

    private func selectServer(
        _ operation: some Operation,
        _ run: OperationRun,
        deadline: Deadline
    ) async throws(MongoError) -> Server {
        if let server = run.context.server { return server }
        let session = run.role == nil ? nil : run.context.clientSession
        if let pinned = session?.state.withLock({ $0.pinnedServer }) { return pinned }
        let server = try await topology.selectServer(
            ServerSelector(purpose: operation.purpose, readPreference: run.settings.readPreference),
            deadline: deadline,
            deprioritized: run.avoided,
            operation: operation.commandName,
            operationID: run.operationID
        )
        if run.role == .member, topology.type == .sharded { session?.state.withLock { $0.pinnedServer = server } }
        return server
    }

    private func checkOut(
        _ server: Server,
        _ run: OperationRun,
        deadline: Deadline
    ) async throws(AttemptFailure) -> ConnectionLease {
        do throws(MongoError) {
            return try await server.pool.checkOut(deadline: deadline)
        } catch {
            let error = run.labeling.labeled(error, at: .checkOut, wireVersion: nil, isMongos: false)
            throw AttemptFailure(error, .checkOut, server)
        }
    }

    /// Behind a load balancer: the connection that the cursor or the transaction has, or one that they may keep.
    private func checkOutPinned(
        _ server: Server,
        _ run: OperationRun,
        deadline: Deadline
    ) async throws(AttemptFailure) -> PinnedConnection {
        if let connection = run.context.connection { return connection }
        let session = run.role == nil ? nil : run.context.clientSession
        if let connection = session?.state.withLock({ $0.pinnedConnection }) { return connection }
        let connection = PinnedConnection(try await checkOut(server, run, deadline: deadline))
        if run.role == .member, let session {
            connection.lease.keep(for: .transaction)
            session.state.withLock { $0.pinnedConnection = connection }
        }
        return connection
    }

    private func exchange<O: Operation>(
        _ operation: O,
        on lease: borrowing ConnectionLease,
        _ pinned: PinnedConnection?,
        of server: Server,
        _ topologyType: TopologyDescription.TopologyType,
        _ run: inout OperationRun
    ) async throws(AttemptFailure) -> O.Output {
        let connection = lease.description
        let message: CommandBuilder.Message
        let limit: Deadline
        do throws(MongoError) {
            var builder = CommandBuilder(
                settings: run.settings,
                serverType: connection.hello.serverType,
                topologyType: topologyType,
                limits: MessageLimits(connection.hello),
                serverAPI: serverAPI,
                maxWireVersion: connection.hello.maxWireVersion
            )
            builder.additions = try run.additions(operation, on: connection, isLoadBalanced: pinned != nil, self)
            let time = try timeLimit(operation, run.context.deadline, server)
            builder.additions.maxTime = time.maxTime
            builder.additions.hasTimeout = run.context.deadline != nil
            limit = time.exchange
            message = try builder.message(for: operation)
        } catch {
            throw AttemptFailure(error, .checkOut, server)
        }

        let reply: BSONDocument
        do throws(AttemptFailure) {
            reply = try await send(operation, message, on: lease, to: server, until: limit, &run)
        } catch {
            guard try await logInAgain(after: error, on: lease, server, until: limit) else { throw error }
            reply = try await send(operation, message, on: lease, to: server, until: limit, &run)
        }
        var context = ReplyContext(
            server: server,
            sequenceCount: message.sequenceCount,
            maxWireVersion: connection.hello.maxWireVersion
        )
        context.isAcknowledged = !run.isUnacknowledged
        context.continuation = run.context
        context.continuation.server = server
        context.continuation.connection = pinned
        context.continuation.span = nil
        if run.context.clientSession == nil, let lease = run.lease { context.continuation.session = .implicit(lease) }
        if operation.accepts.contains(.writeConcern) {
            try checkWriteConcern(reply, context, on: lease, run)
        }
        do throws(MongoError) {
            let output = try operation.decode(reply, context)
            // Before the connection comes back: who waits for that is to find this session, not to need one of its own.
            run.lease = nil
            return output
        } catch {
            throw AttemptFailure(labeled(error, at: .exchange, on: lease, run), .exchange, server)
        }
    }

    /// Sends, waits and tells those who observe.
    private func send<O: Operation>(
        _ operation: O,
        _ message: CommandBuilder.Message,
        on lease: borrowing ConnectionLease,
        to server: Server,
        until limit: Deadline,
        _ run: inout OperationRun
    ) async throws(AttemptFailure) -> BSONDocument {
        let report = CommandReport(operation, message, on: lease, run, observer)
        report?.started(message)
        let reply: BSONDocument
        do throws(MongoError) {
            run.wasSent = true
            if run.isUnacknowledged {
                try await lease.connection.send(message.bytes, deadline: limit)
                reply = ["ok": 1]
            } else {
                let frame = try await lease.connection.exchange(message.bytes, id: message.id, deadline: limit)
                reply = try ReplyDecoder.decode(frame, address: server.address)
            }
            report?.succeeded(reply)
        } catch {
            var error = error
            if let body = error.server?.reply {
                observe(body, run)
            } else {
                run.lease?.markDirty()
                if error.code == .timeout, run.context.deadline == nil { error = Self.broken(error) }
            }
            error = located(error, at: server.address)
            report?.failed(error)
            reportToTopology(error, of: server, on: lease)
            throw AttemptFailure(labeled(error, at: .exchange, on: lease, run), .exchange, server)
        }
        observe(reply, run)
        return reply
    }

    /// A server may want its user to log in again at any time; then the command is sent once more, whatever it is.
    ///
    /// - Returns: Whether the connection was logged in again.
    /// - SeeAlso: [Reauthentication](https://github.com/mongodb/specifications/blob/master/source/auth/auth.md#reauthentication)
    private func logInAgain(
        after failure: AttemptFailure,
        on lease: borrowing ConnectionLease,
        _ server: Server,
        until limit: Deadline
    ) async throws(AttemptFailure) -> Bool {
        guard failure.error.server?.code == 391 else { return false }
        do throws(MongoError) {
            return try await lease.description.logInAgain(on: lease.connection, deadline: limit)
        } catch {
            throw AttemptFailure(located(error, at: server.address), .exchange, server)
        }
    }

    /// A retryable write that was not acknowledged as it should have been may be tried again.
    private func checkWriteConcern(
        _ reply: BSONDocument,
        _ context: ReplyContext,
        on lease: borrowing ConnectionLease,
        _ run: OperationRun
    ) throws(AttemptFailure) {
        guard let error = ReplyDecoder.writeConcernError(reply, address: context.server.address) else { return }
        reportToTopology(error, of: context.server, on: lease)
        guard run.policy.subject.retryability == .write else { return }
        var failure = AttemptFailure(labeled(error, at: .exchange, on: lease, run), .exchange, context.server)
        guard failure.error.hasLabel(.retryableWriteError) else { return }
        if run.role != .commit { failure.reply = (reply, context) }
        throw failure
    }

    // MARK: Time

    /// When the exchange has to be over, and what the server is told of it.
    private func timeLimit(
        _ operation: some Operation,
        _ deadline: Deadline?,
        _ server: Server
    ) throws(MongoError) -> (exchange: Deadline, maxTime: Int64?) {
        guard let deadline else {
            let exchange = socketTimeout.map { Deadline(after: $0) } ?? .never
            if case .await(let time) = operation.timeLimit { return (exchange, time?.wholeMilliseconds) }
            return (exchange, operation.maxTime?.wholeMilliseconds)
        }
        guard !deadline.isNever else {
            if case .await(let time) = operation.timeLimit { return (deadline, time?.wholeMilliseconds) }
            return (deadline, nil)
        }
        // The answer has to come back in time, too.
        let roundTrip = topology.minimumRoundTripTime(of: server.address)
        let left = (deadline.remaining().nanoseconds - roundTrip.nanoseconds) / 1_000_000
        guard left > 0 else {
            throw MongoError(.timeout, "there was no time left to send the command to \(server.address)")
        }
        switch operation.timeLimit {
        case .wholeCommand: return (deadline, left)
        case .driverOnly: return (deadline, nil)
        case .await(let time): return (deadline, time.map { min($0.wholeMilliseconds, left) })
        }
    }

    /// Waits before another attempt.
    func pause(_ duration: Duration) async throws(MongoError) {
        do {
            try await Task.sleep(for: duration)
        } catch {
            throw MongoError(.cancelled, "the task was cancelled")
        }
    }

    // MARK: Errors

    private func labeled(
        _ error: MongoError,
        at stage: RetryPolicy.Stage,
        on lease: borrowing ConnectionLease,
        _ run: OperationRun
    ) -> MongoError {
        let connection = lease.description
        return run.labeling.labeled(
            error,
            at: stage,
            wireVersion: connection.hello.maxWireVersion,
            isMongos: connection.hello.serverType == .mongos
        )
    }

    /// What the user is told in the end.
    private func explained(_ error: MongoError, _ run: OperationRun) -> MongoError {
        if let deadline = run.context.deadline {
            guard error.code != .cancelled, error.code != .clientClosed else { return error }
            if error.isMaxTimeExpired || error.code == .timeout || deadline.hasPassed() { return Self.timedOut(error) }
        }
        // The server's words would send the reader looking for transactions.
        if error.server?.code == 20, error.server?.message.hasPrefix("Transaction numbers") == true {
            var error = error
            error.message =
                "This MongoDB deployment does not support retryable writes. "
                + "Please add retryWrites=false to your connection string."
            error.server?.message = error.message
            return error
        }
        return error
    }

    /// The error of an operation whose timeout is over.
    static func timedOut(_ error: MongoError) -> MongoError {
        if error.code == .timeout, error.underlying is MongoError { return error }
        return MongoError(
            .timeout,
            "the operation did not finish within its timeout: \(error)",
            labels: error.labels,
            server: error.server,
            tls: error.tls,
            underlying: error
        )
    }

    /// A reply that did not come within `socketTimeoutMS`: the connection is of no more use, which is all that is known.
    private static func broken(_ error: MongoError) -> MongoError {
        MongoError(.network, "\(error.message) (socketTimeoutMS)", underlying: error)
    }

    private func located(_ error: MongoError, at address: ServerAddress) -> MongoError {
        error.server == nil ? error.located(at: address) : error
    }

    private func reportToTopology(_ error: MongoError, of server: Server, on lease: borrowing ConnectionLease) {
        topology.handle(
            error,
            from: server.address,
            generation: lease.generation,
            phase: .operation,
            serviceID: lease.description.hello.serviceID
        )
    }

    // MARK: Sessions

    private func observe(_ reply: BSONDocument, _ run: OperationRun) {
        if let time = reply.document(forKey: "$clusterTime") { clock.advance(to: time) }
        run.context.clientSession?.observe(reply, inTransaction: run.role != nil)
    }

    /// A server session for a ``ClientSession``.
    func leaseServerSession() -> ServerSessionLease {
        sessions.lease(now: .now(), timeoutMinutes: topology.logicalSessionTimeoutMinutes)
    }

    /// Ends the sessions that nobody uses, on the server. Best effort: it forgets them by itself after half an hour.
    func endSessions() async {
        let ids = sessions.drain()
        let settings = CommandSettings(
            readConcern: .serverDefault,
            writeConcern: .serverDefault,
            readPreference: .primaryPreferred
        )
        var rest = ids[...]
        while !rest.isEmpty {
            let batch = rest.prefix(EndSessionsOperation.maximumCount)
            rest = rest.dropFirst(batch.count)
            guard (try? await execute(EndSessionsOperation(ids: batch), settings, timeout: .seconds(1))) != nil else {
                return
            }
        }
    }
}

/// `endSessions`: the client will not use these sessions any more.
private struct EndSessionsOperation: Operation {
    /// How many sessions one command ends at most.
    static let maximumCount = 10_000

    var ids: ArraySlice<BSONDocument>

    var commandName: String { "endSessions" }
    var database: String { "admin" }
    var purpose: ServerSelector.Purpose { .read }
    var isSessionless: Bool { true }
    var accepts: CommandSettings.Fields { .readPreference }

    func encode(into command: inout BSONWriter) {
        command.append("endSessions", Array(ids))
    }

    func decode(_ reply: BSONDocument, _ context: ReplyContext) throws(MongoError) {}
}
