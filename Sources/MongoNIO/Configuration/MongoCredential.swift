// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/auth/auth.md#mongocredential

/// Who the client is, and how it proves it.
///
/// ```swift
/// options.credential = MongoCredential(username: "app", password: secret)              // SCRAM, negotiated
/// options.credential = MongoCredential(mechanism: .mongodbX509)                         // the client certificate
/// ```
/// The password and the secret mechanism properties are never printed, dumped or logged.
public struct MongoCredential: Sendable, Hashable {
    /// The name of the user. Must be given for SCRAM, PLAIN and GSSAPI; optional for the others.
    public var username: String?
    /// The password. Not allowed for X.509 and OIDC. Never printed.
    public var password: String?
    /// How the client proves its identity; `nil`: SCRAM-SHA-256 or SCRAM-SHA-1, whichever the server offers.
    ///
    /// URI option `authMechanism`.
    public var mechanism: Mechanism?
    /// What else the mechanism needs. Names are upper case, as the specification writes them; any case is accepted in
    /// the connection string. Values may contain colons but, in a connection string, no commas. Secret ones are
    /// never printed.
    ///
    /// URI option `authMechanismProperties`.
    public var mechanismProperties: [String: String]

    /// The source that was given explicitly.
    package var givenSource: String?
    /// The database in the path of the connection string: the source for some mechanisms when none is given.
    package var defaultDatabase: String?

    /// The database that knows the user: where the authentication commands are sent.
    ///
    /// URI option `authSource`. Default: `$external` for GSSAPI, X.509, AWS and OIDC; else the database in the path of
    /// the connection string; else `$external` for PLAIN and `admin` for SCRAM.
    public var source: String {
        get {
            if let givenSource { return givenSource }
            if mechanism?.isExternal == true { return Self.externalSource }
            return defaultDatabase ?? (mechanism == .plain ? Self.externalSource : "admin")
        }
        set { givenSource = newValue }
    }

    /// Makes a credential. It is judged when the client is made.
    ///
    /// - Parameters:
    ///   - username: The name of the user.
    ///   - password: The password.
    ///   - source: The database that knows the user; `nil`: the mechanism's default.
    ///   - mechanism: How the client proves its identity; `nil`: SCRAM, negotiated.
    ///   - mechanismProperties: What else the mechanism needs.
    public init(
        username: String? = nil,
        password: String? = nil,
        source: String? = nil,
        mechanism: Mechanism? = nil,
        mechanismProperties: [String: String] = [:]
    ) {
        self.username = username
        self.password = password
        self.givenSource = source
        self.mechanism = mechanism
        self.mechanismProperties = mechanismProperties
    }

    /// The database of users that are known outside of MongoDB.
    package static let externalSource = "$external"
}

extension MongoCredential {
    /// A way to prove one's identity.
    public struct Mechanism: RawRepresentable, Sendable, Hashable, CustomStringConvertible {
        /// The name of the mechanism, as in the connection string.
        public let rawValue: String

        /// Makes a mechanism of its name. Unknown ones are refused when the client is made.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The name of the mechanism.
        public var description: String { rawValue }

        /// User name and password by SCRAM with SHA-1.
        public static let scramSHA1 = Mechanism(rawValue: "SCRAM-SHA-1")
        /// User name and password by SCRAM with SHA-256.
        public static let scramSHA256 = Mechanism(rawValue: "SCRAM-SHA-256")
        /// The client certificate of the TLS connection. Turns TLS on.
        public static let mongodbX509 = Mechanism(rawValue: "MONGODB-X509")
        /// User name and password in the clear, for LDAP. Use it over TLS only.
        public static let plain = Mechanism(rawValue: "PLAIN")
        /// Kerberos.
        public static let gssapi = Mechanism(rawValue: "GSSAPI")
        /// An AWS IAM identity.
        public static let mongodbAWS = Mechanism(rawValue: "MONGODB-AWS")
        /// An OpenID Connect access token.
        public static let mongodbOIDC = Mechanism(rawValue: "MONGODB-OIDC")

        /// Whether its users are known outside of MongoDB only, so that the source must be `$external`.
        package var isExternal: Bool {
            [.mongodbX509, .gssapi, .mongodbAWS, .mongodbOIDC].contains(self)
        }
    }
}

extension MongoCredential: CustomStringConvertible, CustomReflectable {
    /// The credential without its secrets.
    public var description: String {
        let shown = customMirror.children.map { "\($0.label ?? "?"): \($0.value)" }
        return "MongoCredential(" + shown.joined(separator: ", ") + ")"
    }

    /// A mirror without the secrets, so that `dump` cannot leak them.
    public var customMirror: Mirror {
        var children: [(label: String?, value: Any)] = []
        if let mechanism { children.append(("mechanism", mechanism)) }
        if let username { children.append(("username", username)) }
        if password != nil { children.append(("password", "<redacted>")) }
        children.append(("source", source))
        if !mechanismProperties.isEmpty {
            // An AWS session token is a secret, and what an unknown property is nobody can tell.
            let harmless: Set = [
                "SERVICE_NAME", "SERVICE_REALM", "SERVICE_HOST", "CANONICALIZE_HOST_NAME", "ENVIRONMENT",
            ]
            let shown = mechanismProperties.map { ($0.key, harmless.contains($0.key) ? $0.value : "<redacted>") }
            children.append(("mechanismProperties", Dictionary(uniqueKeysWithValues: shown)))
        }
        return Mirror(self, children: children, displayStyle: .struct)
    }
}
