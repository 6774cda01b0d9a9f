// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Counts what happens, from any thread.
final class EventCounter: Sendable {
    private let number = Atomic<Int>(0)

    func note() { number.add(1, ordering: .sequentiallyConsistent) }

    var count: Int { number.load(ordering: .sequentiallyConsistent) }
}
