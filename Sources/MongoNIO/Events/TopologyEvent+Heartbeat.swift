// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-discovery-and-monitoring-logging-and-monitoring.md#events-api

public import MongoBSON
public import MongoTLS

/// A check of a server begins: `hello` is about to be sent, or the next answer of a stream to be waited for. When that
/// needs a new connection, it is not open yet.
public struct ServerHeartbeatStartedEvent: Sendable {
    /// The server.
    public var address: ServerAddress
    /// Tells the deployments of different clients apart.
    public var topologyID: BSONObjectID
    /// The connection's number among those that watch this server, from 1.
    public var driverConnectionID: Int
    /// The server's number for the connection; `nil` when it is not known.
    public var serverConnectionID: Int64?
    /// Whether the server answers when something changes, not at once.
    public var awaited: Bool
}

/// A server answered the check.
public struct ServerHeartbeatSucceededEvent: Sendable {
    /// The server.
    public var address: ServerAddress
    /// Tells the deployments of different clients apart.
    public var topologyID: BSONObjectID
    /// The connection's number among those that watch this server, from 1.
    public var driverConnectionID: Int
    /// The server's number for the connection; `nil` when it is not known.
    public var serverConnectionID: Int64?
    /// Whether the server answered when something changed, not at once.
    public var awaited: Bool
    /// How long the answer took. That of an awaited answer says nothing about the network.
    public var duration: Duration
    /// What the server said.
    public var reply: BSONDocument
    /// What TLS agreed on, when this is the first answer on a connection; `nil` later, and on a plain connection.
    public var tls: TLSConnectionInfo?
}

/// A check failed.
public struct ServerHeartbeatFailedEvent: Sendable {
    /// The server.
    public var address: ServerAddress
    /// Tells the deployments of different clients apart.
    public var topologyID: BSONObjectID
    /// The connection's number among those that watch this server, from 1.
    public var driverConnectionID: Int
    /// The server's number for the connection; `nil` when it is not known.
    public var serverConnectionID: Int64?
    /// Whether the server was to answer when something changed, not at once.
    public var awaited: Bool
    /// How long it took to fail.
    public var duration: Duration
    /// Why it failed.
    public var failure: MongoError
}
