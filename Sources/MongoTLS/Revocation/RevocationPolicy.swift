// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/ocsp-support/ocsp-support.md#suggested-ocsp-behavior

/// Decides whether a server's certificate counts as revoked: which source to ask next, and when to stop.
///
/// A pure function of what was found out so far. ``RevocationInquiry`` does the asking: it starts with ``Findings`` that
/// know the certificate only, carries out the step that ``nextStep(after:)`` answers, notes what came of it, and asks
/// again until the step is an outcome.
///
/// The sources in their order, for the leaf only: the stapled response, the responses of earlier connections, the
/// revocation list, the responders that the certificate names. The first that is conclusive ends it.
struct RevocationPolicy: Sendable, Hashable {
    /// Whether anything is checked at all.
    var isEnabled: Bool
    /// Which certificates the revocation list is asked about; `nil` when there is no list.
    var listScope: ListScope?
    /// Whether the responders that a certificate names may be asked.
    var asksResponders: Bool
    /// Whether a certificate that nobody vouched for is refused.
    var requiresVerdict: Bool

    /// Which certificates a revocation list is asked about.
    enum ListScope: Sendable, Hashable {
        /// The server's own.
        case leaf
        /// The server's own and those of the authorities above it.
        case chain
        /// Those of the authorities alone, because the server's own was decided already.
        case authorities
    }

    /// What is known of a certificate. What was not looked at yet is `nil`.
    struct Findings: Sendable, Hashable {
        /// Whether the certificate demands a staple (TLS feature `status_request`, RFC 7633).
        var mustStaple: Bool
        /// Whether the certificate names responders that can be asked.
        var namesResponders: Bool
        var staple: Staple?
        var memory: Memory?
        var list: List?
        var responders: Responders?
        /// What is left of the time for the connection; `nil` means that it is not limited.
        var timeLeft: Duration?

        init(mustStaple: Bool = false, namesResponders: Bool = false, timeLeft: Duration? = nil) {
            self.mustStaple = mustStaple
            self.namesResponders = namesResponders
            self.timeLeft = timeLeft
        }
    }

    /// What became of the stapled response.
    enum Staple: Sendable, Hashable {
        /// The server sent none.
        case missing
        /// It proves nothing.
        case invalid(OCSPFault)
        case valid(OCSPAnswer)
    }

    /// What earlier connections learned.
    enum Memory: Sendable, Hashable {
        case nothing
        /// A conclusive answer that is still valid.
        case answer(OCSPAnswer)
        /// The responders were asked in vain not long ago.
        case fruitless
    }

    /// What the revocation list says.
    enum List: Sendable, Hashable {
        case good
        case refused(RevocationListFault)
    }

    /// What the responders said.
    enum Responders: Sendable, Hashable {
        /// The first conclusive answer.
        case answer(OCSPAnswer)
        /// None came in time.
        case fruitless
    }

    /// What to do next.
    enum Step: Sendable, Hashable {
        case judgeStaple
        case recall
        case consultList(ListScope)
        /// Ask the responders, all at once, for at most this long.
        case askResponders(budget: Duration)
        case accept(TLSRevocationStatus)
        case refuse(RevocationRefusal)
    }

    /// How long the responders may take together, at most.
    static let responderBudget = Duration.seconds(5)

    /// What to do when this much is known.
    func nextStep(after findings: Findings) -> Step {
        guard isEnabled else { return .accept(.notChecked) }

        guard let staple = findings.staple else { return .judgeStaple }
        switch staple {
        case .missing where findings.mustStaple: return .refuse(.mustStapleMissing)
        case .invalid(let fault): return .refuse(.stapleInvalid(fault))
        case .valid(let answer):
            if let step = conclude(answer, .staple, findings) { return step }
        case .missing: break
        }

        guard let memory = findings.memory else { return .recall }
        if case .answer(let answer) = memory, let step = conclude(answer, .cache, findings) { return step }

        if let listScope {
            switch findings.list {
            case nil: return .consultList(listScope)
            case .refused(let fault): return .refuse(.list(fault))
            case .good: return .accept(TLSRevocationStatus(.crl, .good))
            }
        }

        guard asksResponders, findings.namesResponders else { return undecided(findings) }
        switch findings.responders {
        case .answer(let answer):
            return conclude(answer, .endpoint, findings) ?? undecided(findings)
        case .fruitless:
            return undecided(findings)
        case nil:
            let budget = Self.budget(of: findings.timeLeft)
            if memory == .fruitless || budget <= .zero { return undecided(findings) }
            return .askResponders(budget: budget)
        }
    }

    /// The end that an answer of OCSP leads to; `nil` when it is inconclusive.
    ///
    /// OCSP speaks of the server's certificate alone. A list for the whole chain still has the authorities to answer for.
    private func conclude(_ answer: OCSPAnswer, _ source: TLSRevocationStatus.Source, _ findings: Findings) -> Step? {
        switch answer.status {
        case .unknown:
            return nil
        case .revoked(let date):
            return .refuse(.revoked(source, at: date))
        case .good:
            if listScope == .chain {
                switch findings.list {
                case nil: return .consultList(.authorities)
                case .refused(let fault): return .refuse(.list(fault))
                case .good: break
                }
            }
            // An answer that names no end holds for this connection, and for no session that is resumed later.
            return .accept(TLSRevocationStatus(source, .good, validUntil: answer.nextUpdate ?? answer.thisUpdate))
        }
    }

    /// Nobody could say.
    private func undecided(_ findings: Findings) -> Step {
        if requiresVerdict { return .refuse(.undecided) }
        if findings.responders != nil { return .accept(TLSRevocationStatus(.endpoint, .unknown)) }
        if case .valid = findings.staple { return .accept(TLSRevocationStatus(.staple, .unknown)) }
        if findings.memory == .fruitless { return .accept(TLSRevocationStatus(.none, .unknown)) }
        return .accept(.notChecked)
    }

    /// How long the responders are left alone after a round of questions that brought nothing.
    ///
    /// The shorter they had, the less that says about them. And where a verdict is required, nobody gets a connection
    /// meanwhile: then the rest is no longer than the round may have been.
    func restingTime(afterRoundOf budget: Duration) -> Duration {
        let rest = budget * Int(OCSPMemories.restingTime / Self.responderBudget)
        return min(max(rest, .seconds(1)), requiresVerdict ? Self.responderBudget : OCSPMemories.restingTime)
    }

    /// How much of the time that is left the responders get: the first commands on the connection need some, too. With
    /// all of it given to silent responders, what `.softFail` accepts would fail for want of time.
    private static func budget(of timeLeft: Duration?) -> Duration {
        guard let timeLeft else { return responderBudget }
        return min(responderBudget, timeLeft * 4 / 5)
    }
}

extension RevocationPolicy {
    /// The policy that the options ask for.
    init(_ options: TLSOptions) {
        isEnabled = options.verifiesCertificate && options.disableCertificateRevocationCheck != true
        asksResponders = options.disableOCSPEndpointCheck != true
        requiresVerdict = options.revocation == .require
        listScope = options.namesRevocationLists ? (options.crlCheck == .chain ? .chain : .leaf) : nil
    }
}
