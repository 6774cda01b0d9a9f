// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/change-streams/change-streams.md#resume-process

import MongoBSON
import Synchronization

/// A change stream without its type: keeps the cursor and the position, and takes the stream up again.
final class ChangeStreamCore: Sendable {
    private struct State: ~Copyable {
        /// `nil` when the stream has to be taken up again, or is over.
        var cursor: RemoteCursor?
        var position: ChangeStreamPosition
        var isClosed = false
        var isBusy = false
    }

    private let state: Mutex<State>
    private let request: ChangeStreamRequest
    private let plan: CursorPlan
    private let series: CommandSeries

    private init(
        _ cursor: RemoteCursor,
        _ position: ChangeStreamPosition,
        _ request: ChangeStreamRequest,
        _ plan: CursorPlan,
        _ series: CommandSeries
    ) {
        state = Mutex(State(cursor: cursor, position: position))
        self.request = request
        self.plan = plan
        self.series = series
    }

    /// Begins a stream.
    static func open(
        _ request: ChangeStreamRequest,
        _ executor: OperationExecutor,
        _ settings: CommandSettings,
        session: ClientSession?
    ) async throws(MongoError) -> ChangeStreamCore {
        let options = request.options
        let plan = try CursorPlan(
            settings,
            timeout: options.timeout,
            type: .tailableAwait,
            batchSize: options.batchSize,
            comment: options.comment,
            maxAwaitTime: options.maxAwaitTime
        )
        var position = ChangeStreamPosition(request.start)
        var series = try CommandSeries(executor, settings, session: session, timeout: options.timeout)
        let reply = try await series.execute(request.operation(position.asked))
        // Taking the stream up again has to happen in the same session.
        if case .implicit = reply.continuation.session { series.context.session = reply.continuation.session }
        let cursor = RemoteCursor(reply, plan: plan, series)
        position.began(
            isEmpty: cursor.isBatchRead,
            postBatchResumeToken: reply.postBatchResumeToken,
            operationTime: reply.operationTime
        )
        return ChangeStreamCore(cursor, position, request, plan, series)
    }

    var resumeToken: ResumeToken? {
        state.withLock { $0.position.token }.map { ResumeToken($0.detached()) }
    }

    var isAlive: Bool { state.withLock { !$0.isClosed } }

    /// The next change of the batch; `nil` when a batch has to be fetched.
    func buffered() throws(MongoError) -> BSONDocument? {
        guard let cursor = state.withLock({ $0.isBusy ? nil : $0.cursor }) else { return nil }
        guard let document = try cursor.buffered() else { return nil }
        return try noted(document, of: cursor)
    }

    /// Fetches batches until there is a change, taking the stream up again where that helps.
    ///
    /// - Parameter waiting: Whether to go on when there is none now; otherwise one batch is fetched.
    func fetched(waiting: Bool) async throws(MongoError) -> BSONDocument? {
        let isBusy = state.withLock { state in
            defer { state.isBusy = true }
            return state.isBusy
        }
        guard !isBusy else { throw MongoError(.invalidArgument, "a change stream is read by one task at a time") }
        defer { state.withLock { $0.isBusy = false } }
        // One timeout for all that a call does, taking up again included.
        let step = series.begunAnew()
        while true {
            guard let cursor = try await currentCursor(step) else { return nil }
            do throws(MongoError) {
                var document = try cursor.buffered()
                if document == nil { document = try await cursor.fetched(waiting: false, within: step) }
                if let document { return try noted(document, of: cursor) }
            } catch {
                try survive(error, of: cursor)
                continue
            }
            state.withLock { $0.position.batchWasEmpty(cursor.postBatchResumeToken) }
            guard cursor.isAlive else {
                // The server has ended it: after an `invalidate`.
                end()
                return nil
            }
            guard waiting else { return nil }
        }
    }

    /// The cursor to read; a new one when the last one failed. `nil` when the stream is over.
    private func currentCursor(_ step: CommandSeries) async throws(MongoError) -> RemoteCursor? {
        let (cursor, start, isClosed) = state.withLock { ($0.cursor, $0.position.resumption, $0.isClosed) }
        guard !isClosed else { return nil }
        if let cursor { return cursor }
        let reply: CursorReply
        do throws(MongoError) {
            reply = try await step.execute(request.operation(start))
        } catch {
            // Once is enough: whoever could not be reached now is no passing matter. Time is the caller's.
            if ResumePolicy.verdict(on: error, maxWireVersion: 0) != .resumeLater { end() }
            throw error
        }
        let resumed = RemoteCursor(reply, plan: plan, series)
        let isOpen = state.withLock { state in
            guard !state.isClosed else { return false }
            state.cursor = resumed
            if resumed.isBatchRead { state.position.batchWasEmpty(reply.postBatchResumeToken) }
            return true
        }
        guard isOpen else {
            await resumed.close(timeout: nil)
            return nil
        }
        return resumed
    }

    /// Judges an error of the cursor. Throws it when the caller has to know.
    private func survive(_ error: MongoError, of cursor: RemoteCursor) throws(MongoError) {
        switch ResumePolicy.verdict(on: error, maxWireVersion: cursor.maxWireVersion) {
        case .resume:
            state.withLock { $0.cursor = nil }
        case .resumeLater:
            state.withLock { $0.cursor = nil }
            throw error
        case .end:
            end()
            throw error
        }
    }

    /// Notes the position before a change is handed out.
    private func noted(_ document: BSONDocument, of cursor: RemoteCursor) throws(MongoError) -> BSONDocument {
        guard let id = document.document(forKey: "_id") else {
            end()
            throw MongoError(
                .invalidArgument,
                "Cannot provide resume functionality when the resume token is missing: a stage removed _id"
            )
        }
        let isLast = cursor.isBatchRead
        let token = cursor.postBatchResumeToken
        state.withLock { $0.position.returned(id, isLast: isLast, postBatchResumeToken: token) }
        return document
    }

    /// No more is to come. The cursor, if there is one, is killed by its release.
    private func end() {
        state.withLock { state in
            state.isClosed = true
            state.cursor = nil
        }
    }

    func close(timeout: Duration?) async {
        let cursor = state.withLock { state in
            defer { state.cursor = nil }
            state.isClosed = true
            return state.cursor
        }
        await cursor?.close(timeout: timeout)
    }
}

/// What a change stream asks for. Pure.
struct ChangeStreamRequest: Sendable {
    /// What is watched.
    enum Subject: Sendable {
        case collection(MongoNamespace)
        case database(String)
        case deployment
    }

    var subject: Subject
    var pipeline: [BSONDocument]
    var options: ChangeStreamOptions

    /// Where the caller wants it to begin.
    var start: ChangeStreamPosition.Start {
        ChangeStreamPosition.Start(
            resumeAfter: options.resumeAfter?.document,
            startAfter: options.startAfter?.document,
            startAtOperationTime: options.startAtOperationTime
        )
    }

    /// - Throws: `MongoError` of the kind `bson`.
    func operation(_ start: ChangeStreamPosition.Start) throws(MongoError) -> AggregateOperation {
        let stage = try BSONDocument.written { stage in
            stage.beginDocument("$changeStream")
            if case .deployment = subject { stage.append("allChangesForCluster", true) }
            stage.append("fullDocument", ifPresent: options.fullDocument?.rawValue)
            stage.append("fullDocumentBeforeChange", ifPresent: options.fullDocumentBeforeChange?.rawValue)
            stage.append("resumeAfter", ifPresent: start.resumeAfter)
            stage.append("startAfter", ifPresent: start.startAfter)
            if let time = start.startAtOperationTime { stage.append("startAtOperationTime", time) }
            stage.append("showExpandedEvents", ifPresent: options.showExpandedEvents)
            stage.endDocument()
        }
        let (database, collection): (String, String?) =
            switch subject {
            case .collection(let namespace): (namespace.database, namespace.collection)
            case .database(let name): (name, nil)
            case .deployment: ("admin", nil)
            }
        return AggregateOperation(
            database: database,
            collection: collection,
            pipeline: [stage] + pipeline,
            options: AggregateOptions(
                batchSize: options.batchSize,
                collation: options.collation,
                comment: options.comment
            )
        )
    }
}
