// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/auth/auth.md#scram-sha-256
// https://www.rfc-editor.org/rfc/rfc5802, https://www.rfc-editor.org/rfc/rfc7677

import MongoBSON
import MongoTLS
import NIOCore

/// The client's side of a SCRAM conversation. A value without I/O; deriving the keys, which takes time, is left to
/// whoever drives it.
///
/// Neither side shows the other the password: the client proves that it knows a key derived from it, and so does the
/// server, which this side insists on.
struct SCRAMStateMachine: Sendable {
    /// What to do next.
    enum Action: Sendable, Equatable {
        /// Derive the keys and call ``proceed(with:)``.
        case deriveKeys(SCRAMKeys.Parameters)
        /// Send the payload.
        case send([UInt8])
        /// The server has proved itself, and the conversation is over.
        case finished
    }

    let mechanism: SCRAMMechanism
    private var state: State

    private enum State: Sendable {
        /// The first message is sent, or about to be.
        case first(nonce: String)
        /// Keys are being derived.
        case deriving(withoutProof: String, authMessage: [UInt8])
        /// The proof is sent.
        case proven(serverSignature: [UInt8])
        /// The server has proved itself, but is not done.
        case verified
        case over
    }

    /// The least work that a server may ask for: less would let an impostor collect proofs that are cheap to break.
    static let fewestIterations: Int32 = 4096
    /// The most: more would let an impostor keep a thread busy for minutes.
    static let mostIterations: Int32 = 10_000_000

    /// The first message, without the header.
    private let bareFirstMessage: String

    /// - Parameter nonce: Printable ASCII without a comma, from a secure source, and new for each conversation.
    init(_ mechanism: SCRAMMechanism, username: String, nonce: String) {
        self.mechanism = mechanism
        // Not prepared, in neither mechanism: see the specification's "Why does SCRAM sometimes SASLprep…?"
        let escaped = username.utf8.reduce(into: [UInt8]()) { bytes, byte in
            switch byte {
            case UInt8(ascii: "="): bytes += Array("=3D".utf8)
            case UInt8(ascii: ","): bytes += Array("=2C".utf8)
            default: bytes.append(byte)
            }
        }
        bareFirstMessage = "n=\(String(decoding: escaped, as: UTF8.self)),r=\(nonce)"
        state = .first(nonce: nonce)
    }

    /// The first message. Without channel binding, which servers do not know.
    var firstMessage: [UInt8] { Array("n,,\(bareFirstMessage)".utf8) }

    /// A payload arrived.
    ///
    /// - Parameter isDone: Whether the server says that the conversation is over.
    /// - Throws: `MongoError` when the server does not keep to the protocol, or does not know the password.
    mutating func receive(_ payload: [UInt8], isDone: Bool) throws(MongoError) -> Action {
        let current = state
        state = .over
        switch current {
        case .first(let nonce):
            guard !isDone else { throw Self.failure("it ended the conversation before it had proved itself") }
            return try challenged(payload, nonce: nonce)
        case .proven(let signature):
            try verify(payload, signature)
            guard !isDone else { return .finished }
            // Servers before 4.4 want one more, empty exchange.
            state = .verified
            return .send([])
        case .verified:
            guard isDone else { throw Self.failure("it does not end the conversation") }
            return .finished
        case .deriving, .over:
            throw Self.failure("it spoke out of turn")
        }
    }

    /// The keys are there.
    mutating func proceed(with keys: SCRAMKeys) throws(MongoError) -> Action {
        guard case .deriving(let withoutProof, let authMessage) = state else {
            throw Self.failure("it spoke out of turn")
        }
        state = .over
        do throws(CryptoError) {
            let storedKey = try mechanism.hash.digest(keys.client)
            let signature = try mechanism.hash.authenticationCode(of: authMessage, key: storedKey)
            let proof = BSONBinary(bytes: zip(keys.client, signature).map { $0 ^ $1 })
            state = .proven(
                serverSignature: try mechanism.hash.authenticationCode(of: authMessage, key: keys.server)
            )
            return .send(Array("\(withoutProof),p=\(proof.base64)".utf8))
        } catch {
            throw MongoError(mechanism, error)
        }
    }

    // MARK: The server's messages

    private mutating func challenged(_ payload: [UInt8], nonce: String) throws(MongoError) -> Action {
        let text = try Self.text(of: payload)
        let attributes = Self.attributes(of: text)
        // An extension that must be understood comes first (RFC 5802, section 5.1), and none exists.
        guard attributes.first?.name != UInt8(ascii: "m") else { throw Self.failure("it demands an unknown extension") }
        guard attributes.count >= 3, attributes[0].name == UInt8(ascii: "r"), attributes[1].name == UInt8(ascii: "s"),
            attributes[2].name == UInt8(ascii: "i")
        else { throw Self.failure("its first message is not one of SCRAM") }
        let serverNonce = attributes[0].value
        guard serverNonce.utf8.count > nonce.utf8.count, serverNonce.utf8.starts(with: nonce.utf8) else {
            throw Self.failure("its nonce does not continue ours")
        }
        guard let salt = (try? BSONBinary(base64: attributes[1].value))?.data, salt.readableBytes > 0 else {
            throw Self.failure("its salt is not base 64")
        }
        let digits = attributes[2].value.utf8
        guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let iterations = Int32(attributes[2].value)
        else { throw Self.failure("its iteration count is not a number") }
        guard iterations >= Self.fewestIterations else {
            throw Self.failure(
                "its iteration count, \(iterations), is below the \(Self.fewestIterations) that are safe"
            )
        }
        guard iterations <= Self.mostIterations else {
            throw Self.failure("its iteration count, \(iterations), exceeds \(Self.mostIterations)")
        }
        let withoutProof = "c=biws,r=\(serverNonce)"
        state = .deriving(
            withoutProof: withoutProof,
            authMessage: Array("\(bareFirstMessage),\(text),\(withoutProof)".utf8)
        )
        return .deriveKeys(
            SCRAMKeys.Parameters(mechanism: mechanism, salt: Array(salt.readableBytesView), iterations: iterations)
        )
    }

    private func verify(_ payload: [UInt8], _ expected: [UInt8]) throws(MongoError) {
        let attributes = Self.attributes(of: try Self.text(of: payload))
        guard let first = attributes.first else { throw Self.failure("its proof is missing") }
        guard first.name != UInt8(ascii: "e") else { throw Self.failure("it refused our proof") }
        guard first.name == UInt8(ascii: "v"), let signature = (try? BSONBinary(base64: first.value))?.data else {
            throw Self.failure("its proof is missing")
        }
        guard SecureBytes.areEqual(Array(signature.readableBytesView), expected) else {
            throw Self.failure("its proof is wrong: it does not know the password, and may not be who it says")
        }
    }

    private static func text(of payload: [UInt8]) throws(MongoError) -> String {
        guard let text = String(validating: payload, as: UTF8.self) else { throw failure("its message is not UTF-8") }
        return text
    }

    private static func attributes(of text: String) -> [(name: UInt8, value: String)] {
        text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map { part in
            guard let name = part.first, part.dropFirst().first == UInt8(ascii: "=") else { return (0, "") }
            return (name, String(decoding: part.dropFirst(2), as: UTF8.self))
        }
    }

    private static func failure(_ what: String) -> MongoError {
        MongoError(.authentication, "authentication by SCRAM failed: the server cannot be trusted: \(what)")
    }
}

/// SCRAM with one of two hash functions.
enum SCRAMMechanism: Sendable, Hashable {
    case sha1
    case sha256

    var hash: HashFunction {
        switch self {
        case .sha1: .sha1
        case .sha256: .sha256
        }
    }

    var mechanism: MongoCredential.Mechanism {
        switch self {
        case .sha1: .scramSHA1
        case .sha256: .scramSHA256
        }
    }
}

extension MongoError {
    init(_ mechanism: SCRAMMechanism, _ error: CryptoError) {
        self.init(
            .authentication,
            "authentication by \(mechanism.mechanism) failed: OpenSSL refuses what the mechanism is made of: \(error)",
            underlying: error
        )
    }
}
