// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// Decides which servers fit an operation. Pure: the same description gives the same answer.
///
/// - SeeAlso: [Server Selection](https://github.com/mongodb/specifications/blob/master/source/server-selection/server-selection.md)
struct ServerSelector: Sendable {
    /// What the operation does.
    enum Purpose: Sendable {
        case read
        case write
    }

    var purpose: Purpose

    /// The servers that fit. Empty: none does now.
    func suitableServers(in description: TopologyDescription) -> [ServerAddress] {
        switch description.type {
        case .single:
            // A direct connection is used whatever the server is, and whether or not it was reached before: the pool finds
            // out.
            Array(description.servers.keys)
        default:
            []
        }
    }
}
