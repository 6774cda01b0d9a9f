// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// Where the passphrase of an encrypted private key comes from, when it is not to lie about in the options: a vault, a
/// key ring, a file that only root reads.
///
/// ```swift
/// options.passphrase = TLSPassphrase { try vault.secret("mongodb/client-key") }
/// ```
///
/// The closure is called while the client is made, on the thread that makes it, at most once, and only when the key
/// turns out to be encrypted. When it throws, making the client fails with ``TLSError/Code/passphraseUnavailable``. What
/// it answers is never stored in the options, printed, logged or reflected.
///
/// Closures cannot be compared. Two values are equal when one is a copy of the other, so that options which differ in
/// nothing but an equal-looking closure count as different. That is the safe side wherever options are a key.
public struct TLSPassphrase: Sendable, Hashable {
    private final class Source: Sendable {
        let provide: @Sendable () throws -> String

        init(_ provide: @escaping @Sendable () throws -> String) {
            self.provide = provide
        }
    }

    private let source: Source

    /// Has the closure asked for the passphrase when it is needed.
    public init(_ provide: @escaping @Sendable () throws -> String) {
        source = Source(provide)
    }

    func callAsFunction() throws -> String {
        try source.provide()
    }

    /// Whether one value is a copy of the other.
    public static func == (lhs: TLSPassphrase, rhs: TLSPassphrase) -> Bool {
        lhs.source === rhs.source
    }

    /// Feeds the identity of the closure into the hasher.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(ObjectIdentifier(source))
    }
}

extension TLSPassphrase: CustomStringConvertible, CustomReflectable {
    /// `<redacted>`.
    public var description: String { "<redacted>" }

    /// A mirror without children: what the closure has captured may be the passphrase.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
