// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import NIOCore
import Synchronization

/// The deployment: which servers there are, what they are, and which one an operation goes to.
///
/// Before it on the way of a request: `OperationExecutor`. After it: `ConnectionPool` of the selected ``Server``. What is
/// learned of servers comes in by ``apply(_:)`` and ``connectionFailed(_:_:)``, from below.
final class Topology: Sendable {
    private struct State: ~Copyable {
        var machine: TopologyStateMachine
        var servers: [ServerAddress: Server]
        var closed: MongoError?
    }

    private let state: Mutex<State>

    /// A deployment of one server, connected to directly.
    ///
    /// - Parameter makePool: Makes the pool of a server, given where to report what is learned of it.
    init(single address: ServerAddress, makePool: (ServerAddress, TopologyReports) -> ConnectionPool) {
        let reports = TopologyReports()
        let server = Server(address: address, pool: makePool(address, reports))
        state = Mutex(State(machine: TopologyStateMachine(single: address), servers: [address: server]))
        reports.connect(to: self)
        // No monitor finds the server: the first operation does.
        server.pool.ready()
    }

    /// What is known of the deployment now.
    var description: TopologyDescription {
        state.withLock { $0.machine.description }
    }

    /// What the deployment is.
    var type: TopologyDescription.TopologyType {
        state.withLock { $0.machine.description.type }
    }

    /// How long the servers remember a session that nobody uses, the most forgetful of them; `nil` when it is not known.
    var logicalSessionTimeoutMinutes: Int? { nil }

    /// The shortest time that a server's answers have taken; zero when it was not measured yet.
    func minimumRoundTripTime(of address: ServerAddress) -> TimeAmount { .zero }

    /// Selects a server for an operation.
    ///
    /// - Throws: `MongoError` when no server fits, or when the client is closed.
    func selectServer(_ selector: ServerSelector, deadline: Deadline) async throws(MongoError) -> Server {
        let selected = state.withLock { state -> Result<Server, MongoError> in
            if let closed = state.closed { return .failure(closed) }
            let suitable = selector.suitableServers(in: state.machine.description)
            guard let address = suitable.randomElement(), let server = state.servers[address] else {
                return .failure(MongoError(.serverSelection, "no server fits the operation"))
            }
            return .success(server)
        }
        return try selected.get()
    }

    /// A server answered.
    func apply(_ server: ServerDescription) {
        carryOut(state.withLock { $0.machine.apply(server) })
    }

    /// An operation, or the making of a connection for one, ended with an error. All errors may be told: what says nothing
    /// about the server changes nothing.
    ///
    /// - Parameters:
    ///   - error: With `server` set where the server refused: state changes are recognized by its codes.
    ///   - generation: That of the connection: errors of connections that were given up already are old news.
    ///   - phase: How far the connection was.
    ///   - serviceID: Behind a load balancer: the service that the connection led to.
    func handle(
        _ error: MongoError,
        from address: ServerAddress,
        generation: PoolGeneration,
        phase: ErrorPhase,
        serviceID: BSONObjectID? = nil
    ) {
        switch error.code {
        case .network, .tls: connectionFailed(address, error)
        default: break
        }
    }

    /// A connection could not be made, or broke.
    func connectionFailed(_ address: ServerAddress, _ error: MongoError) {
        carryOut(state.withLock { $0.machine.connectionFailed(address, error) })
    }

    private func carryOut(_ action: TopologyStateMachine.Action) {
        switch action {
        case .none:
            break
        case .clearPool(let address, let error):
            let pool = state.withLock { $0.servers[address] }?.pool
            pool?.clear(error)
            // No monitor finds out whether the server is there again: the next operation does.
            pool?.ready()
        }
    }

    /// Closes every connection. No server is selected any more.
    func close() async {
        let reason = MongoError(.clientClosed, "the client was closed")
        let servers = state.withLock { state in
            state.closed = reason
            return Array(state.servers.values)
        }
        for server in servers { await server.pool.close(reason) }
    }
}

/// How far a connection was when an error occurred on it.
enum ErrorPhase: Sendable {
    /// It was being made: TCP, TLS, hello and log-in are part of that.
    case handshake
    /// It was established: an operation was running on it.
    case operation
}

/// The way upwards for what connections and pools learn of their server, without their knowing whom they tell.
///
/// Holds the topology weakly: the topology owns the pools.
final class TopologyReports: Sendable {
    private struct Target { weak var topology: Topology? }
    private let target = Mutex(Target())

    func connect(to topology: Topology) {
        target.withLock { $0.topology = topology }
    }

    /// A server answered.
    func serverAnswered(_ description: ServerDescription) {
        target.withLock { $0.topology }?.apply(description)
    }

    /// A connection could not be made, or broke.
    func connectionFailed(_ address: ServerAddress, _ error: MongoError) {
        target.withLock { $0.topology }?.connectionFailed(address, error)
    }
}
