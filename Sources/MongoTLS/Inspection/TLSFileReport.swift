// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// What is in the files of TLS options, for people.
package struct TLSFileReport: Sendable {
    /// One line for each file, or for what an option holds in memory.
    package var lines: [String] = []
    /// The certificates of the client: its own first, then those it sends along.
    package var certificates: [CertificateSummary] = []
    /// What is about to end, or has.
    package var warnings: [String] = []

    /// Tells what a client has read.
    ///
    /// Reads files: not for an event loop. What a passphrase may be needed for was read when the context was made.
    ///
    /// - Parameter context: The client's own.
    /// - Throws: `TLSError` of the category `configuration`, with the path of the file at fault.
    package init(_ context: TLSContext) throws(TLSError) {
        let options = context.options
        var policy = ExpiryPolicy()
        let identity = context.identity
        let lists = context.revocationList
        policy.setOwn(ExpiryPolicy.Item.own(identity, lists))
        if options.verifiesCertificate {
            let trust = try TrustStore.load(options)
            if let location = trust.location {
                let authorities = trust.authorities.map { CertificateSummary($0.pointer) }
                lines.append("\(location): \(authorities.count) trusted: \(Self.names(authorities))")
                policy.note(authorities.map { .init($0, .authority, place: location) }, server: location)
            }
            if trust.includesSystem {
                let roots = SystemRoots.find()
                lines.append("\(roots.count) trusted roots of the system (\(roots.file))")
            }
        }
        if let identity {
            certificates = ([identity.certificate] + identity.intermediates).map { CertificateSummary($0.pointer) }
            let until = certificates.first.map { CertificateSummary.date($0.notAfter) } ?? ""
            lines.append("\(identity.location): the client certificate \(Self.names(certificates)), until \(until)")
        }
        for list in lists?.summaries ?? [] {
            let until = list.nextUpdate.map { ", until \(CertificateSummary.date($0))" } ?? ""
            lines.append("\(lists?.location ?? ""): the revocation list of \(list.issuer)\(until)")
        }
        warnings = policy.due(now: TLSSessionCache.now).map(\.message)
    }

    private static func names(_ certificates: [CertificateSummary]) -> String {
        let shown = certificates.prefix(4).map(\.subject).joined(separator: "; ")
        return certificates.count > 4 ? shown + "; …" : shown
    }
}
