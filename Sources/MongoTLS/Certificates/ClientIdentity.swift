// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import CMongoOpenSSL

/// The certificate that the client presents, the intermediates it sends along, and the key that proves it.
struct ClientIdentity: Sendable {
    let certificate: Certificate
    let intermediates: [Certificate]
    let key: PrivateKey

    /// Loads what the options name.
    ///
    /// - Returns: `nil` when the options name no client certificate.
    /// - Throws: `TLSError` of the category `configuration`, with the path of the file at fault.
    static func load(_ options: TLSOptions) throws(TLSError) -> ClientIdentity? {
        guard let certificatePath = options.certificateKeyFile else {
            if let path = options.privateKeyFile {
                throw TLSError(
                    .configuration,
                    .keyWithoutCertificate,
                    "a private key file was given without a client certificate",
                    hint: "set tlsCertificateKeyFile as well",
                    location: path
                )
            }
            return nil
        }
        let certificateFile = try CredentialFile(path: certificatePath, purpose: .clientCertificate)
        let certificates = try certificateFile.certificates()
        let keyFile =
            if let keyPath = options.privateKeyFile {
                try CredentialFile(path: keyPath, purpose: .privateKey)
            } else {
                certificateFile
            }
        let key = try keyFile.privateKey(passphrase: options.certificateKeyFilePassword)

        // The leaf is the certificate that the key belongs to, wherever it stands in the file.
        ErrorStack.clear()
        defer { ErrorStack.clear() }
        guard let leaf = certificates.firstIndex(where: { X509_check_private_key($0.pointer, key.pointer) == 1 }) else {
            throw keyFile.error(
                .keyMismatch,
                "holds a private key that belongs to none of the certificates",
                hint: "the key has to be the one that \(certificatePath) was issued for"
            )
        }
        var intermediates = certificates
        let certificate = intermediates.remove(at: leaf)
        return ClientIdentity(certificate: certificate, intermediates: intermediates, key: key)
    }
}
