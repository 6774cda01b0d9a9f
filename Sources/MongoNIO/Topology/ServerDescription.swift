// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-discovery-and-monitoring.md#serverdescription

/// What is known of one server.
public struct ServerDescription: Sendable {
    /// What a server is.
    public enum ServerType: String, Sendable, Hashable {
        /// Not asked yet, or it could not be reached.
        case unknown = "Unknown"
        /// A server on its own.
        case standalone = "Standalone"
        /// A router of a sharded cluster.
        case mongos = "Mongos"
        /// The primary of a replica set.
        case rsPrimary = "RSPrimary"
        /// A secondary of a replica set.
        case rsSecondary = "RSSecondary"
        /// An arbiter of a replica set.
        case rsArbiter = "RSArbiter"
        /// A member of a replica set in another state, for example while it starts.
        case rsOther = "RSOther"
        /// A server that is to become a member of a replica set and is not initiated.
        case rsGhost = "RSGhost"
        /// The load balancer of a sharded cluster.
        case loadBalancer = "LoadBalancer"
    }

    /// Where the server listens.
    public var address: ServerAddress
    /// What the server is.
    public var type: ServerType
    /// The error of the last attempt to reach it; `nil` when that succeeded.
    public var error: MongoError?
    /// The oldest version of the wire protocol that the server speaks.
    public var minWireVersion: Int
    /// The newest version of the wire protocol that the server speaks.
    public var maxWireVersion: Int
    /// The name of the replica set, if it is a member of one.
    public var setName: String?

    /// A server of which nothing is known.
    package init(unknown address: ServerAddress, error: MongoError? = nil) {
        self.address = address
        self.type = .unknown
        self.error = error
        self.minWireVersion = 0
        self.maxWireVersion = 0
    }

    /// A server that answered.
    init(address: ServerAddress, hello: HelloReply) {
        self.address = address
        self.type = hello.serverType
        self.minWireVersion = hello.minWireVersion
        self.maxWireVersion = hello.maxWireVersion
        self.setName = hello.setName
    }
}
