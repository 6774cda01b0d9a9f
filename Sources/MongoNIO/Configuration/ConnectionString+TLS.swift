// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/uri-options/uri-options.md#conflicting-tls-options
//
// Two rules are stricter than the specification, so that no mistake in a connection string leads to plaintext:
// a value of `tls` other than `true` and `false` is an error, not a warning; and every other option of TLS, whatever its
// value, turns TLS on or, beside `tls=false`, is an error.

internal import MongoTLS

extension OptionParser {
    /// How one option of TLS is stored.
    struct TLSRow: Sendable {
        enum Kind: Sendable {
            /// `tls` itself.
            case onOff
            /// A path, which must not be empty.
            case path(any WritableKeyPath<TLSOptions, String?> & Sendable)
            /// A text, which may be empty.
            case text(any WritableKeyPath<TLSOptions, String?> & Sendable)
            /// `true` weakens TLS; what is neither `true` nor `false` is ignored with a warning, the safe side.
            case weakening(any WritableKeyPath<TLSOptions, Bool?> & Sendable)
        }

        /// Its name in the specification.
        let name: String
        let kind: Kind
        /// Its name in PyMongo 3, in lower case.
        var legacyName: String?
        /// Turns a value under the legacy name into one under the name of today; `nil`: neither.
        var modernize: @Sendable (String) -> String? = { $0 }
    }

    /// The options of TLS by their names in lower case, those of PyMongo 3 included.
    static let tlsRowsByName: [String: TLSRow] = {
        var index: [String: TLSRow] = [:]
        for row in tlsRows {
            index[row.name.lowercasedASCII()] = row
            if let legacyName = row.legacyName { index[legacyName] = row }
        }
        return index
    }()

    private static let tlsRows: [TLSRow] = [
        TLSRow(name: "tls", kind: .onOff, legacyName: "ssl"),
        TLSRow(name: "tlsCAFile", kind: .path(\.caFile), legacyName: "ssl_ca_certs"),
        TLSRow(name: "tlsCertificateKeyFile", kind: .path(\.certificateKeyFile), legacyName: "ssl_certfile"),
        TLSRow(name: "tlsPrivateKeyFile", kind: .path(\.privateKeyFile), legacyName: "ssl_keyfile"),
        TLSRow(
            name: "tlsCertificateKeyFilePassword",
            kind: .text(\.certificateKeyFilePassword),
            legacyName: "ssl_pem_passphrase"
        ),
        TLSRow(name: "tlsCRLFile", kind: .path(\.crlFile), legacyName: "ssl_crlfile"),
        TLSRow(
            name: "tlsAllowInvalidCertificates",
            kind: .weakening(\.allowInvalidCertificates),
            legacyName: "ssl_cert_reqs",
            modernize: { ["CERT_NONE": "true", "CERT_OPTIONAL": "false", "CERT_REQUIRED": "false"][$0] }
        ),
        TLSRow(
            name: "tlsAllowInvalidHostnames",
            kind: .weakening(\.allowInvalidHostnames),
            legacyName: "ssl_match_hostname",
            modernize: { ["true": "false", "false": "true"][$0] }
        ),
        TLSRow(name: "tlsInsecure", kind: .weakening(\.insecure)),
        TLSRow(name: "tlsDisableOCSPEndpointCheck", kind: .weakening(\.disableOCSPEndpointCheck)),
        TLSRow(
            name: "tlsDisableCertificateRevocationCheck",
            kind: .weakening(\.disableCertificateRevocationCheck)
        ),
    ]

    /// Options that must not stand side by side, whatever their values.
    private static let tlsConflicts: [(String, [String])] = [
        (
            "tlsInsecure",
            [
                "tlsAllowInvalidCertificates", "tlsAllowInvalidHostnames", "tlsDisableOCSPEndpointCheck",
                "tlsDisableCertificateRevocationCheck", "tlsCRLFile",
            ]
        ),
        (
            "tlsAllowInvalidCertificates",
            ["tlsDisableOCSPEndpointCheck", "tlsDisableCertificateRevocationCheck", "tlsCRLFile"]
        ),
        ("tlsDisableCertificateRevocationCheck", ["tlsDisableOCSPEndpointCheck", "tlsCRLFile"]),
    ]
}

extension OptionParser {
    /// The options of TLS, read together; `nil` when the connections are to be plaintext.
    mutating func tlsOptions(isSRV: Bool, mechanism: MongoCredential.Mechanism?) throws(MongoError) -> TLSOptions? {
        try requireNoConflict()
        let isOn = try tlsIsOn(isSRV: isSRV, mechanism: mechanism)

        var tls = TLSOptions()
        for row in Self.tlsRows {
            guard let value = try tlsValue(of: row) else { continue }
            switch row.kind {
            case .onOff:
                break
            case .path(let path):
                guard !value.isEmpty else {
                    throw tlsError(.emptyPath, "\(row.name) is empty", hint: "Name a file or leave the option out")
                }
                // The C library would read the file that the part before it names.
                guard !value.utf8.contains(0) else {
                    throw tlsError(.invalidPath, "\(row.name) contains a zero byte", hint: "Remove the %00")
                }
                tls[keyPath: path] = value
            case .text(let path):
                tls[keyPath: path] = value
            case .weakening(let path):
                guard value == "true" || value == "false" else {
                    warnings.append("Unsupported value of option '\(row.name)', ignored: it must be 'true' or 'false'.")
                    continue
                }
                tls[keyPath: path] = value == "true"
            }
        }
        guard tls.privateKeyFile == nil || tls.certificateKeyFile != nil else {
            throw tlsError(
                .missingCertificate,
                "tlsPrivateKeyFile needs tlsCertificateKeyFile",
                hint: "A key without its certificate is of no use: name both files"
            )
        }
        return isOn ? tls : nil
    }

    private func requireNoConflict() throws(MongoError) {
        for (name, others) in Self.tlsConflicts where gave(name) {
            guard let other = others.first(where: gave) else { continue }
            throw tlsError(
                .conflictingOptions,
                "\(name) and \(other) must not be given together, whatever their values",
                hint: "Keep the one that is meant"
            )
        }
    }

    /// Whether the connections are to be secured. In doubt it is an error, never plaintext.
    private mutating func tlsIsOn(isSRV: Bool, mechanism: MongoCredential.Mechanism?) throws(MongoError) -> Bool {
        // Looks like an option of TLS, of another driver or misspelt: whoever wrote it wants TLS.
        let looksLikeTLS = unknownNames.contains { $0.hasPrefix("tls") || $0.hasPrefix("ssl") }
        let other = Self.tlsRows.first { $0.name != "tls" && gave($0.name) }?.name
        switch try tlsSwitch() {
        case true?:
            return true
        case nil:
            return isSRV || other != nil || looksLikeTLS || mechanism == .mongodbX509
        case false?:
            if let other {
                throw tlsError(
                    .tlsDisabled,
                    "\(other) is given although tls is false",
                    hint: "Remove tls=false, or remove the other tls options"
                )
            }
            if mechanism == .mongodbX509 {
                throw tlsError(
                    .tlsDisabled,
                    "authMechanism MONGODB-X509 is given although tls is false",
                    hint: "Remove tls=false: the client certificate is part of the TLS handshake"
                )
            }
            return false
        }
    }

    /// What `tls` and `ssl` say; they have to agree.
    private mutating func tlsSwitch() throws(MongoError) -> Bool? {
        let given = given["tls"] ?? []
        for option in given where option.value != "true" && option.value != "false" {
            throw tlsError(
                .invalidValue,
                "\(option.name) must be 'true' or 'false'",
                hint:
                    "Write \(option.name)=true; other spellings are refused so that no typing error leads to plaintext"
            )
        }
        let values = Set(given.map(\.value))
        guard values.count <= 1 else {
            throw tlsError(
                .conflictingOptions,
                "tls and ssl contradict each other",
                hint: "Keep the one that is meant"
            )
        }
        if Set(given.map { $0.name.lowercasedASCII() }).count < given.count {
            warnings.append("Option 'tls' is given several times.")
        }
        return values.first.map { $0 == "true" }
    }

    /// The value of an option under either of its names; all values given have to agree. Of an option with two values
    /// the weaker could win, and nobody could tell from the connection string.
    private mutating func tlsValue(of row: TLSRow) throws(MongoError) -> String? {
        guard let given = given[row.name] else { return nil }
        if case .onOff = row.kind { return nil }
        var values: Set<String> = []
        for option in given {
            if option.name.lowercasedASCII() == row.legacyName {
                // What cannot be translated stays as it is: it is no valid value under the other name either.
                values.insert(row.modernize(option.value) ?? "unsupported: \(option.value)")
            } else {
                values.insert(option.value)
            }
        }
        if let option = given.first(where: { $0.name.lowercasedASCII() == row.legacyName }) {
            warnings.append("Deprecated option '\(option.name)' has been replaced by '\(row.name)'.")
        }
        guard values.count == 1 else {
            throw tlsError(
                .conflictingOptions,
                "\(row.name) is given several times with different values",
                hint: "Keep the one that is meant"
            )
        }
        if Set(given.map { $0.name.lowercasedASCII() }).count < given.count {
            warnings.append("Option '\(row.name)' is given several times.")
        }
        return values.first
    }

    private func tlsError(_ code: TLSError.Code, _ message: String, hint: String) -> MongoError {
        let error = TLSError(.configuration, code, message, hint: hint)
        return MongoError(.tls, "invalid connection string: \(message). \(hint)", tls: error)
    }
}
