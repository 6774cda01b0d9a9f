// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// Counts how often a pool was cleared. A connection of an earlier generation is not used again.
struct PoolGeneration: Hashable, Sendable {
    private(set) var number = 0

    mutating func advance() {
        number += 1
    }
}
