// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What the commands of one operation have in common: the session, where they have to go, and when all of them together
/// have to be done.
///
/// An operation of one command need not know of it. One of several makes it with
/// ``OperationExecutor/context(_:session:timeout:)`` and hands it to each; a cursor gets it from the reply that made it.
struct OperationContext: Sendable {
    /// Which session the commands belong to.
    enum Session: Sendable {
        /// One is taken for each command that can have one.
        case automatic
        /// A cursor's, taken by the command that made it.
        case implicit(ServerSessionLease)
        case explicit(ClientSession)
    }

    var session = Session.automatic
    /// The server that has to be used; `nil` has one selected.
    var server: Server?
    /// The connection that has to be used: a cursor's, behind a load balancer.
    var connection: PinnedConnection?
    /// When everything has to be done; `nil` when there is no timeout, so that the older ones apply.
    var deadline: Deadline?
    /// Links the events of the commands; `nil` gives each command a number of its own.
    var operationID: Int64?
    /// The span that the commands' spans belong to; `nil` when there is none yet, or none is wanted.
    var span: OperationSpan?

    var clientSession: ClientSession? {
        if case .explicit(let session) = session { session } else { nil }
    }
}

extension OperationExecutor {
    /// The context of an operation of several commands.
    ///
    /// - Parameters:
    ///   - settings: What the operation inherits.
    ///   - session: The session that it belongs to; `nil` for none.
    ///   - timeout: How long all of it may take, instead of what it inherits. Zero: without limit.
    /// - Throws: `MongoError` when a transaction's timeout already says how long it may take, or the timeout is negative.
    func context(
        _ settings: CommandSettings,
        session: ClientSession? = nil,
        timeout: Duration? = nil
    ) throws(MongoError) -> OperationContext {
        var context = OperationContext()
        if let session {
            context.session = .explicit(session)
            if let deadline = session.state.withLock({ $0.deadline }) {
                guard timeout == nil else {
                    throw MongoError(
                        .invalidArgument,
                        "an operation in withTransaction with a timeout cannot have a timeout of its own"
                    )
                }
                context.deadline = deadline
                return context
            }
        }
        let limit = timeout ?? settings.timeout
        if let limit { try Self.check(limit) }
        context.deadline = Deadline(timeout: limit)
        return context
    }

    /// Refuses a timeout that can only be a mistake.
    static func check(_ timeout: Duration) throws(MongoError) {
        guard timeout >= .zero else { throw MongoError(.invalidArgument, "a timeout must not be negative") }
    }
}

extension Deadline {
    /// The deadline of an operation with a timeout, of which zero means "without limit"; `nil` when there is none.
    init?(timeout: Duration?) {
        guard let timeout else { return nil }
        self = timeout == .zero ? .never : Deadline(after: timeout)
    }
}
