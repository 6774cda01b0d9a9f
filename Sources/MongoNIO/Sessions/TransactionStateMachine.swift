// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON

/// Where a session's transaction stands.
///
/// A value without I/O: `ClientSession` keeps it under its lock and sends what it says.
///
/// - SeeAlso: [Transactions](https://github.com/mongodb/specifications/blob/master/source/transactions/transactions.md#clientsession-changes)
struct TransactionStateMachine: Sendable {
    enum State: Hashable, Sendable {
        /// There is none.
        case none
        /// It was begun, and no server knows of it.
        case starting
        case inProgress
        /// `isEmpty`: no server ever knew of it.
        case committed(isEmpty: Bool)
        case aborted
    }

    /// A transaction's options with everything inherited.
    struct Settings: Sendable {
        var readConcern = ReadConcern.serverDefault
        var writeConcern = WriteConcern.serverDefault
        var readPreference = ReadPreference.primary
        var maxCommitTime: Duration?
    }

    private(set) var state = State.none
    private(set) var settings = Settings()
    /// What lets another mongos finish the transaction.
    private(set) var recoveryToken: BSONDocument?

    /// Whether operations of the session belong to a transaction now.
    var isActive: Bool { state == .starting || state == .inProgress }

    /// - Throws: `MongoError` when there is a transaction already, or the write concern cannot be used.
    mutating func start(_ settings: Settings) throws(MongoError) {
        guard !isActive else { throw MongoError(.invalidArgument, "Transaction already in progress") }
        guard settings.writeConcern.isAcknowledged else {
            throw MongoError(.invalidArgument, "transactions do not support unacknowledged write concerns")
        }
        state = .starting
        self.settings = settings
        recoveryToken = nil
    }

    /// An operation other than commit and abort begins. A transaction that has ended is forgotten.
    ///
    /// - Returns: Whether the operation belongs to a transaction.
    mutating func beginOperation() -> Bool {
        if !isActive {
            state = .none
            recoveryToken = nil
        }
        return isActive
    }

    /// A server took a command of the transaction, or may have: from now on it knows of it.
    mutating func commandWasSent() {
        if state == .starting { state = .inProgress }
    }

    /// A reply brought a newer token.
    mutating func recover(with token: BSONDocument) {
        recoveryToken = token.detached()
    }

    enum EndAction: Hashable, Sendable {
        /// No server knows of the transaction.
        case nothing
        case send
        /// The command was sent before: it has to be acknowledged by a majority this time.
        case sendAgain
    }

    /// The transaction is to be committed. Whatever comes of it, it counts as committed from now on.
    ///
    /// - Throws: `MongoError` when there is nothing to commit.
    mutating func commit() throws(MongoError) -> EndAction {
        switch state {
        case .none:
            throw MongoError(.invalidArgument, "No transaction started")
        case .aborted:
            throw MongoError(.invalidArgument, "Cannot call commitTransaction after calling abortTransaction")
        case .starting, .committed(isEmpty: true):
            state = .committed(isEmpty: true)
            return .nothing
        case .inProgress:
            state = .committed(isEmpty: false)
            return .send
        case .committed(isEmpty: false):
            return .sendAgain
        }
    }

    /// The transaction is to be aborted.
    ///
    /// - Throws: `MongoError` when there is nothing to abort.
    mutating func abort() throws(MongoError) -> EndAction {
        switch state {
        case .none:
            throw MongoError(.invalidArgument, "No transaction started")
        case .committed:
            throw MongoError(.invalidArgument, "Cannot call abortTransaction after calling commitTransaction")
        case .aborted:
            throw MongoError(.invalidArgument, "Cannot call abortTransaction twice")
        case .starting:
            state = .aborted
            return .nothing
        case .inProgress:
            state = .aborted
            return .send
        }
    }

    /// What a commit has to be acknowledged by when it may have happened already: a majority, so that it cannot be
    /// undone and done twice.
    static func writeConcernForRepeatedCommit(_ concern: WriteConcern) throws(MongoError) -> WriteConcern {
        try WriteConcern(w: .majority, journal: concern.journal, wTimeout: concern.wTimeout ?? .seconds(10))
    }
}
