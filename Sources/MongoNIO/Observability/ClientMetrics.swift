// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// Names and attributes: https://opentelemetry.io/docs/specs/semconv/database/database-metrics/

#if Metrics
import CoreMetrics
import NIOCore
import Synchronization

/// Counts and measures what the events tell; the names are listed at ``MongoClientOptions/metricsFactory``.
///
/// The only place that makes metrics. Each is made once and kept: a factory may be slow.
final class ClientMetrics: Sendable {
    /// What tells metrics of one name apart.
    private struct Key: Hashable {
        var name: String
        var address: ServerAddress
        var command: String?
        var error: String?
        var state: String?
    }

    /// The connections of one pool.
    fileprivate struct Connections {
        /// In the making.
        var pending: Set<Int> = []
        var idle = 0
        var used = 0
        var waiting = 0
    }

    private struct State {
        var timers: [Key: any TimerHandler] = [:]
        var counters: [Key: any CounterHandler] = [:]
        var meters: [Key: any MeterHandler] = [:]
        var connections: [ServerAddress: Connections] = [:]
    }

    private let factory: any MetricsFactory
    private let state = Mutex(State())

    /// - Returns: `nil` when nobody wants metrics.
    init?(_ options: MongoClientOptions) {
        guard let factory = options.metricsFactory else { return nil }
        self.factory = factory
    }

    /// Whether events of this part of the driver are of interest.
    func isActive(_ component: LogComponent) -> Bool {
        component == .command || component == .connection
    }

    // MARK: What happens

    func record(_ event: MongoEvent) {
        switch event {
        case .command(let event): record(event)
        case .pool(let event): record(event)
        case .topology: break
        }
    }

    private func record(_ event: CommandEvent) {
        switch event {
        case .started:
            break
        case .succeeded(let event):
            time(
                event.duration,
                Key(name: Self.operation, address: event.info.address, command: event.info.commandName)
            )
        case .failed(let event):
            time(
                event.duration,
                Key(
                    name: Self.operation,
                    address: event.info.address,
                    command: event.info.commandName,
                    error: event.failure.code.rawValue
                )
            )
        }
    }

    private func record(_ event: ConnectionPoolEvent) {
        let address = event.address
        switch event {
        case .connectionReady(let event):
            time(event.duration, Key(name: Self.creating, address: address))
        case .connectionCheckedOut(let event):
            time(event.duration, Key(name: Self.waiting, address: address))
        case .connectionCheckOutFailed(let event):
            if event.reason == .timeout { count(Key(name: Self.timeouts, address: address)) }
        default:
            break
        }
        let connections = state.withLock { state -> Connections? in
            var connections = state.connections[address] ?? Connections()
            let isChanged = connections.apply(event)
            state.connections[address] = connections
            return isChanged ? connections : nil
        }
        guard let connections else { return }
        set(connections.idle, Key(name: Self.connections, address: address, state: "idle"))
        set(connections.used, Key(name: Self.connections, address: address, state: "used"))
        set(connections.waiting, Key(name: Self.pending, address: address))
    }

    /// A server has answered a hello that it had no reason to keep waiting.
    func measured(_ roundTrip: Duration, to address: ServerAddress) {
        time(roundTrip, Key(name: Self.roundTrip, address: address))
    }

    // MARK: Names

    private static let operation = "db.client.operation.duration"
    private static let connections = "db.client.connection.count"
    private static let pending = "db.client.connection.pending_requests"
    private static let waiting = "db.client.connection.wait_time"
    private static let creating = "db.client.connection.create_time"
    private static let timeouts = "db.client.connection.timeouts"
    private static let roundTrip = "mongodb.client.server.round_trip_time"

    private static func dimensions(_ key: Key) -> [(String, String)] {
        var dimensions = [("db.system.name", "mongodb"), ("server.address", key.address.host)]
        if let port = key.address.port { dimensions.append(("server.port", "\(port)")) }
        if let command = key.command { dimensions.append(("db.operation.name", command)) }
        if let error = key.error { dimensions.append(("error.type", error)) }
        if key.name.hasPrefix("db.client.connection.") {
            dimensions.append(("db.client.connection.pool.name", key.address.description))
        }
        if let state = key.state { dimensions.append(("db.client.connection.state", state)) }
        return dimensions
    }

    // MARK: Instruments

    private func time(_ duration: Duration, _ key: Key) {
        let timer = state.withLock { state in
            if let timer = state.timers[key] { return timer }
            let timer = factory.makeTimer(label: key.name, dimensions: Self.dimensions(key))
            state.timers[key] = timer
            return timer
        }
        timer.recordNanoseconds(max(0, TimeAmount(duration).nanoseconds))
    }

    private func count(_ key: Key) {
        let counter = state.withLock { state in
            if let counter = state.counters[key] { return counter }
            let counter = factory.makeCounter(label: key.name, dimensions: Self.dimensions(key))
            state.counters[key] = counter
            return counter
        }
        counter.increment(by: 1)
    }

    private func set(_ value: Int, _ key: Key) {
        let meter = state.withLock { state in
            if let meter = state.meters[key] { return meter }
            let meter = factory.makeMeter(label: key.name, dimensions: Self.dimensions(key))
            state.meters[key] = meter
            return meter
        }
        meter.set(Int64(value))
    }
}

extension ClientMetrics.Connections {
    /// - Returns: Whether a number changed.
    mutating func apply(_ event: ConnectionPoolEvent) -> Bool {
        switch event {
        case .connectionCreated(let event):
            pending.insert(event.driverConnectionID)
            return false
        case .connectionReady(let event):
            pending.remove(event.driverConnectionID)
            idle += 1
        case .connectionClosed(let event):
            // One that was in use has been given back first.
            if pending.remove(event.driverConnectionID) != nil { return false }
            idle -= 1
        case .connectionCheckOutStarted:
            waiting += 1
        case .connectionCheckOutFailed:
            waiting -= 1
        case .connectionCheckedOut:
            waiting -= 1
            idle -= 1
            used += 1
        case .connectionCheckedIn:
            used -= 1
            idle += 1
        case .poolCreated, .poolReady, .poolCleared, .poolClosed:
            return false
        }
        return true
    }
}
#else
/// Nothing is measured without the package trait `Metrics`.
struct ClientMetrics: Sendable {
    init?(_ options: MongoClientOptions) { return nil }

    func isActive(_ component: LogComponent) -> Bool { false }
    func record(_ event: MongoEvent) {}
    func measured(_ roundTrip: Duration, to address: ServerAddress) {}
}
#endif
