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

    package init(
        subject: String,
        issuer: String,
        subjectAlternativeNames: [String],
        notBefore: Int64,
        notAfter: Int64
    ) {
        self.subject = subject
        self.issuer = issuer
        self.subjectAlternativeNames = subjectAlternativeNames
        self.notBefore = notBefore
        self.notAfter = notAfter
    }
}
