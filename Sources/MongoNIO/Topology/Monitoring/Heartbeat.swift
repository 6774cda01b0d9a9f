// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import MongoTLS

/// One check of a server, for its two events.
struct Heartbeat: Sendable {
    var address: ServerAddress
    var topologyID: BSONObjectID
    var driverConnectionID: Int
    var serverConnectionID: Int64?
    var isAwaited: Bool
    private let start = ContinuousClock.now

    init(
        address: ServerAddress,
        topologyID: BSONObjectID,
        driverConnectionID: Int,
        serverConnectionID: Int64?,
        isAwaited: Bool
    ) {
        self.address = address
        self.topologyID = topologyID
        self.driverConnectionID = driverConnectionID
        self.serverConnectionID = serverConnectionID
        self.isAwaited = isAwaited
    }

    var started: TopologyEvent {
        .heartbeatStarted(
            ServerHeartbeatStartedEvent(
                address: address,
                topologyID: topologyID,
                driverConnectionID: driverConnectionID,
                serverConnectionID: serverConnectionID,
                awaited: isAwaited
            )
        )
    }

    func succeeded(_ hello: HelloReply, _ tls: TLSConnectionInfo?) -> TopologyEvent {
        .heartbeatSucceeded(
            ServerHeartbeatSucceededEvent(
                address: address,
                topologyID: topologyID,
                driverConnectionID: driverConnectionID,
                serverConnectionID: serverConnectionID,
                awaited: isAwaited,
                // Where the time to the server was measured, it is the one.
                duration: isAwaited ? .now - start : hello.roundTripTime ?? .now - start,
                reply: hello.document ?? [:],
                tls: tls
            )
        )
    }

    func failed(_ error: MongoError) -> TopologyEvent {
        .heartbeatFailed(
            ServerHeartbeatFailedEvent(
                address: address,
                topologyID: topologyID,
                driverConnectionID: driverConnectionID,
                serverConnectionID: serverConnectionID,
                awaited: isAwaited,
                duration: .now - start,
                failure: error
            )
        )
    }
}
