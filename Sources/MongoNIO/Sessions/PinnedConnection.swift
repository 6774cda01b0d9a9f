// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/load-balancers/load-balancers.md#connection-pinning

/// A connection that a cursor or a transaction keeps, because only its service behind the load balancer knows of them.
///
/// It goes back to its pool with the last reference.
final class PinnedConnection: Sendable {
    let lease: ConnectionLease

    init(_ lease: consuming ConnectionLease) {
        self.lease = lease
    }
}
