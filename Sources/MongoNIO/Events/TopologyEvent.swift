// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-discovery-and-monitoring-logging-and-monitoring.md#events-api

public import MongoBSON

/// Something about the deployment and its servers. Those of one client are told one after the other, in the order of what
/// happened.
public enum TopologyEvent: Sendable {
    /// The client begins to watch its deployment. The first event of all.
    case opening(TopologyOpeningEvent)
    /// The deployment changed.
    case descriptionChanged(TopologyDescriptionChangedEvent)
    /// The client does not watch its deployment any more. The last event of all.
    case closed(TopologyClosedEvent)
    /// The client begins to watch a server.
    case serverOpening(ServerOpeningEvent)
    /// A server changed.
    case serverDescriptionChanged(ServerDescriptionChangedEvent)
    /// The client does not watch a server any more.
    case serverClosed(ServerClosedEvent)
    /// A check of a server begins.
    case heartbeatStarted(ServerHeartbeatStartedEvent)
    /// A server answered the check.
    case heartbeatSucceeded(ServerHeartbeatSucceededEvent)
    /// A check failed.
    case heartbeatFailed(ServerHeartbeatFailedEvent)
}

/// The client begins to watch its deployment.
public struct TopologyOpeningEvent: Sendable {
    /// Tells the deployments of different clients apart.
    public var topologyID: BSONObjectID
}

/// The deployment changed.
public struct TopologyDescriptionChangedEvent: Sendable {
    /// Tells the deployments of different clients apart.
    public var topologyID: BSONObjectID
    /// What was known before.
    public var previousDescription: TopologyDescription
    /// What is known now.
    public var newDescription: TopologyDescription
}

/// The client does not watch its deployment any more.
public struct TopologyClosedEvent: Sendable {
    /// Tells the deployments of different clients apart.
    public var topologyID: BSONObjectID
}

/// The client begins to watch a server.
public struct ServerOpeningEvent: Sendable {
    /// The server.
    public var address: ServerAddress
    /// Tells the deployments of different clients apart.
    public var topologyID: BSONObjectID
}

/// A server changed. Changes of the round trip time alone are not told.
public struct ServerDescriptionChangedEvent: Sendable {
    /// The server.
    public var address: ServerAddress
    /// Tells the deployments of different clients apart.
    public var topologyID: BSONObjectID
    /// What was known before.
    public var previousDescription: ServerDescription
    /// What is known now.
    public var newDescription: ServerDescription
}

/// The client does not watch a server any more.
public struct ServerClosedEvent: Sendable {
    /// The server.
    public var address: ServerAddress
    /// Tells the deployments of different clients apart.
    public var topologyID: BSONObjectID
}
