// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/change-streams/change-streams.md#updating-the-cached-resume-token

import MongoBSON

/// Where a change stream is, so that it can be taken up again. Pure.
struct ChangeStreamPosition: Sendable {
    /// What the `$changeStream` stage says of where to begin.
    struct Start: Sendable, Hashable {
        var resumeAfter: BSONDocument?
        var startAfter: BSONDocument?
        var startAtOperationTime: BSONTimestamp?
    }

    /// What the caller asked for; the first command says just that.
    let asked: Start
    /// After what to go on.
    private(set) var token: BSONDocument?
    private var operationTime: BSONTimestamp?
    private var hasReturnedChange = false

    init(_ asked: Start) {
        self.asked = asked
        token = asked.startAfter ?? asked.resumeAfter
        operationTime = asked.startAtOperationTime
    }

    /// The first command was answered.
    mutating func began(isEmpty: Bool, postBatchResumeToken: BSONDocument?, operationTime: BSONTimestamp?) {
        if isEmpty, postBatchResumeToken == nil, asked == Start() { self.operationTime = operationTime }
        if isEmpty { batchWasEmpty(postBatchResumeToken) }
    }

    /// A batch without changes came.
    mutating func batchWasEmpty(_ postBatchResumeToken: BSONDocument?) {
        if let postBatchResumeToken { token = postBatchResumeToken }
    }

    /// A change is handed to the caller.
    ///
    /// - Parameters:
    ///   - id: The change's own token.
    ///   - isLast: Whether it is the last one of its batch.
    mutating func returned(_ id: BSONDocument, isLast: Bool, postBatchResumeToken: BSONDocument?) {
        hasReturnedChange = true
        token = isLast ? postBatchResumeToken ?? id : id
    }

    /// What the command says that takes the stream up again.
    var resumption: Start {
        guard let token else { return operationTime.map { Start(startAtOperationTime: $0) } ?? asked }
        // An `invalidate` can be followed by startAfter only, and is what the token may stand for until a change was seen.
        if asked.startAfter != nil, !hasReturnedChange { return Start(startAfter: token) }
        return Start(resumeAfter: token)
    }
}
