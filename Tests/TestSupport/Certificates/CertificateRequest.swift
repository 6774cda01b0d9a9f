// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

public import Foundation

/// What a certificate of the tests says about itself. Start from ``server(names:addresses:)``, ``client(name:)``,
/// ``authority(name:)`` or ``responseSigner(name:)`` and change what the test is about.
public struct CertificateRequest: Sendable {
    /// The kind of a private key.
    public enum Key: Sendable, Hashable {
        /// RSA with this many bits; 1,024 is what OpenSSL's default security level refuses.
        case rsa(bits: Int)
        /// The NIST curve P-256. The default: such keys are made in a millisecond.
        case p256
        /// The NIST curve P-384.
        case p384
        /// Ed25519.
        case ed25519
        /// An existing private key in a PEM file, for a certificate that is renewed without changing its key.
        case file(String)
    }

    /// What the certificate may be used for (RFC 5280, section 4.2.1.12).
    public enum Usage: String, Sendable, Hashable {
        case server = "serverAuth"
        case client = "clientAuth"
        case responseSigning = "OCSPSigning"
        case codeSigning
    }

    /// The organization in the subject; `nil` leaves it out.
    public var organization: String? = "mongo-nio tests"
    /// The organizational unit in the subject; `nil` leaves it out.
    public var organizationalUnit: String?
    /// The common name in the subject; `nil` leaves it out.
    public var commonName: String?
    /// DNS names in the subject alternative name.
    public var names: [String] = []
    /// IP addresses in the subject alternative name. Without names and addresses there is no such extension.
    public var addresses: [String] = []
    /// The kind of key to make.
    public var key = Key.p256
    /// The digest of the issuer's signature, by OpenSSL's name: `sha256`, `sha384`, `sha1`, …
    public var digest = "sha256"
    /// When the certificate's validity begins; an hour ago by default.
    public var notBefore = Date(timeIntervalSinceNow: -3_600)
    /// When the certificate's validity ends; in 90 days by default.
    public var notAfter = Date(timeIntervalSinceNow: 90 * 86_400)
    /// The extended key usages; none leaves the extension out.
    public var usages: [Usage] = []
    /// Whether the certificate may issue others.
    public var isAuthority = false
    /// Whether the certificate demands a stapled OCSP response ("must-staple", the TLS feature of RFC 7633).
    public var mustStaple = false
    /// The OCSP endpoints in the authority information access extension.
    public var responders: [String] = []
    /// Whether the certificate is exempt from revocation checks (RFC 6960, section 4.2.2.2.1).
    public var hasNoCheck = false
    /// The serial number in hexadecimal; `nil` chooses 15 random bytes.
    public var serial: String?

    /// A request that says nothing but its common name.
    public init(commonName: String?) {
        self.commonName = commonName
    }

    /// The certificate of a server that is reached by these names and addresses. The first name is the common name too.
    public static func server(
        names: [String] = ["localhost"],
        addresses: [String] = ["127.0.0.1", "::1"]
    ) -> CertificateRequest {
        var request = CertificateRequest(commonName: names.first ?? addresses.first)
        request.names = names
        request.addresses = addresses
        request.usages = [.server]
        return request
    }

    /// The certificate of a client.
    public static func client(name: String = "client") -> CertificateRequest {
        var request = CertificateRequest(commonName: name)
        // MongoDB takes a client whose organization and unit are the server's for a member of its cluster.
        request.organizationalUnit = "clients"
        request.usages = [.client]
        return request
    }

    /// The certificate of an authority.
    public static func authority(name: String) -> CertificateRequest {
        var request = CertificateRequest(commonName: name)
        request.isAuthority = true
        request.notAfter = Date(timeIntervalSinceNow: 3_650 * 86_400)
        return request
    }

    /// The certificate of a delegate that signs OCSP responses for its issuer.
    public static func responseSigner(name: String = "OCSP delegate") -> CertificateRequest {
        var request = CertificateRequest(commonName: name)
        request.usages = [.responseSigning]
        request.hasNoCheck = true
        return request
    }

    /// The same request with some of its properties changed.
    public func with(_ change: (inout CertificateRequest) -> Void) -> CertificateRequest {
        var copy = self
        change(&copy)
        return copy
    }

    /// The same request for a validity that ended yesterday.
    public var expired: CertificateRequest {
        with {
            $0.notBefore = Date(timeIntervalSinceNow: -30 * 86_400)
            $0.notAfter = Date(timeIntervalSinceNow: -86_400)
        }
    }

    /// The same request for a validity that begins tomorrow.
    public var notYetValid: CertificateRequest {
        with {
            $0.notBefore = Date(timeIntervalSinceNow: 86_400)
            $0.notAfter = Date(timeIntervalSinceNow: 30 * 86_400)
        }
    }
}
