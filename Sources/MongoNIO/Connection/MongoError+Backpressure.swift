// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/connection-monitoring-and-pooling/connection-monitoring-and-pooling.md#connection-pool

import MongoTLS
import NIOPosix

extension MongoError {
    /// Labels an error of establishing a connection, up to the hello, when an overloaded server may be the reason: then the
    /// attempt may be repeated, after a while, and says nothing about the server's other connections.
    func markedForBackpressure() -> MongoError {
        guard mayMeanOverload else { return self }
        var error = self
        error.add(.systemOverloaded)
        error.add(.retryable)
        return error
    }

    /// What an overloaded server does: refuse, break, or let us wait. Names that do not resolve and certificates that do not
    /// fit have other reasons.
    private var mayMeanOverload: Bool {
        // What the proxy does says nothing about the server.
        if proxy != nil { return false }
        switch code {
        case .timeout:
            return true
        case .network:
            guard let connecting = underlying as? NIOConnectionError else { return true }
            return !connecting.connectionErrors.isEmpty
        case .tls:
            // What looks like a server without TLS may be one with TLS that takes no more connections.
            return tls?.category == .network || tls?.category == .timeout || tls?.code == .plaintextServer
        default:
            return false
        }
    }
}
