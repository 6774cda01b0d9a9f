// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-discovery-and-monitoring.md#initial-topologydescription

/// What a topology begins with: with `mongodb+srv` it is known once DNS has answered, else at once.
struct TopologySeeds: Sendable {
    /// The servers to begin with.
    var hosts: [ServerAddress]
    /// The name of the replica set; `nil` when any will do.
    var setName: String?
    /// Whether the one host is connected to whatever it is.
    var isDirect = false
    /// Whether the one host is a load balancer.
    var isLoadBalanced = false

    var type: TopologyDescription.TopologyType {
        if isDirect { return .single }
        if isLoadBalanced { return .loadBalanced }
        return setName == nil ? .unknown : .replicaSetNoPrimary
    }
}

extension TopologySeeds {
    /// - Parameter options: With the hosts, which DNS may have named.
    init(_ options: MongoClientOptions) {
        self.init(
            hosts: options.hosts,
            setName: options.replicaSet,
            isDirect: options.directConnection == true,
            isLoadBalanced: options.loadBalanced == true
        )
    }
}
