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
        /// A message to which there is no reply was handed over, and the socket has not taken all of it yet.
        case sending(Exchange)
        /// The server goes on replying without being asked again; each reply answers the one before it. There is somebody who
        /// waits for the next, or nobody yet.
        case streaming(Exchange?, lastReply: Int32)
        case closed(MongoError)
    }

    private struct Exchange: Sendable {
        var id: Int32
        var waiter: Waiter
        var deadline: Deadline
        /// Whether the server may go on replying.
        var streams = false
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
        case .securing(.some(let exchange), _), .awaitingReply(let exchange), .sending(let exchange),
            .streaming(.some(let exchange), _):
            exchange.deadline
        case .securing(.none, _), .idle, .streaming(.none, _), .closed: .never
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
        case .securing(.some, _), .idle, .awaitingReply, .sending, .streaming:
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
    ///
    /// - Parameter streams: Whether the server may go on replying: the next replies are asked for by ``awaitNext(id:waiter:deadline:)``.
    mutating func begin(id: Int32, waiter: Waiter, deadline: Deadline, streams: Bool = false) -> WaitAction {
        switch state {
        case .idle:
            state = .awaitingReply(Exchange(id: id, waiter: waiter, deadline: deadline, streams: streams))
            return .wait
        case .closed(let reason):
            return .fail(reason)
        case .securing, .awaitingReply, .sending, .streaming:
            return .fail(Self.misuse)
        }
    }

    /// Somebody waits for the next reply of those that come without being asked for.
    mutating func awaitNext(id: Int32, waiter: Waiter, deadline: Deadline) -> WaitAction {
        switch state {
        case .streaming(.none, let lastReply):
            state = .streaming(Exchange(id: id, waiter: waiter, deadline: deadline), lastReply: lastReply)
            return .wait
        case .closed(let reason):
            return .fail(reason)
        case .securing, .idle, .awaitingReply, .sending, .streaming(.some, _):
            return .fail(Self.misuse)
        }
    }

    /// Why a message to which there is no reply cannot be sent now; `nil` when it can.
    var refusalToSend: MongoError? {
        switch state {
        case .idle: nil
        case .closed(let reason): reason
        case .securing, .awaitingReply, .sending, .streaming: Self.misuse
        }
    }

    /// A message to which there is no reply was handed over; somebody waits until the socket has taken all of it.
    mutating func waitUntilSent(id: Int32, waiter: Waiter, deadline: Deadline) -> WaitAction {
        if let refusal = refusalToSend { return .fail(refusal) }
        state = .sending(Exchange(id: id, waiter: waiter, deadline: deadline))
        return .wait
    }

    /// The socket has taken everything.
    ///
    /// - Returns: The waiter to go on.
    mutating func sent() -> Waiter? {
        guard case .sending(let exchange) = state else { return nil }
        state = .idle
        return exchange.waiter
    }

    enum ReceiveAction {
        /// The reply for the waiter.
        case deliver(Waiter)
        /// A reply that nobody waits for yet.
        case keep
        /// Nobody asked for this message: the two sides are out of step, and the connection is of no more use.
        case close(MongoError)
    }

    /// A whole message arrived.
    ///
    /// - Parameter moreToCome: Whether it says that the server goes on replying.
    mutating func received(_ header: MessageHeader, moreToCome: Bool = false) -> ReceiveAction {
        switch state {
        case .awaitingReply(let exchange) where exchange.id == header.responseTo:
            if moreToCome, !exchange.streams {
                return .close(
                    MongoError(.invalidResponse, "the server announced more replies, which nobody asked for")
                )
            }
            state = moreToCome ? .streaming(nil, lastReply: header.requestID) : .idle
            return .deliver(exchange.waiter)
        case .streaming(let exchange, let lastReply) where lastReply == header.responseTo:
            state = moreToCome ? .streaming(nil, lastReply: header.requestID) : .idle
            return exchange.map { .deliver($0.waiter) } ?? .keep
        case .awaitingReply(let exchange):
            return .close(Self.outOfStep(header, instead: exchange.id))
        case .streaming(_, let lastReply):
            return .close(Self.outOfStep(header, instead: lastReply))
        case .idle, .securing, .sending:
            return .close(MongoError(.invalidResponse, "the server sent a message that nobody asked for"))
        case .closed(let reason):
            return .close(reason)
        }
    }

    private static func outOfStep(_ header: MessageHeader, instead id: Int32) -> MongoError {
        MongoError(.invalidResponse, "the server answered the request \(header.responseTo) instead of \(id)")
    }

    /// The connection is of no more use. The first reason counts.
    ///
    /// - Returns: The waiter to be told, if there is one.
    mutating func close(_ reason: MongoError) -> Waiter? {
        switch state {
        case .closed:
            return nil
        case .securing(.some(let exchange), _), .awaitingReply(let exchange), .sending(let exchange),
            .streaming(.some(let exchange), _):
            state = .closed(reason)
            return exchange.waiter
        case .securing(.none, _), .idle, .streaming(.none, _):
            state = .closed(reason)
            return nil
        }
    }

    /// The task of an exchange was cancelled.
    ///
    /// - Returns: The waiter to be told; `nil` when the exchange is over already. With a waiter the connection is closed:
    ///   its reply, or the rest of the message, is still on the way.
    mutating func cancel(id: Int32) -> Waiter? {
        switch state {
        case .securing(.some(let exchange), _) where exchange.id == id,
            .awaitingReply(let exchange) where exchange.id == id,
            .sending(let exchange) where exchange.id == id,
            .streaming(.some(let exchange), _) where exchange.id == id:
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
        let reason = MongoError(.timeout, lateness)
        guard let waiter = close(reason) else { return .none }
        return .expire(waiter, reason)
    }

    private var lateness: String {
        switch state {
        case .securing: "the TLS handshake did not finish in time"
        case .sending: "the server did not take the message in time"
        case .idle, .awaitingReply, .streaming, .closed: "the server did not reply in time"
        }
    }

    private static var misuse: MongoError {
        MongoError(.invalidArgument, "the connection is already in use")
    }
}
