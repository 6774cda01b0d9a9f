// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import CMongoOpenSSL

/// Random bytes and comparison, as secrets need them.
package enum SecureBytes {
    /// Bytes that nobody can predict.
    ///
    /// - Throws: ``CryptoError`` when the system has no entropy.
    package static func random(_ count: Int) throws(CryptoError) -> [UInt8] {
        OpenSSLLibrary.initialize()
        ErrorStack.clear()
        var bytes = [UInt8](repeating: 0, count: count)
        let isDone = RAND_bytes(&bytes, Int32(clamping: count)) == 1
        let stack = ErrorStack.drain()
        guard isDone else { throw CryptoError(reasons: stack.texts) }
        return bytes
    }

    /// Overwrites what is in the array, in a way that no compiler leaves out, where the array is the only one with that
    /// content: Swift copies before it writes otherwise, and the other one keeps what it has.
    package static func wipe<Element: BitwiseCopyable>(_ array: inout [Element]) {
        array.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
    }

    /// Compares in a time that depends on the lengths only, not on where the first difference is.
    package static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && CRYPTO_memcmp(left, right, left.count) == 0
    }
}
