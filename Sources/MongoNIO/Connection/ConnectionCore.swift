// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoTLS
import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Everything of a `Connection` that its lock guards: the state machine, the TLS engine, the framing and the bytes that
/// wait to be sent.
///
/// The functions change state and say in ``Effects`` what is to be done once the lock is given back: nothing is resumed,
/// scheduled or closed under it. The one thing that does happen under the lock is the sending itself, because the order
/// of records is the order of the lock.
struct ConnectionCore: ~Copyable {
    typealias Waiter = CheckedContinuation<ConnectionOutcome, Never>

    /// What is to be done after the lock is given back.
    struct Effects {
        /// A waiter to be resumed.
        var resume: (waiter: Waiter, outcome: ConnectionOutcome)?
        /// The channel is to be closed.
        var close = false
        /// The loop has to send what the socket did not take.
        var drain = false
        /// A timer is needed for this deadline.
        var arm: Deadline?
    }

    var state: ConnectionStateMachine<Waiter>
    /// The TLS engine; `nil` on a plain connection.
    var session: TLSSession?
    var framer = MessageFramer()
    /// For sending at once; `nil` before the channel is active and after it is not.
    var socket: DirectSocket?
    /// What the socket did not take, in its order.
    private var outbound: [ByteBuffer] = []
    /// Replies that came without being asked for, and that nobody has read yet.
    private(set) var kept: [MessageFramer.Frame] = []
    private static let maximumKept = 1000
    /// How much of what waits was not asked for by anybody here: answers of TLS to what the server sent.
    private var pendingAnswers = 0
    private static let maximumPendingAnswers = 1 << 20
    /// While the loop is sending, everything goes through it: the order must not change.
    private var loopIsSending = false
    /// The deadline that the armed timer was made for.
    private var armed: Deadline = .never
    /// How the network connection ended, once it has.
    private var lost: (reset: Bool, error: (any Error)?)?
    /// The socket of a connection that the server ended before it sent anything: the kernel knows more about the end.
    private var endedSocket: DirectSocket?

    init(session: consuming TLSSession?) {
        self.state = ConnectionStateMachine(securing: session != nil)
        self.session = session
    }

    // MARK: TLS handshake

    enum HandshakeProgress {
        /// What was agreed on, and the question that is to be answered before anything is sent.
        case complete(TLSConnectionInfo, RevocationInquiry?)
        case incomplete
        case failed(TLSError)
    }

    /// Goes on with the handshake and sends what it wants sent.
    mutating func handshake(_ effects: inout Effects) -> HandshakeProgress? {
        guard let step = session?.handshake() else { return nil }
        flushCiphertext(&effects)
        switch step {
        case .complete:
            guard let info = session?.info else { return nil }
            do throws(TLSError) {
                let inquiry = try session?.revocationInquiry()
                state.secured()
                if let error = errorForEarlyEnd(&effects) { return .failed(error) }
                return .complete(info, inquiry ?? nil)
            } catch {
                return .failed(error)
            }
        case .incomplete:
            guard let lost else { return .incomplete }
            return (session?.errorForLostConnection(reset: lost.reset)).map { .failed($0) }
        case .failed(let error):
            return .failed(error)
        }
    }

    /// The server's certificate was found good: its sessions may be resumed by later connections.
    mutating func keepSessions(_ revocation: TLSRevocationStatus) -> ExpiryNotice? {
        session?.keepSessions(revocation) ?? nil
    }

    /// The end of the connection may have come together with the last bytes of the handshake: that is how mongod refuses a
    /// client without a certificate in TLS 1.2. Nobody would tell of it again.
    private mutating func errorForEarlyEnd(_ effects: inout Effects) -> TLSError? {
        guard let lost else { return nil }
        // An alert may stand before the end.
        if !lost.reset { receiveEncrypted(&effects) }
        close(errorForLostConnection(reset: lost.reset, lost.error), &effects)
        return state.closeReason?.tls
    }

    /// The error for a server that does not speak TLS, as far as the kernel knows by now that it is one.
    mutating func errorForUnreadGreeting() -> TLSError? {
        endedSocket?.wasClosedUnread == true ? session?.errorForUnreadGreeting ?? nil : nil
    }

    // MARK: Sending

    /// How much is sent, or encrypted and sent, in one go: the lock is not held for longer, and a long message does not
    /// exist twice while the peer keeps up.
    private static let chunkLength = 128 << 10

    /// Sends the next part of a message, or leaves it to the loop.
    ///
    /// - Parameter message: Loses what was taken. To be called until it is empty.
    mutating func send(_ message: inout ByteBuffer, _ effects: inout Effects) {
        guard state.closeReason == nil,
            let chunk = message.readSlice(length: min(message.readableBytes, Self.chunkLength))
        else {
            message.clear()
            return
        }
        guard session != nil else {
            sendPlain(chunk, &effects)
            return
        }
        do throws(TLSError) {
            try Self.encrypt(chunk, in: &session)
            flushCiphertext(&effects)
        } catch {
            close(MongoError(error), &effects)
        }
    }

    private static func encrypt(_ chunk: ByteBuffer, in session: inout TLSSession?) throws(TLSError) {
        // `withUnsafeReadableBytes` does not type the errors of its closure.
        var failure: TLSError?
        chunk.withUnsafeReadableBytes { bytes in
            do throws(TLSError) {
                try session?.write(bytes)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    private mutating func sendPlain(_ bytes: ByteBuffer, _ effects: inout Effects) {
        var bytes = bytes
        if !loopIsSending, let sent = bytes.withUnsafeReadableBytes({ socket?.send($0) }) {
            bytes.moveReaderIndex(forwardBy: sent)
        }
        leaveToLoop(bytes, &effects)
    }

    mutating func flushCiphertext(_ effects: inout Effects) {
        guard session?.hasOutbound == true else { return }
        if !loopIsSending, socket != nil {
            Self.drain(&session, into: socket)
        }
        if let rest = session?.takeOutbound() { leaveToLoop(rest, &effects) }
    }

    /// Apart from the others because both are parts of one value: the closure may only touch one of them.
    private static func drain(_ session: inout TLSSession?, into socket: borrowing DirectSocket?) {
        session?.drainOutbound { bytes in socket?.send(bytes) ?? 0 }
    }

    private mutating func leaveToLoop(_ bytes: ByteBuffer, _ effects: inout Effects) {
        guard bytes.readableBytes > 0 else { return }
        outbound.append(bytes)
        if !loopIsSending {
            loopIsSending = true
            effects.drain = true
        }
    }

    /// Whether there is something that the socket did not take yet.
    var isBehind: Bool { loopIsSending }

    /// What the loop has to send now. Empty: everything is sent, the direct way is open again.
    mutating func takeOutbound(_ effects: inout Effects) -> [ByteBuffer] {
        defer { outbound = [] }
        pendingAnswers = 0
        if outbound.isEmpty {
            loopIsSending = false
            if let waiter = state.sent() { effects.resume = (waiter, .progress) }
        }
        return outbound
    }

    // MARK: Receiving

    /// Takes bytes that arrived.
    mutating func receive(_ buffer: ByteBuffer, _ effects: inout Effects) {
        guard state.closeReason == nil else { return }
        guard session != nil else {
            receivePlain(buffer, &effects)
            return
        }
        session?.receive(buffer)
        if state.isSecuring {
            // The handshake costs milliseconds of computing: it goes on in the task that waits, not on the loop.
            if let waiter = state.bytesArrived() { effects.resume = (waiter, .progress) }
        } else {
            receiveEncrypted(&effects)
        }
    }

    private mutating func receivePlain(_ buffer: ByteBuffer, _ effects: inout Effects) {
        var buffer = buffer
        while buffer.readableBytes > 0, !effects.close {
            let filled = framer.fill { space in
                buffer.readWithUnsafeReadableBytes { available in
                    let count = min(available.count, space.count)
                    space.copyMemory(from: UnsafeRawBufferPointer(rebasing: available[..<count]))
                    return count
                }
            }
            guard filled > 0 else { return }
            deliver(&effects)
        }
    }

    /// Decrypts as far as there is ciphertext, straight into the messages.
    mutating func receiveEncrypted(_ effects: inout Effects) {
        while !effects.close {
            switch Self.decrypt(&session, into: &framer) {
            case .bytes:
                deliver(&effects)
            case .incomplete:
                flushAnswers(&effects)
                return
            case .ended:
                close(MongoError(.network, "the server closed the connection"), &effects)
            case .failed(let error):
                flushCiphertext(&effects)
                close(MongoError(error), &effects)
            }
        }
    }

    /// Reading may have made TLS answer, for example to a key update. A server that makes it answer and never reads must
    /// not fill the memory.
    private mutating func flushAnswers(_ effects: inout Effects) {
        let before = outbound.count
        flushCiphertext(&effects)
        pendingAnswers += outbound[before...].reduce(0) { $0 + $1.readableBytes }
        if pendingAnswers > Self.maximumPendingAnswers {
            outbound = []
            close(MongoError(.invalidResponse, "the server wants more answers of TLS than it reads"), &effects)
        }
    }

    private static func decrypt(_ session: inout TLSSession?, into framer: inout MessageFramer) -> TLSSession.ReadResult
    {
        var result = TLSSession.ReadResult.incomplete
        _ = framer.fill { space in
            guard let read = session?.read(into: space) else { return 0 }
            result = read
            if case .bytes(let count) = read { return count }
            return 0
        }
        return result
    }

    private mutating func deliver(_ effects: inout Effects) {
        do throws(MongoError) {
            guard let frame = try framer.next() else { return }
            switch state.received(frame.header, moreToCome: OpMessage.announcesMore(frame)) {
            case .deliver(let waiter):
                effects.resume = (waiter, .reply(frame))
            case .keep where kept.count < Self.maximumKept:
                kept.append(frame)
            case .keep:
                close(MongoError(.invalidResponse, "the server sends more than anybody reads"), &effects)
            case .close(let reason):
                close(reason, &effects)
            }
        } catch {
            close(error, &effects)
        }
    }

    /// Takes the first of the replies that came without being asked for.
    mutating func takeKept() -> MessageFramer.Frame? {
        kept.isEmpty ? nil : kept.removeFirst()
    }

    // MARK: Ending

    /// The channel is gone.
    mutating func lost(_ error: (any Error)?, _ effects: inout Effects) {
        if state.isSecuring, session?.hasReceivedNothing == true {
            endedSocket = socket.take()
        }
        socket = nil
        guard state.closeReason == nil else { return }
        let reset = (error as? IOError)?.errnoCode == ECONNRESET
        lost = (reset, error)
        if !reset { session?.receiveEnd() }
        if state.isSecuring {
            // What arrived before the end, an alert perhaps, is looked at first: by the task that negotiates.
            if let waiter = state.bytesArrived() { effects.resume = (waiter, .progress) }
            return
        }
        if session != nil, !reset { receiveEncrypted(&effects) }
        close(errorForLostConnection(reset: reset, error), &effects)
    }

    private func errorForLostConnection(reset: Bool, _ error: (any Error)?) -> MongoError {
        if let tls = session?.errorForLostConnection(reset: reset) { return MongoError(tls) }
        return MongoError(
            .network,
            error.map { "the connection broke: \($0)" } ?? "the server closed the connection",
            underlying: error
        )
    }

    /// Ends the connection for the reason, unless it is ended already.
    mutating func close(_ reason: MongoError, _ effects: inout Effects) {
        effects.close = true
        if let waiter = state.close(reason) { effects.resume = (waiter, .failed(reason)) }
    }

    /// Ends the connection politely.
    mutating func shutDown(_ reason: MongoError, _ effects: inout Effects) {
        if state.isIdle {
            session?.shutdown()
            flushCiphertext(&effects)
        }
        close(reason, &effects)
    }

    // MARK: Time

    /// Sees to it that a timer looks at the present wait in time. A timer that fires too early costs nothing, so one that
    /// is armed is left alone: steady requests with a deadline each do not touch the loop.
    mutating func arm(_ effects: inout Effects) {
        let deadline = state.deadline
        guard deadline < armed else { return }
        armed = deadline
        effects.arm = deadline
    }

    mutating func timerFired(_ deadline: Deadline, now: NIODeadline, _ effects: inout Effects) {
        if armed == deadline { armed = .never }
        switch state.timerFired(now: now) {
        case .none:
            break
        case .rearm:
            arm(&effects)
        case .expire(let waiter, let reason):
            effects.close = true
            effects.resume = (waiter, .failed(reason))
        }
    }
}

/// What a waiter of a connection is told.
enum ConnectionOutcome: Sendable {
    /// Bytes for the handshake arrived.
    case progress
    case reply(MessageFramer.Frame)
    case failed(MongoError)
}
