// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import MongoNIO

/// Traces through the connection's state machine; waiters are named by letters.
@Suite("The connection's state machine")
struct ConnectionStateMachineTests {
    typealias Machine = ConnectionStateMachine<String>

    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private func header(responseTo id: Int32) -> MessageHeader {
        MessageHeader(messageLength: 26, requestID: 900, responseTo: id, opCode: .message)
    }

    private func isWait(_ action: Machine.WaitAction) -> Bool {
        if case .wait = action { true } else { false }
    }

    @Test("A reply goes to the one who asked, and the connection is idle again")
    func exchange() {
        var machine = Machine(securing: false)
        #expect(machine.isIdle)
        #expect(isWait(machine.begin(id: 7, waiter: "a", deadline: .never)))
        #expect(!machine.isIdle)
        guard case .deliver("a") = machine.received(header(responseTo: 7)) else {
            Issue.record("the reply was not delivered")
            return
        }
        #expect(machine.isIdle)
    }

    private func header(_ id: Int32, responseTo: Int32) -> MessageHeader {
        MessageHeader(messageLength: 26, requestID: id, responseTo: responseTo, opCode: .message)
    }

    @Test("A server that may go on replying does so until it says that it is done; each reply answers the one before")
    func streaming() {
        var machine = Machine(securing: false)
        #expect(isWait(machine.begin(id: 7, waiter: "a", deadline: .never, streams: true)))
        guard case .deliver("a") = machine.received(header(900, responseTo: 7), moreToCome: true) else {
            Issue.record("the first reply was not delivered")
            return
        }
        #expect(!machine.isIdle)
        #expect(isWait(machine.awaitNext(id: 8, waiter: "b", deadline: .never)))
        guard case .deliver("b") = machine.received(header(901, responseTo: 900), moreToCome: true) else {
            Issue.record("the second reply was not delivered")
            return
        }
        // Nobody waits yet: it is kept, and the exchange is over.
        guard case .keep = machine.received(header(902, responseTo: 901)) else {
            Issue.record("the third reply was not kept")
            return
        }
        #expect(machine.isIdle)
    }

    @Test("More replies than were asked for, or out of their order, close the connection")
    func unaskedStream() {
        var machine = Machine(securing: false)
        _ = machine.begin(id: 7, waiter: "a", deadline: .never)
        guard case .close(let error) = machine.received(header(900, responseTo: 7), moreToCome: true) else {
            Issue.record("the announcement was taken")
            return
        }
        #expect(error.code == .invalidResponse)
        machine = Machine(securing: false)
        _ = machine.begin(id: 7, waiter: "a", deadline: .never, streams: true)
        _ = machine.received(header(900, responseTo: 7), moreToCome: true)
        guard case .close = machine.received(header(902, responseTo: 7), moreToCome: true) else {
            Issue.record("the reply was taken")
            return
        }
    }

    @Test("Whoever waits for the next reply can be cancelled, and gets the reason of the end")
    func endOfStream() {
        var machine = Machine(securing: false)
        _ = machine.begin(id: 7, waiter: "a", deadline: .never, streams: true)
        _ = machine.received(header(900, responseTo: 7), moreToCome: true)
        _ = machine.awaitNext(id: 8, waiter: "b", deadline: Deadline(instant: start))
        #expect(machine.deadline == Deadline(instant: start))
        var other = machine
        #expect(machine.cancel(id: 8) == "b")
        #expect(machine.closeReason?.code == .cancelled)
        guard case .expire("b", let error) = other.timerFired(now: start) else {
            Issue.record("the wait did not end")
            return
        }
        #expect(error.code == .timeout)
    }

    @Test("A second request is refused while a reply is outstanding")
    func oneAtATime() {
        var machine = Machine(securing: false)
        _ = machine.begin(id: 7, waiter: "a", deadline: .never)
        guard case .fail(let error) = machine.begin(id: 8, waiter: "b", deadline: .never) else {
            Issue.record("the second request was taken in")
            return
        }
        #expect(error.code == .invalidArgument)
        guard case .deliver("a") = machine.received(header(responseTo: 7)) else {
            Issue.record("the first request lost its reply")
            return
        }
    }

    @Test("A reply to another request closes the connection")
    func outOfStep() {
        var machine = Machine(securing: false)
        _ = machine.begin(id: 7, waiter: "a", deadline: .never)
        guard case .close(let error) = machine.received(header(responseTo: 6)) else {
            Issue.record("the wrong reply was delivered")
            return
        }
        #expect(error.code == .invalidResponse)
        #expect(machine.close(error) == "a")
        #expect(machine.closeReason?.code == .invalidResponse)
    }

    @Test("A message that nobody asked for closes the connection")
    func unsolicited() {
        var machine = Machine(securing: false)
        guard case .close(let error) = machine.received(header(responseTo: 1)) else {
            Issue.record("the message was delivered")
            return
        }
        #expect(error.code == .invalidResponse)
    }

    @Test("Whoever comes first resumes the waiter: cancellation, then nothing else does")
    func cancellationWins() {
        var machine = Machine(securing: false)
        _ = machine.begin(id: 7, waiter: "a", deadline: .never)
        #expect(machine.cancel(id: 7) == "a")
        #expect(machine.cancel(id: 7) == nil)
        #expect(machine.close(MongoError(.network, "later")) == nil)
        #expect(machine.closeReason?.code == .cancelled)
        #expect(!machine.isIdle)
    }

    @Test("Whoever comes first resumes the waiter: the reply, then a cancellation finds nothing")
    func replyWins() {
        var machine = Machine(securing: false)
        _ = machine.begin(id: 7, waiter: "a", deadline: .never)
        _ = machine.received(header(responseTo: 7))
        #expect(machine.cancel(id: 7) == nil)
        #expect(machine.isIdle)
    }

    @Test("A cancellation of an earlier request does not touch the present one")
    func staleCancellation() {
        var machine = Machine(securing: false)
        _ = machine.begin(id: 7, waiter: "a", deadline: .never)
        _ = machine.received(header(responseTo: 7))
        _ = machine.begin(id: 8, waiter: "b", deadline: .never)
        #expect(machine.cancel(id: 7) == nil)
        guard case .deliver("b") = machine.received(header(responseTo: 8)) else {
            Issue.record("the reply was not delivered")
            return
        }
    }

    @Test("A timer that fires early is armed anew, one that fires in time ends the wait")
    func deadline() {
        var machine = Machine(securing: false)
        let deadline = Deadline(instant: start + .seconds(5))
        _ = machine.begin(id: 7, waiter: "a", deadline: deadline)
        guard case .rearm(deadline) = machine.timerFired(now: start + .seconds(4)) else {
            Issue.record("the timer was not armed anew")
            return
        }
        guard case .expire("a", let error) = machine.timerFired(now: start + .seconds(5)) else {
            Issue.record("the wait did not end")
            return
        }
        #expect(error.code == .timeout)
        #expect(machine.closeReason?.code == .timeout)
    }

    @Test("A timer of an earlier request does nothing to an idle connection")
    func staleTimer() {
        var machine = Machine(securing: false)
        _ = machine.begin(id: 7, waiter: "a", deadline: Deadline(instant: start))
        _ = machine.received(header(responseTo: 7))
        guard case .none = machine.timerFired(now: start + .seconds(1)) else {
            Issue.record("the timer did something")
            return
        }
        #expect(machine.isIdle)
    }

    @Test("Nothing is sent before TLS is negotiated")
    func noEarlyRequest() {
        var machine = Machine(securing: true)
        guard case .fail = machine.begin(id: 1, waiter: "a", deadline: .never) else {
            Issue.record("a request went out before TLS was negotiated")
            return
        }
        machine.secured()
        #expect(isWait(machine.begin(id: 1, waiter: "a", deadline: .never)))
    }

    @Test("Bytes that arrive while the handshake computes are not slept through")
    func news() {
        var machine = Machine(securing: true)
        #expect(machine.bytesArrived() == nil)
        guard case .goOn = machine.waitForBytes(id: 1, waiter: "a", deadline: .never) else {
            Issue.record("the handshake waits for bytes that are there")
            return
        }
        #expect(isWait(machine.waitForBytes(id: 1, waiter: "a", deadline: .never)))
        #expect(machine.bytesArrived() == "a")
        #expect(machine.bytesArrived() == nil)
    }

    @Test("The first reason to close counts, and later requests are told it")
    func firstReason() {
        var machine = Machine(securing: false)
        #expect(machine.close(MongoError(.network, "first")) == nil)
        #expect(machine.close(MongoError(.clientClosed, "second")) == nil)
        guard case .fail(let error) = machine.begin(id: 1, waiter: "a", deadline: .never) else {
            Issue.record("a closed connection took a request")
            return
        }
        #expect(error.message == "first")
    }

    @Test("A message without a reply occupies the connection until the socket has taken all of it")
    func sending() {
        var machine = Machine(securing: false)
        #expect(isWait(machine.waitUntilSent(id: 7, waiter: "a", deadline: .never)))
        #expect(!machine.isIdle)
        #expect(machine.refusalToSend?.code == .invalidArgument)
        guard case .fail = machine.begin(id: 8, waiter: "b", deadline: .never) else {
            Issue.record("two at once")
            return
        }
        #expect(machine.sent() == "a")
        #expect(machine.isIdle)
        #expect(machine.sent() == nil)
    }

    @Test("Who waits for the socket is told of the deadline, a cancellation and the end of the connection")
    func sendingFails() {
        var machine = Machine(securing: false)
        _ = machine.waitUntilSent(id: 7, waiter: "a", deadline: Deadline(instant: start))
        guard case .expire("a", let error) = machine.timerFired(now: start) else {
            Issue.record("the wait did not end")
            return
        }
        #expect(error.code == .timeout)
        #expect(error.message.contains("take"))

        machine = Machine(securing: false)
        _ = machine.waitUntilSent(id: 7, waiter: "a", deadline: .never)
        #expect(machine.cancel(id: 6) == nil)
        #expect(machine.cancel(id: 7) == "a")
        #expect(machine.closeReason?.code == .cancelled)

        machine = Machine(securing: false)
        _ = machine.waitUntilSent(id: 7, waiter: "a", deadline: .never)
        #expect(machine.close(MongoError(.network, "broken")) == "a")
        #expect(machine.sent() == nil)
    }
}
