// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON

/// Counts how often a pool was cleared. A connection of an earlier generation is not used again.
///
/// - SeeAlso: [Load Balancers](https://github.com/mongodb/specifications/blob/master/source/load-balancers/load-balancers.md#connection-pooling)
struct PoolGeneration: Hashable, Sendable {
    private(set) var number = 0
    /// Behind a load balancer: the service that the connection ended up at. Each has generations of its own.
    var serviceID: BSONObjectID?

    mutating func advance() {
        number += 1
    }
}
