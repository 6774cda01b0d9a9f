// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/uri-options/uri-options.md#tls-options

extension TLSOptions {
    /// Finds options that exclude each other. Their mere presence is the conflict, whatever their values.
    ///
    /// - Throws: `TLSError` of the category `configuration`.
    package func validate() throws(TLSError) {
        let given: [(name: String, isGiven: Bool)] = [
            ("tlsInsecure", insecure != nil),
            ("tlsAllowInvalidCertificates", allowInvalidCertificates != nil),
            ("tlsAllowInvalidHostnames", allowInvalidHostnames != nil),
            ("tlsDisableOCSPEndpointCheck", disableOCSPEndpointCheck != nil),
            ("tlsDisableCertificateRevocationCheck", disableCertificateRevocationCheck != nil),
        ]
        func isGiven(_ name: String) -> Bool { given.contains { $0.name == name && $0.isGiven } }
        for (first, second) in Self.exclusive where isGiven(first) && isGiven(second) {
            throw TLSError(
                .configuration,
                .conflictingOptions,
                "\(first) and \(second) cannot be given together",
                hint: "remove one of them"
            )
        }
        if crlFile != nil {
            if insecure != nil || allowInvalidCertificates != nil || disableCertificateRevocationCheck != nil {
                throw TLSError(
                    .configuration,
                    .conflictingOptions,
                    "tlsCRLFile was given together with tlsInsecure, tlsAllowInvalidCertificates or tlsDisableCertificateRevocationCheck",
                    hint: "remove one of them"
                )
            }
        }
        if let minimumVersion, let maximumVersion, minimumVersion > maximumVersion {
            throw TLSError(
                .configuration,
                .invalidOption,
                "the minimum version \(minimumVersion) is newer than the maximum version \(maximumVersion)"
            )
        }
    }

    private static let exclusive: [(String, String)] = [
        ("tlsInsecure", "tlsAllowInvalidCertificates"),
        ("tlsInsecure", "tlsAllowInvalidHostnames"),
        ("tlsInsecure", "tlsDisableOCSPEndpointCheck"),
        ("tlsInsecure", "tlsDisableCertificateRevocationCheck"),
        ("tlsAllowInvalidCertificates", "tlsDisableOCSPEndpointCheck"),
        ("tlsAllowInvalidCertificates", "tlsDisableCertificateRevocationCheck"),
        ("tlsDisableOCSPEndpointCheck", "tlsDisableCertificateRevocationCheck"),
    ]
}
