// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/initial-dns-seedlist-discovery/initial-dns-seedlist-discovery.md#seedlist-discovery
// https://github.com/mongodb/specifications/blob/master/source/polling-srv-records-for-mongos-discovery/polling-srv-records-for-mongos-discovery.md

import NIOCore

/// Finds out what the host of a `mongodb+srv` connection string stands for.
struct SeedlistDiscovery: Sendable {
    let host: String
    let serviceName: String
    /// 0: no limit.
    let maxHosts: Int
    let resolver: any DNSResolver

    /// - Returns: `nil` when the options name no such host.
    init?(_ options: MongoClientOptions) {
        guard let srvHost = options.srvHost else { return nil }
        host = srvHost
        serviceName = options.srvServiceName
        maxHosts = options.srvMaxHosts
        resolver = options.resolver ?? SystemResolver()
    }

    /// What the look-ups came to.
    struct Result: Sendable {
        /// With the hosts, and what the TXT record says.
        var options: MongoClientOptions
        /// How long the SRV records may be remembered.
        var timeToLive: Duration
    }

    /// Asks for SRV and TXT records and judges them.
    ///
    /// - Throws: `MongoError` when there are no servers, one of them is not of the host's domain, or the TXT record is not
    ///   what it should be.
    func discover(_ options: MongoClientOptions, deadline: NIODeadline) async throws(MongoError) -> Result {
        let records = try await records(deadline: deadline)
        try verify(records)
        return try resolve(options, records, try await texts(deadline: deadline))
    }

    /// Refuses records that name no server, or one that is not of the host's domain.
    func verify(_ records: [SRVRecord]) throws(MongoError) {
        guard !records.isEmpty else {
            throw MongoError(.serverSelection, "mongodb+srv: there are no SRV records of \(queryName.quotable)")
        }
        for record in records where !isOfDomain(record.target) {
            throw MongoError(
                .serverSelection,
                "mongodb+srv: an SRV record of \(queryName.quotable) names \(record.target.quotable), which is not of "
                    + "the domain \(domain.quotable)"
            )
        }
    }

    /// What verified records and the TXT records make of the options.
    func resolve(
        _ options: MongoClientOptions,
        _ records: [SRVRecord],
        _ texts: [String]
    ) throws(MongoError) -> Result {
        guard texts.count <= 1 else {
            throw MongoError(.invalidArgument, "mongodb+srv: there are several TXT records of \(host.quotable)")
        }
        var hosts: [ServerAddress] = []
        for record in records {
            let address = try ServerAddress(host: record.target, port: record.port)
            if !hosts.contains(address) { hosts.append(address) }
        }
        return Result(
            options: try options.resolved(hosts: chosen(hosts), txtRecord: texts.first),
            timeToLive: Self.timeToLive(records)
        )
    }

    /// The SRV records as they are.
    func records(deadline: NIODeadline) async throws(MongoError) -> [SRVRecord] {
        try await resolver.serviceRecords(of: queryName, deadline: deadline)
    }

    /// The TXT records as they are.
    func texts(deadline: NIODeadline) async throws(MongoError) -> [String] {
        try await resolver.textRecords(of: host, deadline: deadline)
    }

    /// What SRV records are asked for by.
    var queryName: String { "_\(serviceName)._tcp.\(host)" }

    /// What the servers' names have to end with: all of a short host, else all but its first part.
    var domain: String {
        let parts = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count >= 3, let first = parts.first else { return host }
        return String(decoding: host.utf8.dropFirst(first.count + 1), as: UTF8.self)
    }

    /// Whether the name lies within the host's domain, which nobody else can put servers into.
    func isOfDomain(_ name: String) -> Bool {
        let suffix = Array(".\(domain.lowercasedASCII())".utf8)
        let bytes = Array(name.lowercasedASCII().utf8)
        return bytes.count > suffix.count && bytes.suffix(suffix.count).elementsEqual(suffix)
    }

    /// As many as allowed, chosen at random.
    private func chosen(_ hosts: [ServerAddress]) -> [ServerAddress] {
        maxHosts > 0 && maxHosts < hosts.count ? Array(hosts.shuffled().prefix(maxHosts)) : hosts
    }

    private static func timeToLive(_ records: [SRVRecord]) -> Duration {
        .seconds(Int64(records.map(\.timeToLive).min() ?? 0))
    }

    // MARK: Later look-ups

    /// What a later look-up means for the servers that are known.
    struct Update: Sendable, Equatable {
        /// `nil`: nothing changes, because no record can be used.
        var hosts: [ServerAddress]?
        var timeToLive: Duration
        /// The names that are not of the host's domain.
        var strangers: [String]
    }

    /// Keeps what is still named, drops what is not, and adds what is new, up to the limit.
    func update(_ known: Set<ServerAddress>, _ records: [SRVRecord]) -> Update {
        let verified = records.filter { isOfDomain($0.target) }
        var named: [ServerAddress] = []
        for record in verified {
            guard let address = try? ServerAddress(host: record.target, port: record.port) else { continue }
            if !named.contains(address) { named.append(address) }
        }
        let strangers = records.map(\.target).filter { !isOfDomain($0) }
        guard !named.isEmpty else { return Update(hosts: nil, timeToLive: .zero, strangers: strangers) }
        let kept = named.filter(known.contains)
        let added = named.filter { !known.contains($0) }
        let room = maxHosts == 0 ? added.count : max(0, maxHosts - kept.count)
        let hosts = kept + (room < added.count ? Array(added.shuffled().prefix(room)) : added)
        return Update(hosts: hosts, timeToLive: Self.timeToLive(verified), strangers: strangers)
    }
}
