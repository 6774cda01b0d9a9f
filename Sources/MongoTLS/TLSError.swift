// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// Why TLS could not be set up, what was looked at, and what to do about it.
///
/// ``category`` tells the family of the trouble, ``code`` exactly which one (stable and machine readable), ``message``
/// says it for people, and ``hint`` says what to do. Neither contains a secret: all of it is safe to log.
public struct TLSError: Error, Sendable, Hashable {
    /// The family of the trouble.
    public var category: Category
    /// Exactly what went wrong: stable and machine readable.
    public var code: Code
    /// What happened, in one line.
    public var message: String
    /// What to do about it, in one line; `nil` when there is nothing better to say than the message.
    public var hint: String?
    /// Where it happened: `host:port` of the server, or the path of the file.
    public var location: String?
    /// OpenSSL's verification result (`X509_V_ERR_…`), when the certificate was refused.
    public var verifyCode: Int?
    /// How far up the chain the refused certificate is: 0 is the server's own.
    public var depth: Int?
    /// The certificate at fault.
    public var certificate: CertificateSummary?
    /// What OpenSSL noted on the way, oldest first.
    public var opensslErrors: [String]

    package init(
        _ category: Category,
        _ code: Code,
        _ message: String,
        hint: String? = nil,
        location: String? = nil,
        verifyCode: Int? = nil,
        depth: Int? = nil,
        certificate: CertificateSummary? = nil,
        opensslErrors: [String] = []
    ) {
        self.category = category
        self.code = code
        self.message = message
        self.hint = hint
        self.location = location
        self.verifyCode = verifyCode
        self.depth = depth
        self.certificate = certificate
        self.opensslErrors = opensslErrors
    }
}

extension TLSError {
    /// A family of trouble with TLS.
    public struct Category: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
        /// The name of the category, as in JSON output.
        public let rawValue: String

        /// Makes a category of its name.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The name of the category.
        public var description: String { rawValue }

        /// An option, or a file that an option names, cannot be used.
        public static let configuration = Category(rawValue: "configuration")
        /// The server's certificate or its chain was refused.
        public static let certificate = Category(rawValue: "certificate")
        /// The certificate is good, but not for the host that was dialled.
        public static let hostname = Category(rawValue: "hostname")
        /// The certificate was revoked, or its revocation could not be decided where it must be.
        public static let revocation = Category(rawValue: "revocation")
        /// The two sides have no protocol version in common.
        public static let protocolVersion = Category(rawValue: "protocolVersion")
        /// The server wanted a client certificate, or refused the one it got.
        public static let clientCertificate = Category(rawValue: "clientCertificate")
        /// The other side does not speak TLS.
        public static let notTLS = Category(rawValue: "notTLS")
        /// The handshake failed for another reason.
        public static let handshake = Category(rawValue: "handshake")
        /// The time ran out.
        public static let timeout = Category(rawValue: "timeout")
        /// The connection could not be made, or broke.
        public static let network = Category(rawValue: "network")
    }

    /// Exactly what went wrong. Values are stable; new ones may be added.
    public struct Code: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
        /// The name of the code, as in JSON output.
        public let rawValue: String

        /// Makes a code of its name.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The name of the code.
        public var description: String { rawValue }
    }
}

extension TLSError: CustomStringConvertible {
    /// One line that is safe to log: message, place and hint.
    public var description: String {
        var text = message
        if let location { text += " [\(location)]" }
        text += " (\(category.rawValue)/\(code.rawValue))"
        if let hint { text += ". Hint: \(hint)" }
        return text
    }
}
