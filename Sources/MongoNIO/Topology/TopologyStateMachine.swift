// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import MongoTLS

/// Turns what is learned of servers into the description of the deployment.
///
/// A value without I/O: `Topology` keeps it under its lock, tells it what happens, and carries out the ``Action``s it
/// answers, in their order.
///
/// - SeeAlso: [Server Discovery and Monitoring](https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-discovery-and-monitoring.md)
struct TopologyStateMachine: Sendable {
    /// What is to be done after the lock is given back.
    enum Action: Sendable {
        /// A server joined: its pool is to be made, and its monitor, unless it is a load balancer.
        case openServer(ServerAddress)
        /// A server left: it is not watched any more, its connections are closed.
        case closeServer(ServerAddress)
        /// The server was found to be there: connections may be made.
        case readyPool(ServerAddress)
        /// The server's connections are of no more use. Behind a load balancer: those to the one service.
        case clearPool(ServerAddress, MongoError, interruptInUse: Bool = false, serviceID: BSONObjectID? = nil)
        /// What the server is now is to be asked soon.
        case requestCheck(ServerAddress)
        /// Whoever waits for the server's answer to a check would wait in vain.
        case cancelCheck(ServerAddress)
        case tell(TopologyEvent)
        /// Something for the log.
        case warn(String)
        /// Selection goes by this description from now on; who waits looks again. With a failure, waiting is of no use.
        case publish(TopologyDescription, failure: MongoError?)
    }

    private enum Stage { case waiting, open, closed }

    private(set) var description = TopologyDescription()
    /// Tells the deployments of different clients apart.
    let id: BSONObjectID
    private var stage = Stage.waiting
    /// Whether one host was named: then, and only then, it may turn out to be a server on its own.
    private var hasOneSeed = false
    /// How often in a row each server was unreachable for a reason of TLS that no waiting cures.
    private var permanentFailures: [ServerAddress: Int] = [:]

    init(id: BSONObjectID = BSONObjectID()) {
        self.id = id
    }

    /// Why waiting for a server is of no use: each of them failed twice in a row for a reason of TLS that does not pass by
    /// itself. The first such reason, in the order of the addresses.
    var permanentFailure: MongoError? {
        guard !description.servers.isEmpty,
            description.servers.keys.allSatisfy({ permanentFailures[$0, default: 0] >= 2 })
        else { return nil }
        return description.sortedServers.lazy.compactMap(\.error).first
    }

    // MARK: Beginning and end

    /// The servers to begin with are known.
    mutating func open(_ seeds: TopologySeeds) -> [Action] {
        guard stage == .waiting else { return [] }
        stage = .open
        hasOneSeed = seeds.hosts.count == 1
        let unknown = TopologyDescription()
        description = TopologyDescription(type: seeds.type)
        description.setName = seeds.setName
        for host in seeds.hosts { description.servers[host] = ServerDescription(unknown: host) }
        var actions: [Action] = [
            .tell(.opening(TopologyOpeningEvent(topologyID: id))),
            .tell(changed(from: unknown, to: description)),
        ]
        for server in description.sortedServers { actions += opening(server.address) }
        if description.servers.isEmpty { actions.append(.warn("there is no server to begin with")) }
        if !seeds.isLoadBalanced {
            actions.append(.publish(description, failure: nil))
        } else {
            // Nobody asks a load balancer what it is. It can be selected at once, so not before its pool is ready.
            actions += change { machine in
                for host in seeds.hosts { machine.description.servers[host]?.type = .loadBalancer }
                return seeds.hosts.map { .readyPool($0) }
            }
        }
        return actions
    }

    /// Nothing is watched any more. To be called when the monitors have ended, so that the last event is the last.
    mutating func close() -> [Action] {
        let previous = description
        defer { stage = .closed }
        guard stage == .open else { return [] }
        description = TopologyDescription()
        return previous.sortedServers.map {
            .tell(.serverClosed(ServerClosedEvent(address: $0.address, topologyID: id)))
        } + [
            .tell(changed(from: previous, to: description)),
            .tell(.closed(TopologyClosedEvent(topologyID: id))),
            .publish(description, failure: nil),
        ]
    }

    // MARK: What is learned of servers

    /// A server answered a check, or the hello of a connection.
    mutating func apply(_ server: ServerDescription) -> [Action] {
        // A server that left the deployment, or never was part of it, changes nothing; nor does yesterday's news.
        guard stage == .open, description.type != .loadBalanced, let current = description.servers[server.address],
            current.topologyVersion?.isNewer(than: server.topologyVersion) != true
        else { return [] }
        permanentFailures[server.address] = nil
        return change(first: server.address, answer: server) { machine in
            machine.update(server)
            return machine.isReady(server.address) ? [.readyPool(server.address)] : []
        }
    }

    /// A server answered the hello of a connection that operations will use. That says something new of a server that is
    /// known; whether one that was lost is back, its monitor has to find out.
    ///
    /// - SeeAlso: [Clients update the topology from each handshake](https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-monitoring.md#clients-update-the-topology-from-each-handshake)
    mutating func greeted(_ server: ServerDescription) -> [Action] {
        guard let current = description.servers[server.address], current.type != .unknown else { return [] }
        return apply(server)
    }

    /// A server did not answer a check, or refused it.
    ///
    /// - SeeAlso: [Network or command error during server check](https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-monitoring.md#network-or-command-error-during-server-check)
    mutating func checkFailed(_ address: ServerAddress, _ error: MongoError) -> [Action] {
        guard stage == .open, description.type != .loadBalanced, description.servers[address] != nil else { return [] }
        permanentFailures[address] = error.isPermanentTLSFailure ? permanentFailures[address, default: 0] + 1 : nil
        return change(first: address) { machine in
            machine.markUnknown(address, error)
            return []
        } after: {
            [.clearPool(address, error, interruptInUse: error.code == .timeout)]
        }
    }

    /// DNS names other hosts than before.
    ///
    /// - SeeAlso: [Polling SRV records](https://github.com/mongodb/specifications/blob/master/source/polling-srv-records-for-mongos-discovery/polling-srv-records-for-mongos-discovery.md)
    mutating func updateHosts(_ hosts: [ServerAddress]) -> [Action] {
        guard stage == .open, !hosts.isEmpty, description.type == .unknown || description.type == .sharded else {
            return []
        }
        return change { machine in
            machine.keepOnly(Set(hosts))
            machine.add(hosts)
            return []
        }
    }

    /// An operation, or the making of a connection for one, ended with an error.
    ///
    /// - Parameter isCurrent: Whether the connection belongs to those that are still used: errors of others are old news.
    /// - SeeAlso: [Application errors](https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-discovery-and-monitoring.md#application-errors)
    mutating func handle(
        _ error: MongoError,
        from address: ServerAddress,
        isCurrent: Bool,
        phase: ErrorPhase,
        serviceID: BSONObjectID?
    ) -> [Action] {
        guard stage == .open, isCurrent, let server = description.servers[address] else { return [] }
        switch error.meaning(in: phase) {
        case .none:
            return []
        case .stateChange(let isShutdown, let version):
            if let known = server.topologyVersion, known.isAsNew(as: version) { return [] }
            if description.type == .loadBalanced {
                return isShutdown && serviceID != nil ? [.clearPool(address, error, serviceID: serviceID)] : []
            }
            return change(first: address) { machine in
                machine.update(ServerDescription(unknown: address, error: error, topologyVersion: version))
                return []
            } after: {
                isShutdown ? [.clearPool(address, error)] : []
            } + [.requestCheck(address)]
        case .unreachable:
            if description.type == .loadBalanced {
                return serviceID != nil ? [.clearPool(address, error, serviceID: serviceID)] : []
            }
            return change(first: address) { machine in
                machine.markUnknown(address, error)
                return []
            } after: {
                [.clearPool(address, error)]
            } + [.cancelCheck(address)]
        }
    }

    // MARK: Changing the description

    /// Changes the description and says what follows from that: events in their order, servers to open and to close.
    ///
    /// - Parameters:
    ///   - first: The server whose change is told first.
    ///   - answer: What that server said of itself. It is told also when it is the reason why the server leaves: a server is
    ///     described anew before it is judged.
    ///   - body: Makes the change; its actions come before all others.
    ///   - after: More actions, which come when the new description counts. A pool is cleared then: whom that fails tries
    ///     again at once, and must not find the server as it was.
    private mutating func change(
        first: ServerAddress? = nil,
        answer: ServerDescription? = nil,
        _ body: (inout Self) -> [Action],
        after: () -> [Action] = { [] }
    ) -> [Action] {
        let previous = description
        var actions = body(&self)
        description.summarize()
        var changedServers = description.sortedServers
        if let answer, description.servers[answer.address] == nil { changedServers.append(answer) }
        changedServers = changedServers.filter { server in
            previous.servers[server.address].map { $0 != server } ?? false
        }
        for server in changedServers.filter({ $0.address == first }) + changedServers.filter({ $0.address != first }) {
            guard let old = previous.servers[server.address] else { continue }
            actions.append(
                .tell(
                    .serverDescriptionChanged(
                        ServerDescriptionChangedEvent(
                            address: server.address,
                            topologyID: id,
                            previousDescription: old,
                            newDescription: server
                        )
                    )
                )
            )
        }
        for server in description.sortedServers where previous.servers[server.address] == nil {
            actions += opening(server.address)
        }
        for server in previous.sortedServers where description.servers[server.address] == nil {
            permanentFailures[server.address] = nil
            actions += [
                .closeServer(server.address),
                .tell(.serverClosed(ServerClosedEvent(address: server.address, topologyID: id))),
            ]
        }
        if description != previous { actions.append(.tell(changed(from: previous, to: description))) }
        if description.servers.isEmpty, !previous.servers.isEmpty {
            actions.append(.warn("the last server left the deployment: \(previous)"))
        }
        return actions + [.publish(description, failure: permanentFailure)] + after() + checks(after: previous)
    }

    /// A primary that turned out to be one no more is asked at once what it is now.
    private func checks(after previous: TopologyDescription) -> [Action] {
        description.sortedServers.filter { server in
            server.type == .unknown && server.isStalePrimary && previous.servers[server.address]?.type == .rsPrimary
        }.map { .requestCheck($0.address) }
    }

    private func opening(_ address: ServerAddress) -> [Action] {
        [.tell(.serverOpening(ServerOpeningEvent(address: address, topologyID: id))), .openServer(address)]
    }

    private func changed(from previous: TopologyDescription, to new: TopologyDescription) -> TopologyEvent {
        .descriptionChanged(
            TopologyDescriptionChangedEvent(topologyID: id, previousDescription: previous, newDescription: new)
        )
    }

    private func isReady(_ address: ServerAddress) -> Bool {
        guard let type = description.servers[address]?.type else { return false }
        return type.isDataBearing || (description.type == .single && type != .unknown)
    }

    /// Whether a server that is on its own can be the whole deployment.
    var acceptsStandalone: Bool { hasOneSeed }

    mutating func set(_ change: (inout TopologyDescription) -> Void) {
        change(&description)
    }
}

extension TopologyDescription {
    /// Works out what follows from the servers as a whole.
    fileprivate mutating func summarize() {
        guard type != .loadBalanced else { return }
        compatibilityError = sortedServers.lazy.compactMap(\.compatibilityError).first
        let timeouts = servers.values.filter(\.type.isDataBearing).map(\.logicalSessionTimeoutMinutes)
        logicalSessionTimeoutMinutes = timeouts.contains(nil) ? nil : timeouts.compactMap { $0 }.min()
    }
}

extension ServerDescription {
    /// - SeeAlso: [Checking wire protocol compatibility](https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-discovery-and-monitoring.md#checking-wire-protocol-compatibility)
    fileprivate var compatibilityError: String? {
        guard type != .unknown else { return nil }
        if minWireVersion > HelloReply.newestWireVersion {
            return "Server at \(address) requires wire version \(minWireVersion), but this version of mongo-nio only "
                + "supports up to \(HelloReply.newestWireVersion)."
        }
        if maxWireVersion < HelloReply.oldestWireVersion {
            return
                "Server at \(address) reports wire version \(maxWireVersion), but this version of mongo-nio requires "
                + "at least \(HelloReply.oldestWireVersion) (MongoDB 4.2)."
        }
        return nil
    }
}
