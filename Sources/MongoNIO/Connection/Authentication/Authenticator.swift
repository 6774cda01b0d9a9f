// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/auth/auth.md#authentication-handshake

import MongoBSON
import MongoTLS

/// Logs connections in as one user. Made once per client, so that all connections share the derived keys.
///
/// Before it: `ConnectionEstablisher`, which has a ``Login`` for each new connection.
struct Authenticator: Sendable {
    let credential: MongoCredential
    let serverAPI: MongoServerAPI?
    /// `nil` for mechanisms that derive no keys.
    let keyring: SCRAMKeyring?

    /// - Parameter credential: Judged already: see `MongoClientOptions.validate()`.
    init(_ credential: MongoCredential, serverAPI: MongoServerAPI? = nil) {
        self.credential = credential
        self.serverAPI = serverAPI
        keyring =
            switch credential.mechanism {
            case nil, .scramSHA1, .scramSHA256:
                SCRAMKeyring(username: credential.username ?? "", password: credential.password ?? "")
            default: nil
            }
    }

    /// For one new connection.
    func begin() throws(MongoError) -> Login {
        try Login(self)
    }

    /// A conversation with a nonce of its own.
    func conversation(_ mechanism: SCRAMMechanism) throws(MongoError) -> SCRAMStateMachine {
        do throws(CryptoError) {
            // 24 bytes, as base 64, which has no comma.
            let nonce = BSONBinary(bytes: try SecureBytes.random(24)).base64
            return SCRAMStateMachine(mechanism, username: credential.username ?? "", nonce: nonce)
        } catch {
            throw MongoError(mechanism, error)
        }
    }
}
