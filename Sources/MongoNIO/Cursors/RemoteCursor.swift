// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/find_getmore_killcursors_commands/find_getmore_killcursors_commands.md

import MongoBSON
import NIOCore
import Synchronization

/// A cursor of documents on a server, and what of it is here: fetches batches, and sees to it that the server's part is
/// freed.
final class RemoteCursor: Sendable {
    private struct State: ~Copyable {
        var machine: CursorStateMachine
        /// The session, the server and, behind a load balancer, the connection; let go as soon as the server has nothing
        /// more.
        var continuation: OperationContext
        var postBatchResumeToken: BSONDocument?
        /// The newest version of the wire protocol that the server of the last reply speaks.
        var maxWireVersion: Int
        /// Frees the server's part after a failure; ends with the exchange or with the client.
        var killing: Task<Void, Never>?

        mutating func letGo() -> OperationContext {
            defer { continuation = OperationContext() }
            return continuation
        }
    }

    /// With these the server says that it has closed the cursor: CursorNotFound, MaxTimeMSExpired, QueryPlanKilled,
    /// CursorKilled, Interrupted.
    private static let codesOfClosedCursors: Set<Int> = [43, 50, 175, 237, 11601]

    private let state: Mutex<State>
    private let namespace: MongoNamespace
    private let plan: CursorPlan
    private let series: CommandSeries
    private let comment: BSON?

    init(_ reply: CursorReply, plan: CursorPlan, _ series: CommandSeries) {
        state = Mutex(
            State(
                machine: CursorStateMachine(reply.batch, id: reply.id),
                continuation: reply.continuation,
                postBatchResumeToken: reply.postBatchResumeToken,
                maxWireVersion: reply.maxWireVersion
            )
        )
        namespace = reply.namespace
        comment = GetMoreOperation.comment(plan.comment, maxWireVersion: reply.maxWireVersion)
        self.plan = plan
        self.series = series
    }

    deinit {
        let left = state.withLock { state in (state.machine.close(), state.letGo()) }
        if let id = left.0 { killLater(id, left.1) }
    }

    var isAlive: Bool { state.withLock { !$0.machine.isDone } }

    var id: Int64? { state.withLock { $0.machine.id } }

    /// Where a change stream goes on after the last document of the batch.
    var postBatchResumeToken: BSONDocument? { state.withLock { $0.postBatchResumeToken } }

    var maxWireVersion: Int { state.withLock { $0.maxWireVersion } }

    /// Whether the batch is at its end.
    var isBatchRead: Bool { state.withLock { $0.machine.isBatchRead } }

    /// The next document of the batch; `nil` when a batch has to be fetched, or there is none.
    func buffered() throws(MongoError) -> BSONDocument? {
        let result = state.withLock { state -> Result<BSONDocument?, MongoError> in
            switch state.machine.nextBuffered() {
            case .document(let document): .success(document)
            case .none: .success(nil)
            case .busy: .failure(MongoError(.invalidArgument, "a cursor is read by one task at a time"))
            }
        }
        return try result.get()
    }

    /// Fetches batches until there is a document.
    ///
    /// - Parameters:
    ///   - waiting: Whether to go on when the server has none now; otherwise one batch is fetched.
    ///   - step: What it is part of, when that is more than this.
    /// - Returns: `nil` at the end, or when there is none now.
    func fetched(waiting: Bool, within step: CommandSeries? = nil) async throws(MongoError) -> BSONDocument? {
        let step = step ?? (plan.timesEachStep ? series.begunAnew() : series)
        while let id = state.withLock({ $0.machine.beginFetch() }) {
            try await fetch(id, step.continued(in: state.withLock { $0.continuation }))
            if let document = try buffered() { return document }
            guard waiting else { return nil }
            if plan.type == .tailable { try await pause(until: step.context.deadline) }
        }
        return nil
    }

    /// A cursor that follows a collection without waiting for it on the server asks now and then.
    private func pause(until deadline: Deadline?) async throws(MongoError) {
        let left = deadline.map { Duration.nanoseconds($0.remaining().nanoseconds) } ?? .seconds(1)
        do {
            try await Task.sleep(for: min(.milliseconds(100), left))
        } catch {
            throw MongoError(.cancelled, "the task was cancelled while it waited for documents", underlying: error)
        }
    }

    private func fetch(_ id: Int64, _ series: CommandSeries) async throws(MongoError) {
        let operation = GetMoreOperation(
            cursorID: id,
            namespace: namespace,
            batchSize: plan.batchSize,
            comment: comment,
            timeLimit: plan.timeLimit
        )
        do throws(MongoError) {
            let reply = try await series.execute(operation)
            state.withLock { state in
                state.machine.fetched(reply.batch, id: reply.id)
                state.postBatchResumeToken = reply.postBatchResumeToken
                state.maxWireVersion = reply.maxWireVersion
                if reply.id == 0 { _ = state.letGo() }
            }
        } catch {
            let left = state.withLock { state in
                // A connection stays with its cursor, however useless, until that is closed: see "Connection Pinning".
                let isPinned = state.continuation.connection != nil
                return (state.machine.fetchFailed(), isPinned ? state.continuation : state.letGo())
            }
            switch error.code {
            case .cancelled, .timeout:
                // The server does not know that nobody will come back for it.
                if let id = left.0 {
                    let killing = killLater(id, left.1)
                    state.withLock { $0.killing = killing }
                }
            case .command where !Self.codesOfClosedCursors.contains(error.server?.code ?? 0):
                if let id = left.0 { await Self.kill(id, namespace, self.series.begunAnew(in: left.1)) }
            default:
                // Either the server has closed the cursor, or it cannot be reached.
                break
            }
            throw error
        }
    }

    func close(timeout: Duration?) async {
        let left = state.withLock { state in (state.machine.close(), state.letGo(), state.killing) }
        guard let id = left.0 else {
            // Behind a load balancer the connection goes back with what was let go.
            await left.2?.value
            return
        }
        let series = series.begunAnew(in: left.1, timeout: timeout)
        if Task.isCancelled {
            // The server should not keep the cursor for ten minutes because of that.
            await Task { [namespace] in await Self.kill(id, namespace, series) }.value
        } else {
            await Self.kill(id, namespace, series)
        }
    }

    /// The one task that outlives its caller: releasing a cursor cannot wait. It ends with the exchange or with the client.
    @discardableResult
    private func killLater(_ id: Int64, _ continuation: OperationContext) -> Task<Void, Never> {
        let series = series.begunAnew(in: continuation)
        return Task { [namespace] in
            await Self.kill(id, namespace, series)
        }
    }

    private static func kill(_ id: Int64, _ namespace: MongoNamespace, _ series: CommandSeries) async {
        // Best effort, and bounded: see `MongoCursor.close(timeout:)`.
        let operation = KillCursorsOperation(cursorID: id, namespace: namespace)
        _ = try? await series.orWithin(.seconds(10)).execute(operation)
    }
}
