// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON

/// Where the reading of a cursor stands.
///
/// A value without I/O: `RemoteCursor` keeps it under its lock and carries out what it answers.
struct CursorStateMachine: Sendable {
    private enum State: Sendable {
        /// The server has more when the batch is at its end.
        case open(CursorBatch, id: Int64)
        /// The batch is the last one.
        case last(CursorBatch)
        /// The next batch was asked for.
        case fetching(id: Int64)
        /// Read to the end, closed, or failed.
        case done
    }

    private var state: State

    init(_ batch: CursorBatch, id: Int64) {
        state = id == 0 ? .last(batch) : .open(batch, id: id)
    }

    /// Whether nothing more can come.
    var isDone: Bool {
        switch state {
        case .done: true
        case .last(var batch): batch.next() == nil
        case .open, .fetching: false
        }
    }

    /// Whether the batch is at its end.
    var isBatchRead: Bool {
        switch state {
        case .open(var batch, _), .last(var batch): batch.next() == nil
        case .fetching, .done: true
        }
    }

    /// The cursor on the server, if it is still there.
    var id: Int64? {
        switch state {
        case .open(_, let id), .fetching(let id): id
        case .last, .done: nil
        }
    }

    enum Buffered: Sendable {
        case document(BSONDocument)
        /// The batch is at its end.
        case none
        /// Another task is waiting for the next batch.
        case busy
    }

    /// The next document of the batch is wanted.
    mutating func nextBuffered() -> Buffered {
        switch state {
        case .open(var batch, let id):
            guard let document = batch.next() else { return .none }
            state = .open(batch, id: id)
            return .document(document)
        case .last(var batch):
            guard let document = batch.next() else {
                state = .done
                return .none
            }
            state = .last(batch)
            return .document(document)
        case .fetching:
            return .busy
        case .done:
            return .none
        }
    }

    /// The batch is at its end, and the next one is wanted.
    ///
    /// - Returns: The cursor to ask; `nil` when there is nothing to wait for.
    mutating func beginFetch() -> Int64? {
        guard case .open(_, let id) = state else { return nil }
        state = .fetching(id: id)
        return id
    }

    /// The next batch is there.
    mutating func fetched(_ batch: CursorBatch, id: Int64) {
        // A cursor that was closed meanwhile stays closed.
        guard case .fetching = state else { return }
        state = id == 0 ? .last(batch) : .open(batch, id: id)
    }

    /// The next batch will not come.
    ///
    /// - Returns: The cursor on the server, if it may still be there.
    mutating func fetchFailed() -> Int64? {
        guard case .fetching(let id) = state else { return nil }
        state = .done
        return id
    }

    /// Nobody will read on.
    ///
    /// - Returns: The cursor on the server, if it is still there.
    mutating func close() -> Int64? {
        defer { state = .done }
        return id
    }
}
