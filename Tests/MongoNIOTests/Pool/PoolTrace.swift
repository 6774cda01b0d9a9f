// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import NIOCore
import Testing

@testable import MongoNIO

/// A pool's state machine and everything it has asked for so far, on a clock that the test sets. Connections are named by
/// numbers, waiters by letters.
struct PoolTrace {
    typealias Machine = PoolStateMachine<Int, String>

    var machine: Machine
    var leases: [String: Int] = [:]
    var failures: [String: MongoError] = [:]
    var orders: [Machine.ConnectOrder] = []
    var closed: [Int] = []
    var interrupted: [Int: MongoError] = [:]
    var abandoned: [Int] = []
    /// The errors that connections were told to be closed for.
    var errors: [Int: MongoError] = [:]
    /// The events, in short.
    var told: [String] = []
    var now = NIODeadline.uptimeNanoseconds(1_000_000_000)
    var slots: [Int: Machine.Slot] = [:]
    var lastWaiter = 0

    /// A pool that is ready, unless it is to stay paused.
    init(
        maxPoolSize: Int = 100,
        minPoolSize: Int = 0,
        maxConnecting: Int = 2,
        maxIdleTime: TimeAmount? = nil,
        isLoadBalanced: Bool = false,
        isPaused: Bool = false
    ) {
        machine = Machine(
            .init(
                maxPoolSize: maxPoolSize,
                minPoolSize: minPoolSize,
                maxConnecting: maxConnecting,
                maxIdleTime: maxIdleTime,
                isLoadBalanced: isLoadBalanced
            ),
            address: .localhost,
            isObserved: true
        )
        if !isPaused { ready() }
    }

    private mutating func run(_ body: (inout Machine, NIODeadline, inout Machine.Effects) -> Void) {
        var effects = Machine.Effects()
        body(&machine, now, &effects)
        told += effects.events.map(Self.name)
        for case .connectionClosed(let id, _, _, let error?) in effects.events { errors[id] = error }
        for (waiter, slot) in effects.lease { lease(waiter, slot) }
        for (waiter, error) in effects.fail { failures[waiter] = error }
        orders += effects.connect
        closed += effects.close.map(\.connection)
        for (slot, error) in effects.interrupt { interrupted[slot.connection] = error }
        abandoned += effects.abandon
    }

    private mutating func lease(_ waiter: String, _ slot: Machine.Slot) {
        leases[waiter] = slot.connection
        slots[slot.connection] = slot
    }

    private static func name(_ event: PoolEvent<Int>) -> String {
        switch event {
        case .created: "created"
        case .ready: "ready"
        case .cleared: "cleared"
        case .closed: "closed"
        case .connectionCreated(let id): "created \(id)"
        case .connectionReady(let slot, _): "ready \(slot.id)"
        case .connectionClosed(let id, _, let reason, _): "closed \(id) \(reason.rawValue)"
        case .checkOutStarted: "check-out started"
        case .checkOutFailed(let reason, _, _): "check-out failed \(reason.rawValue)"
        case .checkedOut(let slot, _): "checked out \(slot.id)"
        case .checkedIn(let slot): "checked in \(slot.id)"
        }
    }

    /// The id of the waiter, for when it has to wait.
    @discardableResult
    mutating func checkOut(_ waiter: String) -> Int {
        lastWaiter += 1
        let id = lastWaiter
        var taken = Machine.TakeResult.none
        run { machine, now, effects in taken = machine.take(now: now, &effects) }
        switch taken {
        case .slot(let slot): lease(waiter, slot)
        case .failed(let error): failures[waiter] = error
        case .none:
            run { machine, now, effects in machine.enqueue(id: id, waiter: waiter, since: now, now: now, &effects) }
        }
        return id
    }

    mutating func giveUp(_ id: Int, _ cause: Machine.Surrender) {
        run { machine, now, effects in machine.giveUp(id: id, cause, now: now, &effects) }
    }

    /// Carries out the oldest order.
    mutating func connect(_ connection: Int, service: BSONObjectID? = nil) {
        guard !orders.isEmpty else {
            Issue.record("no connection was ordered")
            return
        }
        let order = orders.removeFirst()
        run { machine, now, effects in
            machine.handshaken(id: order.id, serviceID: service)
            machine.connected(id: order.id, connection, now: now, &effects)
        }
        if let slot = machine.connections[order.id] { slots[connection] = slot }
    }

    /// Has the oldest order fail.
    ///
    /// - Parameter reported: What whoever watches the server does about it.
    mutating func failToConnect(_ error: MongoError, reported: (inout PoolTrace) -> Void = { _ in }) {
        guard !orders.isEmpty else {
            Issue.record("no connection was ordered")
            return
        }
        let order = orders.removeFirst()
        guard machine.connectFailing(id: order.id, error) != nil else { return }
        reported(&self)
        run { machine, now, effects in machine.connectFailed(id: order.id, error, now: now, &effects) }
    }

    mutating func checkIn(
        _ connection: Int,
        isReusable: Bool = true,
        error: MongoError? = nil,
        purpose: Machine.Purpose = .operation
    ) {
        guard let slot = slots[connection] else {
            Issue.record("connection \(connection) was never made")
            return
        }
        run { machine, now, effects in
            machine.checkIn(slot, isReusable: isReusable, error: error, purpose: purpose, now: now, &effects)
        }
    }

    /// The server closes an idle connection.
    mutating func breakIdle(_ connection: Int) {
        let id = slots[connection]?.id ?? -1
        run { machine, now, effects in
            machine.connectionClosed(id: id, MongoError(.network, "closed"), now: now, &effects)
        }
    }

    mutating func ready() {
        run { machine, now, effects in machine.ready(now: now, &effects) }
    }

    mutating func maintain() {
        run { machine, now, effects in machine.maintain(now: now, &effects) }
    }

    mutating func clear(interruptInUse: Bool = false) {
        run { machine, now, effects in
            machine.clear(MongoError(.network, "cleared"), interruptInUse: interruptInUse, now: now, &effects)
        }
    }

    mutating func clear(service: BSONObjectID) {
        run { machine, now, effects in
            machine.clear(
                service: service,
                MongoError(.network, "cleared"),
                interruptInUse: false,
                now: now,
                &effects
            )
        }
    }

    mutating func close() {
        run { machine, now, effects in machine.close(MongoError(.clientClosed, "closed"), now: now, &effects) }
    }
}
