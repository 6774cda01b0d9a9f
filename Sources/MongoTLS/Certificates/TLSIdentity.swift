// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// A client certificate with its private key, from memory: what ``TLSOptions/certificateKeyFile`` is for files.
///
/// Whatever the form, an encrypted key is opened with ``TLSOptions/certificateKeyFilePassword`` or
/// ``TLSOptions/passphrase``. The bytes are judged when the client is made.
public struct TLSIdentity: Sendable, Hashable {
    enum Form: Sendable, Hashable {
        /// The key stands in a text of its own, or among the certificates.
        case pem(certificates: [UInt8], privateKey: [UInt8]?)
        case der(certificates: [[UInt8]], privateKey: [UInt8])
        case pkcs12([UInt8])
    }

    let form: Form

    /// PEM with the certificate, any intermediates and the private key, in any order.
    public static func pem(_ bytes: [UInt8]) -> TLSIdentity {
        TLSIdentity(form: .pem(certificates: bytes, privateKey: nil))
    }

    /// PEM with the certificate and any intermediates, in any order, and PEM with the private key.
    public static func pem(certificates: [UInt8], privateKey: [UInt8]) -> TLSIdentity {
        TLSIdentity(form: .pem(certificates: certificates, privateKey: privateKey))
    }

    /// DER: the certificate and any intermediates, one by one and in any order, and the private key as PKCS#8 (encrypted
    /// or not), PKCS#1 or SEC 1.
    public static func der(certificates: [[UInt8]], privateKey: [UInt8]) -> TLSIdentity {
        TLSIdentity(form: .der(certificates: certificates, privateKey: privateKey))
    }

    /// A PKCS#12 archive (`.p12`, `.pfx`) with the certificate, any intermediates and the private key. An archive that
    /// was made without a passphrase needs none here either.
    public static func pkcs12(_ bytes: [UInt8]) -> TLSIdentity {
        TLSIdentity(form: .pkcs12(bytes))
    }
}

extension TLSIdentity: CustomStringConvertible, CustomReflectable {
    /// The form, without any of the bytes, which contain the private key.
    public var description: String {
        switch form {
        case .pem: "TLSIdentity(PEM, <redacted>)"
        case .der: "TLSIdentity(DER, <redacted>)"
        case .pkcs12: "TLSIdentity(PKCS#12, <redacted>)"
        }
    }

    /// A mirror without children, so that `dump` cannot leak the private key.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
