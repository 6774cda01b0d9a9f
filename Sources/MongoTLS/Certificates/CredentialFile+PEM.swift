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
            while let pointer = PEM_read_bio_X509(bio, nil, refusePassphrase, nil) {
                found.append(Certificate(owning: pointer))
            }
            return true
        }
        let errors = ErrorStack.drain()
        guard errors.isEndOfPEM else {
            throw error(
                .fileDamaged,
                "holds a damaged certificate: number \(found.count + 1) cannot be read",
                hint: "the file may be truncated: write it anew",
                errors: errors.texts
            )
        }
        guard !found.isEmpty else {
            // A block that begins and never ends makes OpenSSL find nothing at all.
            if pemLabels.contains("CERTIFICATE") || pemLabels.contains("TRUSTED CERTIFICATE") {
                throw error(.fileDamaged, "is truncated", hint: "write the file anew", errors: errors.texts)
            }
            throw errorForMissing("certificate")
        }
        return found
    }

    /// The first private key in the file.
    ///
    /// - Parameter passphrase: What decrypts it. There is never a prompt.
    /// - Throws: `TLSError` of the category `configuration` when there is none, when it is damaged, or when the
    ///   passphrase is missing or wrong.
    func privateKey(passphrase: String?) throws(TLSError) -> PrivateKey {
        ErrorStack.clear()
        let request = PassphraseRequest(passphrase)
        let key = withExtendedLifetime(request) {
            withMemoryBIO(bytes) { bio in
                PEM_read_bio_PrivateKey(bio, nil, answerPassphrase, Unmanaged.passUnretained(request).toOpaque())
            }
        }
        let errors = ErrorStack.drain()
        if let key { return PrivateKey(owning: key) }

        guard pemLabels.contains(where: { $0.hasSuffix("PRIVATE KEY") }) else {
            throw errorForMissing("private key")
        }
        if request.wasTooLong {
            throw error(.passphraseTooLong, "needs a passphrase of at most \(request.limit) bytes; the one given is longer")
        }
        if request.wasAsked {
            if passphrase == nil {
                throw error(
                    .passphraseMissing,
                    "holds an encrypted private key, and no passphrase was given",
                    hint: "set tlsCertificateKeyFilePassword"
                )
            }
            throw error(
                .passphraseWrong,
                "holds an encrypted private key that the passphrase does not open",
                hint: "check tlsCertificateKeyFilePassword; in a connection string it has to be percent-encoded",
                errors: errors.texts
            )
        }
        throw error(
            .fileDamaged,
            "holds a private key that cannot be read",
            hint: "the file may be truncated: write it anew",
            errors: errors.texts
        )
    }
}

extension ErrorStack {
    /// Whether OpenSSL stopped because no further block begins, which is how a PEM file ends.
    fileprivate var isEndOfPEM: Bool {
        guard let last = entries.last else { return true }
        return last.library == ERR_LIB_PEM && last.reason == PEM_R_NO_START_LINE && entries.count == 1
    }
}

/// What OpenSSL's passphrase callback answers, and what it notes.
private final class PassphraseRequest {
    private let passphrase: [UInt8]?
    private(set) var wasAsked = false
    private(set) var wasTooLong = false
    private(set) var limit = 0

    init(_ passphrase: String?) {
        self.passphrase = passphrase.map { Array($0.utf8) }
    }

    func answer(_ buffer: UnsafeMutableRawBufferPointer) -> Int32 {
        wasAsked = true
        limit = buffer.count
        guard let passphrase, let length = Int32(exactly: passphrase.count) else { return -1 }
        guard passphrase.count <= buffer.count else {
            wasTooLong = true
            return -1
        }
        buffer.copyBytes(from: passphrase)
        return length
    }
}

/// OpenSSL's callback for a key that may be encrypted. Installed always: without one OpenSSL asks at the terminal.
private let answerPassphrase: @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32 = {
    buffer,
    size,
    _,
    context in
    guard let buffer, let context, size > 0 else { return -1 }
    return Unmanaged<PassphraseRequest>.fromOpaque(context).takeUnretainedValue()
        .answer(UnsafeMutableRawBufferPointer(start: buffer, count: Int(size)))
}

/// OpenSSL's callback where nothing can be encrypted.
private let refusePassphrase: @convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32 = {
    _,
    _,
    _,
    _ in -1
}
