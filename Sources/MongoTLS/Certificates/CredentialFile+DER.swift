// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import CMongoOpenSSL

/// Recognizes what bytes in DER are.
enum DERContent {
    static func isPKCS12(_ bytes: [UInt8]) -> Bool {
        guard bytes.first == 0x30 else { return false }
        ErrorStack.clear()
        defer { ErrorStack.clear() }
        return withMemoryBIO(bytes) { bio -> Bool? in
            guard let archive = d2i_PKCS12_bio(bio, nil) else { return nil }
            PKCS12_free(archive)
            return true
        } ?? false
    }
}

extension CredentialFile {
    /// The one certificate that the bytes are.
    ///
    /// - Throws: `TLSError` of the category `configuration` when they are no certificate, or more than one.
    func certificateFromDER() throws(TLSError) -> Certificate {
        ErrorStack.clear()
        let certificate = bytes.withUnsafeBufferPointer { buffer -> Certificate? in
            var position = buffer.baseAddress
            guard let pointer = d2i_X509(nil, &position, buffer.count) else { return nil }
            let certificate = Certificate(owning: pointer)
            guard let start = buffer.baseAddress, position == start + buffer.count else { return nil }
            return certificate
        }
        let errors = ErrorStack.drain()
        if let certificate { return certificate }
        throw errorForDER("certificate", errors)
    }

    /// The private key that the bytes are: PKCS#8, encrypted or not, PKCS#1 or SEC 1.
    ///
    /// - Throws: `TLSError` of the category `configuration` when they are no key, or when the passphrase is missing or
    ///   wrong.
    func privateKeyFromDER(_ passphrase: PassphraseRequest) throws(TLSError) -> PrivateKey {
        ErrorStack.clear()
        let key = passphrase.lend { context in
            bytes.withUnsafeBufferPointer { buffer -> PrivateKey? in
                // The decoder remembers where to put the key, and does so later: the place has to stay.
                var pointer: OpaquePointer?
                let rest = withUnsafeMutablePointer(to: &pointer) { Self.decodeKey(buffer, into: $0, context) }
                guard let rest, let pointer else { return nil }
                let key = PrivateKey(owning: pointer)
                return rest == 0 ? key : nil
            }
        }
        let errors = ErrorStack.drain()
        if let key { return key }
        guard case .notAsked = passphrase.outcome else { throw errorForKey(passphrase, errors) }
        throw errorForDER("private key", errors)
    }

    /// - Returns: How many bytes are left behind the key; `nil` when there is none.
    private static func decodeKey(
        _ buffer: UnsafeBufferPointer<UInt8>,
        into key: UnsafeMutablePointer<OpaquePointer?>,
        _ passphrase: UnsafeMutableRawPointer?
    ) -> Int? {
        // The decoder keeps the address of the format's name, not a copy: a literal given to it is gone when it reads it.
        "DER".withCString { format in
            let selection = mongo_EVP_PKEY_KEYPAIR()
            guard let decoder = OSSL_DECODER_CTX_new_for_pkey(key, format, nil, nil, selection, nil, nil) else {
                return nil
            }
            defer { OSSL_DECODER_CTX_free(decoder) }
            var position = buffer.baseAddress
            var rest = buffer.count
            guard OSSL_DECODER_CTX_set_pem_password_cb(decoder, answerPassphrase, passphrase) == 1,
                OSSL_DECODER_from_data(decoder, &position, &rest) == 1
            else { return nil }
            return rest
        }
    }

    private func errorForDER(_ expected: String, _ errors: ErrorStack) -> TLSError {
        if !pemLabels.isEmpty {
            return error(.fileWrongContent, "is PEM, not a \(expected) in DER", hint: "use the form .pem")
        }
        if DERContent.isPKCS12(bytes) {
            return error(.fileWrongContent, "is PKCS#12, not a \(expected) in DER", hint: "use the form .pkcs12")
        }
        return error(
            .fileDamaged,
            "is not one whole \(expected) in DER",
            hint: "it may be truncated, or something else",
            errors: errors.texts
        )
    }
}
