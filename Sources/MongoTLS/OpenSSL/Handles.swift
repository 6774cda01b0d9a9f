// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import CMongoOpenSSL

/// A certificate of OpenSSL's, with one reference of our own.
///
/// `@unchecked Sendable`: OpenSSL counts the references atomically and nothing here changes a certificate after it was
/// parsed, so threads may share it.
final class Certificate: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Takes over the caller's reference.
    init(owning pointer: OpaquePointer) {
        self.pointer = pointer
    }

    /// Adds a reference of its own to a certificate that belongs to somebody else.
    init(sharing pointer: OpaquePointer) {
        X509_up_ref(pointer)
        self.pointer = pointer
    }

    deinit {
        X509_free(pointer)
    }
}

/// A private key of OpenSSL's, with one reference of our own.
///
/// `@unchecked Sendable`: OpenSSL counts the references atomically and the key is not changed after it was parsed.
final class PrivateKey: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Takes over the caller's reference.
    init(owning pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        EVP_PKEY_free(pointer)
    }
}

/// Memory that OpenSSL reads from, for the length of a call.
///
/// - Returns: What the body returned; `nil` when OpenSSL could not make the BIO.
func withMemoryBIO<Result>(_ bytes: [UInt8], _ body: (OpaquePointer) -> Result?) -> Result? {
    bytes.withUnsafeBytes { buffer in
        guard let length = Int32(exactly: buffer.count), let bio = BIO_new_mem_buf(buffer.baseAddress, length) else {
            return nil
        }
        defer { BIO_free(bio) }
        return body(bio)
    }
}
