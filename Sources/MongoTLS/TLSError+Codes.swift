// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

extension TLSError.Code {
    // Options and files: category `configuration`.

    /// Two options that exclude each other were given.
    public static let conflictingOptions = TLSError.Code(rawValue: "conflictingOptions")
    /// An option was given that this version of the driver does not carry out.
    public static let unsupportedOption = TLSError.Code(rawValue: "unsupportedOption")
    /// An option has a value that it cannot have.
    public static let invalidOption = TLSError.Code(rawValue: "invalidOption")
    /// The file does not exist.
    public static let fileMissing = TLSError.Code(rawValue: "fileMissing")
    /// The file exists and cannot be read.
    public static let fileUnreadable = TLSError.Code(rawValue: "fileUnreadable")
    /// The path leads to a directory.
    public static let fileIsDirectory = TLSError.Code(rawValue: "fileIsDirectory")
    /// The path leads to a pipe, a socket or a device.
    public static let fileNotRegular = TLSError.Code(rawValue: "fileNotRegular")
    /// The file is empty.
    public static let fileEmpty = TLSError.Code(rawValue: "fileEmpty")
    /// The file is larger than any credential.
    public static let fileTooLarge = TLSError.Code(rawValue: "fileTooLarge")
    /// The file is not PEM.
    public static let fileNotPEM = TLSError.Code(rawValue: "fileNotPEM")
    /// The file is PEM and holds something else than the option needs.
    public static let fileWrongContent = TLSError.Code(rawValue: "fileWrongContent")
    /// The file is truncated or damaged.
    public static let fileDamaged = TLSError.Code(rawValue: "fileDamaged")
    /// The private key is encrypted and no passphrase was given.
    public static let passphraseMissing = TLSError.Code(rawValue: "passphraseMissing")
    /// The passphrase does not open the private key.
    public static let passphraseWrong = TLSError.Code(rawValue: "passphraseWrong")
    /// The passphrase is longer than OpenSSL takes.
    public static let passphraseTooLong = TLSError.Code(rawValue: "passphraseTooLong")
    /// The private key does not belong to the certificate.
    public static let keyMismatch = TLSError.Code(rawValue: "keyMismatch")
    /// A private key was given, or MONGODB-X509 was asked for, without a client certificate.
    public static let missingCertificate = TLSError.Code(rawValue: "missingCertificate")
    /// The closure that provides the passphrase threw an error.
    public static let passphraseUnavailable = TLSError.Code(rawValue: "passphraseUnavailable")
    /// The private key or archive is protected in a way that the installed OpenSSL does not support, or not any more.
    public static let encryptionUnsupported = TLSError.Code(rawValue: "encryptionUnsupported")
    /// `tls` or `ssl` in a connection string is neither `true` nor `false`.
    public static let invalidValue = TLSError.Code(rawValue: "invalidValue")
    /// An option needs TLS, and TLS is turned off.
    public static let tlsDisabled = TLSError.Code(rawValue: "tlsDisabled")
    /// The path of a file is empty.
    public static let emptyPath = TLSError.Code(rawValue: "emptyPath")
    /// The path of a file contains a zero byte.
    public static let invalidPath = TLSError.Code(rawValue: "invalidPath")
    /// The system's policy does not allow the client certificate or its key.
    public static let identityNotAllowed = TLSError.Code(rawValue: "identityNotAllowed")
    /// The system's trusted roots cannot be loaded.
    public static let systemRootsUnusable = TLSError.Code(rawValue: "systemRootsUnusable")
    /// The host cannot be the name of a server in TLS.
    public static let invalidServerName = TLSError.Code(rawValue: "invalidServerName")
    /// OpenSSL could not be set up.
    public static let libraryFailure = TLSError.Code(rawValue: "libraryFailure")

    // The server's certificate: categories `certificate` and `hostname`.

    /// A certificate of the chain is past its last day.
    public static let certificateExpired = TLSError.Code(rawValue: "certificateExpired")
    /// A certificate of the chain is not valid yet.
    public static let certificateNotYetValid = TLSError.Code(rawValue: "certificateNotYetValid")
    /// The server's certificate is signed by itself and is not trusted.
    public static let selfSignedCertificate = TLSError.Code(rawValue: "selfSignedCertificate")
    /// The chain ends at a root that is not trusted.
    public static let untrustedRoot = TLSError.Code(rawValue: "untrustedRoot")
    /// No trusted authority issued the certificate.
    public static let unknownIssuer = TLSError.Code(rawValue: "unknownIssuer")
    /// The server seems to send its own certificate without the intermediate certificates above it.
    public static let incompleteChain = TLSError.Code(rawValue: "incompleteChain")
    /// The CA file holds the intermediate authority, but not the root above it.
    public static let missingRoot = TLSError.Code(rawValue: "missingRoot")
    /// A certificate in the chain issued another one without being an authority that may.
    public static let invalidAuthority = TLSError.Code(rawValue: "invalidAuthority")
    /// The certificate is not meant for servers.
    public static let wrongPurpose = TLSError.Code(rawValue: "wrongPurpose")
    /// A key or digest in the chain is weaker than the system's policy allows.
    public static let weakCertificate = TLSError.Code(rawValue: "weakCertificate")
    /// A signature in the chain is wrong.
    public static let badSignature = TLSError.Code(rawValue: "badSignature")
    /// The chain was refused for another reason; see ``TLSError/verifyCode``.
    public static let certificateRefused = TLSError.Code(rawValue: "certificateRefused")
    /// The certificate does not list the name that was dialed.
    public static let hostnameMismatch = TLSError.Code(rawValue: "hostnameMismatch")
    /// The certificate does not list the IP address that was dialed.
    public static let addressMismatch = TLSError.Code(rawValue: "addressMismatch")

    // Revocation: category `revocation`.

    /// The certificate was revoked, says OCSP.
    public static let ocspRevoked = TLSError.Code(rawValue: "ocspRevoked")
    /// The server stapled an OCSP response that proves nothing about its certificate.
    public static let stapleInvalid = TLSError.Code(rawValue: "stapleInvalid")
    /// The certificate demands a stapled OCSP response, and the server sent none.
    public static let mustStapleMissing = TLSError.Code(rawValue: "mustStapleMissing")
    /// Nobody could say whether the certificate was revoked, and ``TLSOptions/revocation`` requires it.
    public static let revocationUndecided = TLSError.Code(rawValue: "revocationUndecided")
    /// The certificate is on its issuer's revocation list.
    public static let crlRevoked = TLSError.Code(rawValue: "crlRevoked")
    /// The issuer's revocation list has expired.
    public static let crlExpired = TLSError.Code(rawValue: "crlExpired")
    /// The issuer's revocation list is not valid yet.
    public static let crlNotYetValid = TLSError.Code(rawValue: "crlNotYetValid")
    /// The issuer's revocation list has a wrong signature.
    public static let crlBadSignature = TLSError.Code(rawValue: "crlBadSignature")
    /// There is no revocation list of the issuer.
    public static let crlMissing = TLSError.Code(rawValue: "crlMissing")
    /// The issuer's revocation list cannot be used for another reason; see ``TLSError/verifyCode``.
    public static let crlUnusable = TLSError.Code(rawValue: "crlUnusable")

    // The handshake.

    /// The two sides have no protocol version in common.
    public static let noSharedVersion = TLSError.Code(rawValue: "noSharedVersion")
    /// The two sides have no cipher suite, group or signature algorithm in common.
    public static let noSharedCipher = TLSError.Code(rawValue: "noSharedCipher")
    /// The server asked for a client certificate and got none.
    public static let clientCertificateRequired = TLSError.Code(rawValue: "clientCertificateRequired")
    /// The server refused the client's certificate.
    public static let clientCertificateRefused = TLSError.Code(rawValue: "clientCertificateRefused")
    /// The key exchange that the server wants is weaker than the system's policy allows.
    public static let weakKeyExchange = TLSError.Code(rawValue: "weakKeyExchange")
    /// The policy of this system or of this client refuses what the server does: its message names what.
    public static let refusedByPolicy = TLSError.Code(rawValue: "refusedByPolicy")
    /// The server does not know the name that was dialed.
    public static let unrecognizedName = TLSError.Code(rawValue: "unrecognizedName")
    /// The server closed the connection without reading the greeting of TLS to its end: it does not speak TLS. This is
    /// what a `mongod` without TLS does, and one with TLS that takes no more connections; the latter is told apart once
    /// the client has made a connection to it.
    public static let plaintextServer = TLSError.Code(rawValue: "plaintextServer")
    /// The server answered with something that is not TLS.
    public static let notTLS = TLSError.Code(rawValue: "notTLS")
    /// An HTTP server answered.
    public static let httpAnswer = TLSError.Code(rawValue: "httpAnswer")
    /// The server sent an alert that has no code of its own; the message names it. With the category `network` it came on
    /// a connection that was in use.
    public static let alert = TLSError.Code(rawValue: "alert")
    /// The server broke the protocol.
    public static let protocolViolation = TLSError.Code(rawValue: "protocolViolation")
    /// The handshake did not finish in time.
    public static let handshakeTimeout = TLSError.Code(rawValue: "handshakeTimeout")

    // The network.

    /// The server closed the connection in the middle of the handshake, without an alert.
    public static let closedDuringHandshake = TLSError.Code(rawValue: "closedDuringHandshake")
    /// The connection was reset in the middle of the handshake.
    public static let resetDuringHandshake = TLSError.Code(rawValue: "resetDuringHandshake")
    /// The server closed the connection right after the handshake, without an alert.
    public static let closedAfterHandshake = TLSError.Code(rawValue: "closedAfterHandshake")
    /// The encrypted stream ended without the closing alert.
    public static let truncated = TLSError.Code(rawValue: "truncated")
}

extension TLSError {
    /// OpenSSL could not allocate, or refused a setting that it always has.
    static func outOfMemory() -> TLSError {
        TLSError(
            .configuration,
            .libraryFailure,
            "OpenSSL could not be set up",
            opensslErrors: ErrorStack.drain().texts
        )
    }
}
