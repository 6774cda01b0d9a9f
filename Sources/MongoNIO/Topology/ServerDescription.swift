// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-discovery-and-monitoring.md#serverdescription

public import MongoBSON

/// What is known of one server: its own last words, or why there are none.
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

        /// Whether servers of the type answer reads or take writes.
        public var isDataBearing: Bool {
            switch self {
            case .standalone, .mongos, .rsPrimary, .rsSecondary, .loadBalancer: true
            case .unknown, .rsArbiter, .rsOther, .rsGhost: false
            }
        }
    }

    /// Where the server listens.
    public var address: ServerAddress
    /// What the server is.
    public var type: ServerType
    /// Why the server is unknown; `nil` when nothing went wrong.
    public var error: MongoError?
    /// The average time that the server takes to answer `hello`; `nil` while it is unknown.
    public var roundTripTime: Duration?
    /// The shortest of the last ten times that the server took; zero before there are two, `nil` while it is unknown.
    public var minRoundTripTime: Duration?
    /// When the server, as a member of a replica set, last wrote; `nil` when it did not say.
    public var lastWriteDate: BSONDateTime?
    /// The oldest version of the wire protocol that the server speaks.
    public var minWireVersion: Int
    /// The newest version of the wire protocol that the server speaks.
    public var maxWireVersion: Int
    /// The address that the replica set knows the server by.
    public var me: ServerAddress?
    /// The members of the replica set, in the server's view, but for ``passives`` and ``arbiters``.
    public var hosts: [ServerAddress]
    /// The members that can never be the primary.
    public var passives: [ServerAddress]
    /// The members that hold no data.
    public var arbiters: [ServerAddress]
    /// The tags that read preferences refer to.
    public var tags: [String: String]
    /// The name of the replica set, if the server is a member of one.
    public var setName: String?
    /// The version of the replica set's configuration.
    public var setVersion: Int?
    /// The election that a primary won.
    public var electionID: BSONObjectID?
    /// Whom the server takes for the primary.
    public var primary: ServerAddress?
    /// When the server was last heard of, or found to be unreachable; `nil` before the first time.
    public var lastUpdateTime: ContinuousClock.Instant?
    /// How long sessions live on the server without being used; `nil` when it has none.
    public var logicalSessionTimeoutMinutes: Int?
    /// How new the description is, as long as the server's process lives.
    public var topologyVersion: TopologyVersion?
    /// Whether the server is `mongocryptd`; `nil` when it did not say.
    public var isCryptd: Bool?

    /// A server of which nothing is known.
    package init(unknown address: ServerAddress, error: MongoError? = nil, topologyVersion: TopologyVersion? = nil) {
        self.address = address
        self.type = .unknown
        self.error = error
        self.minWireVersion = 0
        self.maxWireVersion = 0
        self.hosts = []
        self.passives = []
        self.arbiters = []
        self.tags = [:]
        self.topologyVersion = topologyVersion
    }

    /// A server that answered. Without `ok: 1` it stays unknown.
    init(address: ServerAddress, hello: HelloReply) {
        self.init(unknown: address)
        lastUpdateTime = .now
        guard hello.serverType != .unknown else { return }
        type = hello.serverType
        minWireVersion = hello.minWireVersion
        maxWireVersion = hello.maxWireVersion
        lastWriteDate = hello.lastWriteDate
        me = hello.me
        hosts = hello.hosts
        passives = hello.passives
        arbiters = hello.arbiters
        tags = hello.tags
        setName = hello.setName
        setVersion = hello.setVersion
        electionID = hello.electionID
        primary = hello.primary
        logicalSessionTimeoutMinutes = hello.logicalSessionTimeoutMinutes
        topologyVersion = hello.topologyVersion
        isCryptd = hello.isCryptd
    }

    /// All members of the replica set that the server names.
    var members: Set<ServerAddress> { Set(hosts).union(passives).union(arbiters) }
}

extension ServerDescription: Equatable {
    /// Whether two descriptions say the same, but for what changes with every check: the times.
    ///
    /// - SeeAlso: [Server Description Equality](https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-discovery-and-monitoring.md#server-description-equality)
    public static func == (lhs: ServerDescription, rhs: ServerDescription) -> Bool {
        lhs.address == rhs.address && lhs.type == rhs.type
            && lhs.error?.debugDescription == rhs.error?.debugDescription
            && lhs.minWireVersion == rhs.minWireVersion && lhs.maxWireVersion == rhs.maxWireVersion
            && lhs.me == rhs.me && Set(lhs.hosts) == Set(rhs.hosts) && Set(lhs.passives) == Set(rhs.passives)
            && Set(lhs.arbiters) == Set(rhs.arbiters) && lhs.tags == rhs.tags && lhs.setName == rhs.setName
            && lhs.electionID == rhs.electionID && lhs.setVersion == rhs.setVersion && lhs.primary == rhs.primary
            && lhs.logicalSessionTimeoutMinutes == rhs.logicalSessionTimeoutMinutes
            && lhs.topologyVersion == rhs.topologyVersion && lhs.isCryptd == rhs.isCryptd
    }
}

extension ServerDescription: CustomStringConvertible {
    /// One line that is safe to log: the address, the type, what matters for selection, and the last error.
    public var description: String {
        var text = "\(address): \(type.rawValue)"
        if let setName { text += " of \(setName)" }
        if let roundTripTime { text += ", \(roundTripTime.wholeMilliseconds) ms" }
        if !tags.isEmpty {
            text += ", tags {\(tags.sorted { $0.key < $1.key }.map { "\($0): \($1)" }.joined(separator: ", "))}"
        }
        if let error { text += ", error: \(error)" }
        return text
    }
}
