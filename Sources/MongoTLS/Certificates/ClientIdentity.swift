// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import CMongoOpenSSL

/// The certificate that the client presents, the intermediates it sends along, and the key that proves it.
struct ClientIdentity: Sendable {
    let certificate: Certificate
    /// The nearest to the certificate first, as TLS 1.2 wants them (RFC 5246, section 7.4.2).
    let intermediates: [Certificate]
    let key: PrivateKey
    /// The path of the certificates' file, or the option that holds them.
    let location: String

    /// Loads what the options name.
    ///
    /// - Returns: `nil` when the options name no client certificate.
    /// - Throws: `TLSError` of the category `configuration`, with the path of the file at fault.
    static func load(_ options: TLSOptions) throws(TLSError) -> ClientIdentity? {
        let passphrase = PassphraseRequest(options)
        if let path = options.certificateKeyFile {
            let file = try CredentialFile(path: path, purpose: .clientCertificate)
            let certificates = try file.certificates()
            let keyFile =
                if let keyPath = options.privateKeyFile {
                    try CredentialFile(path: keyPath, purpose: .privateKey)
                } else {
                    file
                }
            return try ClientIdentity(certificates, file, try keyFile.privateKey(passphrase), keyFile)
        }
        switch options.identity?.form {
        case .none:
            return nil
        case .pem(let bytes, let keyBytes):
            let file = try memory(bytes, .clientCertificate)
            let certificates = try file.certificates()
            let keyFile = if let keyBytes { try memory(keyBytes, .privateKey) } else { file }
            return try ClientIdentity(certificates, file, try keyFile.privateKey(passphrase), keyFile)
        case .der(let list, let keyBytes):
            var certificates: [Certificate] = []
            guard !list.isEmpty else {
                throw TLSError(
                    .configuration,
                    .missingCertificate,
                    "the identity has a private key and no certificate",
                    hint: "give the certificate that the key was made for",
                    location: "TLSOptions.identity"
                )
            }
            for bytes in list { certificates.append(try memory(bytes, .clientCertificate).certificateFromDER()) }
            let keyFile = try memory(keyBytes, .privateKey)
            return try ClientIdentity(certificates, keyFile, try keyFile.privateKeyFromDER(passphrase), keyFile)
        case .pkcs12(let bytes):
            let file = try memory(bytes, .clientCertificate)
            let (certificates, key) = try file.identityFromPKCS12(passphrase)
            return try ClientIdentity(certificates, file, key, file)
        }
    }

    private static func memory(_ bytes: [UInt8], _ purpose: CredentialFile.Purpose) throws(TLSError) -> CredentialFile {
        try CredentialFile(bytes: bytes, property: "identity", purpose: purpose)
    }

    /// Finds out which of the certificates is which, in whatever order they stand.
    private init(
        _ certificates: [Certificate],
        _ certificateFile: CredentialFile,
        _ key: PrivateKey,
        _ keyFile: CredentialFile
    ) throws(TLSError) {
        ErrorStack.clear()
        defer { ErrorStack.clear() }
        // The leaf is the certificate that the key belongs to.
        guard let leaf = certificates.firstIndex(where: { X509_check_private_key($0.pointer, key.pointer) == 1 }) else {
            throw keyFile.error(
                .keyMismatch,
                "holds a private key that belongs to none of the certificates",
                hint: "the key has to be the one that the certificate in \(certificateFile.location) was issued for"
            )
        }
        var rest = certificates
        certificate = rest.remove(at: leaf)
        intermediates = Self.ordered(rest, above: certificate)
        self.key = key
        location = certificateFile.location
    }

    /// Each issuer after what it issued; what does not belong to the chain comes last, because its owner put it there.
    private static func ordered(_ certificates: [Certificate], above leaf: Certificate) -> [Certificate] {
        var rest = certificates
        var chain: [Certificate] = []
        var top = leaf
        while let next = rest.firstIndex(where: { X509_check_issued($0.pointer, top.pointer) == X509_V_OK }) {
            top = rest.remove(at: next)
            chain.append(top)
        }
        return chain + rest
    }
}
