// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import Testing

@testable import MongoNIO

@Suite("The plan of a cursor")
struct CursorPlanTests {
    private func settings(timeout: Duration? = nil) -> CommandSettings {
        CommandSettings(
            readConcern: .serverDefault,
            writeConcern: .serverDefault,
            readPreference: .primary,
            timeout: timeout
        )
    }

    @Test("needs a timeout to say what it is for")
    func modeWithoutTimeout() throws {
        #expect(throws: MongoError.self) { try CursorPlan(settings(), timeout: nil, mode: .iteration) }
        #expect(throws: Never.self) { try CursorPlan(settings(timeout: .seconds(1)), timeout: nil, mode: .iteration) }
    }

    @Test("of a tailable cursor has no lifetime to time")
    func tailable() throws {
        #expect(throws: MongoError.self) {
            try CursorPlan(settings(), timeout: .seconds(1), mode: .cursorLifetime, type: .tailable)
        }
        #expect(try CursorPlan(settings(), timeout: .seconds(1), type: .tailable).timesEachStep)
        #expect(try !CursorPlan(settings(), timeout: .seconds(1)).timesEachStep)
    }

    @Test("lets the server wait for less than the timeout only")
    func waiting() throws {
        #expect(throws: MongoError.self) {
            try CursorPlan(settings(), timeout: .seconds(1), type: .tailableAwait, maxAwaitTime: .seconds(1))
        }
        // Zero is without limit.
        #expect(throws: Never.self) {
            try CursorPlan(settings(), timeout: .zero, type: .tailableAwait, maxAwaitTime: .seconds(1))
        }
        #expect(try CursorPlan(settings(), timeout: nil, maxAwaitTime: .seconds(1)).maxAwaitTime == nil)
    }

    @Test("has a batch size that the server can take")
    func batchSize() throws {
        #expect(throws: MongoError.self) { try CursorPlan(settings(), timeout: nil, batchSize: -1) }
        #expect(throws: MongoError.self) { try CursorPlan(settings(), timeout: nil, batchSize: 1 << 31) }
    }
}

@Suite("The state machine of a cursor")
struct CursorStateMachineTests {
    private func batch(_ numbers: Int32...) -> CursorBatch {
        CursorBatch(BSONDocument(numbers.enumerated().map { ("\($0)", .document(["n": .int32($1)])) }))
    }

    private func documents(_ machine: inout CursorStateMachine) -> [BSONDocument] {
        var documents: [BSONDocument] = []
        while case .document(let document) = machine.nextBuffered() { documents.append(document) }
        return documents
    }

    @Test("hands out the batch, asks for the next, and ends with the last")
    func batches() {
        var machine = CursorStateMachine(batch(1, 2), id: 7)
        #expect(documents(&machine) == [["n": .int32(1)], ["n": .int32(2)]])
        #expect(machine.isBatchRead && !machine.isDone && machine.id == 7)
        #expect(machine.beginFetch() == 7)
        #expect(machine.beginFetch() == nil)
        machine.fetched(batch(3), id: 0)
        #expect(machine.id == nil && !machine.isDone)
        #expect(documents(&machine) == [["n": .int32(3)]])
        #expect(machine.isDone)
        #expect(machine.beginFetch() == nil)
    }

    @Test("refuses a second reader while it fetches")
    func busy() {
        var machine = CursorStateMachine(batch(), id: 7)
        _ = machine.beginFetch()
        guard case .busy = machine.nextBuffered() else {
            Issue.record("a second reader was let in")
            return
        }
    }

    @Test("is to be killed on the server when it is left early, once")
    func close() {
        var machine = CursorStateMachine(batch(1), id: 7)
        #expect(machine.close() == 7)
        #expect(machine.close() == nil)
        #expect(machine.isDone)
        var whole = CursorStateMachine(batch(1), id: 0)
        #expect(whole.close() == nil)
    }

    @Test("stays closed when the batch comes too late")
    func lateBatch() {
        var machine = CursorStateMachine(batch(), id: 7)
        _ = machine.beginFetch()
        #expect(machine.close() == 7)
        machine.fetched(batch(1), id: 7)
        #expect(machine.isDone)
        #expect(machine.fetchFailed() == nil)
    }
}
