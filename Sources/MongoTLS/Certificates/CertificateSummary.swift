// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// What a person wants to know of a certificate.
public struct CertificateSummary: Sendable, Hashable {
    /// The subject, for example `CN=db.example.com,O=Example`.
    public var subject: String
    /// The issuer, in the same form.
    public var issuer: String
    /// The subject alternative names, for example `DNS:db.example.com` or `IP:192.0.2.1`.
    public var subjectAlternativeNames: [String]
    /// The first moment at which it is valid, in seconds since 1970 (UTC).
    public var notBefore: Int64
    /// The last moment at which it is valid, in seconds since 1970 (UTC).
    public var notAfter: Int64
    /// The serial number in upper-case hexadecimal, as on a revocation list.
    public var serialNumber: String
    /// SHA-256 of the certificate, in lower-case hexadecimal.
    public var fingerprint: String
    /// The kind and the size of the key, for example `RSA 2048` or `EC P-256`.
    public var key: String
    /// The algorithm of the issuer's signature, by OpenSSL's name: for example `sha256WithRSAEncryption`.
    public var signatureAlgorithm: String

    package init(
        subject: String,
        issuer: String,
        subjectAlternativeNames: [String],
        notBefore: Int64,
        notAfter: Int64,
        serialNumber: String = "",
        fingerprint: String = "",
        key: String = "",
        signatureAlgorithm: String = ""
    ) {
        self.subject = subject
        self.issuer = issuer
        self.subjectAlternativeNames = subjectAlternativeNames
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.serialNumber = serialNumber
        self.fingerprint = fingerprint
        self.key = key
        self.signatureAlgorithm = signatureAlgorithm
    }
}
