// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/change-streams/change-streams.md

import MongoBSON

/// The changes of a collection, a database or a deployment, as they happen.
///
/// ```swift
/// for try await change in try await kittens.watch() {
///     print(change.operationType, change.fullDocument?.name ?? "")
/// }
/// ```
///
/// It has no end: each call waits for the next change. When a connection is lost or a primary steps down, it is taken up
/// again where it was, on whatever server fits, and nobody notices. Prefer it to an aggregation with `$changeStream`, which
/// is not. Replica sets and sharded clusters have change streams, standalone servers have none; the read concern has to be
/// `majority` or none at all.
///
/// To go on after a restart of the application, keep the ``resumeToken`` after each change, and now and then while there
/// are none: ``tryNext()`` returns when the server has nothing to tell, and the token has moved on all the same.
///
/// When a call fails because its time is over (``MongoError/Code/timeout``), the stream is not lost: the next call takes it
/// up again. If that happens before the first change was seen, the server does not get through its history in time: make a
/// stream with a longer timeout.
public final class ChangeStream<Element: Decodable & Sendable>: AsyncSequence, Sendable {
    /// What a change stream throws.
    public typealias Failure = MongoError

    private let core: ChangeStreamCore

    init(_ core: ChangeStreamCore) {
        self.core = core
    }

    /// After what the stream would go on now. Keep it to go on after a restart: ``ChangeStreamOptions/resumeAfter``.
    public var resumeToken: ResumeToken? { core.resumeToken }

    /// Whether there may be more to come: the stream was not closed, and has not failed for good.
    public var isAlive: Bool { core.isAlive }

    /// The next change, waiting for it; `nil` when the stream is closed.
    ///
    /// - Throws: `MongoError`. After `timeout`, `cancelled` and `bson` the next call goes on; anything else is the end.
    public func next() async throws(MongoError) -> Element? {
        try await decoded(waiting: true)
    }

    /// The next change, if there is one now: asks the server at most once, which waits `maxAwaitTime` for a change.
    ///
    /// - Throws: `MongoError`, like ``next()``.
    public func tryNext() async throws(MongoError) -> Element? {
        try await decoded(waiting: false)
    }

    private func buffered() throws(MongoError) -> Element? {
        guard let document = try core.buffered() else { return nil }
        return try DocumentCoding.decode(Element.self, from: document)
    }

    private func decoded(waiting: Bool) async throws(MongoError) -> Element? {
        if let element = try buffered() { return element }
        guard let document = try await core.fetched(waiting: waiting) else { return nil }
        return try DocumentCoding.decode(Element.self, from: document)
    }

    /// Ends the stream, and frees the cursor on the server.
    ///
    /// - Parameter timeout: How long it may take, instead of the stream's own timeout.
    public func close(timeout: Duration? = nil) async {
        await core.close(timeout: timeout)
    }

    /// Reads the stream.
    public func makeAsyncIterator() -> Iterator {
        Iterator(stream: self)
    }

    /// Reads a change stream.
    public struct Iterator: AsyncIteratorProtocol {
        let stream: ChangeStream<Element>

        /// The next change; `nil` when the stream is closed.
        public mutating func next() async throws(MongoError) -> Element? {
            try await stream.next()
        }

        /// The next change; `nil` when the stream is closed. One that is there already costs no change of the executor.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(MongoError) -> Element? {
            if let element = try stream.buffered() { return element }
            return try await stream.decoded(waiting: true)
        }
    }
}
