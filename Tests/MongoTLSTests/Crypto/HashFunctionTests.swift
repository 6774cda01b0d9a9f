// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoTLS
import Testing

@Suite("Hash functions")
struct HashFunctionTests {
    private func hex(_ bytes: [UInt8]) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    @Test("Digests are those of RFC 1321, RFC 3174 and FIPS 180")
    func digests() throws {
        #expect(hex(try HashFunction.md5.digest(Array("abc".utf8))) == "900150983cd24fb0d6963f7d28e17f72")
        #expect(hex(try HashFunction.sha1.digest(Array("abc".utf8))) == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(
            hex(try HashFunction.sha256.digest([]))
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        )
    }

    @Test("Authentication codes are those of RFC 2202 and RFC 4231")
    func codes() throws {
        let message = Array("what do ya want for nothing?".utf8)
        #expect(
            hex(try HashFunction.sha1.authenticationCode(of: message, key: Array("Jefe".utf8)))
                == "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
        )
        #expect(
            hex(try HashFunction.sha256.authenticationCode(of: message, key: Array("Jefe".utf8)))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        )
    }

    @Test("Keys derived from passwords are those of RFC 6070 and RFC 7914, the empty password's included")
    func derivation() throws {
        let key = try HashFunction.sha1.derivedKey(
            password: Array("password".utf8),
            salt: Array("salt".utf8),
            iterations: 4096
        )
        #expect(hex(key) == "4b007901b765489abead49d926f721d065a429c1")
        let other = try HashFunction.sha256.derivedKey(
            password: Array("passwd".utf8),
            salt: Array("salt".utf8),
            iterations: 1
        )
        #expect(hex(other) == "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc")
        let empty = try HashFunction.sha256.derivedKey(password: [], salt: Array("salt".utf8), iterations: 1)
        #expect(hex(empty) == "f135c27993baf98773c5cdb40a5706ce6a345cde61b000a67858650cd6a324d7")
    }

    @Test("A number of iterations that makes no sense is refused, not computed")
    func noIterations() {
        #expect(throws: CryptoError.self) {
            try HashFunction.sha256.derivedKey(password: [1], salt: [2], iterations: 0)
        }
    }

    @Test("Random bytes are as many as asked for, and not the same twice")
    func random() throws {
        #expect(try SecureBytes.random(24).count == 24)
        #expect(try SecureBytes.random(24) != SecureBytes.random(24))
    }

    @Test("Bytes are equal when all of them are")
    func comparison() {
        #expect(SecureBytes.areEqual([1, 2, 3], [1, 2, 3]))
        #expect(!SecureBytes.areEqual([1, 2, 3], [1, 2, 4]))
        #expect(!SecureBytes.areEqual([1, 2, 3], [1, 2]))
        #expect(SecureBytes.areEqual([], []))
    }
}
