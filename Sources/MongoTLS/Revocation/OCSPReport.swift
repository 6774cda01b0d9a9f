// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What came of the question to one responder.
package struct OCSPReport: Sendable, Hashable {
    enum Outcome: Sendable, Hashable {
        case answer(OCSPAnswer)
        /// A response that proves nothing.
        case invalid(OCSPFault)
        case noBody(OCSPExchange.Failure)
    }

    let endpoint: OCSPEndpoint
    let outcome: Outcome
    let duration: Duration

    init(_ endpoint: OCSPEndpoint, _ outcome: Outcome, _ duration: Duration) {
        self.endpoint = endpoint
        self.outcome = outcome
        self.duration = duration
    }

    /// Whether it is the answer that decides.
    package var isConclusive: Bool {
        guard case .answer(let answer) = outcome else { return false }
        return answer.isConclusive
    }

    /// For people: who said what, and how long it took.
    package var text: String {
        let verdict: String
        switch outcome {
        case .answer(let answer):
            let end = answer.nextUpdate.map { " until \(CertificateSummary.date($0))" } ?? ""
            switch answer.status {
            case .good: verdict = "good" + end
            case .revoked(let date): verdict = "revoked on \(CertificateSummary.date(date))"
            case .unknown: verdict = "does not know the certificate"
            }
        case .invalid(let fault): verdict = "the OCSP response \(fault.reason)"
        case .noBody(let failure): verdict = failure.reason
        }
        let (seconds, attoseconds) = duration.components
        return "\(endpoint.url): \(verdict), after \(seconds * 1000 + attoseconds / 1_000_000_000_000_000) ms"
    }
}

/// What came of the questions to responders, for `diagnose`: the context of a client keeps none.
package final class OCSPJournal: Sendable {
    private let rounds = Mutex<[[UInt8]: [OCSPReport]]>([:])

    package init() {}

    /// - Parameter key: The certificate's; see ``OCSPSubject/key``.
    func note(_ reports: [OCSPReport], for key: [UInt8]) {
        rounds.withLock { $0[key] = reports }
    }

    /// What came of the last round about a certificate, by responder; empty when there was none.
    package func reports(of judgment: TLSInspection.Judgment) -> [OCSPReport] {
        guard let key = judgment.certificateKey else { return [] }
        return rounds.withLock { $0[key] } ?? []
    }
}
