// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/initial-dns-seedlist-discovery/initial-dns-seedlist-discovery.md#seedlist-discovery

import NIOCore

/// Looks at the DNS records that the host of a `mongodb+srv` connection string has, by the rules that a client goes by
/// (`SeedlistDiscovery`), and shows what was found also when it breaks them.
struct SeedlistDiagnosis {
    /// Exactly what the trouble is. The raw values are the codes in JSON, which do not change.
    enum Trouble: String {
        /// No name server answered, or it answered with an error.
        case lookUpFailed = "srvLookUpFailed"
        /// There is no SRV record.
        case noRecords = "srvNoRecords"
        /// A record names a server outside the host's domain.
        case foreignServer = "srvForeignServer"
        /// There are several TXT records, or one that says what it must not, or what does not fit the servers.
        case textRefused = "srvTXTRefused"
    }

    let discovery: SeedlistDiscovery
    let deadline: Deadline
    private(set) var step = DiagnosisStep(.srv, .ok, "")

    init(_ discovery: SeedlistDiscovery, deadline: Deadline) {
        self.discovery = discovery
        self.deadline = deadline
    }

    /// - Returns: The options with the hosts; `nil` when a client could not go on either.
    mutating func run(_ options: MongoClientOptions) async -> MongoClientOptions? {
        let records: [SRVRecord]
        do throws(MongoError) {
            records = try await discovery.records(deadline: deadline.instant)
            note(records)
            try discovery.verify(records)
        } catch {
            failToFindServers(error)
            return nil
        }
        do throws(MongoError) {
            step.textRecords = try await discovery.texts(deadline: deadline.instant)
        } catch {
            fail(.lookUpFailed, error, hint: Self.resolverHint)
            return nil
        }
        let resolved: MongoClientOptions
        do throws(MongoError) {
            resolved = try discovery.resolve(options, records, step.textRecords).options
        } catch {
            fail(
                .textRefused,
                error,
                hint: "the host may have one TXT record, which gives authSource, replicaSet and loadBalanced only, and "
                    + "the options have to allow what it says"
            )
            return nil
        }
        if discovery.maxHosts > 0, resolved.hosts.count < records.count {
            step.detail += "; \(resolved.hosts.count) of them chosen at random, by srvMaxHosts"
        }
        if let text = step.textRecords.first { step.detail += "; the TXT record says \(text.quotable)" }
        let warnings = resolved.warnings.dropFirst(options.warnings.count)
        if !warnings.isEmpty {
            step.status = .warned
            step.detail += "; " + warnings.joined(separator: "; ")
        }
        return resolved
    }

    private static let resolverHint =
        "look at the name servers of this machine (/etc/resolv.conf), and whether UDP and TCP port 53 reach them"

    private mutating func note(_ records: [SRVRecord]) {
        guard !records.isEmpty else { return }
        step.serviceRecords = records.map {
            .init(
                target: $0.target,
                port: $0.port,
                timeToLive: .seconds(Int64($0.timeToLive)),
                isOfDomain: discovery.isOfDomain($0.target)
            )
        }
        let servers = records.map { "\($0.target.quotable):\($0.port)" }
        step.detail = "\(discovery.queryName.quotable) names \(servers.joined(separator: ", "))"
    }

    private mutating func failToFindServers(_ error: MongoError) {
        let strangers = step.serviceRecords.filter { !$0.isOfDomain }.map(\.target.quotable)
        if !strangers.isEmpty {
            fail(
                .foreignServer,
                error,
                "not of the domain \(discovery.domain.quotable): \(strangers.joined(separator: ", "))",
                hint: "whoever can write these records could lead clients anywhere, so every server has to be of the "
                    + "domain: correct the records, or list the servers in a mongodb:// connection string"
            )
        } else if error.code == .serverSelection {
            fail(
                .noRecords,
                error,
                hint: "check the spelling of the host, and srvServiceName; a server without SRV records is reached by "
                    + "mongodb://"
            )
        } else {
            fail(.lookUpFailed, error, hint: Self.resolverHint)
        }
    }

    private mutating func fail(_ trouble: Trouble, _ error: MongoError, _ text: String? = nil, hint: String) {
        step.status = .failed
        step.category = error.code == .timeout ? "timeout" : "dns"
        step.code = trouble.rawValue
        // What was found stays in front.
        step.detail += (step.detail.isEmpty ? "" : "; ") + (text ?? error.message)
        step.hint = hint
    }
}
