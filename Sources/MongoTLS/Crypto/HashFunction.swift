// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import CMongoOpenSSL

/// The hash functions that MongoDB's log-in mechanisms are made of, and what is built on them (RFC 2104, RFC 8018).
///
/// Done by the system's OpenSSL, so that its policy counts: a library in FIPS mode refuses MD5, for example.
package enum HashFunction: Sendable, Hashable {
    /// For the digest of a password that SCRAM-SHA-1 starts from, and for nothing else.
    case md5
    case sha1
    case sha256

    private var pointer: OpaquePointer? {
        switch self {
        case .md5: EVP_md5()
        case .sha1: EVP_sha1()
        case .sha256: EVP_sha256()
        }
    }

    /// - Throws: ``CryptoError`` when OpenSSL refuses the function.
    package func digest(_ message: [UInt8]) throws(CryptoError) -> [UInt8] {
        try compute { output, length in
            EVP_Digest(message, message.count, output, length, pointer, nil) == 1
        }
    }

    /// A message's authentication code.
    ///
    /// - Throws: ``CryptoError`` when OpenSSL refuses the function.
    package func authenticationCode(of message: [UInt8], key: [UInt8]) throws(CryptoError) -> [UInt8] {
        guard let keyLength = Int32(exactly: key.count) else { throw CryptoError(reasons: ["the key is too long"]) }
        return try compute { output, length in
            HMAC(pointer, key, keyLength, message, message.count, output, length) != nil
        }
    }

    /// A key of a password (PBKDF2), as long as the function's digest. Takes milliseconds by design: not for an event
    /// loop.
    ///
    /// - Throws: ``CryptoError`` when OpenSSL refuses the function.
    package func derivedKey(
        password: [UInt8],
        salt: [UInt8],
        iterations: Int32
    ) throws(CryptoError) -> [UInt8] {
        guard let passwordLength = Int32(exactly: password.count), let saltLength = Int32(exactly: salt.count) else {
            throw CryptoError(reasons: ["the password or the salt is too long"])
        }
        let keyLength = EVP_MD_get_size(pointer)
        return try compute { output, length in
            length.pointee = UInt32(clamping: keyLength)
            return password.withUnsafeBytes { password in
                PKCS5_PBKDF2_HMAC(
                    // OpenSSL takes no length for a null pointer: it would read the password as empty, which it is.
                    password.bindMemory(to: CChar.self).baseAddress,
                    passwordLength,
                    salt,
                    saltLength,
                    iterations,
                    pointer,
                    keyLength,
                    output
                ) == 1
            }
        }
    }

    private func compute(
        _ body: (UnsafeMutablePointer<UInt8>, UnsafeMutablePointer<UInt32>) -> Bool
    ) throws(CryptoError) -> [UInt8] {
        OpenSSLLibrary.initialize()
        ErrorStack.clear()
        var output = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        let isDone = output.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.map { body($0, &length) } ?? false
        }
        let stack = ErrorStack.drain()
        guard isDone else { throw CryptoError(reasons: stack.texts) }
        return Array(output.prefix(Int(length)))
    }
}

/// OpenSSL refused a computation.
package struct CryptoError: Error, CustomStringConvertible {
    /// OpenSSL's notes.
    package var reasons: [String]

    package var description: String {
        reasons.isEmpty ? "OpenSSL gave no reason" : reasons.joined(separator: "; ")
    }
}
