// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MongoNIO

@Suite("Where a transaction stands")
struct TransactionStateMachineTests {
    private func started(inProgress: Bool = false) throws -> TransactionStateMachine {
        var machine = TransactionStateMachine()
        try machine.start(.init())
        if inProgress { machine.commandWasSent() }
        return machine
    }

    private func message(_ body: () throws(MongoError) -> Void) -> String? {
        do throws(MongoError) {
            try body()
            return nil
        } catch {
            return error.message
        }
    }

    @Test("A transaction is started once, and again when it has ended")
    func start() throws {
        var machine = try started()
        #expect(message { () throws(MongoError) in try machine.start(.init()) } == "Transaction already in progress")
        machine.commandWasSent()
        #expect(message { () throws(MongoError) in try machine.start(.init()) } == "Transaction already in progress")
        let action1 = try machine.commit()
        #expect(action1 == .send)
        try machine.start(.init())
        #expect(machine.state == .starting)
    }

    @Test("A transaction cannot be unacknowledged")
    func unacknowledged() {
        var machine = TransactionStateMachine()
        let text = message { () throws(MongoError) in try machine.start(.init(writeConcern: .unacknowledged)) }
        #expect(text == "transactions do not support unacknowledged write concerns")
        #expect(machine.state == .none)
    }

    @Test("A transaction that no server knows is ended without a word, however often")
    func empty() throws {
        var machine = try started()
        let action2 = try machine.commit()
        #expect(action2 == .nothing)
        let action3 = try machine.commit()
        #expect(action3 == .nothing)
        machine = try started()
        let action4 = try machine.abort()
        #expect(action4 == .nothing)
        #expect(machine.state == .aborted)
    }

    @Test("A commit is sent, and sent again when it is called again")
    func commit() throws {
        var machine = try started(inProgress: true)
        let action5 = try machine.commit()
        #expect(action5 == .send)
        #expect(machine.state == .committed(isEmpty: false))
        let action6 = try machine.commit()
        #expect(action6 == .sendAgain)
    }

    @Test("What cannot be ended says why")
    func refusals() throws {
        var machine = TransactionStateMachine()
        #expect(message { () throws(MongoError) in _ = try machine.commit() } == "No transaction started")
        #expect(message { () throws(MongoError) in _ = try machine.abort() } == "No transaction started")
        machine = try started(inProgress: true)
        _ = try machine.abort()
        #expect(
            message { () throws(MongoError) in _ = try machine.commit() }
                == "Cannot call commitTransaction after calling abortTransaction"
        )
        #expect(
            message { () throws(MongoError) in _ = try machine.abort() } == "Cannot call abortTransaction twice"
        )
        machine = try started(inProgress: true)
        _ = try machine.commit()
        #expect(
            message { () throws(MongoError) in _ = try machine.abort() }
                == "Cannot call abortTransaction after calling commitTransaction"
        )
    }

    @Test("The next operation forgets a transaction that has ended, and its token")
    func nextOperation() throws {
        var machine = try started()
        let belongs7 = machine.beginOperation()
        #expect(belongs7)
        machine.commandWasSent()
        machine.recover(with: ["shard": "one"])
        let belongs8 = machine.beginOperation()
        #expect(belongs8)
        #expect(machine.recoveryToken == ["shard": "one"])
        _ = try machine.commit()
        #expect(machine.recoveryToken == ["shard": "one"])
        let belongs9 = machine.beginOperation()
        #expect(!belongs9)
        #expect(machine.state == .none)
        #expect(machine.recoveryToken == nil)
    }

    @Test("A repeated commit wants a majority, and keeps the rest of its write concern")
    func repeatedCommit() throws {
        #expect(
            try TransactionStateMachine.writeConcernForRepeatedCommit(.serverDefault)
                == WriteConcern(w: .majority, wTimeout: .seconds(10))
        )
        #expect(
            try TransactionStateMachine.writeConcernForRepeatedCommit(
                WriteConcern(w: 1, journal: true, wTimeout: .seconds(5))
            ) == WriteConcern(w: .majority, journal: true, wTimeout: .seconds(5))
        )
    }

    @Test("Pauses between whole transactions grow by half each time, up to half a second")
    func pauses() {
        var retry = TransactionRetry()
        #expect(retry.backoff(jitter: 1) == nil)
        retry.failed(MongoError(.network, "one"))
        #expect(retry.backoff(jitter: 1)?.0 == .microseconds(7500))
        #expect(retry.backoff(jitter: 0)?.0 == .zero)
        retry.failed(MongoError(.network, "two"))
        #expect(retry.backoff(jitter: 1)?.0 == .microseconds(11250))
        #expect(retry.backoff(jitter: 1)?.1.message == "two")
        for _ in 0..<20 { retry.failed(MongoError(.network, "many")) }
        #expect(retry.backoff(jitter: 1)?.0 == .milliseconds(500))
    }
}
