// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON

/// Where the reading of a cursor stands.
///
/// A value without I/O: `MongoCursor` keeps it under its lock and carries out what it answers.
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

    enum NextAction: Sendable {
        case document(BSONDocument)
        /// The batch is at its end: ask the server for more.
        case fetch(id: Int64)
        case end
        /// Somebody else is waiting for the next batch.
        case busy
    }

    /// The next document is wanted.
    mutating func next() -> NextAction {
        switch state {
        case .open(var batch, let id):
            if let document = batch.next() {
                state = .open(batch, id: id)
                return .document(document)
            }
            state = .fetching(id: id)
            return .fetch(id: id)
        case .last(var batch):
            if let document = batch.next() {
                state = .last(batch)
                return .document(document)
            }
            state = .done
            return .end
        case .fetching:
            return .busy
        case .done:
            return .end
        }
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
        switch state {
        case .open(_, let id), .fetching(let id): return id
        case .last, .done: return nil
        }
    }
}
