// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-discovery-and-monitoring.md#topologydescription

/// What is known of the deployment as a whole.
public struct TopologyDescription: Sendable {
    /// What a deployment is.
    public enum TopologyType: String, Sendable, Hashable {
        /// Not known yet.
        case unknown = "Unknown"
        /// One server, whatever it is: a direct connection.
        case single = "Single"
        /// A replica set whose primary is known.
        case replicaSetWithPrimary = "ReplicaSetWithPrimary"
        /// A replica set whose primary is not known.
        case replicaSetNoPrimary = "ReplicaSetNoPrimary"
        /// A sharded cluster.
        case sharded = "Sharded"
        /// A sharded cluster behind a load balancer.
        case loadBalanced = "LoadBalanced"
    }

    /// What the deployment is.
    public var type: TopologyType
    /// The servers, by address.
    public var servers: [ServerAddress: ServerDescription]
}
