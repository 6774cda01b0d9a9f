// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Servers of which something is known that a later connection cannot see by itself, by the `host:port` they are dialed at.
///
/// A server without TLS and one with TLS that takes no more connections close in the very same way, and so do a server
/// that wants another client certificate and one that is overloaded. What the server did before tells them apart.
final class TLSEndpointNotes: Sendable {
    /// Far more servers than a deployment has. The bound is for names that lead to ever new ones.
    static let capacity = 256

    private let endpoints = Mutex<Set<String>>([])

    /// Notes a server. Where there is no more room, another one is forgotten.
    func insert(_ endpoint: String) {
        endpoints.withLock { endpoints in
            if endpoints.count >= Self.capacity, !endpoints.contains(endpoint) { _ = endpoints.popFirst() }
            endpoints.insert(endpoint)
        }
    }

    func contains(_ endpoint: String) -> Bool {
        endpoints.withLock { $0.contains(endpoint) }
    }
}
