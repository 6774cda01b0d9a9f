// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/auth/auth.md#caching-credentials-in-scram

import MongoTLS
import NIOPosix
import Synchronization

/// What a password becomes in SCRAM (RFC 5802, section 3).
struct SCRAMKeys: Sendable, Equatable {
    /// The key of the client's proofs.
    var client: [UInt8]
    /// The key of the server's proofs.
    var server: [UInt8]

    /// What, besides the password, the keys depend on. The server says it.
    struct Parameters: Sendable, Hashable {
        var mechanism: SCRAMMechanism
        var salt: [UInt8]
        var iterations: Int32
    }

    /// Takes milliseconds by design.
    static func derive(_ username: String, _ password: String, _ parameters: Parameters) throws(MongoError) -> SCRAMKeys
    {
        let hash = parameters.mechanism.hash
        do throws(CryptoError) {
            let salted = try hash.derivedKey(
                password: try secret(username, password, parameters.mechanism),
                salt: parameters.salt,
                iterations: parameters.iterations
            )
            return SCRAMKeys(
                client: try hash.authenticationCode(of: Array("Client Key".utf8), key: salted),
                server: try hash.authenticationCode(of: Array("Server Key".utf8), key: salted)
            )
        } catch {
            throw MongoError(parameters.mechanism, error)
        }
    }

    /// What takes the place of the password in the derivation.
    private static func secret(
        _ username: String,
        _ password: String,
        _ mechanism: SCRAMMechanism
    ) throws(CryptoError) -> [UInt8] {
        switch mechanism {
        case .sha1:
            // Unprepared, and hashed as MongoDB's first mechanism did.
            try hexadecimal(HashFunction.md5.digest(Array("\(username):mongo:\(password)".utf8)))
        case .sha256:
            Array(password.utf8)
        }
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    }
}

/// Derives the keys of one user and remembers them: all connections to a server, and to the members of a replica set,
/// ask for the same.
final class SCRAMKeyring: Sendable {
    /// A replica set has one salt for each user and mechanism; more are of users that were made anew.
    static let capacity = 16

    private struct State {
        var keys: [SCRAMKeys.Parameters: SCRAMKeys] = [:]
        /// The oldest first.
        var order: [SCRAMKeys.Parameters] = []
    }

    private let username: String
    private let password: String
    private let state = Mutex(State())

    init(username: String, password: String) {
        self.username = username
        self.password = password
    }

    /// How many keys are remembered.
    var count: Int { state.withLock { $0.keys.count } }

    /// The keys, remembered or derived on a thread that may be kept busy.
    ///
    /// - Throws: `MongoError` when the password cannot be used, OpenSSL refuses, or the task is cancelled.
    func keys(for parameters: SCRAMKeys.Parameters) async throws(MongoError) -> SCRAMKeys {
        if let known = state.withLock({ $0.keys[parameters] }) { return known }
        let username = username
        let password = try prepared(for: parameters.mechanism)
        let derived: Result<SCRAMKeys, MongoError>
        do {
            derived = try await NIOThreadPool.singleton.runIfActive {
                do throws(MongoError) {
                    return .success(try SCRAMKeys.derive(username, password, parameters))
                } catch {
                    return .failure(error)
                }
            }
        } catch {
            throw MongoError(.cancelled, "the task was cancelled", underlying: error)
        }
        let keys = try derived.get()
        state.withLock { state in
            guard state.keys.updateValue(keys, forKey: parameters) == nil else { return }
            state.order.append(parameters)
            if state.order.count > Self.capacity { state.keys[state.order.removeFirst()] = nil }
        }
        return keys
    }

    private func prepared(for mechanism: SCRAMMechanism) throws(MongoError) -> String {
        guard mechanism == .sha256 else { return password }
        do throws(SASLprep.Failure) {
            return try SASLprep.prepare(password)
        } catch {
            throw MongoError(.authentication, "SCRAM-SHA-256 cannot use the password: \(error.reason)")
        }
    }
}
