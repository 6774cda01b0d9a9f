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
/// left early is killed there as soon as it is released, or at once by ``close()``.
public final class MongoCursor<Element: Decodable & Sendable>: AsyncSequence, Sendable {
    /// What a cursor throws.
    public typealias Failure = MongoError

    private let machine: Mutex<CursorStateMachine>
    private let namespace: MongoNamespace
    private let executor: OperationExecutor
    /// The session and the server or connection of the cursor, until it is at its end.
    private let continuation: Mutex<OperationContext>
    private let settings: CommandSettings
    private let batchSize: Int?
    private let comment: BSON?

    init(
        _ reply: CursorReply,
        executor: OperationExecutor,
        settings: CommandSettings,
        batchSize: Int?,
        comment: BSON?
    ) {
        machine = Mutex(CursorStateMachine(reply.batch, id: reply.id))
        namespace = reply.namespace
        continuation = Mutex(reply.continuation)
        self.executor = executor
        self.settings = settings
        self.batchSize = batchSize
        self.comment = comment
    }

    deinit {
        if let id = machine.withLock({ $0.close() }) { killLater(id) }
    }

    /// The next document; `nil` at the end. Suspends only when a batch has to be fetched.
    ///
    /// - Throws: `MongoError`; the cursor is then at its end. An error in decoding a document (`bson`) leaves it where it
    ///   is: the next call goes on with the next document.
    public func next() async throws(MongoError) -> Element? {
        while true {
            switch try step() {
            case .element(let element): return element
            case .end: return nil
            case .fetch(let id): try await fetch(id)
            }
        }
    }

    private enum Step {
        case element(Element)
        case end
        case fetch(Int64)
    }

    private func step() throws(MongoError) -> Step {
        switch machine.withLock({ $0.next() }) {
        case .document(let document): return .element(try DocumentCoding.decode(Element.self, from: document))
        case .end: return .end
        case .fetch(let id): return .fetch(id)
        case .busy: throw MongoError(.invalidArgument, "a cursor is read by one task at a time")
        }
    }

    private func fetch(_ id: Int64) async throws(MongoError) {
        let operation = GetMoreOperation(cursorID: id, namespace: namespace, batchSize: batchSize, comment: comment)
        do throws(MongoError) {
            let reply = try await executor.execute(operation, settings, in: continuation.withLock { $0 })
            machine.withLock { $0.fetched(reply.batch, id: reply.id) }
            if reply.id == 0 { letGo() }
        } catch {
            let left = machine.withLock { $0.fetchFailed() }
            switch error.code {
            case .cancelled, .timeout:
                // The server does not know that nobody will come back for it.
                if let left { killLater(left) }
            default:
                // Either the server has closed the cursor, or it cannot be reached.
                letGo()
            }
            throw error
        }
    }

    /// Every document that is left, as an array.
    public func toArray() async throws(MongoError) -> [Element] {
        var elements: [Element] = []
        while let element = try await next() { elements.append(element) }
        return elements
    }

    /// Frees the cursor on the server, if there still is one. Reading then finds the end.
    ///
    /// Errors are ignored: the server frees a cursor that nobody reads by itself after ten minutes.
    public func close() async {
        guard let id = machine.withLock({ $0.close() }) else { return }
        await Self.kill(id, namespace, executor, settings, letGo())
    }

    /// The session and the connection are free for others.
    @discardableResult
    private func letGo() -> OperationContext {
        continuation.withLock { context in
            defer { context = OperationContext() }
            return context
        }
    }

    /// The one task that outlives its caller: releasing a cursor cannot wait. It ends with the exchange or with the client.
    private func killLater(_ id: Int64) {
        let context = letGo()
        Task { [namespace, executor, settings] in
            await Self.kill(id, namespace, executor, settings, context)
        }
    }

    private static func kill(
        _ id: Int64,
        _ namespace: MongoNamespace,
        _ executor: OperationExecutor,
        _ settings: CommandSettings,
        _ context: OperationContext
    ) async {
        let operation = KillCursorsOperation(cursorID: id, namespace: namespace)
        var context = context
        context.deadline = Deadline(after: .seconds(10))
        // Best effort, and bounded: see `close()`.
        try? await executor.execute(operation, settings, in: context)
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
            while true {
                switch try cursor.step() {
                case .element(let element): return element
                case .end: return nil
                case .fetch(let id): try await cursor.fetch(id)
                }
            }
        }
    }
}
