// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// What a TLS handshake agreed on.
public struct TLSConnectionInfo: Sendable, Hashable {
    /// The protocol version.
    public var version: TLSVersion
    /// The cipher suite, in OpenSSL's spelling, for example `TLS_AES_256_GCM_SHA384`.
    public var cipher: String
    /// The key-exchange group, for example `x25519`; `nil` when there was none (RSA key exchange).
    public var group: String?
    /// Whether an earlier session was resumed.
    public var resumed: Bool
    /// The server's certificate; `nil` when it sent none.
    public var peer: CertificateSummary?
    /// Whether and how the server's certificate was checked for revocation.
    public var revocation: TLSRevocationStatus

    package init(
        version: TLSVersion,
        cipher: String,
        group: String?,
        resumed: Bool,
        peer: CertificateSummary?,
        revocation: TLSRevocationStatus
    ) {
        self.version = version
        self.cipher = cipher
        self.group = group
        self.resumed = resumed
        self.peer = peer
        self.revocation = revocation
    }
}

/// Whether and how a certificate was checked for revocation.
public struct TLSRevocationStatus: Sendable, Hashable {
    /// Who answered: `none` when nobody was asked.
    public var source: String
    /// What the answer was: `notChecked` when nobody was asked.
    public var verdict: String

    /// Nobody was asked.
    public static let notChecked = TLSRevocationStatus(source: "none", verdict: "notChecked")
}
