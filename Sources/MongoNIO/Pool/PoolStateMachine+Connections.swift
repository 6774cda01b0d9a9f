// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/connection-monitoring-and-pooling/connection-monitoring-and-pooling.md#connection-pool-behaviors

import DequeModule
import MongoBSON
import NIOCore

/// How connections come and go.
extension PoolStateMachine {
    // MARK: Making connections

    /// Orders connections for those who wait and for whom none is in the making yet, and up to the minimum.
    mutating func orderConnections(now: NIODeadline, _ effects: inout Effects) {
        guard case .ready = state else { return }
        var current = currentConnectingCount
        while current < waiters.count || (count < limits.minPoolSize && !isPopulationHeld),
            connecting.count < max(1, limits.maxConnecting),
            limits.maxPoolSize == 0 || count < limits.maxPoolSize
        {
            lastID += 1
            connecting[lastID] = Pending(generation: generation, since: now, isInAdvance: current >= waiters.count)
            current += 1
            tell(.connectionCreated(id: lastID), &effects)
            effects.connect.append(ConnectOrder(id: lastID, generation: generation))
        }
    }

    /// How many of the connections in the making may serve somebody.
    var currentConnectingCount: Int {
        connecting.values.count { isCurrent($0.generation) && $0.failing == nil }
    }

    /// Whether the order still stands.
    func isConnecting(id: Int) -> Bool {
        connecting[id] != nil
    }

    /// The server answered the hello of a connection in the making.
    ///
    /// - Parameter serviceID: Behind a load balancer: where the connection ended up.
    mutating func handshaken(id: Int, serviceID: BSONObjectID?) {
        guard var pending = connecting[id] else { return }
        pending.isHandshaken = true
        if limits.isLoadBalanced, let serviceID, pending.generation.serviceID == nil {
            var service = services[serviceID] ?? (PoolGeneration(serviceID: serviceID), 0)
            service.count += 1
            services[serviceID] = service
            pending.generation = service.generation
        }
        connecting[id] = pending
    }

    /// An order was carried out.
    mutating func connected(id: Int, _ connection: Connection, now: NIODeadline, _ effects: inout Effects) {
        guard let pending = connecting.removeValue(forKey: id) else {
            // Given up: its end was told of then.
            effects.close.append(Slot(id: id, generation: generation, connection: connection))
            return
        }
        let slot = Slot(id: id, generation: pending.generation, connection: connection)
        connections[id] = slot
        tell(.connectionReady(slot, now - pending.since), &effects)
        if isCurrent(slot.generation) {
            offer(slot, now: now, &effects)
        } else {
            discard(slot, .stale, &effects)
        }
        orderConnections(now: now, &effects)
    }

    /// What is to be told upwards of an order that failed.
    struct FailedOrder {
        var generation: PoolGeneration
        var isHandshaken: Bool
    }

    /// An order failed. The first of two steps: between them whoever watches the server is told, and may clear the pool; the
    /// one whose attempt this was gets the error itself, the others that of the clearing.
    ///
    /// - Returns: `nil` when the order was given up: then nobody is told.
    mutating func connectFailing(id: Int, _ error: MongoError) -> FailedOrder? {
        guard var pending = connecting[id] else { return nil }
        // The oldest waiters are those for whom connections are being made. An attempt of which nobody waits for the outcome
        // (there are enough others, or it was made in advance) fails nobody. Nor does one made in advance that somebody came
        // to rely on, when the server was only busy: the pool goes on, and they get an attempt of their own.
        let isNobodys = pending.isInAdvance && error.hasLabel(.systemOverloaded)
        if !isNobodys, isCurrent(pending.generation), currentConnectingCount - 1 < waiters.count {
            pending.failing = waiters.popFirst()
            connecting[id] = pending
        }
        return FailedOrder(generation: pending.generation, isHandshaken: pending.isHandshaken)
    }

    /// The second step after ``connectFailing(id:_:)``.
    mutating func connectFailed(id: Int, _ error: MongoError, now: NIODeadline, _ effects: inout Effects) {
        guard let pending = connecting.removeValue(forKey: id) else { return }
        leave(pending.generation)
        // At once it would most likely end the same way again.
        isPopulationHeld = true
        tell(.connectionClosed(id: id, pending.generation, .error, error), &effects)
        if let entry = pending.failing { fail(entry, .connectionError, error, now: now, &effects) }
        orderConnections(now: now, &effects)
    }

    // MARK: Ready and paused

    /// The server was found to be there.
    mutating func ready(now: NIODeadline, _ effects: inout Effects) {
        guard case .paused = state else { return }
        state = .ready
        isPopulationHeld = false
        tell(.ready, &effects)
        orderConnections(now: now, &effects)
    }

    /// To be called every now and then: closes what was idle for too long, and makes connections up to the minimum.
    mutating func maintain(now: NIODeadline, _ effects: inout Effects) {
        guard case .ready = state else { return }
        if let maxIdleTime = limits.maxIdleTime {
            while let oldest = idle.first, now - oldest.since >= maxIdleTime {
                idle.removeFirst()
                discard(oldest.slot, .idle, &effects)
            }
        }
        isPopulationHeld = false
        orderConnections(now: now, &effects)
    }

    /// The server is in trouble, or is another one now: no connection of today is used again, and none is made before
    /// ``ready(now:_:)``.
    ///
    /// - Parameter interruptInUse: Those in use and in the making are ended, too.
    mutating func clear(_ cause: MongoError, interruptInUse: Bool, now: NIODeadline, _ effects: inout Effects) {
        if case .closed = state { return }
        generation.advance()
        let error = clearedError(cause)
        if case .ready = state {
            state = .paused(cause)
            tell(.cleared(serviceID: nil, interruptInUse: interruptInUse), &effects)
        }
        closeIdle(.stale, &effects)
        if interruptInUse {
            abandonConnecting(.stale, &effects)
            let interruption = interruptionError(cause)
            for slot in connections.values { effects.interrupt.append((slot, interruption)) }
        }
        failWaiters(.connectionError, error, now: now, &effects)
    }

    /// Behind a load balancer: the same for the connections of one service. The others go on, and nobody stops waiting.
    mutating func clear(
        service: BSONObjectID,
        _ cause: MongoError,
        interruptInUse: Bool,
        now: NIODeadline,
        _ effects: inout Effects
    ) {
        guard case .ready = state, let entry = services[service] else { return }
        services[service]?.generation.advance()
        tell(.cleared(serviceID: service, interruptInUse: interruptInUse), &effects)
        let stale = idle.filter { $0.slot.generation == entry.generation }
        idle.removeAll { $0.slot.generation == entry.generation }
        for candidate in stale { discard(candidate.slot, .stale, &effects) }
        if interruptInUse {
            let error = interruptionError(cause)
            for slot in connections.values where slot.generation == entry.generation {
                effects.interrupt.append((slot, error))
            }
        }
        orderConnections(now: now, &effects)
    }

    /// Whether connections of the generation are still used.
    func isCurrent(_ generation: PoolGeneration) -> Bool {
        guard let serviceID = generation.serviceID else { return generation == self.generation }
        return services[serviceID]?.generation == generation
    }

    // MARK: Ending

    /// The end. Connections in use are closed when they come back.
    mutating func close(_ reason: MongoError, now: NIODeadline, _ effects: inout Effects) {
        if case .closed = state { return }
        var error = reason
        error.message =
            "Attempted to check out a connection from closed connection pool for \(address): \(reason.message)"
        state = .closed(error)
        closeIdle(.poolClosed, &effects)
        abandonConnecting(.poolClosed, &effects)
        tell(.closed, &effects)
        failWaiters(.poolClosed, error, now: now, &effects)
    }

    /// A connection was closed by the server, or broke. One in use is dealt with when it comes back.
    mutating func connectionClosed(id: Int, _ error: MongoError, now: NIODeadline, _ effects: inout Effects) {
        guard let index = idle.firstIndex(where: { $0.slot.id == id }) else { return }
        let slot = idle.remove(at: index).slot
        forget(slot)
        tell(.connectionClosed(id: id, slot.generation, .error, error), &effects)
        orderConnections(now: now, &effects)
    }

    /// Closes a connection that is not idle (any more).
    mutating func discard(
        _ slot: Slot,
        _ reason: ConnectionClosedEvent.Reason,
        error: MongoError? = nil,
        _ effects: inout Effects
    ) {
        forget(slot)
        tell(.connectionClosed(id: slot.id, slot.generation, reason, error), &effects)
        effects.close.append(slot)
    }

    private mutating func forget(_ slot: Slot) {
        if connections.removeValue(forKey: slot.id) != nil { leave(slot.generation) }
    }

    /// A connection of the generation is gone. A service without connections is forgotten.
    private mutating func leave(_ generation: PoolGeneration) {
        guard let serviceID = generation.serviceID, let service = services[serviceID] else { return }
        services[serviceID] = service.count > 1 ? (service.generation, service.count - 1) : nil
    }

    private mutating func closeIdle(_ reason: ConnectionClosedEvent.Reason, _ effects: inout Effects) {
        while let candidate = idle.popFirst() { discard(candidate.slot, reason, &effects) }
    }

    /// Gives up what is in the making. An attempt whose failure is being reported right now ends by itself.
    private mutating func abandonConnecting(_ reason: ConnectionClosedEvent.Reason, _ effects: inout Effects) {
        for (id, pending) in connecting.sorted(by: { $0.key < $1.key }) where pending.failing == nil {
            connecting[id] = nil
            leave(pending.generation)
            tell(.connectionClosed(id: id, pending.generation, reason, nil), &effects)
            effects.abandon.append(id)
        }
    }

    private func interruptionError(_ cause: MongoError) -> MongoError {
        MongoError(
            .poolCleared,
            "Connection to \(address) interrupted due to server monitor timeout",
            tls: cause.tls,
            underlying: cause
        )
    }
}
