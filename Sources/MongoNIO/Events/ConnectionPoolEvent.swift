// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/connection-monitoring-and-pooling/connection-monitoring-and-pooling.md#events

public import MongoBSON
public import MongoTLS

/// Something about the connections to a server. Each server has a pool; the events of one pool are told one after the
/// other, in their order.
public enum ConnectionPoolEvent: Sendable {
    /// The pool of a server was made. It is paused: nothing is connected before ``poolReady(_:)``.
    case poolCreated(PoolCreatedEvent)
    /// The server was found to be there: connections may be made.
    case poolReady(PoolReadyEvent)
    /// The server is in trouble: the connections of before are not used again, and none is made before ``poolReady(_:)``.
    case poolCleared(PoolClearedEvent)
    /// The end of the pool.
    case poolClosed(PoolClosedEvent)
    /// A connection is going to be made.
    case connectionCreated(ConnectionCreatedEvent)
    /// A connection is ready for commands.
    case connectionReady(ConnectionReadyEvent)
    /// A connection does not belong to the pool any more.
    case connectionClosed(ConnectionClosedEvent)
    /// An operation asks for a connection.
    case connectionCheckOutStarted(ConnectionCheckOutStartedEvent)
    /// An operation got no connection.
    case connectionCheckOutFailed(ConnectionCheckOutFailedEvent)
    /// An operation got a connection.
    case connectionCheckedOut(ConnectionCheckedOutEvent)
    /// An operation gave its connection back.
    case connectionCheckedIn(ConnectionCheckedInEvent)

    /// The server.
    public var address: ServerAddress {
        switch self {
        case .poolCreated(let event): event.address
        case .poolReady(let event): event.address
        case .poolCleared(let event): event.address
        case .poolClosed(let event): event.address
        case .connectionCreated(let event): event.address
        case .connectionReady(let event): event.address
        case .connectionClosed(let event): event.address
        case .connectionCheckOutStarted(let event): event.address
        case .connectionCheckOutFailed(let event): event.address
        case .connectionCheckedOut(let event): event.address
        case .connectionCheckedIn(let event): event.address
        }
    }
}

/// The pool of a server was made.
public struct PoolCreatedEvent: Sendable {
    /// The server.
    public var address: ServerAddress
    /// The options of the pool that are not the default.
    public var options: ConnectionPoolOptions
}

/// The options of a pool that are not the default; the others are `nil`. They are properties of ``MongoClientOptions``.
public struct ConnectionPoolOptions: Sendable, Hashable {
    /// The most connections, those in use included; 0: without limit.
    public var maxPoolSize: Int?
    /// The connections that are kept even when none is needed.
    public var minPoolSize: Int?
    /// The most connections that are established at the same time.
    public var maxConnecting: Int?
    /// How long a connection may be idle before it is closed.
    public var maxIdleTime: Duration?
    /// How long to wait for a free connection.
    public var waitQueueTimeout: Duration?
}

/// The server was found to be there: connections may be made.
public struct PoolReadyEvent: Sendable {
    /// The server.
    public var address: ServerAddress
}

/// The connections of before are not used again.
public struct PoolClearedEvent: Sendable {
    /// The server.
    public var address: ServerAddress
    /// Behind a load balancer: the service whose connections are meant. The others go on.
    public var serviceID: BSONObjectID?
    /// Whether the connections in use are closed under their users.
    public var interruptInUseConnections: Bool
}

/// The end of a pool.
public struct PoolClosedEvent: Sendable {
    /// The server.
    public var address: ServerAddress
}

/// A connection is going to be made.
public struct ConnectionCreatedEvent: Sendable {
    /// The server.
    public var address: ServerAddress
    /// The connection's number in its pool, from 1.
    public var driverConnectionID: Int
}

/// A connection is ready for commands: TCP, TLS, hello and authentication are done.
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

/// A connection does not belong to its pool any more.
public struct ConnectionClosedEvent: Sendable {
    /// Why a connection is closed.
    public enum Reason: String, Sendable, Hashable {
        /// The pool was cleared.
        case stale
        /// It was not used for longer than `maxIdleTimeMS`.
        case idle
        /// It could not be made, or broke, or was left with a reply outstanding.
        case error
        /// The pool was closed.
        case poolClosed
    }

    /// The server.
    public var address: ServerAddress
    /// The connection's number in its pool, from 1.
    public var driverConnectionID: Int
    /// Behind a load balancer: the service that it was connected to.
    public var serviceID: BSONObjectID?
    /// Why it is closed.
    public var reason: Reason
    /// The error; `nil` when the reason is another.
    public var error: MongoError?
}

/// An operation asks for a connection.
public struct ConnectionCheckOutStartedEvent: Sendable {
    /// The server.
    public var address: ServerAddress
}

/// An operation got no connection.
public struct ConnectionCheckOutFailedEvent: Sendable {
    /// Why an operation gets no connection.
    public enum Reason: String, Sendable, Hashable {
        /// The pool was closed.
        case poolClosed
        /// None became free in time.
        case timeout
        /// None could be made, the pool was cleared, or the operation was cancelled.
        case connectionError
    }

    /// The server.
    public var address: ServerAddress
    /// Why there was none.
    public var reason: Reason
    /// What the operation is told.
    public var error: MongoError
    /// How long the operation waited.
    public var duration: Duration
}

/// An operation got a connection.
public struct ConnectionCheckedOutEvent: Sendable {
    /// The server.
    public var address: ServerAddress
    /// The connection's number in its pool, from 1.
    public var driverConnectionID: Int
    /// How long the operation waited.
    public var duration: Duration
}

/// An operation gave its connection back.
public struct ConnectionCheckedInEvent: Sendable {
    /// The server.
    public var address: ServerAddress
    /// The connection's number in its pool, from 1.
    public var driverConnectionID: Int
}
