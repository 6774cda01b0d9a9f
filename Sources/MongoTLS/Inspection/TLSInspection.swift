// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import CMongoOpenSSL

/// What a server has shown of itself in a handshake, to be judged without trusting it: for `diagnose`.
///
/// ``TLSSession/inspection`` makes it, also of a handshake that failed. ``judge(_:as:)`` goes through the same checks as a
/// handshake, but through each of them whatever the others say.
package struct TLSInspection: Sendable {
    /// The protocol version that the server chose.
    package let version: TLSVersion
    let presented: [Certificate]
    let staple: [UInt8]?
    /// Whether the server asked for a client certificate.
    package let certificateWasRequested: Bool

    /// The certificates that the server presented, its own first.
    package var certificates: [CertificateSummary] {
        presented.map { CertificateSummary($0.pointer) }
    }
}

extension TLSInspection {
    /// What each check says of the server.
    package struct Judgment: Sendable {
        /// The chain to a trusted authority, the server's certificate first; or why there is none.
        package var trust: Result<[CertificateSummary], TLSError>
        /// Why the certificate is not the server's; `nil` when it is.
        package var hostname: TLSError?
        /// What the stapled response says; `nil` without a trusted chain.
        package var staple: Staple?
        /// What the revocation list says; `nil` without a list or a trusted chain.
        package var list: List?
        /// Where the OCSP responders are that the certificate names.
        package var responders: [String]
        /// What answers about the certificate are remembered under; `nil` without a trusted chain.
        var certificateKey: [UInt8]?
    }

    /// What a stapled response says.
    package enum Staple: Sendable {
        case missing
        case good(validUntil: Int64?)
        /// The responder does not know the certificate.
        case unknown
        /// It is revoked, or the response proves nothing, or there has to be one.
        case refused(TLSError)
    }

    /// What a revocation list says.
    package enum List: Sendable {
        case good
        case refused(TLSError)
    }

    /// Judges what the server presented.
    ///
    /// Signatures are verified: not for an event loop.
    ///
    /// - Parameters:
    ///   - context: What is trusted.
    ///   - server: Whom the certificate has to name.
    /// - Returns: `nil` when the server presented no certificate.
    package func judge(_ context: TLSContext, as server: TLSServerName) -> Judgment? {
        guard let leaf = presented.first else { return nil }
        let summary = CertificateSummary(leaf.pointer)
        func error(_ result: VerificationResult) -> TLSError {
            result.error(server: server, unknownAuthorityHint: context.unknownAuthorityHint, opensslErrors: [])
        }
        let hostname = server.mismatch(in: leaf.pointer).map {
            error(VerificationResult(verifyCode: $0, depth: 0, certificate: summary))
        }
        var judgment = Judgment(trust: .success([]), hostname: hostname, responders: [])
        switch verify(in: context) {
        case .success(let chain):
            judgment.trust = .success(chain.map { CertificateSummary($0.pointer) })
            let level = SSL_CTX_get_security_level(context.pointer)
            guard let subject = OCSPSubject(chain: chain, securityLevel: level) else { break }
            judgment.responders = subject.responders.map(\.url)
            judgment.certificateKey = subject.key
            judgment.staple = judgeStaple(subject, summary)
            let scope = Self.listScope(context.options, after: judgment.staple)
            switch context.revocationList?.verdict(on: subject, scope: scope, store: context.trustedAuthorities) {
            case .none: break
            case .good: judgment.list = .good
            case .refused(let fault):
                judgment.list = .refused(RevocationRefusal.list(fault).error(certificate: summary))
            }
        case .failure(let refusal):
            judgment.trust = .failure(error(refusal.result))
        }
        return judgment
    }

    /// As ``RevocationPolicy`` has it: a good staple leaves the authorities to a list for the whole chain.
    private static func listScope(_ options: TLSOptions, after staple: Staple?) -> RevocationPolicy.ListScope {
        guard options.crlCheck == .chain else { return .leaf }
        if case .good = staple { return .authorities }
        return .chain
    }

    private func judgeStaple(_ subject: OCSPSubject, _ summary: CertificateSummary) -> Staple {
        func refused(_ refusal: RevocationRefusal) -> Staple { .refused(refusal.error(certificate: summary)) }
        guard let staple else { return subject.mustStaple ? refused(.mustStapleMissing) : .missing }
        do throws(OCSPFault) {
            let answer = try OCSPResponse.judge(staple, about: subject, now: TLSSessionCache.now)
            switch answer.status {
            case .good: return .good(validUntil: answer.nextUpdate)
            case .revoked(let date): return refused(.revoked(.staple, at: date))
            case .unknown: return .unknown
            }
        } catch {
            return refused(.stapleInvalid(error))
        }
    }

    private struct Refusal: Error {
        var result: VerificationResult
    }

    /// The chain from the presented certificate to a trusted one, as a handshake verifies it, other than the host.
    private func verify(in context: TLSContext) -> Result<[Certificate], Refusal> {
        ErrorStack.clear()
        defer { ErrorStack.clear() }
        let failure = Result<[Certificate], Refusal>.failure(
            Refusal(result: VerificationResult(verifyCode: X509_V_ERR_OUT_OF_MEM, depth: 0))
        )
        guard let leaf = presented.first, let verification = X509_STORE_CTX_new(), let untrusted = mongo_sk_X509_new()
        else { return failure }
        defer {
            // In this order: the verification refers to the stack.
            X509_STORE_CTX_free(verification)
            mongo_sk_X509_free(untrusted)
        }
        for certificate in presented where mongo_sk_X509_push(untrusted, certificate.pointer) == 0 { return failure }
        guard X509_STORE_CTX_init(verification, context.trustedAuthorities, leaf.pointer, untrusted) == 1,
            X509_STORE_CTX_set_default(verification, "ssl_server") == 1
        else { return failure }
        X509_VERIFY_PARAM_set_auth_level(
            X509_STORE_CTX_get0_param(verification),
            SSL_CTX_get_security_level(context.pointer)
        )
        guard X509_verify_cert(verification) == 1 else {
            return .failure(Refusal(result: VerificationResult(verification)))
        }
        let chain = X509_STORE_CTX_get0_chain(verification)
        return .success(
            (0..<(chain.map { mongo_sk_X509_num($0) } ?? 0)).compactMap { index in
                mongo_sk_X509_value(chain, index).map { Certificate(sharing: $0) }
            }
        )
    }
}
