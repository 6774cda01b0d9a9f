// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization

/// What a pool tells of.
extension ConnectionPool {
    /// Tells what is to be told, without the lock and in the order of the decisions. When somebody else is at it, they tell
    /// ours too: a handler may call back into the driver, so nobody waits here.
    func tellEvents() {
        while true {
            let events = state.withLock { state -> [PoolEvent<EstablishedConnection>] in
                guard !state.isTelling, !state.events.isEmpty else { return [] }
                state.isTelling = true
                defer { state.events = [] }
                return state.events
            }
            if events.isEmpty { return }
            for event in events { observer.tell(.pool(self.event(event))) }
            state.withLock { $0.isTelling = false }
        }
    }

    /// The public form of an event.
    func event(_ event: PoolEvent<EstablishedConnection>) -> ConnectionPoolEvent {
        switch event {
        case .created:
            .poolCreated(PoolCreatedEvent(address: address, options: settings.deviations))
        case .ready:
            .poolReady(PoolReadyEvent(address: address))
        case .cleared(let serviceID, let interruptInUse):
            .poolCleared(
                PoolClearedEvent(address: address, serviceID: serviceID, interruptInUseConnections: interruptInUse)
            )
        case .closed:
            .poolClosed(PoolClosedEvent(address: address))
        case .connectionCreated(let id):
            .connectionCreated(ConnectionCreatedEvent(address: address, driverConnectionID: id))
        case .connectionReady(let slot, let duration):
            .connectionReady(
                ConnectionReadyEvent(
                    address: address,
                    driverConnectionID: slot.id,
                    duration: Duration(duration),
                    tls: slot.connection.description.tls
                )
            )
        case .connectionClosed(let id, let generation, let reason, let error):
            .connectionClosed(
                ConnectionClosedEvent(
                    address: address,
                    driverConnectionID: id,
                    serviceID: generation.serviceID,
                    reason: reason,
                    error: error
                )
            )
        case .checkOutStarted:
            .connectionCheckOutStarted(ConnectionCheckOutStartedEvent(address: address))
        case .checkOutFailed(let reason, let error, let duration):
            .connectionCheckOutFailed(
                ConnectionCheckOutFailedEvent(
                    address: address,
                    reason: reason,
                    error: error,
                    duration: Duration(duration)
                )
            )
        case .checkedOut(let slot, let duration):
            .connectionCheckedOut(
                ConnectionCheckedOutEvent(address: address, driverConnectionID: slot.id, duration: Duration(duration))
            )
        case .checkedIn(let slot):
            .connectionCheckedIn(ConnectionCheckedInEvent(address: address, driverConnectionID: slot.id))
        }
    }
}

extension ConnectionPool.Settings {
    /// What is not the default.
    fileprivate var deviations: ConnectionPoolOptions {
        let defaults = ConnectionPool.Machine.Limits()
        func deviation<Value: Equatable>(_ value: Value, _ usual: Value) -> Value? { value == usual ? nil : value }
        return ConnectionPoolOptions(
            maxPoolSize: deviation(limits.maxPoolSize, defaults.maxPoolSize),
            minPoolSize: deviation(limits.minPoolSize, defaults.minPoolSize),
            maxConnecting: deviation(limits.maxConnecting, defaults.maxConnecting),
            maxIdleTime: limits.maxIdleTime.map { Duration($0) },
            waitQueueTimeout: waitQueueTimeout
        )
    }
}
