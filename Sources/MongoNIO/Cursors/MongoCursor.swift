// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/find_getmore_killcursors_commands/find_getmore_killcursors_commands.md

import MongoBSON
import Synchronization

/// The documents that a query found, fetched from the server batch by batch.
///
/// ```swift
/// for try await kitten in try await kittens.find(["color": "orange"]) {
///     print(kitten.name)
/// }
/// ```
///
/// A cursor is read once, by one task at a time. The server keeps its part until the last batch is read: a cursor that is
/// left early is killed there as soon as it is released, or at once by ``close(timeout:)``.
///
/// A tailable cursor (``CursorType``) has no last document: ``next()`` waits for one, ``tryNext()`` asks once.
public final class MongoCursor<Element: Decodable & Sendable>: AsyncSequence, Sendable {
    /// What a cursor throws.
    public typealias Failure = MongoError

    private let remote: RemoteCursor

    init(_ reply: CursorReply, plan: CursorPlan, _ series: CommandSeries) {
        remote = RemoteCursor(reply, plan: plan, series)
    }

    /// Whether there may be more to read.
    public var isAlive: Bool { remote.isAlive }

    /// The cursor's number on the server; `nil` when the server has sent everything, or the cursor is closed.
    public var id: Int64? { remote.id }

    /// The next document; `nil` at the end. Suspends only when a batch has to be fetched.
    ///
    /// - Throws: `MongoError`; the cursor is then at its end. An error in decoding a document (`bson`) leaves it where it
    ///   is: the next call goes on with the next document.
    public func next() async throws(MongoError) -> Element? {
        if let element = try buffered() { return element }
        return try await fetched(waiting: true)
    }

    /// The next document, if there is one now; asks the server at most once. `nil` does not mean the end: ``isAlive`` does
    /// tell. For tailable cursors.
    ///
    /// - Throws: `MongoError`, like ``next()``.
    public func tryNext() async throws(MongoError) -> Element? {
        if let element = try buffered() { return element }
        return try await fetched(waiting: false)
    }

    private func buffered() throws(MongoError) -> Element? {
        guard let document = try remote.buffered() else { return nil }
        return try DocumentCoding.decode(Element.self, from: document)
    }

    private func fetched(waiting: Bool) async throws(MongoError) -> Element? {
        guard let document = try await remote.fetched(waiting: waiting) else { return nil }
        return try DocumentCoding.decode(Element.self, from: document)
    }

    /// Every document that is left, as an array. A tailable cursor has no end, and neither has this.
    public func toArray() async throws(MongoError) -> [Element] {
        var elements: [Element] = []
        while let element = try await next() { elements.append(element) }
        return elements
    }

    /// Frees the cursor on the server, if there still is one. Reading then finds the end.
    ///
    /// Errors are ignored: the server frees a cursor that nobody reads by itself after ten minutes.
    ///
    /// - Parameter timeout: How long it may take, instead of the cursor's own timeout, which begins anew.
    public func close(timeout: Duration? = nil) async {
        await remote.close(timeout: timeout)
    }

    /// Reads the cursor.
    public func makeAsyncIterator() -> Iterator {
        Iterator(cursor: self)
    }

    /// Reads a cursor.
    public struct Iterator: AsyncIteratorProtocol {
        let cursor: MongoCursor<Element>

        /// The next document; `nil` at the end.
        public mutating func next() async throws(MongoError) -> Element? {
            try await cursor.next()
        }

        /// The next document; `nil` at the end. One that is there already costs no change of the executor.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws(MongoError) -> Element? {
            if let element = try cursor.buffered() { return element }
            return try await cursor.fetched(waiting: true)
        }
    }
}
