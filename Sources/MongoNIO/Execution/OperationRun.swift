// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import NIOCore
import Synchronization

/// What the attempts of one command have in common. `OperationExecutor` keeps it while the command runs.
struct OperationRun {
    let context: OperationContext
    var settings: CommandSettings
    /// Which part the command has in a transaction; `nil` outside of one.
    let role: TransactionRole?
    let isUnacknowledged: Bool
    let labeling: ErrorLabeling
    var policy: RetryPolicy
    /// The servers that failed, when others are preferred.
    var avoided: Set<ServerAddress> = []
    /// The server session, once the first attempt has a connection.
    var lease: ServerSessionLease?
    /// Of a retryable write: the same for all attempts.
    var transactionNumber: Int64?
    /// Whether a command of the transaction may have reached a server.
    var wasSent = false
    let operationID: Int64

    /// - Throws: `MongoError` when the session cannot be used for this operation.
    init(
        _ operation: some Operation,
        _ settings: CommandSettings,
        _ context: OperationContext,
        _ executor: OperationExecutor
    ) throws(MongoError) {
        self.context = context
        self.settings = settings
        operationID = context.operationID ?? (executor.observer.isActive ? OperationID.next() : 0)
        let isUnacknowledged = operation.canBeUnacknowledged && !settings.writeConcern.isAcknowledged
        var role: TransactionRole?
        if let session = context.clientSession {
            role = try Self.enter(session, operation, &self.settings, executor)
            if role == nil, isUnacknowledged {
                throw MongoError(.invalidArgument, "Cannot combine an explicit session with an unacknowledged write")
            }
        }
        self.role = role
        self.isUnacknowledged = isUnacknowledged && role == nil

        let options = executor.retries
        let isEnd = role == .commit || role == .abort
        var subject = RetryPolicy.Subject(hasTimeout: context.deadline != nil)
        switch operation.retryability {
        case .never: break
        case .read: if options.retryReads, role == nil { subject.retryability = .read }
        case .write:
            if isEnd || options.retryWrites && role == nil && !self.isUnacknowledged { subject.retryability = .write }
        }
        subject.retriesOverload =
            if operation.isGeneric {
                options.retryReads && options.retryWrites
            } else {
                isEnd || (operation.purpose == .read ? options.retryReads : options.retryWrites)
            }
        policy = RetryPolicy(subject, options)
        labeling = ErrorLabeling(role: role, isRetryableWrite: subject.retryability == .write)
    }

    /// The operation joins the session, and its transaction if there is one.
    private static func enter(
        _ session: ClientSession,
        _ operation: some Operation,
        _ settings: inout CommandSettings,
        _ executor: OperationExecutor
    ) throws(MongoError) -> TransactionRole? {
        guard session.client.executor === executor else {
            throw MongoError(.invalidArgument, "the session belongs to another client")
        }
        if operation.transactionRole != .member { return operation.transactionRole }
        // Such a command never begins a transaction: `killCursors` may come between its start and its first operation.
        if operation.isSessionless {
            return session.state.withLock { $0.transaction.state == .inProgress } ? .member : nil
        }
        let transaction = session.state.withLock {
            state -> (isEnded: Bool, settings: TransactionStateMachine.Settings?) in
            if state.isEnded { return (true, nil) }
            return (false, state.transaction.beginOperation() ? state.transaction.settings : nil)
        }
        guard !transaction.isEnded else { throw ClientSession.ended }
        guard let transaction = transaction.settings else {
            session.unpin()
            return nil
        }
        if settings.explicit.contains(.readConcern) {
            throw MongoError(.invalidArgument, "Cannot set read concern after starting a transaction")
        }
        if settings.explicit.contains(.writeConcern) {
            throw MongoError(.invalidArgument, "Cannot set write concern after starting a transaction")
        }
        if !settings.explicit.contains(.readPreference) { settings.readPreference = transaction.readPreference }
        if operation.purpose != .write, settings.readPreference.mode != .primary {
            throw MongoError(.invalidArgument, "read preference in a transaction must be primary")
        }
        settings.readConcern = .serverDefault
        settings.writeConcern = .serverDefault
        return .member
    }

    /// What the session, the transaction and the timeout add to the command on this connection.
    ///
    /// - Throws: `MongoError` when the server cannot do what is asked for. Nothing was sent.
    mutating func additions(
        _ operation: some Operation,
        on connection: ConnectionDescription,
        isLoadBalanced: Bool,
        _ executor: OperationExecutor
    ) throws(MongoError) -> CommandBuilder.Additions {
        var additions = CommandBuilder.Additions()
        additions.isUnacknowledged = isUnacknowledged
        var clusterTime = executor.clock.now
        let hasSessions = connection.hello.logicalSessionTimeoutMinutes != nil || isLoadBalanced
        switch context.session {
        case _ where isUnacknowledged:
            break
        case .explicit(let session):
            guard hasSessions else {
                throw MongoError(.invalidArgument, "Sessions are not supported by this MongoDB deployment")
            }
            let lease = session.lease()
            self.lease = lease
            try session.add(to: &additions, role, operation, connection)
            clusterTime = ClusterTime.latest(clusterTime, session.state.withLock { $0.clusterTime })
            if role != nil { additions.transactionNumber = lease.transactionNumber }
        case .implicit(let lease):
            self.lease = lease
        case .automatic:
            if lease == nil, hasSessions, !operation.isSessionless {
                lease = executor.sessions.lease(
                    now: .now(),
                    timeoutMinutes: isLoadBalanced ? nil : connection.hello.logicalSessionTimeoutMinutes
                )
            }
        }
        if let lease {
            lease.used(now: .now())
            additions.sessionID = lease.id
        }
        additions.clusterTime = clusterTime?.document
        if policy.subject.retryability == .write, role == nil {
            try addTransactionNumber(to: &additions, hasSessions && connection.hello.serverType != .standalone)
        }
        return additions
    }

    /// Numbers a retryable write, so that the server does it once however often it is sent.
    private mutating func addTransactionNumber(
        to additions: inout CommandBuilder.Additions,
        _ isSupported: Bool
    ) throws(MongoError) {
        guard isSupported, let lease else {
            // Never retried then; and where it was tried already, it was so with a number.
            policy.subject.retryability = .never
            if let previous = policy.previousError { throw previous }
            return
        }
        let number = transactionNumber ?? lease.nextTransactionNumber()
        transactionNumber = number
        additions.transactionNumber = number
    }
}

/// Why an attempt failed, and how far it came.
struct AttemptFailure: Error {
    var error: MongoError
    var stage: RetryPolicy.Stage
    var server: Server?
    /// The reply of a command that was done, though not acknowledged as it should have been: when it is not tried again,
    /// it is the operation that says what the reply means.
    var reply: (body: BSONDocument, context: ReplyContext)?

    init(_ error: MongoError, _ stage: RetryPolicy.Stage, _ server: Server? = nil) {
        self.error = error
        self.stage = stage
        self.server = server
    }
}

/// Numbers for operations, unique in the process.
enum OperationID {
    static func next() -> Int64 {
        Int64(RequestID.next())
    }
}
