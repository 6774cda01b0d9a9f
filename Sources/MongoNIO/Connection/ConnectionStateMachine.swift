// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// What one connection is doing: nothing, one exchange, or never anything again.
///
/// A value without I/O: `Connection` keeps it under its lock, tells it what happens and carries out what it answers.
/// There is at most one waiter. Whoever takes it out of here (a reply, the close, the deadline or a cancellation) is the
/// only one to resume it.
struct ConnectionStateMachine<Waiter: Sendable>: Sendable {
    private enum State: Sendable {
        /// TLS is being negotiated, by a task that computes and then waits for bytes. Bytes that arrive while it computes
        /// are news for its next wait.
        case securing(Exchange?, hasNews: Bool)
        /// Nothing is outstanding.
        case idle
        /// A request was sent, its reply is outstanding.
        case awaitingReply(Exchange)
        case closed(MongoError)
    }

    private struct Exchange: Sendable {
        var id: Int32
        var waiter: Waiter
        var deadline: Deadline
    }

    private var state: State

    /// - Parameter securing: Whether TLS has to be negotiated before the first request.
    init(securing: Bool) {
        state = securing ? .securing(nil, hasNews: false) : .idle
    }

    // MARK: What is

    /// Whether a request may be sent.
    var isIdle: Bool {
        if case .idle = state { true } else { false }
    }

    var isSecuring: Bool {
        if case .securing = state { true } else { false }
    }

    /// Why the connection is of no more use; `nil` while it is.
    var closeReason: MongoError? {
        if case .closed(let reason) = state { reason } else { nil }
    }

    /// When the present wait ends.
    var deadline: Deadline {
        switch state {
        case .securing(.some(let exchange), _), .awaitingReply(let exchange): exchange.deadline
        case .securing(.none, _), .idle, .closed: .never
        }
    }

    // MARK: What happens

    enum WaitAction {
        /// The waiter was taken in: send, and wait.
        case wait
        /// There is something to do already; the waiter was not taken in.
        case goOn
        /// The waiter was not taken in.
        case fail(MongoError)
    }

    /// A task that negotiates TLS waits for bytes.
    mutating func waitForBytes(id: Int32, waiter: Waiter, deadline: Deadline) -> WaitAction {
        switch state {
        case .securing(.none, hasNews: true):
            state = .securing(nil, hasNews: false)
            return .goOn
        case .securing(.none, hasNews: false):
            state = .securing(Exchange(id: id, waiter: waiter, deadline: deadline), hasNews: false)
            return .wait
        case .closed(let reason):
            return .fail(reason)
        case .securing(.some, _), .idle, .awaitingReply:
            return .fail(Self.misuse)
        }
    }

    /// Bytes arrived while TLS is being negotiated, or will arrive no more.
    ///
    /// - Returns: The waiter to go on.
    mutating func bytesArrived() -> Waiter? {
        guard case .securing(let exchange, _) = state else { return nil }
        state = .securing(nil, hasNews: exchange == nil)
        return exchange?.waiter
    }

    /// TLS is negotiated.
    mutating func secured() {
        if case .securing = state { state = .idle }
    }

    /// A request is about to be sent.
    mutating func begin(id: Int32, waiter: Waiter, deadline: Deadline) -> WaitAction {
        switch state {
        case .idle:
            state = .awaitingReply(Exchange(id: id, waiter: waiter, deadline: deadline))
            return .wait
        case .closed(let reason):
            return .fail(reason)
        case .securing, .awaitingReply:
            return .fail(Self.misuse)
        }
    }

    /// Why a message to which there is no reply cannot be sent now; `nil` when it can.
    var refusalToSend: MongoError? {
        switch state {
        case .idle: nil
        case .closed(let reason): reason
        case .securing, .awaitingReply: Self.misuse
        }
    }

    enum ReceiveAction {
        /// The reply for the waiter.
        case deliver(Waiter)
        /// Nobody asked for this message: the two sides are out of step, and the connection is of no more use.
        case close(MongoError)
    }

    /// A whole message arrived.
    mutating func received(_ header: MessageHeader) -> ReceiveAction {
        switch state {
        case .awaitingReply(let exchange) where exchange.id == header.responseTo:
            state = .idle
            return .deliver(exchange.waiter)
        case .awaitingReply(let exchange):
            return .close(
                MongoError(
                    .invalidResponse,
                    "the server answered the request \(header.responseTo) instead of \(exchange.id)"
                )
            )
        case .idle, .securing:
            return .close(MongoError(.invalidResponse, "the server sent a message that nobody asked for"))
        case .closed(let reason):
            return .close(reason)
        }
    }

    /// The connection is of no more use. The first reason counts.
    ///
    /// - Returns: The waiter to be told, if there is one.
    mutating func close(_ reason: MongoError) -> Waiter? {
        switch state {
        case .closed:
            return nil
        case .securing(.some(let exchange), _), .awaitingReply(let exchange):
            state = .closed(reason)
            return exchange.waiter
        case .securing(.none, _), .idle:
            state = .closed(reason)
            return nil
        }
    }

    /// The task of an exchange was cancelled.
    ///
    /// - Returns: The waiter to be told; `nil` when the exchange is over already. With a waiter the connection is closed:
    ///   its reply is still on the way.
    mutating func cancel(id: Int32) -> Waiter? {
        switch state {
        case .securing(.some(let exchange), _) where exchange.id == id,
            .awaitingReply(let exchange) where exchange.id == id:
            return close(MongoError(.cancelled, "the task was cancelled"))
        default:
            return nil
        }
    }

    enum TimerAction {
        case none
        /// The wait lasts longer: look again then.
        case rearm(Deadline)
        /// The waiter's time ran out. The connection is closed: the reply may still come.
        case expire(Waiter, MongoError)
    }

    /// A timer fired.
    mutating func timerFired(now: NIODeadline) -> TimerAction {
        let deadline = deadline
        if deadline.isNever { return .none }
        guard deadline.hasPassed(now: now) else { return .rearm(deadline) }
        let reason = MongoError(
            .timeout,
            isSecuring ? "the TLS handshake did not finish in time" : "the server did not reply in time"
        )
        guard let waiter = close(reason) else { return .none }
        return .expire(waiter, reason)
    }

    private static var misuse: MongoError {
        MongoError(.invalidArgument, "the connection is already in use")
    }
}
