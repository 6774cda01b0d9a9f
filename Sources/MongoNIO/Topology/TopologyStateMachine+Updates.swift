// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// What a server's description does to that of the deployment:
// https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-discovery-and-monitoring.md#updating-the-topologydescription

import MongoBSON

extension TopologyStateMachine {
    /// Takes in the new description of a server that belongs to the deployment.
    mutating func update(_ server: ServerDescription) {
        var server = server
        // Whatever does not know for how long it took to answer leaves that as it was.
        if server.type != .unknown, server.roundTripTime == nil, let old = description.servers[server.address] {
            server.roundTripTime = old.roundTripTime
            server.minRoundTripTime = old.minRoundTripTime
        }
        set { $0.servers[server.address] = server }
        switch description.type {
        case .single: updateSingle(server)
        case .unknown: updateUnknown(server)
        case .sharded:
            if server.type != .unknown, server.type != .mongos { remove(server.address) }
        case .replicaSetNoPrimary: updateSetWithoutPrimary(server)
        case .replicaSetWithPrimary: updateSetWithPrimary(server)
        case .loadBalanced: break
        }
    }

    /// A server cannot be reached, or is not what it was taken for.
    mutating func markUnknown(_ address: ServerAddress, _ error: MongoError) {
        var server = ServerDescription(unknown: address, error: error)
        server.lastUpdateTime = .now
        update(server)
    }

    private mutating func updateSingle(_ server: ServerDescription) {
        guard let setName = description.setName, server.type != .unknown, server.setName != setName else { return }
        let found = server.setName.map { "a member of '\($0.quotable)'" } ?? "no member of a replica set"
        replace(server.address, "the replica set '\(setName.quotable)' was asked for, but the server is \(found)")
    }

    private mutating func updateUnknown(_ server: ServerDescription) {
        switch server.type {
        case .unknown, .rsGhost, .loadBalancer:
            break
        case .standalone:
            if acceptsStandalone {
                set { $0.type = .single }
            } else {
                remove(server.address)
            }
        case .mongos:
            set { $0.type = .sharded }
        case .rsPrimary:
            set { $0.type = .replicaSetWithPrimary }
            updateFromPrimary(server)
        case .rsSecondary, .rsArbiter, .rsOther:
            set { $0.type = .replicaSetNoPrimary }
            updateWithoutPrimary(server)
        }
    }

    private mutating func updateSetWithoutPrimary(_ server: ServerDescription) {
        switch server.type {
        case .unknown, .rsGhost, .loadBalancer:
            break
        case .standalone, .mongos:
            remove(server.address)
        case .rsPrimary:
            set { $0.type = .replicaSetWithPrimary }
            updateFromPrimary(server)
        case .rsSecondary, .rsArbiter, .rsOther:
            updateWithoutPrimary(server)
        }
    }

    private mutating func updateSetWithPrimary(_ server: ServerDescription) {
        switch server.type {
        case .unknown, .rsGhost, .loadBalancer:
            break
        case .standalone, .mongos:
            remove(server.address)
        case .rsPrimary:
            updateFromPrimary(server)
            return
        case .rsSecondary, .rsArbiter, .rsOther:
            if server.setName != description.setName || server.me.map({ $0 != server.address }) == true {
                remove(server.address)
            }
        }
        checkIfHasPrimary()
    }

    /// A member tells of its set while no primary is known.
    private mutating func updateWithoutPrimary(_ server: ServerDescription) {
        guard adoptSetName(of: server) else {
            remove(server.address)
            return
        }
        add(server.hosts + server.passives + server.arbiters)
        if let me = server.me, me != server.address { remove(server.address) }
    }

    /// The primary tells of its set: nobody knows better, unless it is the primary of an earlier election.
    private mutating func updateFromPrimary(_ server: ServerDescription) {
        defer { checkIfHasPrimary() }
        guard adoptSetName(of: server) else {
            remove(server.address)
            return
        }
        guard acceptElection(of: server) else { return }
        for other in description.sortedServers where other.type == .rsPrimary && other.address != server.address {
            replace(other.address, ServerDescription.newerPrimary)
        }
        add(server.hosts + server.passives + server.arbiters)
        keepOnly(server.members)
    }

    /// - Returns: Whether the server belongs to the set that was asked for, or to the first one found.
    private mutating func adoptSetName(of server: ServerDescription) -> Bool {
        if description.setName == nil { set { $0.setName = server.setName } }
        return description.setName == server.setName
    }

    /// Remembers the primary's election, unless it is older than one that was seen before: then the server is about to step
    /// down, and not a primary for us.
    ///
    /// - SeeAlso: [Using electionId and setVersion to detect stale primaries](https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-discovery-and-monitoring.md#using-electionid-and-setversion-to-detect-stale-primaries)
    private mutating func acceptElection(of server: ServerDescription) -> Bool {
        let seen = (election: description.maxElectionID, version: description.maxSetVersion)
        guard server.maxWireVersion < 17 else {
            // MongoDB 6.0: the election counts first. What is missing is older than anything.
            let isNewer = Self.isLess(seen.election, server.electionID)
            let isSame =
                seen.election == server.electionID && !Self.isLess(server.setVersion, seen.version)
            guard isNewer || isSame else {
                replaceStalePrimary(server)
                return false
            }
            set {
                $0.maxElectionID = server.electionID
                $0.maxSetVersion = server.setVersion
            }
            return true
        }
        if let version = server.setVersion, let election = server.electionID {
            if let seenVersion = seen.version, let seenElection = seen.election,
                seenVersion > version || (seenVersion == version && election < seenElection)
            {
                replaceStalePrimary(server)
                return false
            }
            set { $0.maxElectionID = election }
        }
        if let version = server.setVersion, Self.isLess(seen.version, version) {
            set { $0.maxSetVersion = version }
        }
        return true
    }

    private static func isLess<Value: Comparable>(_ lhs: Value?, _ rhs: Value?) -> Bool {
        guard let rhs else { return false }
        guard let lhs else { return true }
        return lhs < rhs
    }

    private mutating func replaceStalePrimary(_ server: ServerDescription) {
        func text(_ election: BSONObjectID?, _ version: Int?) -> String {
            "(electionId \(election.map { "\($0)" } ?? "null"), setVersion \(version.map { "\($0)" } ?? "null"))"
        }
        replace(
            server.address,
            "\(ServerDescription.stalePrimary), \(text(server.electionID, server.setVersion)) is stale compared to "
                + text(description.maxElectionID, description.maxSetVersion)
        )
    }

    /// Sets the type by whether there is a primary.
    private mutating func checkIfHasPrimary() {
        let hasPrimary = description.primary != nil
        set { $0.type = hasPrimary ? .replicaSetWithPrimary : .replicaSetNoPrimary }
    }

    private mutating func replace(_ address: ServerAddress, _ reason: String) {
        var server = ServerDescription(unknown: address, error: MongoError(.serverSelection, reason))
        server.lastUpdateTime = .now
        set { $0.servers[address] = server }
    }

    mutating func add(_ hosts: [ServerAddress]) {
        for host in hosts where description.servers[host] == nil {
            set { $0.servers[host] = ServerDescription(unknown: host) }
        }
    }

    mutating func keepOnly(_ hosts: Set<ServerAddress>) {
        set { $0.servers = $0.servers.filter { hosts.contains($0.key) } }
    }

    private mutating func remove(_ address: ServerAddress) {
        set { $0.servers[address] = nil }
    }
}

extension ServerDescription {
    // The words are the specification's:
    // https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-discovery-and-monitoring.md#error
    fileprivate static let stalePrimary = "primary marked stale due to electionId/setVersion mismatch"
    fileprivate static let newerPrimary = "primary marked stale due to discovery of newer primary"

    /// Whether the server was taken for the primary when another one showed up.
    var isStalePrimary: Bool {
        error?.message == Self.newerPrimary
    }
}
