// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import Synchronization

/// What a session adds to commands, and what it learns from replies.
extension ClientSession {
    /// The server that has the session's transaction; `nil` when any may be used.
    package var pinnedAddress: ServerAddress? {
        state.withLock { $0.pinnedServer?.address ?? $0.pinnedConnection?.lease.description.address }
    }

    /// Whether a command of the session ended with a broken connection. For tests.
    package var isDirty: Bool {
        state.withLock { $0.lease }?.isDirty ?? false
    }

    /// Where the transaction stands, in the words of the unified test format. For tests.
    package var transactionState: String {
        switch state.withLock({ $0.transaction.state }) {
        case .none: "none"
        case .starting: "starting"
        case .inProgress: "in_progress"
        case .committed: "committed"
        case .aborted: "aborted"
        }
    }

    /// - Parameter role: The operation's part in the transaction; `nil` outside of one.
    func add(
        to additions: inout CommandBuilder.Additions,
        _ role: TransactionRole?,
        _ operation: some Operation,
        _ connection: ConnectionDescription
    ) throws(MongoError) {
        if options.snapshot, !operation.isSessionless {
            // MongoDB 5.0.
            guard connection.hello.maxWireVersion >= 13 else {
                throw MongoError(.invalidArgument, "Snapshot reads require MongoDB 5.0 or later")
            }
            // On all commands: the server refuses those that cannot read from a snapshot.
            additions.readConcern = .snapshot
            additions.atClusterTime = snapshotTime
            return
        }
        let isCausallyConsistent = isCausallyConsistent
        additions = state.withLock { state in
            var additions = additions
            switch role {
            case nil:
                if isCausallyConsistent, operation.isCausal {
                    additions.afterClusterTime = state.operationTime
                }
            case .member:
                additions.isInTransaction = true
                guard state.transaction.state == .starting else { break }
                additions.startsTransaction = true
                additions.readConcern = state.transaction.settings.readConcern
                if isCausallyConsistent { additions.afterClusterTime = state.operationTime }
            case .commit, .abort:
                additions.isInTransaction = true
                additions.recoveryToken = state.transaction.recoveryToken
            }
            return additions
        }
    }

    /// A reply came, good or bad.
    func observe(_ reply: BSONDocument, inTransaction: Bool) {
        let clusterTime = reply.document(forKey: "$clusterTime")
        let operationTime = reply.element(forKey: "operationTime")?.timestamp
        let token = inTransaction ? reply.document(forKey: "recoveryToken") : nil
        let snapshotTime =
            options.snapshot
            ? (reply.document(forKey: "cursor")?.element(forKey: "atClusterTime")
                ?? reply.element(forKey: "atClusterTime"))?.timestamp : nil
        state.withLock { state in
            if let clusterTime, let time = ClusterTime(clusterTime.detached()) {
                state.clusterTime = ClusterTime.latest(state.clusterTime, time)
            }
            if let operationTime, state.operationTime.map({ $0 < operationTime }) ?? true {
                state.operationTime = operationTime
            }
            if let token { state.transaction.recover(with: token) }
            if state.snapshotTime == nil { state.snapshotTime = snapshotTime }
        }
    }

    /// A server took a command of the transaction, or may have.
    func commandWasSent() {
        state.withLock { $0.transaction.commandWasSent() }
    }

    /// An operation of the transaction failed: its server may be of no more use.
    func transactionFailed(_ error: MongoError, _ role: TransactionRole) {
        let unpins =
            switch role {
            case .abort: true
            case .commit:
                error.hasLabel(.transientTransactionError) || error.hasLabel(.unknownTransactionCommitResult)
            case .member: error.hasLabel(.transientTransactionError)
            }
        if unpins { unpin() }
    }
}
