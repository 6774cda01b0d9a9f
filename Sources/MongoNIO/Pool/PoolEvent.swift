// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import NIOCore

/// What the state machine of a pool tells of: a ``ConnectionPoolEvent`` before it is dressed for the public.
///
/// - SeeAlso: [Events](https://github.com/mongodb/specifications/blob/master/source/connection-monitoring-and-pooling/connection-monitoring-and-pooling.md#events)
enum PoolEvent<Connection: Sendable>: Sendable {
    case created
    case ready
    case cleared(serviceID: BSONObjectID?, interruptInUse: Bool)
    case closed
    case connectionCreated(id: Int)
    case connectionReady(PoolSlot<Connection>, TimeAmount)
    case connectionClosed(id: Int, PoolGeneration, ConnectionClosedEvent.Reason, MongoError?)
    case checkOutStarted
    case checkOutFailed(ConnectionCheckOutFailedEvent.Reason, MongoError, TimeAmount)
    case checkedOut(PoolSlot<Connection>, TimeAmount)
    case checkedIn(PoolSlot<Connection>)
}
