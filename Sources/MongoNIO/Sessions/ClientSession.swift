// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/sessions/driver-sessions.md

public import MongoBSON
import NIOCore
import Synchronization

/// A sequence of operations that belong together: they see each other's effects, and can form transactions.
///
/// ```swift
/// try await client.withSession { session in
///     try await kittens.insertOne(roscoe, session: session)
///     try await kittens.findOne(["name": "Roscoe"], session: session)   // finds him, on whatever server
/// }
/// ```
///
/// A session is used by one operation at a time, and only with the client that made it. Unacknowledged writes cannot be
/// part of one.
public final class ClientSession: Sendable {
    /// The client that made the session.
    public let client: MongoClient
    /// What the session was made with.
    public let options: ClientSessionOptions

    struct State: ~Copyable {
        var lease: ServerSessionLease?
        var isEnded = false
        var clusterTime: ClusterTime?
        var operationTime: BSONTimestamp?
        var snapshotTime: BSONTimestamp?
        var transaction = TransactionStateMachine()
        /// The mongos that has the transaction.
        var pinnedServer: Server?
        /// The connection to the service that has the transaction, behind a load balancer.
        var pinnedConnection: PinnedConnection?
        /// When the running `withTransaction` ends; `nil` when none with a timeout is running.
        var deadline: Deadline?
        /// The span of the last transaction, and whether it has ended.
        var transactionSpan: (span: any OpenSpan, isEnded: Bool)?
    }

    let state: Mutex<State>

    init(client: MongoClient, options: ClientSessionOptions) throws(MongoError) {
        if options.snapshot, options.causalConsistency == true {
            throw MongoError(.invalidArgument, "a session is either causally consistent or a snapshot, not both")
        }
        if options.snapshotTime != nil, !options.snapshot {
            throw MongoError(.invalidArgument, "a snapshot time needs a snapshot session")
        }
        self.client = client
        self.options = options
        var state = State()
        state.snapshotTime = options.snapshotTime
        self.state = Mutex(state)
    }

    // MARK: What is known

    /// What the session is called on the wire: the document that commands send as `lsid`.
    public var sessionID: BSONDocument { lease().id }

    /// The latest cluster time that the session has seen; `nil` before its first reply. The document that servers send as
    /// `$clusterTime`.
    public var clusterTime: BSONDocument? {
        state.withLock { $0.clusterTime?.document }
    }

    /// The time of the session's latest operation; `nil` before its first reply.
    public var operationTime: BSONTimestamp? {
        state.withLock { $0.operationTime }
    }

    /// The moment whose data a snapshot session reads; `nil` before its first read, and for other sessions.
    public var snapshotTime: BSONTimestamp? {
        state.withLock { $0.snapshotTime }
    }

    /// Whether operations of the session belong to a transaction now.
    public var isInTransaction: Bool {
        state.withLock { $0.transaction.isActive }
    }

    /// Whether the session was ended.
    public var isEnded: Bool {
        state.withLock { $0.isEnded }
    }

    /// Whether reads see what the session did before.
    var isCausallyConsistent: Bool {
        options.causalConsistency ?? !options.snapshot
    }

    // MARK: Another session's times

    /// Tells the session of a cluster time that another session has seen.
    ///
    /// - Parameter clusterTime: The other session's ``clusterTime``. An earlier one than the session's own, or a document
    ///   that is none, changes nothing.
    public func advanceClusterTime(to clusterTime: BSONDocument) {
        guard let time = ClusterTime(clusterTime.detached()) else { return }
        state.withLock { $0.clusterTime = ClusterTime.latest($0.clusterTime, time) }
    }

    /// Tells the session of the time of another session's operation: what that one wrote is seen from now on.
    ///
    /// - Parameter operationTime: The other session's ``operationTime``. An earlier one than the session's own changes
    ///   nothing.
    public func advanceOperationTime(to operationTime: BSONTimestamp) {
        state.withLock { state in
            if let known = state.operationTime, known >= operationTime { return }
            state.operationTime = operationTime
        }
    }

    // MARK: Ending

    /// Ends the session. A transaction that is in progress is aborted; errors in doing so are ignored, as the server would
    /// do it by itself. Later calls do nothing.
    ///
    /// - Parameter timeout: How long that may take in all; by default what the session's options say.
    public func endSession(timeout: Duration? = nil) async {
        if state.withLock({ !$0.isEnded && $0.transaction.isActive }) {
            try? await abortTransaction(timeout: timeout)
        }
        let lease = state.withLock { state in
            state.isEnded = true
            return state.lease
        }
        unpin()
        // Kept for `sessionID`, but free for others.
        lease?.giveBack()
    }

    /// The server session, taken when it is first needed.
    func lease() -> ServerSessionLease {
        state.withLock { state in
            if let lease = state.lease { return lease }
            let lease = client.executor.leaseServerSession()
            state.lease = lease
            return lease
        }
    }
}
