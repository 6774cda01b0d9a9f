// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

public import MongoTLS

/// One thing that `diagnose` has looked at, and what it found.
public struct DiagnosisStep: Sendable {
    /// What was looked at. The raw value is the name in JSON, which does not change.
    public enum Name: String, Sendable, Hashable, CaseIterable {
        /// The connection string or the options.
        case options
        /// The files that the options name: certificates, keys, authorities, revocation lists.
        case files
        /// The DNS records that list the servers, for `mongodb+srv`.
        case srv
        /// The addresses of the host.
        case dns
        /// The network connection.
        case tcp
        /// The TLS versions that the server accepts, asked one by one.
        case versions
        /// The certificates that the server presents, looked at without trusting them.
        case chain
        /// Whether the chain leads to a trusted authority.
        case trust
        /// Whether the certificate lists the host that was dialed.
        case hostname
        /// Whether the revocation list lets the certificate pass.
        case crl
        /// The OCSP response that the server sends along.
        case staple
        /// The OCSP responders that the certificate names.
        case endpoint
        /// Whether the server asks for a client certificate, and lets this one in.
        case clientCertificate
        /// The handshake as a client makes it.
        case handshake
        /// The first command: what the server is.
        case hello
        /// The log-in.
        case login

        /// The steps for each host, in their order.
        static let ofHost: [Name] = [
            .dns, .tcp, .versions, .chain, .trust, .hostname, .crl, .staple, .endpoint, .clientCertificate, .handshake,
            .hello, .login,
        ]
    }

    /// How it stands.
    public enum Status: String, Sendable, Hashable {
        /// It is as it should be.
        case ok
        /// It works and should be looked at.
        case warned
        /// It does not work: a client cannot connect.
        case failed
        /// It was not looked at; the detail says why.
        case skipped
    }

    /// Whether the server accepts a TLS version.
    public struct AcceptedVersion: Sendable, Hashable {
        /// The version.
        public var version: TLSVersion
        /// `nil` when it could not be found out, for example because the installed OpenSSL does not speak it.
        public var isAccepted: Bool?
    }

    /// A server that an SRV record names.
    public struct ServiceRecord: Sendable, Hashable {
        /// The server's name.
        public var target: String
        /// The server's port.
        public var port: Int
        /// How long the record may be remembered.
        public var timeToLive: Duration
        /// Whether the server is of the host's domain. A client refuses records that name any other.
        public var isOfDomain: Bool
    }

    /// What was looked at.
    public var name: Name
    /// How it stands.
    public var status: Status
    /// What was found, in one line.
    public var detail: String
    /// What to do about it; `nil` when there is nothing to do, or nothing better to say.
    public var hint: String?
    /// The family of the trouble, as in `TLSError.category` where TLS is the trouble.
    public var category: String?
    /// Exactly what the trouble is, as in `TLSError.code` where TLS is the trouble.
    public var code: String?
    /// The certificates that were found: of the client for ``Name/files``, of the server for ``Name/chain``.
    public var certificates: [CertificateSummary] = []
    /// What was found out about TLS versions, for ``Name/versions``.
    public var versions: [AcceptedVersion] = []
    /// The SRV records that were found, for ``Name/srv``.
    public var serviceRecords: [ServiceRecord] = []
    /// The TXT records that were found, for ``Name/srv``, the strings of each joined.
    public var textRecords: [String] = []

    init(_ name: Name, _ status: Status, _ detail: String, hint: String? = nil) {
        self.name = name
        self.status = status
        self.detail = detail
        self.hint = hint
    }

    /// A step that does not work.
    init(_ name: Name, _ error: MongoError) {
        if let tls = error.tls {
            self.init(name, tls)
            return
        }
        // The words of a server, or of a library that quotes one.
        self.init(name, .failed, error.message.harmless)
        code = error.server?.codeName ?? error.code.rawValue
        category =
            switch error.code {
            case .network: "network"
            case .timeout: "timeout"
            case .invalidArgument, .unsupported: "configuration"
            case .authentication: "authentication"
            default: "server"
            }
    }

    /// A step that does not work for a reason of TLS.
    init(_ name: Name, _ error: TLSError, status: Status = .failed) {
        self.init(name, status, error.message + (error.location.map { " [\($0)]" } ?? ""), hint: error.hint)
        category = error.category.rawValue
        code = error.code.rawValue
    }
}
