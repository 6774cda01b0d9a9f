// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/connection-monitoring-and-pooling/connection-monitoring-and-pooling.md#events

public import MongoTLS

/// Something about the connections to a server.
public enum ConnectionPoolEvent: Sendable {
    /// A connection is ready for commands.
    case connectionReady(ConnectionReadyEvent)
}

/// A connection is ready for commands: TCP, TLS and hello are done.
public struct ConnectionReadyEvent: Sendable {
    /// The server.
    public var address: ServerAddress
    /// The connection's number in its pool, from 1.
    public var driverConnectionID: Int
    /// How long it took to make.
    public var duration: Duration
    /// What TLS agreed on; `nil` on a plain connection.
    public var tls: TLSConnectionInfo?
}
