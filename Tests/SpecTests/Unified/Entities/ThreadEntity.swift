// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/unified-test-format/unified-test-format.md#runonthread

/// Runs operations one after the other, beside the test.
final class ThreadEntity: Sendable {
    private let queue: AsyncStream<@Sendable () async throws -> Void>.Continuation
    private let task: Task<Void, any Error>

    init() {
        let (stream, queue) = AsyncStream.makeStream(of: (@Sendable () async throws -> Void).self)
        self.queue = queue
        task = Task {
            for await operation in stream { try await operation() }
        }
    }

    deinit { stop() }

    func run(_ operation: @escaping @Sendable () async throws -> Void) {
        queue.yield(operation)
    }

    /// Waits for the end of everything that was given to it.
    ///
    /// - Throws: What an operation threw; `UnifiedTestFailure` when it takes too long.
    func join(within limit: Duration = .seconds(10)) async throws {
        queue.finish()
        try await withTimeLimit(limit, "waitForThread") { [task] in try await task.value }
    }

    /// Ends it, whatever it does. Once it was joined, that is nothing.
    func stop() {
        queue.finish()
        task.cancel()
    }
}
