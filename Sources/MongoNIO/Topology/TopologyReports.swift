// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Synchronization

/// The way upwards for what connections, pools and monitors learn of their server, without their knowing whom they tell.
///
/// Holds the topology weakly: the topology owns the pools and the monitors.
final class TopologyReports: Sendable {
    private struct Target { weak var topology: Topology? }
    private let target = Mutex(Target())

    func connect(to topology: Topology) {
        target.withLock { $0.topology = topology }
    }

    private var topology: Topology? { target.withLock { $0.topology } }

    /// A server answered the hello of a connection that operations will use.
    func serverAnswered(_ description: ServerDescription) {
        topology?.greeted(description)
    }

    /// A connection for operations could not be made.
    func connectionFailed(_ address: ServerAddress, _ error: MongoError, generation: PoolGeneration) {
        topology?.handle(
            error,
            from: address,
            generation: generation,
            phase: .handshake,
            serviceID: generation.serviceID
        )
    }

    /// How long the way to a server and back takes at least, as far as is known.
    func minimumRoundTripTime(of address: ServerAddress) -> TimeAmount {
        topology?.minimumRoundTripTime(of: address) ?? .zero
    }

    /// A server answered its monitor.
    func checkSucceeded(_ description: ServerDescription) {
        topology?.apply(description)
    }

    /// A server did not answer its monitor, or refused the check.
    func checkFailed(_ address: ServerAddress, _ error: MongoError) {
        topology?.checkFailed(address, error)
    }

    /// The way to a server and back was measured.
    func measured(_ roundTrip: Duration, to address: ServerAddress) {
        topology?.measured(roundTrip, to: address)
    }

    /// A monitor begins or ends a check.
    func tell(_ event: @autoclosure () -> TopologyEvent) {
        guard let topology, topology.isObserved else { return }
        topology.tell(event())
    }
}
