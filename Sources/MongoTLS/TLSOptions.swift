// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// How a client secures its connections with TLS.
///
/// The defaults are what most deployments need: the server's chain is verified against the system's trusted roots and
/// its certificate must list the host that was dialed. Every option that the connection string knows exists here under
/// the same name without its `tls` prefix; a value that is `nil` was not given and has the default that its
/// documentation names. Files are read and judged when the client is made.
///
/// Options can be compared and be keys; of a ``passphrase`` only copies are equal. Neither their description nor their
/// mirror contains a secret.
///
/// - SeeAlso: The specification of the
///   [URI options](https://github.com/mongodb/specifications/blob/master/source/uri-options/uri-options.md).
public struct TLSOptions: Sendable, Hashable {
    /// Path of a PEM file with the certificates of the authorities to trust. It *replaces* the system's roots.
    ///
    /// URI option `tlsCAFile`; PyMongo 3 `ssl_ca_certs`. Default: the system's trust store, which the environment
    /// variables `SSL_CERT_FILE` and `SSL_CERT_DIR` override. To trust both, set ``trust``.
    public var caFile: String?

    /// The certificates of the authorities to trust, from memory. API only; an error beside ``caFile``. Default: those of
    /// ``caFile``, else the system's.
    public var authorities: TLSAuthorities?

    /// What ``caFile`` or ``authorities`` do to the system's roots. API only. Default: ``TLSTrust/replace``. Without
    /// either of them the system's roots are trusted in any case.
    public var trust: TLSTrust?

    /// Path of a PEM file with the client's certificate, any intermediates, and (unless ``privateKeyFile`` is given)
    /// its private key, in any order.
    ///
    /// URI option `tlsCertificateKeyFile`; PyMongo 3 `ssl_certfile`. Default: no client certificate is presented.
    public var certificateKeyFile: String?

    /// Path of a PEM file with the private key of ``certificateKeyFile``, when it is kept in a file of its own.
    ///
    /// URI option `tlsPrivateKeyFile`; PyMongo 3 `ssl_keyfile`. An error without ``certificateKeyFile``.
    public var privateKeyFile: String?

    /// The client's certificate, its intermediates and its private key, from memory. API only; an error beside
    /// ``certificateKeyFile`` or ``privateKeyFile``. Default: no client certificate is presented.
    public var identity: TLSIdentity?

    /// The passphrase of an encrypted private key. Never printed, logged or reflected.
    ///
    /// URI option `tlsCertificateKeyFilePassword`; PyMongo 3 `ssl_pem_passphrase`. There is never a prompt: an
    /// encrypted key without a passphrase is a configuration error.
    public var certificateKeyFilePassword: String?

    /// Asked for the passphrase of an encrypted private key when the client is made. API only; an error beside
    /// ``certificateKeyFilePassword``. Default: none.
    public var passphrase: TLSPassphrase?

    /// Path of a file with certificate revocation lists, as PEM (one or several) or DER.
    ///
    /// URI option `tlsCRLFile`; PyMongo 3 `ssl_crlfile`. Default: no revocation list is consulted.
    public var crlFile: String?

    /// Certificate revocation lists, from memory. API only; an error beside ``crlFile``. Default: those of ``crlFile``.
    public var revocationLists: TLSRevocationLists?

    /// Accept any server certificate: neither the chain nor the host name nor its revocation is checked. Insecure: for
    /// experiments only.
    ///
    /// URI option `tlsAllowInvalidCertificates`; PyMongo 3 `ssl_cert_reqs=CERT_NONE`. Default: `false`.
    public var allowInvalidCertificates: Bool?

    /// Accept a certificate that does not list the host that was dialed. The chain is still verified. Insecure.
    ///
    /// URI option `tlsAllowInvalidHostnames`; PyMongo 3 `ssl_match_hostname=false`. Default: `false`.
    public var allowInvalidHostnames: Bool?

    /// Relax everything that can be relaxed: the same as ``allowInvalidCertificates`` and ``allowInvalidHostnames``
    /// with every revocation check off. Insecure. An error beside any of the options it implies.
    ///
    /// URI option `tlsInsecure`. Default: `false`.
    public var insecure: Bool?

    /// Do not ask the OCSP responder that a certificate names. A stapled response is still verified.
    ///
    /// URI option `tlsDisableOCSPEndpointCheck`. Default: `false`.
    public var disableOCSPEndpointCheck: Bool?

    /// Check revocation in no way: neither by a list nor by OCSP.
    ///
    /// URI option `tlsDisableCertificateRevocationCheck`. Default: `false`.
    public var disableCertificateRevocationCheck: Bool?

    /// What to do with a server's certificate when nobody can say whether it was revoked. API only. An error beside an
    /// option that turns the checks off. Default: ``RevocationMode/softFail``.
    public var revocation: RevocationMode?

    /// Which certificates have to be answered for by ``crlFile`` or ``revocationLists``. API only. An error without either
    /// of them. Default: ``RevocationListCheck/leaf``.
    public var crlCheck: RevocationListCheck?

    /// The oldest protocol version to accept. API only. Default: ``TLSVersion/tls12``.
    public var minimumVersion: TLSVersion?

    /// The newest protocol version to offer. An error when it is older than ``minimumVersion`` or its default. API only.
    /// Default: the newest that the installed OpenSSL speaks.
    public var maximumVersion: TLSVersion?

    /// The cipher suites to offer for TLS 1.2 and older, by OpenSSL's names, the preferred first: for example
    /// `ECDHE-RSA-AES256-GCM-SHA384`. The other words of OpenSSL's cipher lists, such as `HIGH`, `!aNULL` and
    /// `@SECLEVEL=1`, are understood too. Suites without a certificate or without encryption are left out while certificates
    /// are verified. API only. Default: those of OpenSSL and the system's policy.
    public var cipherSuites: [String]?

    /// The cipher suites to offer for TLS 1.3, the preferred first: for example `TLS_AES_128_GCM_SHA256`. API only.
    /// Default: those of OpenSSL and the system's policy.
    public var cipherSuitesTLS13: [String]?

    /// The groups (curves) to offer for the key exchange, by OpenSSL's names, the preferred first: for example `x25519` or
    /// `P-384`. API only. Default: those of OpenSSL.
    public var groups: [String]?

    /// The name that the certificate of a server has to list, and that is sent as SNI, where it is not the host that is
    /// dialed: for tunnels and proxies. Keys are `host:port`, which goes first, `host` or the path of a Unix domain
    /// socket; values are DNS names, in their ASCII form, or IP addresses. API only. Default: empty, each server's name is
    /// its host.
    ///
    /// ```swift
    /// // ssh -L 27018:db.example.com:27017 bastion.example.com
    /// options.serverNames = ["127.0.0.1:27018": "db.example.com"]
    /// ```
    public var serverNames: [String: String] = [:]

    /// How often to look whether the files that these options name have changed, and to read them anew if they have:
    /// for certificates that are renewed while the program runs. API only. Default: `nil`, never; `reloadTLS()` of the
    /// client does the same on demand.
    ///
    /// New files are judged as a whole before they are used. While one of them is bad the earlier ones stay in use, and
    /// one warning is logged. New connections use new files at once; connections that exist go on.
    public var reloadInterval: Duration?

    /// Options with every default.
    public init() {}
}

extension TLSOptions {
    /// What to do when neither a stapled OCSP response nor a revocation list nor an OCSP responder says whether a
    /// certificate was revoked.
    public enum RevocationMode: Sendable, Hashable {
        /// Accept the certificate: a responder that cannot be reached must not stop the application.
        case softFail
        /// Refuse the certificate with the code ``TLSError/Code/revocationUndecided``.
        case require
    }

    /// Which certificates have to be answered for by revocation lists.
    public enum RevocationListCheck: Sendable, Hashable {
        /// The server's own: a list of its issuer is needed.
        case leaf
        /// Every certificate of the chain: a list of every authority in it is needed.
        case chain
    }

    /// Whether there are revocation lists to consult.
    var namesRevocationLists: Bool { crlFile != nil || revocationLists != nil }

    /// Whether the server's chain has to lead to a trusted root.
    package var verifiesCertificate: Bool {
        insecure != true && allowInvalidCertificates != true
    }

    /// Whether a client certificate is presented.
    package var namesIdentity: Bool {
        certificateKeyFile != nil || identity != nil
    }

    /// Whether the server's certificate has to list the host that was dialed.
    package var verifiesHostname: Bool {
        verifiesCertificate && allowInvalidHostnames != true
    }
}

/// A version of the TLS protocol.
public struct TLSVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The number on the wire, for example `0x0304`.
    package let wireValue: UInt16

    package init(wireValue: UInt16) {
        self.wireValue = wireValue
    }

    /// TLS 1.0. Insecure; refused unless it is allowed explicitly and the system's policy permits it.
    public static let tls10 = TLSVersion(wireValue: 0x0301)
    /// TLS 1.1. Insecure; refused unless it is allowed explicitly and the system's policy permits it.
    public static let tls11 = TLSVersion(wireValue: 0x0302)
    /// TLS 1.2, the oldest version that is accepted by default.
    public static let tls12 = TLSVersion(wireValue: 0x0303)
    /// TLS 1.3.
    public static let tls13 = TLSVersion(wireValue: 0x0304)

    /// The name in OpenSSL's spelling, for example `TLSv1.3`.
    public var description: String {
        switch wireValue {
        case 0x0301: "TLSv1"
        case 0x0302: "TLSv1.1"
        case 0x0303: "TLSv1.2"
        case 0x0304: "TLSv1.3"
        default: "unknown (0x" + String(wireValue, radix: 16) + ")"
        }
    }

    /// Older versions are smaller.
    public static func < (lhs: TLSVersion, rhs: TLSVersion) -> Bool {
        lhs.wireValue < rhs.wireValue
    }
}

extension TLSOptions: CustomStringConvertible, CustomReflectable {
    /// The options that were given. The passphrase is shown as `<redacted>`.
    public var description: String {
        let given = customMirror.children.map { "\($0.label ?? "?"): \($0.value)" }
        return "TLSOptions(" + given.joined(separator: ", ") + ")"
    }

    /// A mirror of the options that were given, without the passphrase, so that `dump` cannot leak it.
    public var customMirror: Mirror {
        var children: [(label: String?, value: Any)] = []
        func add(_ label: String, _ value: Any?) {
            if let value { children.append((label, value)) }
        }
        add("caFile", caFile)
        add("authorities", authorities)
        add("trust", trust)
        add("certificateKeyFile", certificateKeyFile)
        add("privateKeyFile", privateKeyFile)
        add("identity", identity)
        add("certificateKeyFilePassword", certificateKeyFilePassword.map { _ in "<redacted>" })
        add("passphrase", passphrase)
        add("crlFile", crlFile)
        add("revocationLists", revocationLists)
        add("allowInvalidCertificates", allowInvalidCertificates)
        add("allowInvalidHostnames", allowInvalidHostnames)
        add("insecure", insecure)
        add("disableOCSPEndpointCheck", disableOCSPEndpointCheck)
        add("disableCertificateRevocationCheck", disableCertificateRevocationCheck)
        add("revocation", revocation)
        add("crlCheck", crlCheck)
        add("minimumVersion", minimumVersion)
        add("maximumVersion", maximumVersion)
        add("cipherSuites", cipherSuites)
        add("cipherSuitesTLS13", cipherSuitesTLS13)
        add("groups", groups)
        add("serverNames", serverNames.isEmpty ? nil : serverNames)
        add("reloadInterval", reloadInterval)
        return Mirror(self, children: children, displayStyle: .struct)
    }
}
