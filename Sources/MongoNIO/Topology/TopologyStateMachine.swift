// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// Turns what is learned of servers into the description of the deployment.
///
/// A value without I/O: `Topology` keeps it under its lock. It knows one server, connected to directly; replica sets,
/// sharded clusters and monitoring are to be added here, behind the same two functions.
///
/// - SeeAlso: [Server Discovery and Monitoring](https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-discovery-and-monitoring.md)
struct TopologyStateMachine: Sendable {
    private(set) var description: TopologyDescription

    init(single address: ServerAddress) {
        description = TopologyDescription(type: .single, servers: [address: ServerDescription(unknown: address)])
    }

    enum Action: Sendable {
        case none
        /// The server's connections are of no more use.
        case clearPool(ServerAddress, MongoError)
    }

    /// A server answered, or could not be reached.
    mutating func apply(_ server: ServerDescription) -> Action {
        // A server that left the deployment, or never was part of it, changes nothing.
        guard description.servers[server.address] != nil else { return .none }
        description.servers[server.address] = server
        return .none
    }

    /// A connection to a server could not be made, or broke.
    mutating func connectionFailed(_ address: ServerAddress, _ error: MongoError) -> Action {
        guard description.servers[address] != nil else { return .none }
        switch error.code {
        case .cancelled, .clientClosed:
            // Nothing about the server.
            return .none
        default:
            description.servers[address] = ServerDescription(unknown: address, error: error)
            return .clearPool(address, error)
        }
    }
}
