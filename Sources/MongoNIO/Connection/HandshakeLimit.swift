// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/client-side-operations-timeout/client-side-operations-timeout.md#background-connection-pooling

/// How long the commands may take that a connection begins with, hello and log-in. `connectTimeoutMS` is for what comes
/// before them: DNS, TCP, TLS.
enum HandshakeLimit: Hashable, Sendable {
    /// What is left of `connectTimeoutMS`, all of them together: nothing else limits them.
    case connectTimeout
    /// The same, or the deadline of the operation that the connection is made for, if that is later. Never earlier: the
    /// operation gives up by itself, and the connection serves the next.
    case operation(Deadline)
    /// Each by itself.
    ///
    /// - Parameter maxTime: What the server is told of it, in milliseconds.
    case each(Duration, maxTime: Int64?)
}

/// The time of the commands on one connection that is being made, or logged in again.
struct HandshakeTime: Sendable {
    /// For all of them.
    private let deadline: Deadline
    /// For each, instead.
    private let limit: Duration?
    /// What the server is told, in milliseconds.
    let maxTime: Int64?

    init(deadline: Deadline) {
        self.deadline = deadline
        limit = nil
        maxTime = nil
    }

    /// - Parameter connecting: When `connectTimeoutMS` is over.
    init(_ limit: HandshakeLimit, connecting: Deadline) {
        switch limit {
        case .connectTimeout:
            deadline = connecting
            self.limit = nil
            maxTime = nil
        case .operation(let other):
            deadline = max(other, connecting)
            self.limit = nil
            maxTime = nil
        case .each(let duration, let maxTime):
            deadline = .never
            self.limit = duration
            self.maxTime = maxTime
        }
    }

    /// The deadline of the command that is sent now.
    ///
    /// - Throws: `MongoError` when there is no time for it, so that it need not be sent.
    func next() throws(MongoError) -> Deadline {
        if let maxTime, maxTime <= 0 {
            throw MongoError(.timeout, "the timeout is shorter than the way to the server and back")
        }
        return limit.map { Deadline(after: $0) } ?? deadline
    }
}
