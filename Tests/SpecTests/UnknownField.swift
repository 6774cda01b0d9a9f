// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// A test file says something that its runner does not know. What a runner overlooks would pass without being tested.
struct UnknownField: Error, CustomStringConvertible {
    var name: String

    var description: String { "the runner does not know '\(name)'" }

    /// - Throws: `UnknownField` for the first name that is none of the known ones.
    static func check(_ names: some Sequence<String>, known: Set<String>) throws {
        for name in names where !known.contains(name) { throw UnknownField(name: name) }
    }
}
