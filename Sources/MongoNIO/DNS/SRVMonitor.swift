// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/polling-srv-records-for-mongos-discovery/polling-srv-records-for-mongos-discovery.md#implementation

import Logging
import NIOCore
import Synchronization

/// Looks up what a `mongodb+srv` host stands for, in a task of its own that begins with the client and ends with it, and
/// later looks again as long as the deployment may be a sharded cluster.
///
/// While the first look-up fails, operations fail at once with its reason, and it is repeated every heartbeat.
final class SRVMonitor: Sendable {
    /// Whom it tells, and what it goes by.
    struct Audience: Sendable {
        /// The first look-up succeeded.
        var opened: @Sendable (MongoClientOptions) -> Void
        /// The first look-up failed, not for the last time perhaps.
        var failed: @Sendable (MongoError) -> Void
        /// The servers that are known; `nil` when the deployment is none whose records matter any more.
        var hosts: @Sendable () -> Set<ServerAddress>?
        /// The records name other servers.
        var changed: @Sendable ([ServerAddress]) -> Void
    }

    private let discovery: SeedlistDiscovery
    private let options: MongoClientOptions
    private let audience: Audience
    private let task = Mutex<Task<Void, Never>?>(nil)

    init(_ discovery: SeedlistDiscovery, _ options: MongoClientOptions, _ audience: Audience) {
        self.discovery = discovery
        self.options = options
        self.audience = audience
    }

    func start() {
        let (discovery, options, audience) = (discovery, options, audience)
        task.withLock { $0 = Task { await Self.run(discovery, options, audience) } }
    }

    func stop() {
        task.withLock { $0 }?.cancel()
    }

    private static func run(_ discovery: SeedlistDiscovery, _ options: MongoClientOptions, _ audience: Audience) async {
        guard var pause = await begin(discovery, options, audience) else { return }
        while await sleep(pause) {
            guard let hosts = audience.hosts() else { return }
            pause = await look(discovery, options, audience, hosts)
        }
    }

    /// - Returns: When to look again; `nil` when the client was closed.
    private static func begin(
        _ discovery: SeedlistDiscovery,
        _ options: MongoClientOptions,
        _ audience: Audience
    ) async -> Duration? {
        while !Task.isCancelled {
            do throws(MongoError) {
                let found = try await discovery.discover(options, deadline: deadline(options))
                // Those of the TXT record; the others were logged when the client was made.
                for warning in found.options.warnings.dropFirst(options.warnings.count) {
                    options.logger?.warning("\(warning)")
                }
                audience.opened(found.options)
                return max(found.timeToLive, options.shortestRescanInterval)
            } catch {
                guard error.code != .cancelled else { return nil }
                audience.failed(error)
            }
            guard await sleep(options.heartbeatFrequency) else { return nil }
        }
        return nil
    }

    private static func look(
        _ discovery: SeedlistDiscovery,
        _ options: MongoClientOptions,
        _ audience: Audience,
        _ known: Set<ServerAddress>
    ) async -> Duration {
        do throws(MongoError) {
            let update = discovery.update(known, try await discovery.records(deadline: deadline(options)))
            for name in update.strangers {
                options.logger?.warning("mongodb+srv: \(name.quotable) is not of the host's domain and is left alone")
            }
            guard let hosts = update.hosts else {
                options.logger?.warning("mongodb+srv: the SRV records name no server; those known are kept")
                return options.heartbeatFrequency
            }
            // Another look: the deployment may have turned out to be a replica set meanwhile.
            if audience.hosts() != nil, Set(hosts) != known { audience.changed(hosts) }
            return max(update.timeToLive, options.shortestRescanInterval)
        } catch {
            options.logger?.warning("mongodb+srv: the servers known are kept: \(error)")
            return options.heartbeatFrequency
        }
    }

    private static func deadline(_ options: MongoClientOptions) -> NIODeadline {
        // Without a limit for connections a look-up still has one: nobody would ever see its failure.
        Deadline(after: options.connectTimeout == .zero ? .seconds(30) : options.connectTimeout).instant
    }

    /// - Returns: Whether the pause was not cut short by the end of the client.
    private static func sleep(_ duration: Duration) async -> Bool {
        do {
            try await Task.sleep(for: duration)
            return true
        } catch {
            return false
        }
    }
}

extension TopologyDescription {
    /// The servers, as long as SRV records may change them: not those of a replica set, which names its members itself.
    var pollableHosts: Set<ServerAddress>? {
        switch type {
        case .unknown, .sharded: Set(servers.keys)
        default: nil
        }
    }
}
