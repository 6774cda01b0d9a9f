// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/uri-options/uri-options.md#tls-options

extension TLSOptions {
    /// Finds options that exclude each other, by mere presence and whatever their values, and values that make no sense.
    /// Reads no file.
    ///
    /// - Throws: `TLSError` of the category `configuration`.
    package func validate() throws(TLSError) {
        for (first, second) in Self.exclusive where isGiven(first) && isGiven(second) {
            throw TLSError(
                .configuration,
                .conflictingOptions,
                "\(first) and \(second) cannot be given together, whatever their values",
                hint: "remove one of them"
            )
        }
        try validatePaths()
        try validateSuites()
        try validateServerNames()
        if revocation == .require,
            insecure == true || allowInvalidCertificates == true || disableCertificateRevocationCheck == true
        {
            throw TLSError(
                .configuration,
                .conflictingOptions,
                "revocation is required by one option and its check is turned off by another",
                hint: "remove one of them"
            )
        }
        if crlCheck != nil, !namesRevocationLists {
            throw TLSError(
                .configuration,
                .invalidOption,
                "crlCheck was given without a revocation list to check",
                hint: "set tlsCRLFile or revocationLists as well"
            )
        }
        if let reloadInterval {
            guard reloadInterval > .zero, reloadInterval <= .seconds(86_400 * 365) else {
                throw TLSError(.configuration, .invalidOption, "reloadInterval must be above zero and at most a year")
            }
            guard !files.isEmpty else {
                throw TLSError(
                    .configuration,
                    .invalidOption,
                    "reloadInterval was given without a file to watch",
                    hint: "set tlsCAFile, tlsCertificateKeyFile or tlsCRLFile as well"
                )
            }
        }
        // The system's policy, which may demand more, is known to OpenSSL only.
        _ = try TLSContext.minimumVersion(self, policy: .tls12)
    }

    private func validatePaths() throws(TLSError) {
        let paths = [
            ("tlsCAFile", caFile), ("tlsCertificateKeyFile", certificateKeyFile),
            ("tlsPrivateKeyFile", privateKeyFile), ("tlsCRLFile", crlFile),
        ]
        for case (let name, let path?) in paths {
            guard !path.isEmpty else {
                throw TLSError(
                    .configuration,
                    .emptyPath,
                    "\(name) is empty",
                    hint: "name a file or leave the option out"
                )
            }
            // The C library would read the file that the part before it names.
            guard !path.utf8.contains(0) else {
                throw TLSError(.configuration, .invalidPath, "\(name) contains a zero byte", hint: "remove it")
            }
        }
        if let privateKeyFile, certificateKeyFile == nil {
            throw TLSError(
                .configuration,
                .missingCertificate,
                "a private key file was given without a client certificate",
                hint: "set tlsCertificateKeyFile as well",
                location: privateKeyFile
            )
        }
    }

    private func validateSuites() throws(TLSError) {
        let lists = [
            ("cipherSuites", cipherSuites), ("cipherSuitesTLS13", cipherSuitesTLS13), ("groups", groups),
        ]
        for case (let name, let list?) in lists {
            guard !list.isEmpty else {
                throw TLSError(
                    .configuration,
                    .invalidOption,
                    "\(name) is an empty list: nothing could be negotiated",
                    hint: "leave it nil for the defaults"
                )
            }
            for entry in list where entry.isEmpty || entry.utf8.contains(where: { Self.separators.contains($0) }) {
                throw TLSError(
                    .configuration,
                    .invalidOption,
                    "\(name) holds an entry that is not one name",
                    hint: "give each name as an element of its own"
                )
            }
        }
    }

    /// What separates names in OpenSSL's lists, and the end of a C string.
    private static let separators = Array(":, ;\u{0}".utf8)

    private func validateServerNames() throws(TLSError) {
        for (host, name) in serverNames {
            // 253 bytes is the longest DNS name.
            guard !host.isEmpty, name.utf8.count <= 253, TLSServerName(host: name).isPossible else {
                throw TLSError(
                    .configuration,
                    .invalidServerName,
                    "serverNames holds an entry that is not a host and the name of a server",
                    hint: "a key is host:port or host, a value a DNS name (an international one in its ASCII form, "
                        + "xn--…) or an IP address"
                )
            }
        }
    }

    private func isGiven(_ name: String) -> Bool {
        switch name {
        case "tlsInsecure": insecure != nil
        case "tlsAllowInvalidCertificates": allowInvalidCertificates != nil
        case "tlsAllowInvalidHostnames": allowInvalidHostnames != nil
        case "tlsDisableOCSPEndpointCheck": disableOCSPEndpointCheck != nil
        case "tlsDisableCertificateRevocationCheck": disableCertificateRevocationCheck != nil
        case "tlsCRLFile": crlFile != nil
        case "revocationLists": revocationLists != nil
        case "tlsCAFile": caFile != nil
        case "authorities": authorities != nil
        case "tlsCertificateKeyFile": certificateKeyFile != nil
        case "tlsPrivateKeyFile": privateKeyFile != nil
        case "identity": identity != nil
        case "tlsCertificateKeyFilePassword": certificateKeyFilePassword != nil
        case "passphrase": passphrase != nil
        default: false
        }
    }

    /// Options of a connection string by their names there, options of the API alone by the names of their properties.
    private static let exclusive: [(String, String)] = [
        ("tlsInsecure", "tlsAllowInvalidCertificates"),
        ("tlsInsecure", "tlsAllowInvalidHostnames"),
        ("tlsInsecure", "tlsDisableOCSPEndpointCheck"),
        ("tlsInsecure", "tlsDisableCertificateRevocationCheck"),
        ("tlsInsecure", "tlsCRLFile"),
        ("tlsAllowInvalidCertificates", "tlsDisableOCSPEndpointCheck"),
        ("tlsAllowInvalidCertificates", "tlsDisableCertificateRevocationCheck"),
        ("tlsAllowInvalidCertificates", "tlsCRLFile"),
        ("tlsDisableOCSPEndpointCheck", "tlsDisableCertificateRevocationCheck"),
        ("tlsDisableCertificateRevocationCheck", "tlsCRLFile"),
        ("tlsInsecure", "revocationLists"),
        ("tlsAllowInvalidCertificates", "revocationLists"),
        ("tlsDisableCertificateRevocationCheck", "revocationLists"),
        // One source for each thing: which of two wins could not be told from the options.
        ("tlsCAFile", "authorities"),
        ("tlsCRLFile", "revocationLists"),
        ("tlsCertificateKeyFile", "identity"),
        ("tlsPrivateKeyFile", "identity"),
        ("tlsCertificateKeyFilePassword", "passphrase"),
    ]
}
