// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// What a valid OCSP response says of one certificate. Times are seconds since 1970 (UTC).
struct OCSPAnswer: Sendable, Hashable {
    /// The certificate's status (RFC 6960, section 2.2).
    enum Status: Sendable, Hashable {
        case good
        case revoked(at: Int64)
        /// The responder does not know the certificate. Not conclusive.
        case unknown
    }

    var status: Status
    /// When the status was known to be right.
    var thisUpdate: Int64
    /// When the responder will know more; `nil` when it always does.
    var nextUpdate: Int64?

    /// Whether the answer decides.
    var isConclusive: Bool { status != .unknown }
}

/// Why an OCSP response proves nothing about a certificate.
enum OCSPFault: Error, Sendable, Hashable {
    /// Larger than any honest response.
    case tooLarge
    /// Not an OCSP response in DER, or something follows it.
    case malformed
    /// The responder refuses to answer (RFC 6960, section 4.2.1), for example 3, `tryLater`.
    case notSuccessful(status: Int32)
    /// A response of another type than the basic one.
    case unknownType
    /// It names other certificates, not this one.
    case otherCertificate
    /// Signed by nobody who may: not the issuer and no delegate of the issuer's, or the signature is wrong.
    case notSigned(reason: String)
    /// Its times are missing, unreadable or in the wrong order.
    case unreadableTimes
    /// Its validity begins in the future.
    case notYetValid
    /// Its validity is over.
    case expired
    /// It was made too long ago for one that names no end of its validity.
    case tooOld
    /// OpenSSL could not be set up.
    case outOfMemory

    /// For people: completes "the OCSP response …".
    var reason: String {
        switch self {
        case .tooLarge: "is too large"
        case .malformed: "cannot be parsed"
        case .notSuccessful(let status): "is a refusal to answer: " + Self.name(ofStatus: status)
        case .unknownType: "is not a basic OCSP response"
        case .otherCertificate: "is about another certificate"
        case .notSigned(let reason): "is not signed by the issuer or its delegate: \(reason)"
        case .unreadableTimes: "has no readable validity"
        case .notYetValid: "is not valid yet"
        case .expired: "has expired"
        case .tooOld: "is too old for one without an end of its validity"
        case .outOfMemory: "could not be verified: OpenSSL could not be set up"
        }
    }

    private static func name(ofStatus status: Int32) -> String {
        switch status {
        case 1: "malformedRequest"
        case 2: "internalError"
        case 3: "tryLater"
        case 5: "sigRequired"
        case 6: "unauthorized"
        default: "status \(status)"
        }
    }
}
