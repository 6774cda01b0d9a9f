// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-monitoring.md#servermonitoringmode

/// How the client watches the servers. The raw value is the name in the connection string.
public enum ServerMonitoringMode: String, Sendable, Hashable, CaseIterable {
    /// The server reports changes at once over a connection that is held open; older servers are polled.
    case stream
    /// The client asks every ``MongoClientOptions/heartbeatFrequency``.
    case poll
    /// ``poll`` on function-as-a-service platforms, where a frozen process would miss reports, else ``stream``.
    case auto
}
