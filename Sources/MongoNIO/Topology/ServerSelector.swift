// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// Decides which servers fit an operation. Pure: the same description gives the same answer, but for the dice.
///
/// The steps are functions of their own, in the order of the specification: the servers that are ``suitableServers(in:deprioritized:)``,
/// those of them that are ``inWindow(_:)``, and the one that is chosen.
///
/// - SeeAlso: [Server Selection](https://github.com/mongodb/specifications/blob/master/source/server-selection/server-selection.md)
struct ServerSelector: Sendable {
    /// What the operation does.
    enum Purpose: Sendable {
        case read
        case write
        /// It reads where the read preference says, and writes what it found (`$out`, `$merge`): secondaries have been able
        /// to do so since MongoDB 5.0.
        case readAndWrite
    }

    var purpose: Purpose
    var readPreference = ReadPreference.primary
    /// How much slower than the fastest server another may be and still be chosen.
    var localThreshold: Duration = .milliseconds(15)
    /// How often servers are checked: what is known of their staleness can be that old.
    var heartbeatFrequency: Duration = .seconds(10)

    // MARK: Suitable servers

    /// The servers that fit. Empty: none does now.
    ///
    /// - Parameter deprioritized: Servers that are passed over as long as another one fits.
    /// - Throws: `MongoError` for a staleness that cannot be asked of a replica set.
    func suitableServers(
        in description: TopologyDescription,
        deprioritized: Set<ServerAddress> = []
    ) throws(MongoError) -> [ServerDescription] {
        try validateStaleness(for: description)
        guard !deprioritized.isEmpty else { return fitting(description) }
        var rest = description
        rest.servers = rest.servers.filter { !deprioritized.contains($0.key) }
        let preferred = fitting(rest, staleness: description)
        return preferred.isEmpty ? fitting(description) : preferred
    }

    /// - Parameter whole: The description that staleness is estimated by: with all servers.
    private func fitting(
        _ description: TopologyDescription,
        staleness whole: TopologyDescription? = nil
    ) -> [ServerDescription] {
        switch description.type {
        case .unknown:
            return []
        case .single:
            // A direct connection is meant, whatever the server is.
            return description.servers.values.filter { $0.type != .unknown }
        case .loadBalanced:
            return Array(description.servers.values)
        case .sharded:
            return description.servers.values.filter { $0.type == .mongos }
        case .replicaSetNoPrimary, .replicaSetWithPrimary:
            let primary = description.servers.values.filter { $0.type == .rsPrimary }
            switch effectiveMode(in: whole ?? description) {
            case .primary:
                return primary
            case .primaryPreferred:
                return primary.isEmpty ? secondaries(description, whole ?? description) : primary
            case .secondary:
                return secondaries(description, whole ?? description)
            case .secondaryPreferred:
                let secondaries = secondaries(description, whole ?? description)
                return secondaries.isEmpty ? primary : secondaries
            case .nearest:
                return eligible(
                    description.servers.values.filter { $0.type == .rsSecondary } + primary,
                    whole ?? description
                )
            }
        }
    }

    /// - SeeAlso: [Read preferences and server selection](https://github.com/mongodb/specifications/blob/master/source/crud/crud.md#read-preferences-and-server-selection)
    private func effectiveMode(in description: TopologyDescription) -> ReadPreference.Mode {
        switch purpose {
        case .read: return readPreference.mode
        case .write: return .primary
        case .readAndWrite:
            let isOld = description.servers.values.contains { $0.type != .unknown && $0.maxWireVersion < 13 }
            return isOld ? .primary : readPreference.mode
        }
    }

    private func secondaries(_ description: TopologyDescription, _ whole: TopologyDescription) -> [ServerDescription] {
        eligible(description.servers.values.filter { $0.type == .rsSecondary }, whole)
    }

    /// Of the members, those that are fresh enough, and of these those with the first tags that fit any.
    private func eligible(_ servers: [ServerDescription], _ description: TopologyDescription) -> [ServerDescription] {
        let fresh = servers.filter { isFresh($0, in: description) }
        guard !readPreference.tagSets.isEmpty else { return fresh }
        for tags in readPreference.tagSets {
            let tagged = fresh.filter { server in tags.allSatisfy { server.tags[$0.key] == $0.value } }
            if !tagged.isEmpty { return tagged }
        }
        return []
    }

    // MARK: Staleness

    /// How often an idle primary writes, so that secondaries can show that they follow.
    private static let idleWritePeriod = Duration.seconds(10)
    private static let smallestMaxStaleness = Duration.seconds(90)

    /// - SeeAlso: [maxStalenessSeconds](https://github.com/mongodb/specifications/blob/master/source/max-staleness/max-staleness.md)
    private func validateStaleness(for description: TopologyDescription) throws(MongoError) {
        guard purpose != .write, let maximum = readPreference.maxStaleness,
            description.type == .replicaSetNoPrimary || description.type == .replicaSetWithPrimary
        else { return }
        let least = max(Self.smallestMaxStaleness, heartbeatFrequency + Self.idleWritePeriod)
        guard maximum >= least else {
            throw MongoError(
                .invalidArgument,
                "maxStalenessSeconds must be at least \(least.wholeMilliseconds / 1000) with a replica set whose servers "
                    + "are checked every \(heartbeatFrequency.wholeMilliseconds) ms"
            )
        }
    }

    /// Whether a member lags behind by no more than is allowed. The primary does not.
    private func isFresh(_ server: ServerDescription, in description: TopologyDescription) -> Bool {
        guard let maximum = readPreference.maxStaleness, server.type == .rsSecondary else { return true }
        guard let written = server.lastWriteDate?.milliseconds else { return false }
        let staleness: Duration
        if let primary = description.primary {
            guard let primaryWritten = primary.lastWriteDate?.milliseconds,
                let checked = server.lastUpdateTime, let primaryChecked = primary.lastUpdateTime
            else { return false }
            staleness =
                (checked - primaryChecked) + Self.milliseconds(from: written, to: primaryWritten) + heartbeatFrequency
        } else {
            let newest = description.servers.values.filter { $0.type == .rsSecondary }
                .compactMap { $0.lastWriteDate?.milliseconds }.max()
            staleness = Self.milliseconds(from: written, to: newest ?? written) + heartbeatFrequency
        }
        return staleness <= maximum
    }

    /// The dates are the servers' words: anything goes.
    private static func milliseconds(from start: Int64, to end: Int64) -> Duration {
        .milliseconds(end) - .milliseconds(start)
    }

    // MARK: The choice

    /// Of the suitable servers, those that are about as near as the nearest.
    func inWindow(_ servers: [ServerDescription]) -> [ServerDescription] {
        guard servers.count > 1, let fastest = servers.compactMap(\.roundTripTime).min() else { return servers }
        // A server that has not been measured yet is as far away as can be.
        return servers.filter { $0.roundTripTime.map { $0 <= fastest + localThreshold } ?? false }
    }

    /// Of two servers drawn at random, the one with fewer operations.
    ///
    /// - Parameter operationCount: How many operations a server has at the moment.
    static func choose(
        from servers: [ServerDescription],
        operationCount: (ServerAddress) -> Int
    ) -> ServerDescription? {
        guard servers.count > 1, let first = servers.indices.randomElement() else { return servers.first }
        let offset = Int.random(in: 1..<servers.count)
        let second = (first + offset) % servers.count
        let counts = (operationCount(servers[first].address), operationCount(servers[second].address))
        return servers[counts.0 <= counts.1 ? first : second]
    }
}

extension ServerSelector: CustomStringConvertible {
    /// For the log and for errors.
    var description: String {
        switch purpose {
        case .write: return "writable server"
        case .read, .readAndWrite:
            var text = "read preference \(readPreference.mode.rawValue)"
            if !readPreference.tagSets.isEmpty {
                let sets = readPreference.tagSets.map { set in
                    "{" + set.sorted { $0.key < $1.key }.map { "\($0): \($1)" }.joined(separator: ", ") + "}"
                }
                text += ", tags [\(sets.joined(separator: ", "))]"
            }
            if let staleness = readPreference.maxStaleness {
                text += ", maxStalenessSeconds \(staleness.wholeMilliseconds / 1000)"
            }
            return text
        }
    }
}
