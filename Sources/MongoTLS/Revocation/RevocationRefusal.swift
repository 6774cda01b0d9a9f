// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// Why a certificate is refused by ``RevocationPolicy``.
enum RevocationRefusal: Sendable, Hashable {
    /// OCSP says that it was revoked, at a time in seconds since 1970.
    case revoked(TLSRevocationStatus.Source, at: Int64)
    /// The stapled response proves nothing.
    case stapleInvalid(OCSPFault)
    /// The certificate demands a staple, and the server sent none.
    case mustStapleMissing
    /// The revocation list says no.
    case list(RevocationListFault)
    /// Nobody could say, and the options demand that somebody does.
    case undecided
}

/// What is wrong with a certificate or with the revocation list that should answer for it.
struct RevocationListFault: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case revoked
        case expired
        case notYetValid
        case badSignature
        case missing
        /// Something else that ``verifyCode`` tells.
        case unusable
    }

    var kind: Kind
    /// `X509_V_ERR_…`, and OpenSSL's words for it.
    var verifyCode: Int32
    var verifyText: String
    /// Where in the chain: 0 is the server's own certificate.
    var depth: Int32
    /// The certificate that was asked about.
    var certificate: CertificateSummary?
}

extension RevocationRefusal {
    /// The error for users.
    ///
    /// The words that people search for are in it: those of OpenSSL for a refused certificate and for a refused OCSP
    /// response.
    ///
    /// - Parameter certificate: The server's.
    func error(certificate: CertificateSummary) -> TLSError {
        switch self {
        case .revoked(let source, let date):
            return TLSError(
                .revocation,
                .ocspRevoked,
                "certificate verify failed: certificate revoked on \(CertificateSummary.date(date)), says "
                    + "\(Self.name(of: source)) (invalid status response, subject \(certificate.subject))",
                hint: "the server needs a new certificate; do not connect to one that presents this one",
                depth: 0,
                certificate: certificate
            )
        case .stapleInvalid(let fault):
            return TLSError(
                .revocation,
                .stapleInvalid,
                "invalid status response: the stapled OCSP response \(fault.reason)",
                hint: Self.hint(for: fault),
                depth: 0,
                certificate: certificate
            )
        case .mustStapleMissing:
            return TLSError(
                .revocation,
                .mustStapleMissing,
                "invalid status response: the server's certificate demands a stapled OCSP response, and the server sent "
                    + "none",
                hint: "the server could not get a response from its responder, or does not staple (mongod: "
                    + "ocspEnabled); its log tells",
                depth: 0,
                certificate: certificate
            )
        case .undecided:
            return TLSError(
                .revocation,
                .revocationUndecided,
                "invalid status response: nobody could say whether the server's certificate was revoked, and the "
                    + "options require it",
                hint: "neither a staple nor a list nor a responder was conclusive: let this machine reach the "
                    + "certificate's OCSP responder, give a tlsCRLFile, or use .softFail",
                depth: 0,
                certificate: certificate
            )
        case .list(let fault):
            return fault.error
        }
    }

    private static func hint(for fault: OCSPFault) -> String {
        switch fault {
        case .notYetValid, .expired, .tooOld:
            "compare the clocks of this machine and of the server; the server may not reach its responder any more"
        case .otherCertificate, .notSigned:
            "the server staples a response that does not belong to its certificate: restart it, and check its files"
        case .tooLarge, .malformed, .notSuccessful, .unknownType, .unreadableTimes, .outOfMemory:
            "the server staples something that is no valid OCSP response: look at its responder"
        }
    }

    private static func name(of source: TLSRevocationStatus.Source) -> String {
        switch source {
        case .staple: "the stapled OCSP response"
        case .cache: "an OCSP response that was received before"
        default: "the OCSP responder"
        }
    }
}

extension RevocationListFault {
    fileprivate var error: TLSError {
        let (code, hint) = codeAndHint
        let place = depth == 0 ? "the server's certificate" : "a certificate in the server's chain"
        return TLSError(
            .revocation,
            code,
            "certificate verify failed: \(verifyText) (\(place)\(certificate.map { ", subject \($0.subject)" } ?? ""))",
            hint: hint,
            verifyCode: Int(verifyCode),
            depth: Int(depth),
            certificate: certificate
        )
    }

    private var codeAndHint: (TLSError.Code, String) {
        let issuer = certificate.map { " of \($0.issuer)" } ?? ""
        switch kind {
        case .revoked:
            return (.crlRevoked, "the server needs a new certificate; do not connect to one that presents this one")
        case .expired:
            return (.crlExpired, "write a newer list\(issuer) to the tlsCRLFile, and compare this machine's clock")
        case .notYetValid:
            return (.crlNotYetValid, "compare the clocks of this machine and of the authority\(issuer)")
        case .badSignature:
            return (
                .crlBadSignature,
                "the list\(issuer) was signed by another key than the authority's: fetch it anew from the authority"
            )
        case .missing:
            return (.crlMissing, "the tlsCRLFile holds no list\(issuer): add it")
        case .unusable:
            return (.crlUnusable, "look at the list: openssl crl -text")
        }
    }
}
