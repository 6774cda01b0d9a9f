// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import CMongoOpenSSL

extension CredentialFile {
    /// Every certificate in the file, in its order.
    ///
    /// - Throws: `TLSError` of the category `configuration` when there is none, or when one of them is damaged: half a
    ///   bundle would be trusted silently otherwise.
    func certificates() throws(TLSError) -> [Certificate] {
        ErrorStack.clear()
        var found: [Certificate] = []
        _ = withMemoryBIO(bytes) { bio -> Bool? in
            // "AUX": takes OpenSSL's `TRUSTED CERTIFICATE` as well.
            while let pointer = PEM_read_bio_X509_AUX(bio, nil, refusePassphrase, nil) {
                found.append(Certificate(owning: pointer))
            }
            return true
        }
        let errors = ErrorStack.drain()
        // A block that begins and never ends makes OpenSSL find nothing, as at the end of the file: so they are counted.
        let announced = pemLabels.count { Self.certificateLabels.contains($0) }
        guard errors.isEndOfPEM, found.count == announced else {
            throw error(
                .fileDamaged,
                found.count < announced
                    ? "holds a damaged certificate: number \(found.count + 1) of \(announced) cannot be read"
                    : "is damaged: what stands beside its certificates cannot be read",
                hint: "the file may be truncated: write it anew",
                errors: errors.texts
            )
        }
        guard !found.isEmpty else { throw errorForMissing("certificate") }
        return found
    }

    private static let certificateLabels: Set<String> = ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"]

    /// The first private key in the file.
    ///
    /// - Parameter passphrase: What decrypts it. There is never a prompt.
    /// - Throws: `TLSError` of the category `configuration` when there is none, when it is damaged, or when the
    ///   passphrase is missing or wrong.
    func privateKey(_ passphrase: PassphraseRequest) throws(TLSError) -> PrivateKey {
        // From its own line on: what stands before, `EC PARAMETERS` for example, is none of OpenSSL's business.
        guard var block = pemBlocks(from: "PRIVATE KEY") else {
            throw errorForMissing("private key")
        }
        defer { SecureBytes.wipe(&block) }
        ErrorStack.clear()
        let key = passphrase.lend { context in
            withMemoryBIO(block) { bio in PEM_read_bio_PrivateKey(bio, nil, answerPassphrase, context) }
        }
        let errors = ErrorStack.drain()
        if let key { return PrivateKey(owning: key) }
        throw errorForKey(passphrase, errors)
    }

    /// The error for a private key, or an archive with one, that OpenSSL could not read.
    func errorForKey(_ passphrase: PassphraseRequest, _ errors: ErrorStack) -> TLSError {
        switch passphrase.outcome {
        case .notAsked:
            return error(
                .fileDamaged,
                "holds a private key that cannot be read",
                hint: "it may be truncated: write it anew",
                errors: errors.texts
            )
        case .missing:
            return error(
                .passphraseMissing,
                "holds an encrypted private key, and no passphrase was given",
                hint: "set tlsCertificateKeyFilePassword"
            )
        case .tooLong(let limit):
            return error(.passphraseTooLong, "takes a passphrase of at most \(limit) bytes; the one given is longer")
        case .unavailable(let reason):
            // Only the kind of error: its words are not ours, and nobody knows what they quote.
            return error(
                .passphraseUnavailable,
                "holds an encrypted private key, and the passphrase closure failed with an error of the type \(reason)",
                hint: "see why the closure in TLSOptions.passphrase throws"
            )
        case .answered where errors.namesUnsupportedAlgorithm:
            return error(
                .encryptionUnsupported,
                "is encrypted by an algorithm that this OpenSSL does not support any more",
                hint: "encrypt it anew with AES: openssl pkcs8 -topk8 -v2 aes256, or openssl pkcs12 -export",
                errors: errors.texts
            )
        case .answered:
            return error(
                .passphraseWrong,
                "holds an encrypted private key that the passphrase does not open",
                hint: "check tlsCertificateKeyFilePassword; in a connection string it has to be percent-encoded",
                errors: errors.texts
            )
        }
    }
}

extension ErrorStack {
    /// Whether OpenSSL stopped because no further block begins, which is how a PEM file ends.
    fileprivate var isEndOfPEM: Bool {
        guard let last = entries.last else { return true }
        return last.library == ERR_LIB_PEM && last.reason == PEM_R_NO_START_LINE && entries.count == 1
    }

    /// Whether an algorithm was looked for in vain, which OpenSSL 3 has moved into its "legacy" provider: single DES and
    /// RC2 of old keys and archives.
    fileprivate var namesUnsupportedAlgorithm: Bool {
        entries.contains { $0.library == ERR_LIB_EVP && $0.text.contains("unsupported") }
    }
}

/// OpenSSL's callback where nothing can be encrypted. Without one OpenSSL would ask at the terminal.
private let refusePassphrase:
    @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32 = {
        _,
        _,
        _,
        _ in -1
    }
