// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-discovery-and-monitoring.md#topologydescription

public import MongoBSON

/// What is known of the deployment as a whole.
public struct TopologyDescription: Sendable, Equatable {
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
    /// The name of the replica set: the one that was asked for, or the first that was found.
    public var setName: String?
    /// The latest election that a primary reported.
    public var maxElectionID: BSONObjectID?
    /// The version of the configuration that the primary of that election reported.
    public var maxSetVersion: Int?
    /// The servers, by address.
    public var servers: [ServerAddress: ServerDescription]
    /// Why the driver and a server have no version of the protocol in common; `nil` as long as all do.
    public var compatibilityError: String?
    /// How long sessions live without being used: the least of all servers that bear data. `nil` when one of them has no
    /// sessions.
    public var logicalSessionTimeoutMinutes: Int?

    package init(type: TopologyType = .unknown, servers: [ServerAddress: ServerDescription] = [:]) {
        self.type = type
        self.servers = servers
    }

    /// Whether the driver and every server have a version of the protocol in common.
    public var isCompatible: Bool { compatibilityError == nil }

    /// The servers in the order of their addresses, so that texts do not change from one time to the next.
    var sortedServers: [ServerDescription] {
        servers.values.sorted { $0.address.description < $1.address.description }
    }

    var primary: ServerDescription? {
        servers.values.first { $0.type == .rsPrimary }
    }
}

extension TopologyDescription {
    /// Whether there is a server that may answer a read now.
    ///
    /// - Parameter readPreference: Which members may answer. Default: the primary.
    public func hasReadableServer(_ readPreference: ReadPreference = .primary) -> Bool {
        let selector = ServerSelector(purpose: .read, readPreference: readPreference)
        do throws(MongoError) {
            return try !selector.suitableServers(in: self).isEmpty
        } catch {
            // A staleness that cannot be asked for: nobody fits.
            return false
        }
    }

    /// Whether there is a server that takes writes now.
    public var hasWritableServer: Bool {
        do throws(MongoError) {
            return try !ServerSelector(purpose: .write).suitableServers(in: self).isEmpty
        } catch {
            return false
        }
    }
}

extension TopologyDescription: CustomStringConvertible {
    /// One line that is safe to log: the type, and every server with its last error.
    public var description: String {
        var text = "\(type.rawValue)"
        if let setName { text += " \(setName)" }
        return text + " [" + sortedServers.map(\.description).joined(separator: "; ") + "]"
    }
}
