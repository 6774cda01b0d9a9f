// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// Decides which certificates and revocation lists are worth a warning because their end is near: 30, 7 and 1 days before
/// it and when it is there, once for each of these and each certificate.
///
/// A value without I/O and without a clock. It remembers what the client uses itself and what its servers presented last,
/// so that a warning comes in time on a client that makes no new connections either.
struct ExpiryPolicy: Sendable {
    /// What may come to an end.
    struct Item: Sendable, Hashable {
        enum Kind: Sendable, Hashable {
            case clientCertificate
            case serverCertificate
            case authority
            case revocationList
        }

        var kind: Kind
        /// The certificate's subject, or the issuer of the list.
        var name: String
        /// Tells it from its successor of the same name.
        var identity: String
        /// Seconds since 1970.
        var end: Int64
        /// The server or the file that it belongs to.
        var place: String
    }

    /// A warning that is due.
    struct Warning: Sendable, Hashable {
        var item: Item
        /// The threshold that was passed, in days; 0 when the end is there.
        var threshold: Int64
        /// How many whole days are left, 0 on the last.
        var daysLeft: Int64
    }

    private struct Told: Sendable, Hashable {
        var identity: String
        var threshold: Int64
    }

    /// In days, the most urgent first.
    static let thresholds: [Int64] = [0, 1, 7, 30]
    private static let day: Int64 = 86_400
    /// Far more servers than a deployment has; the bound is for names that lead to ever new ones.
    private static let maximumServers = 256
    private static let maximumTold = 4096

    private var own: [Item] = []
    private var servers: [String: [Item]] = [:]
    private var told: Set<Told> = []

    /// What the client uses itself has changed.
    mutating func setOwn(_ items: [Item]) {
        own = items
    }

    /// A server presented this chain; what it presented before counts no more.
    mutating func note(_ items: [Item], server: String) {
        if servers[server] == nil, servers.count >= Self.maximumServers, let any = servers.keys.first {
            servers[any] = nil
        }
        servers[server] = items
    }

    /// What is to be told now. It is not told again.
    mutating func due(now: Int64) -> [Warning] {
        let items = own + servers.keys.sorted().flatMap { servers[$0] ?? [] }
        if told.count > Self.maximumTold {
            let known = Set(items.map(\.identity))
            told = told.filter { known.contains($0.identity) }
        }
        return items.compactMap { item in
            let left = item.end - now
            guard let threshold = Self.thresholds.first(where: { left <= $0 * Self.day }),
                !told.contains(Told(identity: item.identity, threshold: threshold))
            else { return nil }
            // The less urgent ones are over with it: a clock that is set back must not bring them up.
            for passed in Self.thresholds where passed >= threshold {
                told.insert(Told(identity: item.identity, threshold: passed))
            }
            return Warning(item: item, threshold: threshold, daysLeft: max(0, left / Self.day))
        }
    }
}

extension ExpiryPolicy.Warning {
    /// For people, in one line.
    var message: String {
        let date = CertificateSummary.date(item.end)
        let (subject, remedy) =
            switch item.kind {
            case .clientCertificate: ("the client certificate", "renew it, and replace it in")
            case .serverCertificate: ("the server's certificate", "renew it on")
            case .authority: ("the authority's certificate", "renew it, for")
            case .revocationList: ("the revocation list", "write a newer one to")
            }
        let time =
            if threshold == 0 {
                "has expired on \(date)"
            } else {
                "expires on \(date), in \(daysLeft == 0 ? "less than a day" : daysLeft == 1 ? "1 day" : "\(daysLeft) days")"
            }
        return "\(subject) \(item.name) \(time): \(remedy) \(item.place)"
    }
}
