// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import CMongoOpenSSL

extension CredentialFile {
    /// The certificates and the private key of a PKCS#12 archive (RFC 7292).
    ///
    /// - Throws: `TLSError` of the category `configuration` when the bytes are no archive, when something is missing in
    ///   it, or when the passphrase is missing or wrong.
    func identityFromPKCS12(
        _ passphrase: PassphraseRequest
    ) throws(TLSError) -> (certificates: [Certificate], key: PrivateKey) {
        ErrorStack.clear()
        let archive = withMemoryBIO(bytes) { bio in d2i_PKCS12_bio(bio, nil) }
        let errors = ErrorStack.drain()
        guard let archive else {
            guard pemLabels.isEmpty else {
                throw error(.fileWrongContent, "is PEM, not PKCS#12", hint: "use the form .pem")
            }
            throw error(
                .fileDamaged,
                "is not a whole PKCS#12 archive",
                hint: "it may be truncated",
                errors: errors.texts
            )
        }
        defer { PKCS12_free(archive) }
        var text = try self.passphrase(for: archive, passphrase)
        defer {
            if var secret = text {
                text = nil
                SecureBytes.wipe(&secret)
            }
        }
        return try open(archive, passphrase: text, passphrase)
    }

    /// The passphrase as a C string. An archive that opens without one needs none.
    private func passphrase(
        for archive: OpaquePointer,
        _ request: PassphraseRequest
    ) throws(TLSError) -> [CChar]? {
        defer { ErrorStack.clear() }
        let isProtected = PKCS12_mac_present(archive) == 1
        // Both ways of having no passphrase are in use: none at all, and an empty one.
        if isProtected {
            if PKCS12_verify_mac(archive, nil, 0) == 1 { return nil }
            if PKCS12_verify_mac(archive, "", 0) == 1 { return [0] }
        }
        guard let bytes = request.passphrase() else {
            // Without an integrity check nobody knows before the decryption whether a passphrase is needed.
            if !isProtected, case .missing = request.outcome { return nil }
            throw errorForKey(request, ErrorStack())
        }
        guard !bytes.contains(0) else {
            throw error(.invalidOption, "cannot be opened with a passphrase that contains a zero byte")
        }
        // In one piece: every copy is one more to wipe.
        var text = [CChar](repeating: 0, count: bytes.count + 1)
        for (index, byte) in bytes.enumerated() { text[index] = CChar(bitPattern: byte) }
        if isProtected, PKCS12_verify_mac(archive, text, Int32(clamping: bytes.count)) != 1 {
            SecureBytes.wipe(&text)
            throw errorForKey(request, ErrorStack.drain())
        }
        return text
    }

    private func open(
        _ archive: OpaquePointer,
        passphrase: [CChar]?,
        _ request: PassphraseRequest
    ) throws(TLSError) -> (certificates: [Certificate], key: PrivateKey) {
        ErrorStack.clear()
        var key: OpaquePointer?
        var leaf: OpaquePointer?
        var others: OpaquePointer?
        let status =
            if let passphrase {
                PKCS12_parse(archive, passphrase, &key, &leaf, &others)
            } else {
                PKCS12_parse(archive, nil, &key, &leaf, &others)
            }
        let errors = ErrorStack.drain()
        let ownedKey = key.map { PrivateKey(owning: $0) }
        // OpenSSL hands out the certificate of the key apart from the others.
        var certificates = leaf.map { [Certificate(owning: $0)] } ?? []
        if let others {
            for index in 0..<mongo_sk_X509_num(others) {
                if let pointer = mongo_sk_X509_value(others, index) {
                    certificates.append(Certificate(owning: pointer))
                }
            }
            mongo_sk_X509_free(others)
        }
        guard status == 1 else {
            guard PKCS12_mac_present(archive) == 1 else {
                throw error(
                    .encryptionUnsupported,
                    "has no integrity check, without which this OpenSSL opens no archive",
                    hint: "export it anew: openssl pkcs12 -export, without -nomac",
                    errors: errors.texts
                )
            }
            throw errorForKey(request, errors)
        }
        guard let ownedKey else {
            throw error(
                .fileWrongContent,
                "holds no private key",
                hint: "export it with the key: openssl pkcs12 -export -inkey"
            )
        }
        guard !certificates.isEmpty else { throw error(.fileWrongContent, "holds no certificate") }
        return (certificates, ownedKey)
    }
}
