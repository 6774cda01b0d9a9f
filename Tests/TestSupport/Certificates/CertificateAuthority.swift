// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A certification authority of the tests. It has no state but its key: everything it issues is a value.
///
/// ```swift
/// let authority = try await CertificateAuthority.make()
/// let server = try await authority.issue(.server(names: ["localhost"]))
/// // mongod --tlsCertificateKeyFile \(server.certificateKeyFile) --tlsCAFile \(authority.certificateFile)
/// ```
///
/// Certificates are made by running `openssl`, so that the tests do not check OpenSSL's bindings by themselves. Two
/// authorities of the same name have different keys: that is how to get badly signed certificates and lists.
public struct CertificateAuthority: Sendable {
    /// The authority's own certificate and key.
    public let certificate: IssuedCertificate

    /// The PEM file with the authority's own certificate, for `tlsCAFile`.
    public var certificateFile: String { certificate.certificateFile }

    /// The PEM file with the authority's private key.
    public var keyFile: String { certificate.keyFile }

    /// Whether the authority signed its own certificate.
    private let isRoot: Bool

    /// Makes a root authority.
    public static func make(name: String = "mongo-nio root authority") async throws -> CertificateAuthority {
        try await make(.authority(name: name))
    }

    /// Makes a root authority with a certificate of one's own choice, for example one that has expired.
    public static func make(_ request: CertificateRequest) async throws -> CertificateAuthority {
        CertificateAuthority(certificate: try await selfSigned(request), isRoot: true)
    }

    /// Makes an authority that is certified by this one. Its certificate accompanies what it issues.
    public func intermediate(name: String = "mongo-nio intermediate authority") async throws -> CertificateAuthority {
        try await intermediate(.authority(name: name))
    }

    /// Makes an authority that is certified by this one, with a certificate of one's own choice.
    public func intermediate(_ request: CertificateRequest) async throws -> CertificateAuthority {
        CertificateAuthority(certificate: try await issue(request), isRoot: false)
    }

    /// Issues a certificate with a new key.
    public func issue(_ request: CertificateRequest) async throws -> IssuedCertificate {
        try await Self.sign(
            request,
            issuer: certificate,
            intermediates: isRoot ? [] : [certificate.certificateFile] + certificate.intermediateFiles
        )
    }

    /// Makes a certificate that is signed by its own key and that nobody vouches for.
    public static func selfSigned(_ request: CertificateRequest) async throws -> IssuedCertificate {
        try await sign(request, issuer: nil, intermediates: [])
    }

    private static func sign(
        _ request: CertificateRequest,
        issuer: IssuedCertificate?,
        intermediates: [String]
    ) async throws -> IssuedCertificate {
        let directory = try TemporaryDirectory(named: "certificate")
        let configuration = CertificateConfiguration(
            request: request,
            isSelfSigned: issuer == nil,
            workDirectory: directory.path
        )
        let serial = request.serial ?? randomSerial()
        let configurationFile = try directory.write(configuration.text, to: "openssl.cnf")
        try directory.write("", to: "index.txt")
        try directory.write(serial + "\n", to: "serial")
        let (keyFile, requestFile) = (directory.path("key.pem"), directory.path("request.pem"))
        let certificateFile = directory.path("certificate.pem")

        try await Subprocess.check(
            "openssl",
            ["req", "-new", "-batch", "-config", configurationFile, "-out", requestFile]
                + keyArguments(request.key, keyFile: keyFile)
        )
        if case .file(let existing) = request.key {
            try FileManager.default.copyItem(atPath: existing, toPath: keyFile)
        }
        // Ed25519 hashes by itself: naming a digest is an error.
        let signingKey = issuer?.request.key ?? request.key
        let signer = issuer.map { ["-cert", $0.certificateFile, "-keyfile", $0.keyFile] }
        try await Subprocess.check(
            "openssl",
            ["ca", "-batch", "-notext", "-config", configurationFile, "-extensions", "extensions"]
                + ["-startdate", request.notBefore.generalizedTime, "-enddate", request.notAfter.generalizedTime]
                + ["-md", signingKey == .ed25519 ? "null" : request.digest]
                + (signer ?? ["-selfsign", "-keyfile", keyFile])
                + ["-in", requestFile, "-out", certificateFile]
        )
        return try IssuedCertificate(
            request: request,
            serial: serial,
            directory: directory,
            intermediateFiles: intermediates,
            issuerDirectories: issuer.map { [$0.directory] + $0.issuerDirectories } ?? []
        )
    }

    private static func keyArguments(_ key: CertificateRequest.Key, keyFile: String) -> [String] {
        let make: [String]
        switch key {
        case .file(let existing): return ["-key", existing]
        case .rsa(let bits): make = ["rsa:\(bits)"]
        case .p256: make = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        case .p384: make = ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"]
        case .ed25519: make = ["ed25519"]
        }
        return ["-newkey"] + make + ["-noenc", "-keyout", keyFile]
    }

    /// 15 bytes whose first is neither zero nor negative, so that every tool prints the number in the same way.
    private static func randomSerial() -> String {
        ([UInt8.random(in: 0x10...0x7f)] + (0..<14).map { _ in UInt8.random(in: 0...255) })
            .map { String(format: "%02X", $0) }.joined()
    }
}
