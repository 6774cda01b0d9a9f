// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// Certificate revocation lists from memory: what ``TLSOptions/crlFile`` is for a file. They are judged when the client
/// is made.
public struct TLSRevocationLists: Sendable, Hashable {
    enum Form: Sendable, Hashable {
        case pem([UInt8])
        case der([[UInt8]])
    }

    let form: Form

    /// PEM with one list or several.
    public static func pem(_ bytes: [UInt8]) -> TLSRevocationLists {
        TLSRevocationLists(form: .pem(bytes))
    }

    /// Lists in DER, one by one.
    public static func der(_ lists: [[UInt8]]) -> TLSRevocationLists {
        TLSRevocationLists(form: .der(lists))
    }
}

extension TLSRevocationLists: CustomStringConvertible {
    /// The form and the size.
    public var description: String {
        switch form {
        case .pem(let bytes): "TLSRevocationLists(PEM, \(bytes.count) bytes)"
        case .der(let lists): "TLSRevocationLists(DER, \(lists.count) lists)"
        }
    }
}
