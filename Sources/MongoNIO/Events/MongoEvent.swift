// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// Something that happened inside a client, told to its `eventHandler` at the moment it happens.
///
/// New cases may be added: a handler needs a `default`.
public enum MongoEvent: Sendable {
    /// A command was sent to a server, and what came of it.
    case command(CommandEvent)
    /// Something about the connections to a server.
    case pool(ConnectionPoolEvent)
    /// Something about the deployment and its servers.
    case topology(TopologyEvent)
}
