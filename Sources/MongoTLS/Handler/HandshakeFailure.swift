// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import CMongoOpenSSL

/// Why a handshake failed, other than by a refused certificate: from OpenSSL's notes and from what was received.
struct HandshakeFailure {
    var errors: ErrorStack
    /// The first bytes that the server sent.
    var firstBytes: [UInt8]
    var receivedBytes: Int
    /// Whether the server closed the connection.
    var inboundEnded: Bool
    /// Whether we had a certificate to present.
    var hasIdentity: Bool
    /// Whether the server asked for a client certificate.
    var certificateWasRequested: Bool
    /// Whether the handshake was complete on our side.
    var isAfterHandshake: Bool
    /// Whether the server has sent any data since.
    var isEstablished: Bool
    /// Whether the server has let in an earlier connection with the same certificate, or the same lack of one.
    var wasWelcomeBefore: Bool

    var error: TLSError {
        if let error = errorByFirstBytes { return error }
        if let error = errorByLateAlert { return error }
        if let error = errorByReason { return error }
        if inboundEnded || errors.containsSSLReason(SSL_R_UNEXPECTED_EOF_WHILE_READING) {
            return lostConnection(reset: false)
        }
        return make(
            .handshake,
            .protocolViolation,
            "the server broke the TLS protocol: \(errors.texts.last ?? "no reason given")"
        )
    }

    /// Not TLS at all: the first byte of every TLS record is its type, the second the major version.
    private var errorByFirstBytes: TLSError? {
        guard let first = firstBytes.first else { return nil }
        if (0x14...0x17).contains(first), firstBytes.count < 2 || firstBytes[1] == 3 { return nil }
        if firstBytes.starts(with: Array("HTTP/".utf8)) {
            return make(
                .notTLS,
                .httpAnswer,
                "an HTTP server answered, not MongoDB (wrong version number)",
                hint: "check the port: MongoDB's default is 27017"
            )
        }
        return make(
            .notTLS,
            .notTLS,
            "the server's answer is not TLS (wrong version number)",
            hint: "the server may run without TLS: check its --tlsMode, or the port"
        )
    }

    private var errorByReason: TLSError? {
        for entry in errors.entries.reversed() where entry.library == ERR_LIB_SSL {
            switch entry.reason {
            case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
                return make(
                    .protocolVersion,
                    .noSharedVersion,
                    "the server refused the TLS version (tlsv1 alert protocol version)",
                    hint: "client and server need a common version: TLS 1.2 or 1.3"
                )
            case SSL_R_NO_PROTOCOLS_AVAILABLE:
                // Nothing was sent: what is left of the versions is none.
                return make(
                    .configuration,
                    .invalidOption,
                    "there is no TLS version to offer (\(entry.text))",
                    hint:
                        "minimumVersion and maximumVersion, and this system's OpenSSL policy (openssl.cnf), exclude each "
                        + "other"
                )
            case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_VERSION_TOO_LOW:
                return make(
                    .protocolVersion,
                    .noSharedVersion,
                    "the server speaks only a TLS version that is not accepted (unsupported protocol)",
                    hint: "update the server: TLS below 1.2 is not secure"
                )
            case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE where certificateWasRequested:
                // What TLS 1.2 has for a client without a certificate (RFC 5246, section 7.4.6).
                return hasIdentity ? clientCertificateRefused(entry.text) : clientCertificateRequired(entry.text)
            case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE, SSL_R_NO_SHARED_CIPHER, SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY:
                return make(
                    .handshake,
                    .noSharedCipher,
                    "the server found nothing acceptable in what was offered (\(entry.text))",
                    hint:
                        "cipher suites, groups or signature algorithms do not overlap: compare those of the server with "
                        + "cipherSuites, cipherSuitesTLS13 and groups, and with this system's OpenSSL policy"
                )
            case SSL_R_DH_KEY_TOO_SMALL:
                return make(
                    .handshake,
                    .weakKeyExchange,
                    "the server's key exchange is too weak (\(entry.text))",
                    hint: "give the server longer Diffie-Hellman parameters, or let it use elliptic curves"
                )
            case SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED:
                return make(
                    .handshake,
                    .refusedByPolicy,
                    "this client refuses the server: it cannot renegotiate securely (\(entry.text))",
                    hint: "update the server's TLS library: without RFC 5746 others can put words before the client's"
                )
            case SSL_R_WRONG_SIGNATURE_TYPE:
                return make(
                    .handshake,
                    .refusedByPolicy,
                    "this system's OpenSSL policy refuses the server's signature (\(entry.text))",
                    hint:
                        "give the server a certificate with a stronger key and at least SHA-256, or see the signature "
                        + "algorithms and the security level in openssl.cnf"
                )
            case SSL_R_TLSV1_UNRECOGNIZED_NAME:
                return make(
                    .handshake,
                    .unrecognizedName,
                    "the server does not know the name that was dialed (\(entry.text))",
                    hint:
                        "dial the name that the server is set up for; through a tunnel, set serverNames in the TLS options"
                )
            case Int32(SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED):
                return clientCertificateRequired(entry.text)
            case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE, SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE,
                SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED, SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED,
                SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN, SSL_R_TLSV1_ALERT_UNKNOWN_CA, SSL_R_TLSV1_ALERT_ACCESS_DENIED,
                SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
                // Some of them are also about other things. A resumed session has its certificate without being asked.
                guard certificateWasRequested || hasIdentity else { return refusedHandshake(entry.text) }
                return hasIdentity ? clientCertificateRefused(entry.text) : clientCertificateRequired(entry.text)
            case SSL_R_TLSV1_ALERT_INTERNAL_ERROR:
                return refusedHandshake(
                    entry.text,
                    hint:
                        "the server's log says why; MongoDB Atlas may answer so to an address that is not on the project's "
                        + "IP access list"
                )
            case Self.alertReasons:
                return refusedHandshake(entry.text)
            default:
                continue
            }
        }
        return nil
    }

    private func refusedHandshake(_ text: String, hint: String? = nil) -> TLSError {
        make(.handshake, .alert, "the server refused the handshake (\(text))", hint: hint)
    }

    /// An alert on a connection that data has come over: it is not about the handshake any more, nor about certificates.
    private var errorByLateAlert: TLSError? {
        guard isEstablished else { return nil }
        let alert = errors.entries.last { $0.library == ERR_LIB_SSL && Self.alertReasons.contains($0.reason) }
        return alert.map { make(.network, .alert, "the server broke the connection off with an alert (\($0.text))") }
    }

    /// `SSL_AD_REASON_OFFSET` and the alerts above it.
    private static let alertReasons: ClosedRange<Int32> = 1000...1255

    private func clientCertificateRequired(_ text: String) -> TLSError {
        make(
            .clientCertificate,
            .clientCertificateRequired,
            "the server requires a client certificate (\(text))",
            hint: "give one as tlsCertificateKeyFile"
        )
    }

    private func clientCertificateRefused(_ text: String) -> TLSError {
        make(
            .clientCertificate,
            .clientCertificateRefused,
            "the server refused the client certificate (\(text))",
            hint: refusedHint
        )
    }

    /// The error for a network connection that ended, or was reset, without an alert that says why.
    ///
    /// - Parameter politely: Whether there was the closing alert, which says nothing but that this is the end.
    func lostConnection(reset: Bool, politely: Bool = false) -> TLSError {
        let verb = reset ? "reset" : "closed"
        if !isAfterHandshake {
            return make(
                .network,
                reset ? .resetDuringHandshake : .closedDuringHandshake,
                "the server \(verb) the connection during the TLS handshake, "
                    + (politely ? "without a reason: " : "without an alert: ")
                    + "TLS version or client certificate refused?",
                hint: receivedBytes == 0
                    ? "is it a MongoDB server, and does it run with TLS? a mongod without TLS closes so, and one that "
                        + "has reached its maximum of connections"
                    : "the server may want another TLS version or a client certificate: its log says which"
            )
        }
        if isEstablished {
            return make(.network, .truncated, "the server \(verb) the connection without the closing alert")
        }
        // mongod sends no alert when it refuses a client certificate: it closes, and that shows on the first read.
        let message = "the server \(verb) the connection right after the handshake, without an alert"
        // A client that was let in before is not refused for its certificate: then the server has had enough of something.
        guard certificateWasRequested, !wasWelcomeBefore else {
            return make(
                .network,
                .closedAfterHandshake,
                message,
                hint: "the server's log says why; it may be shutting down or refuse more connections"
            )
        }
        return hasIdentity
            ? make(
                .clientCertificate,
                .clientCertificateRefused,
                message + ": client certificate refused?",
                hint: refusedHint
            )
            : make(
                .clientCertificate,
                .clientCertificateRequired,
                message + ": client certificate required?",
                hint: "the server asked for a client certificate: give one as tlsCertificateKeyFile"
            )
    }

    private var refusedHint: String {
        "check that the server's CA file contains the authority of the client's certificate, its dates, and that its "
            + "extended key usage is clientAuth or none"
    }

    /// The error for a server that closed the connection without reading the greeting to its end.
    var unreadGreeting: TLSError {
        make(
            .notTLS,
            .plaintextServer,
            "the server closed the connection without reading the TLS greeting to its end: it does not speak TLS",
            hint: "a MongoDB server without TLS does this: check its --tlsMode, and the port; one with TLS that has "
                + "reached its maximum of connections does it, too"
        )
    }

    private func make(
        _ category: TLSError.Category,
        _ code: TLSError.Code,
        _ message: String,
        hint: String? = nil
    ) -> TLSError {
        TLSError(category, code, message, hint: hint, opensslErrors: errors.texts)
    }
}
