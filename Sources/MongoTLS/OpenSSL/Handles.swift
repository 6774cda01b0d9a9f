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

/// A TLS session that a later connection may resume, with one reference of our own.
///
/// `@unchecked Sendable`: OpenSSL counts the references atomically. A session is changed by the connection that it belongs
/// to; a later connection gets a copy of its own.
final class ResumableSession: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Takes over the caller's reference.
    init(owning pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        SSL_SESSION_free(pointer)
    }

    /// A ticket of TLS 1.3 is to be used once (RFC 8446, section C.4): using it again would let an observer link the
    /// connections.
    var isSingleUse: Bool { SSL_SESSION_get_protocol_version(pointer) >= TLS1_3_VERSION }

    /// When the server forgets it, in seconds since 1970.
    var end: Int64 { Int64(SSL_SESSION_get_time(pointer)) + Int64(SSL_SESSION_get_timeout(pointer)) }
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
