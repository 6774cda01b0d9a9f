// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/transactions/transactions.md

import MongoBSON
import Synchronization

extension ClientSession {
    /// Begins a transaction: operations that are given this session belong to it until it is committed or aborted.
    ///
    /// Nothing is sent; the server learns of the transaction with its first operation.
    ///
    /// - Parameter options: Read and write concern and more; what is not given is taken from the session's default, then
    ///   from the client.
    /// - Throws: ``MongoError/Code-swift.struct/invalidArgument`` when there is a transaction already, for a snapshot
    ///   session, and for an unacknowledged write concern.
    public func startTransaction(options: TransactionOptions? = nil) throws(MongoError) {
        guard !isEnded else { throw Self.ended }
        guard !self.options.snapshot else {
            throw MongoError(.invalidArgument, "Transactions are not supported in snapshot sessions")
        }
        let defaults = self.options.defaultTransactionOptions
        let settings = TransactionStateMachine.Settings(
            readConcern: options?.readConcern ?? defaults?.readConcern ?? client.options.readConcern,
            writeConcern: options?.writeConcern ?? defaults?.writeConcern ?? client.options.writeConcern,
            readPreference: options?.readPreference ?? defaults?.readPreference ?? client.options.readPreference,
            maxCommitTime: options?.maxCommitTime ?? defaults?.maxCommitTime
        )
        let result = state.withLock { state -> Result<Void, MongoError> in
            do throws(MongoError) {
                try state.transaction.start(settings)
            } catch {
                return .failure(error)
            }
            return .success(())
        }
        try result.get()
        unpin()
        _ = lease().nextTransactionNumber()
        beginTransactionSpan()
    }

    /// Commits the transaction. May be called again when it failed with the label `UnknownTransactionCommitResult`.
    ///
    /// - Parameter timeout: How long it may take in all; by default what the session's options say.
    /// - Throws: ``MongoError``, with the label `UnknownTransactionCommitResult` when it is not known whether the
    ///   transaction was committed; ``MongoError/Code-swift.struct/invalidArgument`` when there is none.
    public func commitTransaction(timeout: Duration? = nil) async throws(MongoError) {
        guard !isEnded else { throw Self.ended }
        let (action, settings) = try end { transaction throws(MongoError) in try transaction.commit() }
        defer { endTransactionSpan() }
        var concern = settings.writeConcern
        switch action {
        case .nothing: return
        case .send: break
        case .sendAgain: concern = try TransactionStateMachine.writeConcernForRepeatedCommit(concern)
        }
        let operation = CommitTransactionOperation(maxTime: settings.maxCommitTime)
        try await client.executor.execute(operation, commandSettings(concern), session: self, timeout: timeout)
    }

    /// Aborts the transaction: nothing that it wrote was ever there.
    ///
    /// Errors of the server are ignored: it aborts by itself what is not committed. As it does so only after a minute, and
    /// keeps all locks until then, this is carried out also when the task is cancelled, for a second at most.
    ///
    /// - Parameter timeout: How long it may take in all; by default what the session's options say.
    /// - Throws: ``MongoError/Code-swift.struct/invalidArgument`` when there is no transaction to abort.
    public func abortTransaction(timeout: Duration? = nil) async throws(MongoError) {
        guard !isEnded else { throw Self.ended }
        let (action, settings) = try end { transaction throws(MongoError) in try transaction.abort() }
        defer { endTransactionSpan() }
        if action != .nothing {
            let settings = commandSettings(settings.writeConcern)
            if Task.isCancelled {
                await Task { await sendAbort(settings, timeout: .seconds(1)) }.value
            } else {
                await sendAbort(settings, timeout: timeout)
            }
        }
        unpin()
    }

    private func sendAbort(_ settings: CommandSettings, timeout: Duration?) async {
        try? await client.executor.execute(AbortTransactionOperation(), settings, session: self, timeout: timeout)
    }

    private func end(
        _ body: (inout TransactionStateMachine) throws(MongoError) -> TransactionStateMachine.EndAction
    ) throws(MongoError) -> (TransactionStateMachine.EndAction, TransactionStateMachine.Settings) {
        let result = state.withLock {
            state -> Result<(TransactionStateMachine.EndAction, TransactionStateMachine.Settings), MongoError> in
            do throws(MongoError) {
                return .success((try body(&state.transaction), state.transaction.settings))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func commandSettings(_ writeConcern: WriteConcern) -> CommandSettings {
        CommandSettings(
            readConcern: .serverDefault,
            writeConcern: writeConcern,
            readPreference: .primary,
            timeout: options.defaultTimeout ?? client.options.timeout
        )
    }

    /// The transaction has no server any more.
    func unpin() {
        // A connection goes back to its pool with the last reference: not under the lock.
        let pinned = state.withLock { state in
            defer {
                state.pinnedServer = nil
                state.pinnedConnection = nil
            }
            return state.pinnedConnection
        }
        withExtendedLifetime(pinned) {}
    }

    static var ended: MongoError {
        MongoError(.invalidArgument, "the session has ended")
    }
}

/// Which part an operation has in its session's transaction, if there is one.
enum TransactionRole: Hashable, Sendable {
    /// It is done in the transaction.
    case member
    /// It commits the transaction.
    case commit
    /// It aborts the transaction.
    case abort
}

/// `commitTransaction`
struct CommitTransactionOperation: Operation {
    var maxTime: Duration?

    var commandName: String { "commitTransaction" }
    var database: String { "admin" }
    var purpose: ServerSelector.Purpose { .write }
    var retryability: Retryability { .write }
    var transactionRole: TransactionRole { .commit }
    var accepts: CommandSettings.Fields { .writeConcern }

    func encode(into command: inout BSONWriter) {
        command.append("commitTransaction", Int32(1))
    }

    func decode(_ reply: BSONDocument, _ context: ReplyContext) throws(MongoError) {
        if let error = ReplyDecoder.writeConcernError(reply, address: context.server.address) { throw error }
    }
}

/// `abortTransaction`
struct AbortTransactionOperation: Operation {
    var commandName: String { "abortTransaction" }
    var database: String { "admin" }
    var purpose: ServerSelector.Purpose { .write }
    var retryability: Retryability { .write }
    var transactionRole: TransactionRole { .abort }
    var accepts: CommandSettings.Fields { .writeConcern }

    func encode(into command: inout BSONWriter) {
        command.append("abortTransaction", Int32(1))
    }

    func decode(_ reply: BSONDocument, _ context: ReplyContext) throws(MongoError) {}
}
