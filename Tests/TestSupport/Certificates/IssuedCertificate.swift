// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A certificate with its private key, in files that exist as long as somebody holds this value.
public struct IssuedCertificate: Sendable {
    /// What the certificate was made from.
    public let request: CertificateRequest
    /// The serial number, in upper-case hexadecimal.
    public let serial: String
    /// The PEM file with the certificate alone.
    public let certificateFile: String
    /// The PEM file with the certificate and the intermediate authorities above it, without the root.
    public let chainFile: String
    /// The PEM file with the private key alone: PKCS#8, not encrypted.
    public let keyFile: String
    /// The PEM file with the certificate, the intermediates and the private key, for `tlsCertificateKeyFile`.
    public let certificateKeyFile: String
    /// The PEM files of the intermediate authorities above the certificate, the nearest first.
    public let intermediateFiles: [String]

    let directory: TemporaryDirectory
    /// Held so that the files of the intermediates stay.
    let issuerDirectories: [TemporaryDirectory]

    init(
        request: CertificateRequest,
        serial: String,
        directory: TemporaryDirectory,
        intermediateFiles: [String],
        issuerDirectories: [TemporaryDirectory]
    ) throws {
        self.request = request
        self.serial = serial
        self.directory = directory
        self.intermediateFiles = intermediateFiles
        self.issuerDirectories = issuerDirectories
        certificateFile = directory.path("certificate.pem")
        keyFile = directory.path("key.pem")
        let files = [certificateFile] + intermediateFiles
        let chain = try files.map { try String(contentsOfFile: $0, encoding: .utf8) }.joined()
        chainFile = try directory.write(chain, to: "chain.pem")
        let key = try String(contentsOfFile: keyFile, encoding: .utf8)
        certificateKeyFile = try directory.write(chain + key, to: "certificate-and-key.pem")
    }

    /// The certificate in PEM.
    public var pem: String {
        get throws { try String(contentsOfFile: certificateFile, encoding: .utf8) }
    }

    /// The certificate in DER.
    public var der: [UInt8] {
        get throws { try decodePEM(pem) }
    }
}

/// The ways in which a private key is written to a file.
public enum KeyEncoding: String, Sendable, CaseIterable {
    /// `BEGIN PRIVATE KEY`.
    case pkcs8
    /// `BEGIN RSA PRIVATE KEY` (PKCS#1) for an RSA key, `BEGIN EC PRIVATE KEY` (SEC 1) for one on a curve. There is no
    /// such encoding for Ed25519.
    case traditional
    /// `BEGIN ENCRYPTED PRIVATE KEY` with PBES2: PBKDF2 and AES-256.
    case encryptedPBES2
    /// `BEGIN ENCRYPTED PRIVATE KEY` with PBES1: SHA-1 and triple DES.
    case encryptedPBES1
    /// The traditional encoding with a `DEK-Info` header and AES-128.
    case encryptedTraditional
    /// PKCS#8 in DER.
    case der

    /// Whether reading the key takes a passphrase.
    public var isEncrypted: Bool {
        switch self {
        case .pkcs8, .traditional, .der: false
        case .encryptedPBES2, .encryptedPBES1, .encryptedTraditional: true
        }
    }
}

extension IssuedCertificate {
    /// Writes the private key in another encoding and returns the new file's path.
    ///
    /// - Parameter passphrase: Used by the encrypted encodings only.
    public func keyFile(as encoding: KeyEncoding, passphrase: String = "") async throws -> String {
        let path = directory.path("key-\(encoding.rawValue)-\(UUID().uuidString)")
        let arguments =
            switch encoding {
            case .pkcs8: ["pkcs8", "-topk8", "-nocrypt"]
            case .traditional: ["pkey", "-traditional"]
            case .encryptedPBES2: ["pkcs8", "-topk8", "-v2", "aes-256-cbc"]
            case .encryptedPBES1: ["pkcs8", "-topk8", "-v1", "PBE-SHA1-3DES"]
            case .encryptedTraditional: ["pkey", "-traditional", "-aes-128-cbc"]
            case .der: ["pkcs8", "-topk8", "-nocrypt", "-outform", "DER"]
            }
        try await Subprocess.check(
            "openssl",
            arguments + ["-in", keyFile, "-out", path]
                + (encoding.isEncrypted ? ["-passout", "env:MONGO_NIO_PASSPHRASE"] : []),
            environment: ["MONGO_NIO_PASSPHRASE": passphrase]
        )
        return path
    }

    /// Writes one PEM file with the certificate, its intermediates and the key in the given encoding, and returns its
    /// path.
    ///
    /// - Parameter keyFirst: Whether the key stands before the certificates; both orders are in use.
    public func certificateKeyFile(
        as encoding: KeyEncoding,
        passphrase: String = "",
        keyFirst: Bool = false
    ) async throws -> String {
        precondition(encoding != .der, "PEM and DER do not mix in one file")
        let key = try String(contentsOfFile: await keyFile(as: encoding, passphrase: passphrase), encoding: .utf8)
        let chain = try String(contentsOfFile: chainFile, encoding: .utf8)
        return try directory.write(keyFirst ? key + chain : chain + key, to: "combined-\(UUID().uuidString).pem")
    }

    /// Writes the certificate, its intermediates and the key as PKCS#12 and returns the file's path.
    public func pkcs12File(passphrase: String) async throws -> String {
        let path = directory.path("identity-\(UUID().uuidString).p12")
        var arguments = ["pkcs12", "-export", "-in", certificateFile, "-inkey", keyFile]
        if !intermediateFiles.isEmpty {
            let intermediates = try intermediateFiles.map { try String(contentsOfFile: $0, encoding: .utf8) }.joined()
            arguments += ["-certfile", try directory.write(intermediates, to: "intermediates.pem")]
        }
        try await Subprocess.check(
            "openssl",
            arguments + ["-out", path, "-passout", "env:MONGO_NIO_PASSPHRASE"],
            environment: ["MONGO_NIO_PASSPHRASE": passphrase]
        )
        return path
    }

    /// Writes the certificate in DER and returns the file's path.
    public func derFile() throws -> String {
        try directory.write(der, to: "certificate-\(UUID().uuidString).der")
    }
}

/// The bytes of the first PEM block of a text.
func decodePEM(_ text: String) throws -> [UInt8] {
    let body = text.split(separator: "\n").drop { !$0.hasPrefix("-----BEGIN ") }.dropFirst()
        .prefix { !$0.hasPrefix("-----END ") }.joined()
    guard !body.isEmpty, let bytes = Data(base64Encoded: body) else {
        throw CocoaError(.fileReadCorruptFile)
    }
    return [UInt8](bytes)
}
