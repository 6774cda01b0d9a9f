// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Logging
import Synchronization

/// Logs what ``ExpiryPolicy`` finds worth a warning. Exists only in clients that log.
final class ExpiryWatch: Sendable {
    private let policy = Mutex(ExpiryPolicy())
    private let logger: Logger

    init(_ logger: Logger) {
        self.logger = logger
    }

    /// Looks again, for what was near enough to its end only now.
    func check() {
        update { _ in }
    }

    /// What the client uses itself has changed.
    func setOwn(_ items: [ExpiryPolicy.Item]) {
        update { $0.setOwn(items) }
    }

    fileprivate func note(_ items: [ExpiryPolicy.Item], server: String) {
        update { $0.note(items, server: server) }
    }

    private func update(_ change: (inout ExpiryPolicy) -> Void) {
        let now = TLSSessionCache.now
        let warnings = policy.withLock { policy in
            change(&policy)
            return policy.due(now: now)
        }
        for warning in warnings { logger.warning("\(warning.message)") }
    }
}

/// The chain that a server presented and that was accepted, for the watch of the client. To be delivered without a lock:
/// it logs.
package struct ExpiryNotice: Sendable {
    let watch: ExpiryWatch
    let server: String
    let chain: [CertificateSummary]

    /// Tells the watch.
    package func deliver() {
        let items = chain.enumerated().map { depth, certificate in
            ExpiryPolicy.Item(certificate, depth == 0 ? .serverCertificate : .authority, place: server)
        }
        watch.note(items, server: server)
    }
}

extension ExpiryPolicy.Item {
    init(_ certificate: CertificateSummary, _ kind: Kind, place: String) {
        self.init(
            kind: kind,
            name: certificate.subject,
            identity: certificate.fingerprint,
            end: certificate.notAfter,
            place: place
        )
    }

    /// What the client uses itself: its certificate, those it sends along, and its revocation lists.
    static func own(_ identity: ClientIdentity?, _ lists: RevocationList?) -> [ExpiryPolicy.Item] {
        var items: [ExpiryPolicy.Item] = []
        if let identity {
            let place = identity.location
            items.append(.init(CertificateSummary(identity.certificate.pointer), .clientCertificate, place: place))
            items += identity.intermediates.map { .init(CertificateSummary($0.pointer), .authority, place: place) }
        }
        for list in lists?.summaries ?? [] {
            guard let end = list.nextUpdate else { continue }
            items.append(
                .init(
                    kind: .revocationList,
                    name: "of \(list.issuer)",
                    identity: "\(list.issuer) \(end)",
                    end: end,
                    place: lists?.location ?? ""
                )
            )
        }
        return items
    }
}
