// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// One server of the deployment: the connections to it, and who watches it.
final class Server: Sendable {
    let address: ServerAddress
    let pool: ConnectionPool
    /// `nil` for a load balancer: nobody watches it.
    let monitor: ServerMonitor?

    init(address: ServerAddress, pool: ConnectionPool, monitor: ServerMonitor? = nil) {
        self.address = address
        self.pool = pool
        self.monitor = monitor
    }

    /// How many operations have, or wait for, a connection. This is the specification's `operationCount`: every operation
    /// goes on to the pool at once after the server was selected.
    ///
    /// - SeeAlso: [operationCount](https://github.com/mongodb/specifications/blob/master/source/server-selection/server-selection.md#operationcount)
    var operationCount: Int { pool.operationCount }

    /// Ends watching, closes the connections, and waits for both.
    func close(_ reason: MongoError) async {
        async let pool: Void = pool.close(reason)
        await monitor?.stop()
        await pool
    }
}
