// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/ocsp-support/ocsp-support.md#suggested-ocsp-behavior

import CMongoOpenSSL
package import NIOCore

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The question whether the certificate of one connection was revoked, with everything that is needed to answer it.
///
/// ``TLSSession/revocationInquiry`` makes it when the handshake is complete. Its owner runs it before the first byte of
/// plaintext is sent, without holding a lock: it computes for up to a few milliseconds and may wait for responders.
/// What it asks in which order is decided by ``RevocationPolicy``.
package struct RevocationInquiry: Sendable {
    /// How an inquiry ends.
    package enum Outcome: Sendable {
        /// The connection may be used.
        case accepted(TLSRevocationStatus)
        /// The connection must not be used. The error has the category `revocation`.
        case refused(TLSError)
        /// The task was cancelled before there was a verdict.
        case cancelled
    }

    private let context: TLSContext
    private let subject: OCSPSubject
    private let staple: [UInt8]?

    init(_ context: TLSContext, _ subject: OCSPSubject, staple: [UInt8]?) {
        self.context = context
        self.subject = subject
        self.staple = staple
    }

    /// Answers the question.
    ///
    /// - Parameters:
    ///   - deadline: When the connection has to be ready.
    ///   - eventLoop: Where connections to responders live.
    package func run(until deadline: NIODeadline, on eventLoop: any EventLoop) async -> Outcome {
        let responders = subject.responders
        let key = subject.key
        var findings = RevocationPolicy.Findings(
            mustStaple: subject.mustStaple,
            namesResponders: !responders.isEmpty
        )
        while true {
            findings.timeLeft = Self.timeLeft(until: deadline)
            switch context.revocationPolicy.nextStep(after: findings) {
            case .judgeStaple:
                let verdict = judgeStaple()
                if case .valid(let answer) = verdict { note(answer, key) }
                findings.staple = verdict
            case .recall:
                findings.memory =
                    key.map { context.responseCache.recall($0, now: Self.now, uptime: Self.uptime) } ?? .nothing
            case .consultList(let scope):
                findings.list = consultList(scope)
            case .askResponders(let budget):
                let round = await ask(responders, budget, on: eventLoop)
                if let key { context.journal?.note(round.reports, for: key) }
                if let answer = round.answer {
                    note(answer, key)
                    findings.responders = .answer(answer)
                } else if Task.isCancelled {
                    return .cancelled
                } else {
                    let rest = context.revocationPolicy.restingTime(afterRoundOf: budget)
                    if let key { context.responseCache.noteFruitless(key, uptime: Self.uptime, rest: rest) }
                    findings.responders = .fruitless
                }
            case .accept(let status):
                return .accepted(status)
            case .refuse(let refusal):
                return .refused(refusal.error(certificate: CertificateSummary(subject.certificate.pointer)))
            }
        }
    }

    // MARK: The steps

    private func judgeStaple() -> RevocationPolicy.Staple {
        guard let staple else { return .missing }
        do throws(OCSPFault) {
            return .valid(
                try OCSPResponse.judge(staple, about: subject, now: Self.now)
            )
        } catch {
            return .invalid(error)
        }
    }

    private func note(_ answer: OCSPAnswer, _ key: [UInt8]?) {
        if let key { context.responseCache.note(answer, for: key, now: Self.now) }
    }

    private func consultList(_ scope: RevocationPolicy.ListScope) -> RevocationPolicy.List {
        // Both come of the same option, so the policy asks for no list that there is not. If it did: no list, no consent.
        context.revocationList?.verdict(on: subject, scope: scope, store: context.trustedAuthorities)
            ?? .refused(.noList)
    }

    private func ask(
        _ responders: [OCSPEndpoint],
        _ budget: Duration,
        on eventLoop: any EventLoop
    ) async -> OCSPResponders.Round {
        guard let request = subject.request else { return OCSPResponders.Round(reports: []) }
        let subject = subject
        return await OCSPResponders.ask(
            responders,
            request,
            deadline: .now() + TimeAmount(budget),
            on: eventLoop
        ) { body in
            // Whatever is wrong with an answer that nobody has to give: it does not count.
            Result { () throws(OCSPFault) in try OCSPResponse.judge(body, about: subject, now: Self.now) }
        }
    }

    // MARK: Clocks

    private static var now: Int64 {
        Int64(Date().timeIntervalSince1970)
    }

    private static var uptime: Duration {
        .nanoseconds(Int64(clamping: NIODeadline.now().uptimeNanoseconds))
    }

    private static func timeLeft(until deadline: NIODeadline) -> Duration? {
        deadline == .distantFuture ? nil : .nanoseconds(max(0, (deadline - .now()).nanoseconds))
    }
}
