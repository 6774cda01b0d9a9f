// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/crud/crud.md#read

/// What a cursor does at the end of what there is.
public enum CursorType: Sendable, Hashable {
    /// It ends.
    case nonTailable
    /// It stays open: documents that are added to a capped collection come when they are asked for.
    case tailable
    /// It stays open, and the server waits a while for documents when there are none.
    case tailableAwait
}

/// What the timeout of a cursor is for.
///
/// - SeeAlso: [Client Side Operations Timeout](https://github.com/mongodb/specifications/blob/master/source/client-side-operations-timeout/client-side-operations-timeout.md#cursors)
public enum CursorTimeoutMode: Sendable, Hashable {
    /// For all of its life: from the first command to the last document.
    case cursorLifetime
    /// For each step: the first command, and each call for the next document.
    case iteration
}
