// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// One server of the deployment and the connections to it.
final class Server: Sendable {
    let address: ServerAddress
    let pool: ConnectionPool

    init(address: ServerAddress, pool: ConnectionPool) {
        self.address = address
        self.pool = pool
    }
}
