// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/sessions/driver-sessions.md#gossipping-the-cluster-time

import MongoBSON
import Synchronization

/// A moment in the life of a cluster, signed by it. Drivers carry it from server to server.
struct ClusterTime: Sendable {
    /// What is sent as `$clusterTime`: the timestamp and the signature.
    let document: BSONDocument
    let timestamp: BSONTimestamp

    /// - Returns: `nil` when the document holds no `clusterTime`.
    init?(_ document: BSONDocument) {
        guard let timestamp = document.element(forKey: "clusterTime")?.timestamp else { return nil }
        self.document = document
        self.timestamp = timestamp
    }

    /// The later one.
    static func latest(_ first: ClusterTime?, _ second: ClusterTime?) -> ClusterTime? {
        guard let first, let second else { return first ?? second }
        return second.timestamp > first.timestamp ? second : first
    }
}

/// The latest cluster time that a client has seen.
final class ClusterClock: Sendable {
    private let time = Mutex<ClusterTime?>(nil)

    /// The latest cluster time; `nil` before any server told one.
    var now: ClusterTime? {
        time.withLock { $0 }
    }

    /// Takes over a cluster time if it is later.
    ///
    /// - Parameter document: A view of a reply's `$clusterTime`; it is copied when it is kept.
    func advance(to document: BSONDocument) {
        guard let timestamp = document.element(forKey: "clusterTime")?.timestamp else { return }
        time.withLock { time in
            if let time, time.timestamp >= timestamp { return }
            time = ClusterTime(document.detached())
        }
    }
}
