// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Testing

/// For what happens soon, but not at once.
enum Eventually {
    /// Asks again and again until the condition holds; records an issue when it does not within ten seconds.
    static func holds(
        sourceLocation: SourceLocation = #_sourceLocation,
        _ condition: () async throws -> Bool
    ) async throws {
        let end = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < end {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("the condition did not come to hold", sourceLocation: sourceLocation)
    }
}
