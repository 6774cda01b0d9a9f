// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import CMongoOpenSSL

/// Why OpenSSL refused a certificate: what its verify callback saw at the moment of the refusal.
struct VerificationResult: Sendable {
    /// `X509_V_ERR_…`
    var verifyCode: Int32
    /// 0 is the server's own certificate.
    var depth: Int32
    var certificate: CertificateSummary?
    /// What is to be thought of the issuer that is missing, where one is.
    var missingIssuer = MissingIssuer.unknown

    /// The error for users.
    ///
    /// - Parameters:
    ///   - server: Whom the certificate had to name.
    ///   - unknownAuthorityHint: What to do when no chain to a trusted root can be built.
    func error(server: TLSServerName, unknownAuthorityHint: String, opensslErrors: [String]) -> TLSError {
        let reason = String(cString: X509_verify_cert_error_string(Int(verifyCode)))
        let place = depth == 0 ? "the server's certificate" : "a certificate in the server's chain"
        let kind = classify(server: server, unknownAuthorityHint: unknownAuthorityHint)
        return TLSError(
            kind.category,
            kind.code,
            "certificate verify failed: \(reason) (\(place)\(certificate.map { ", subject \($0.subject)" } ?? ""))",
            hint: kind.hint,
            verifyCode: Int(verifyCode),
            depth: Int(depth),
            certificate: certificate,
            opensslErrors: opensslErrors
        )
    }

    private func classify(
        server: TLSServerName,
        unknownAuthorityHint: String
    ) -> (category: TLSError.Category, code: TLSError.Code, hint: String) {
        switch verifyCode {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            (.certificate, .certificateExpired, "renew the certificate, and compare this machine's clock")
        case X509_V_ERR_CERT_NOT_YET_VALID:
            (.certificate, .certificateNotYetValid, "compare the clocks of this machine and of the authority")
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
            (
                .certificate, .selfSignedCertificate,
                "the server signed its certificate itself: give that certificate as tlsCAFile if it is the right one"
            )
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
            (.certificate, .untrustedRoot, unknownAuthorityHint)
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
            // A trusted certificate was reached, and it is no root.
            (
                .certificate, .missingRoot,
                "an intermediate authority is trusted, but not the root above it: add the root to the CA file"
            )
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
            classifyMissingIssuer(unknownAuthorityHint)
        case X509_V_ERR_INVALID_PURPOSE, X509_V_ERR_CERT_REJECTED, X509_V_ERR_CERT_UNTRUSTED:
            (
                .certificate, .wrongPurpose,
                "a server's certificate needs the extended key usage serverAuth, or none: issue it anew"
            )
        case X509_V_ERR_INVALID_CA, X509_V_ERR_KEYUSAGE_NO_CERTSIGN, X509_V_ERR_PATH_LENGTH_EXCEEDED:
            (
                .certificate, .invalidAuthority,
                "an authority's certificate needs CA:TRUE, keyCertSign and a sufficient path length"
            )
        case X509_V_ERR_EE_KEY_TOO_SMALL, X509_V_ERR_CA_KEY_TOO_SMALL, X509_V_ERR_CA_MD_TOO_WEAK:
            (.certificate, .weakCertificate, "issue the certificate anew with a longer key and at least SHA-256")
        case X509_V_ERR_CERT_SIGNATURE_FAILURE:
            (.certificate, .badSignature, "another authority of the same name signed it, or it was tampered with")
        case X509_V_ERR_HOSTNAME_MISMATCH:
            (.hostname, .hostnameMismatch, mismatchHint(server))
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            (.hostname, .addressMismatch, mismatchHint(server))
        default:
            (.certificate, .certificateRefused, "look at the certificate: openssl x509 -text")
        }
    }

    private func classifyMissingIssuer(
        _ unknownAuthorityHint: String
    ) -> (category: TLSError.Category, code: TLSError.Code, hint: String) {
        switch missingIssuer {
        case .intermediate:
            (
                .certificate, .incompleteChain,
                "the server seems not to send its intermediate certificates: append them to its own in its "
                    + "certificate file (mongod: tlsCertificateKeyFile); or " + unknownAuthorityHint
            )
        case .namesake:
            (
                .certificate, .unknownIssuer,
                "an authority of the same name is trusted, but its key is another one: was the authority made anew? "
                    + "Give its present certificate as tlsCAFile"
            )
        case .unknown:
            (
                .certificate, .unknownIssuer,
                unknownAuthorityHint + "; or the server does not send its intermediate certificates"
            )
        }
    }

    private func mismatchHint(_ server: TLSServerName) -> String {
        let dialed =
            switch server.kind {
            case .name(let name): name
            case .address(let address): address
            }
        let listed = certificate?.subjectAlternativeNames ?? []
        let names = listed.isEmpty ? "no names" : listed.prefix(8).joined(separator: ", ")
        return "the certificate lists \(names), not \(dialed): dial one of its names, or issue it for this one"
    }
}

extension VerificationResult {
    /// Why the verification has failed.
    init(_ verification: OpaquePointer) {
        let code = X509_STORE_CTX_get_error(verification)
        self.init(
            verifyCode: code,
            depth: X509_STORE_CTX_get_error_depth(verification),
            certificate: X509_STORE_CTX_get_current_cert(verification).map { CertificateSummary($0) },
            missingIssuer: code == X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY
                ? MissingIssuer(verification) : .unknown
        )
    }
}

/// OpenSSL's verify callback: notes why and where the chain was refused, and changes nothing of the decision.
let noteRefusedCertificate: @convention(c) (Int32, OpaquePointer?) -> Int32 = { accepted, store in
    guard accepted != 1, let store else { return accepted }
    guard let raw = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()),
        let record = TLSSessionRecord.of(ssl: OpaquePointer(raw))
    else { return accepted }
    record.refusal = VerificationResult(store)
    return accepted
}
