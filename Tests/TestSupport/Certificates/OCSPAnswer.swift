// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

public import Foundation

/// What an OCSP response of the tests says, and the ways in which it can be wrong (RFC 6960).
///
/// `openssl ocsp` always answers for the present moment and always tells the truth, so the responses are encoded here
/// and only signed by `openssl`.
public struct OCSPAnswer: Sendable {
    /// The status of the certificate that was asked for.
    public enum Status: Sendable {
        case good
        case revoked(at: Date)
        case unknown
    }

    /// What the certificate's status is.
    public var status: Status
    /// When the answer's validity begins; an hour ago by default.
    public var thisUpdate = Date(timeIntervalSinceNow: -3_600)
    /// When the answer's validity ends, in a day by default; `nil` leaves it out.
    public var nextUpdate: Date? = Date(timeIntervalSinceNow: 86_400)
    /// Who signs: `nil` is the issuer, else a delegate (or somebody who has no right to).
    public var signer: IssuedCertificate?
    /// Whether the delegate's certificate is part of the response.
    public var includesSigner = true
    /// The digest of the CertIDs, by OpenSSL's name.
    public var identifierDigest = "sha1"
    /// Whether the responder is named by its subject; otherwise by the hash of its key.
    public var namesResponder = false
    /// Certificates of the same authority that the response answers for as well, with the same times, all of them good.
    /// They stand before the certificate that was asked for.
    public var others: [IssuedCertificate] = []
    /// Certificates that the response brings along for no reason.
    public var extraCertificates: [IssuedCertificate] = []
    /// Whether the response is signed with MD5, which only RSA keys can do here; otherwise with SHA-256.
    public var usesMD5 = false
    /// The digest of RSA-PSS, which only RSA keys can do, by OpenSSL's name; `nil` signs as usual.
    public var pssDigest: String?
    /// Whether the signature is spoiled.
    public var hasBrokenSignature = false

    /// An answer with a status, valid now and signed by the issuer.
    public init(_ status: Status) {
        self.status = status
    }

    /// A certificate that is not revoked.
    public static var good: OCSPAnswer { OCSPAnswer(.good) }

    /// A certificate that was revoked a day ago.
    public static var revoked: OCSPAnswer { OCSPAnswer(.revoked(at: Date(timeIntervalSinceNow: -86_400))) }

    /// A certificate that the responder does not know.
    public static var unknown: OCSPAnswer { OCSPAnswer(.unknown) }

    /// The same answer with some of its properties changed.
    public func with(_ change: (inout OCSPAnswer) -> Void) -> OCSPAnswer {
        var copy = self
        change(&copy)
        return copy
    }

    /// The same answer, valid until yesterday.
    public var expired: OCSPAnswer {
        with {
            $0.thisUpdate = Date(timeIntervalSinceNow: -7 * 86_400)
            $0.nextUpdate = Date(timeIntervalSinceNow: -86_400)
        }
    }

    /// The same answer, valid from tomorrow on.
    public var notYetValid: OCSPAnswer {
        with {
            $0.thisUpdate = Date(timeIntervalSinceNow: 86_400)
            $0.nextUpdate = Date(timeIntervalSinceNow: 7 * 86_400)
        }
    }

    /// A whole response in which the responder refuses to answer; 3 is `tryLater`, 6 `unauthorized`.
    public static func refusal(status: UInt8 = 3) -> [UInt8] {
        DER.sequence(DER.value(0x0a, [status]))
    }
}
