// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// Certificates of authorities to trust, from memory: what ``TLSOptions/caFile`` is for a file. They are judged when the
/// client is made.
public struct TLSAuthorities: Sendable, Hashable {
    enum Form: Sendable, Hashable {
        case pem([UInt8])
        case der([[UInt8]])
    }

    let form: Form

    /// PEM with one certificate or several.
    public static func pem(_ bytes: [UInt8]) -> TLSAuthorities {
        TLSAuthorities(form: .pem(bytes))
    }

    /// Certificates in DER, one by one.
    public static func der(_ certificates: [[UInt8]]) -> TLSAuthorities {
        TLSAuthorities(form: .der(certificates))
    }
}

extension TLSAuthorities: CustomStringConvertible {
    /// The form and the size.
    public var description: String {
        switch form {
        case .pem(let bytes): "TLSAuthorities(PEM, \(bytes.count) bytes)"
        case .der(let certificates): "TLSAuthorities(DER, \(certificates.count) certificates)"
        }
    }
}

/// What ``TLSOptions/caFile`` or ``TLSOptions/authorities`` do to the system's trusted roots.
public enum TLSTrust: Sendable, Hashable {
    /// The system's roots are not trusted: a certificate of a public authority cannot pass for the deployment's.
    case replace
    /// The system's roots are trusted as well. For deployments that mix their own authority with public ones.
    case add
}
