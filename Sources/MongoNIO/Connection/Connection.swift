// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoTLS
import NIOCore
import Synchronization

/// One connection to one server: sends a message, waits for its reply.
///
/// Before it on the way of a request: `OperationExecutor`, which built the message. After it: the socket; the reply
/// comes back through `ConnectionChannelHandler` and goes up as the result of ``exchange(_:id:deadline:)``.
///
/// The task that asks encrypts and sends by itself; the event loop receives, decrypts and resumes the task. Both work on
/// the ``ConnectionCore`` under one lock, which is held for no longer than that takes.
final class Connection: Sendable {
    let channel: any Channel
    private let core: Mutex<ConnectionCore>
    /// How messages are compressed, once that is agreed on; `nil` means not at all.
    private let compression = Mutex<MessageCompression?>(nil)
    /// Told once, when the connection is of no more use.
    private let closed = Mutex<ClosedState>(.open(nil))

    private enum ClosedState: Sendable {
        case open((@Sendable (MongoError) -> Void)?)
        case closed(MongoError)
    }

    /// Wraps a channel. The channel's handler has to be ``ConnectionChannelHandler``.
    init(channel: any Channel, session: consuming sending TLSSession?) {
        self.channel = channel
        self.core = Mutex(ConnectionCore(session: session))
    }

    // MARK: State

    /// Whether a request may be sent now.
    var isIdle: Bool {
        core.withLock { $0.state.isIdle }
    }

    /// Why the connection is of no more use; `nil` while it is.
    var closeReason: MongoError? {
        core.withLock { $0.state.closeReason }
    }

    /// What the server has shown of itself while TLS was negotiated; `nil` when that was nothing.
    var inspection: TLSInspection? {
        core.withLock { $0.session?.inspection ?? nil }
    }

    /// The largest message to accept, once the server has named it.
    func setMaximumMessageLength(_ length: Int32) {
        core.withLock { $0.framer.maximumLength = length }
    }

    /// Compresses what is sent from now on.
    func setCompression(_ compression: MessageCompression?) {
        self.compression.withLock { $0 = compression }
    }

    private func compressed(_ message: ByteBuffer) -> ByteBuffer {
        guard let compression = compression.withLock({ $0 }) else { return message }
        return OpCompressed.wrap(message, compression)
    }

    /// Has the body called when the connection is of no more use; at once if it is so already.
    func onClose(_ body: @escaping @Sendable (MongoError) -> Void) {
        let reason = closed.withLock { state -> MongoError? in
            switch state {
            case .open:
                state = .open(body)
                return nil
            case .closed(let reason):
                return reason
            }
        }
        if let reason { body(reason) }
    }

    // MARK: Requests

    /// Sends a whole message and waits for its reply.
    ///
    /// - Parameters:
    ///   - id: The request's id, which the reply has to name.
    ///   - streams: Whether the message allows the server to go on replying: see ``nextReply(deadline:)``.
    /// - Throws: `MongoError`. When the deadline passes or the task is cancelled after the message was sent, the
    ///   connection is closed: its reply is still on the way.
    func exchange(
        _ message: ByteBuffer,
        id: Int32,
        deadline: Deadline,
        streams: Bool = false
    ) async throws(MongoError) -> MessageFramer.Frame {
        let message = compressed(message)
        let outcome = await wait(id: id) { waiter in
            var rest = message
            var effects = ConnectionCore.Effects()
            core.withLock { core in
                switch core.state.begin(id: id, waiter: waiter, deadline: deadline, streams: streams) {
                case .fail(let reason):
                    effects.resume = (waiter, .failed(reason))
                    rest.clear()
                case .goOn:
                    effects.resume = (waiter, .progress)
                    rest.clear()
                case .wait:
                    // Waiting before sending: the reply cannot come too early.
                    core.arm(&effects)
                    core.send(&rest, &effects)
                }
            }
            carryOut(effects)
            while rest.readableBytes > 0 {
                var effects = ConnectionCore.Effects()
                core.withLock { $0.send(&rest, &effects) }
                carryOut(effects)
            }
        }
        return try frame(of: outcome)
    }

    /// Waits for the next reply of a server that goes on replying: the one before it said that more are to come.
    ///
    /// - Throws: `MongoError`. When the deadline passes or the task is cancelled, the connection is closed.
    func nextReply(deadline: Deadline) async throws(MongoError) -> MessageFramer.Frame {
        let id = RequestID.next()
        let outcome = await wait(id: id) { waiter in
            var effects = ConnectionCore.Effects()
            core.withLock { core in
                if let frame = core.takeKept() {
                    effects.resume = (waiter, .reply(frame))
                    return
                }
                switch core.state.awaitNext(id: id, waiter: waiter, deadline: deadline) {
                case .fail(let reason): effects.resume = (waiter, .failed(reason))
                case .goOn: effects.resume = (waiter, .progress)
                case .wait: core.arm(&effects)
                }
            }
            carryOut(effects)
        }
        return try frame(of: outcome)
    }

    private func frame(of outcome: ConnectionOutcome) throws(MongoError) -> MessageFramer.Frame {
        switch outcome {
        case .reply(let frame): return frame.header.opCode == .compressed ? try decompressed(frame) : frame
        case .failed(let error): throw error
        case .progress: throw MongoError(.invalidResponse, "the connection answered out of turn")
        }
    }

    /// In the task that waits: decompressing may take a while, and the loop serves others.
    private func decompressed(_ frame: MessageFramer.Frame) throws(MongoError) -> MessageFramer.Frame {
        do throws(MongoError) {
            return try OpCompressed.unwrap(frame, maximumLength: core.withLock { $0.framer.maximumLength })
        } catch {
            close(error)
            throw error
        }
    }

    /// Sends a whole message to which there will be no reply.
    ///
    /// Waits only when the socket takes less than there is: until it does, or the deadline passes.
    ///
    /// - Throws: `MongoError`. A connection that did not take all of the message is closed.
    func send(_ message: ByteBuffer, deadline: Deadline) async throws(MongoError) {
        var rest = compressed(message)
        var failure: MongoError?
        var isComplete = true
        repeat {
            var effects = ConnectionCore.Effects()
            core.withLock { core in
                failure = core.state.refusalToSend
                guard failure == nil else { return }
                core.send(&rest, &effects)
                failure = core.state.closeReason
                isComplete = !core.isBehind
            }
            carryOut(effects)
            if let failure { throw failure }
        } while rest.readableBytes > 0
        if !isComplete { try await waitUntilSent(deadline) }
    }

    /// What the socket did not take is sent by the loop, after everything before it.
    private func waitUntilSent(_ deadline: Deadline) async throws(MongoError) {
        let id = RequestID.next()
        let outcome = await wait(id: id) { waiter in
            var effects = ConnectionCore.Effects()
            core.withLock { core in
                guard core.isBehind else {
                    effects.resume = (waiter, core.state.closeReason.map { .failed($0) } ?? .progress)
                    return
                }
                switch core.state.waitUntilSent(id: id, waiter: waiter, deadline: deadline) {
                case .fail(let reason): effects.resume = (waiter, .failed(reason))
                case .goOn: effects.resume = (waiter, .progress)
                case .wait: core.arm(&effects)
                }
            }
            carryOut(effects)
        }
        if case .failed(let error) = outcome { throw error }
    }

    /// Negotiates TLS, if this is a TLS connection, and has the server's certificate verified and checked for revocation.
    ///
    /// - Returns: What was agreed on; `nil` on a plain connection.
    /// - Throws: `MongoError` with the reason in `tls`. The connection is then closed.
    func secure(deadline: Deadline) async throws(MongoError) -> TLSConnectionInfo? {
        guard core.withLock({ $0.state.isSecuring || $0.session != nil }) else { return nil }
        let id = RequestID.next()
        while true {
            var effects = ConnectionCore.Effects()
            let progress = core.withLock { $0.handshake(&effects) }
            carryOut(effects)
            switch progress {
            case .none:
                return nil
            case .complete(let info, let inquiry):
                return try await check(inquiry, of: info, deadline: deadline)
            case .failed(let error):
                let failure = MongoError(await explain(error))
                close(failure)
                throw failure
            case .incomplete:
                break
            }
            let outcome = await wait(id: id) { waiter in
                var effects = ConnectionCore.Effects()
                core.withLock { core in
                    switch core.state.waitForBytes(id: id, waiter: waiter, deadline: deadline) {
                    case .fail(let reason): effects.resume = (waiter, .failed(reason))
                    case .goOn: effects.resume = (waiter, .progress)
                    case .wait: core.arm(&effects)
                    }
                }
                carryOut(effects)
            }
            if case .failed(let error) = outcome {
                throw error.code == .timeout ? Self.handshakeTimeout : error
            }
        }
    }

    /// Has the server's certificate checked for revocation. The handshake is complete, and nothing was sent yet.
    private func check(
        _ inquiry: RevocationInquiry?,
        of info: TLSConnectionInfo,
        deadline: Deadline
    ) async throws(MongoError) -> TLSConnectionInfo {
        guard let inquiry else {
            core.withLock { $0.keepSessions(info.revocation) }?.deliver()
            return info
        }
        let failure: MongoError
        switch await inquiry.run(until: deadline.instant, on: channel.eventLoop) {
        case .accepted(let status):
            var info = info
            info.revocation = status
            core.withLock { $0.keepSessions(status) }?.deliver()
            return info
        case .refused(let error):
            failure = MongoError(error)
        case .cancelled:
            failure = MongoError(.cancelled, "the task was cancelled")
        }
        close(failure)
        throw failure
    }

    /// A server without TLS ends the connection as soon as it sees a greeting that makes no sense to it, with most of that
    /// greeting unread. For the unread part the kernel sends a reset, which follows the end within moments: the one thing
    /// that tells such a server from one that just closes.
    private func explain(_ error: TLSError) async -> TLSError {
        guard error.code == .closedDuringHandshake else { return error }
        for _ in 0..<10 {
            if let explained = core.withLock({ $0.errorForUnreadGreeting() }) { return explained }
            // A task that was cancelled does not wait.
            do { try await Task.sleep(for: .milliseconds(5)) } catch { break }
        }
        return error
    }

    private static var handshakeTimeout: MongoError {
        let error = TLSError(
            .timeout,
            .handshakeTimeout,
            "the TLS handshake did not finish within connectTimeoutMS",
            hint: "the server accepts connections but does not answer: is it a MongoDB server, is it overloaded?"
        )
        return MongoError(.timeout, "TLS: \(error)", tls: error)
    }

    /// Suspends until the waiter, which the body puts into the state machine, is resumed.
    private func wait(id: Int32, _ body: (ConnectionCore.Waiter) -> Void) async -> ConnectionOutcome {
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                body(waiter)
                // The handler below finds nothing to cancel when it runs before the waiter was taken in.
                if Task.isCancelled { cancel(id: id) }
            }
        } onCancel: {
            cancel(id: id)
        }
    }

    private func cancel(id: Int32) {
        var effects = ConnectionCore.Effects()
        core.withLock { core in
            guard let waiter = core.state.cancel(id: id) else { return }
            effects.resume = (waiter, .failed(MongoError(.cancelled, "the task was cancelled")))
            effects.close = true
        }
        carryOut(effects)
    }

    /// Ends the connection. Whoever waits is told the reason.
    func close(_ reason: MongoError = MongoError(.clientClosed, "the connection was closed")) {
        var effects = ConnectionCore.Effects()
        core.withLock { $0.shutDown(reason, &effects) }
        carryOut(effects)
    }

    // MARK: The loop's side

    /// The channel is connected: its socket may be used for sending at once.
    func channelActive(_ handle: NIOBSDSocket.Handle?) {
        guard let handle else { return }
        core.withLock { $0.socket = DirectSocket(duplicating: handle) }
    }

    /// Bytes arrived.
    func channelRead(_ buffer: ByteBuffer) {
        var effects = ConnectionCore.Effects()
        core.withLock { $0.receive(buffer, &effects) }
        carryOut(effects)
    }

    /// The channel is gone.
    func channelInactive(_ error: (any Error)?) {
        var effects = ConnectionCore.Effects()
        core.withLock { $0.lost(error, &effects) }
        carryOut(effects)
    }

    private func timerFired(_ deadline: Deadline) {
        var effects = ConnectionCore.Effects()
        core.withLock { $0.timerFired(deadline, now: .now(), &effects) }
        carryOut(effects)
    }

    // MARK: Effects

    private func carryOut(_ effects: ConnectionCore.Effects) {
        if effects.drain {
            channel.eventLoop.execute { self.drain() }
        }
        if let deadline = effects.arm {
            // Weak: a timer must not keep a connection that is long closed.
            channel.eventLoop.scheduleTask(deadline: deadline.instant) { [weak self] in self?.timerFired(deadline) }
        }
        if effects.close {
            channel.close(mode: .all, promise: nil)
            tellClosed()
        }
        if let (waiter, outcome) = effects.resume {
            waiter.resume(returning: outcome)
        }
    }

    /// Sends what the socket did not take. On the loop.
    private func drain() {
        var effects = ConnectionCore.Effects()
        let buffers = core.withLock { $0.takeOutbound(&effects) }
        carryOut(effects)
        guard let last = buffers.last else { return }
        for buffer in buffers.dropLast() {
            channel.write(buffer, promise: nil)
        }
        channel.writeAndFlush(last).whenComplete { result in
            // A failure closes the channel, which tells by `channelInactive`.
            if case .success = result { self.drain() }
        }
    }

    private func tellClosed() {
        guard let reason = closeReason else { return }
        let body = closed.withLock { state -> (@Sendable (MongoError) -> Void)? in
            guard case .open(let body) = state else { return nil }
            state = .closed(reason)
            return body
        }
        body?(reason)
    }
}

/// Numbers for requests, unique in the process until they wrap around.
enum RequestID {
    private static let counter = Atomic<Int32>(0)

    static func next() -> Int32 {
        // Only uniqueness matters, not the order among threads.
        counter.wrappingAdd(1, ordering: .relaxed).newValue
    }
}
