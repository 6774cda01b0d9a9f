// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/sessions/driver-sessions.md#server-session-pool

import MongoBSON
import NIOCore
import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A session as the server knows it: an identifier, and the number of its last transaction or retryable write.
struct ServerSession: Sendable {
    /// The `lsid` of commands.
    let id: BSONDocument
    /// When the identifier was last sent.
    var lastUse: NIODeadline
    /// Numbers transactions and retryable writes. Grows as long as the identifier is used, whoever uses it.
    var transactionNumber: Int64 = 0
    /// Whether a command of it ended with a broken connection: the server may still be working on it.
    var isDirty = false

    init(now: NIODeadline) {
        self.init(id: BSONBinary(UUID()), now: now)
    }

    init(id: BSONBinary, now: NIODeadline) {
        self.id = ["id": .binary(id)]
        self.lastUse = now
    }

    /// Whether the server has forgotten the session, or will so within a minute.
    ///
    /// - Parameter timeoutMinutes: What the servers say; `nil` when they forget none, as behind a load balancer.
    func isStale(now: NIODeadline, timeoutMinutes: Int?) -> Bool {
        guard let timeoutMinutes else { return false }
        return lastUse + .minutes(Int64(timeoutMinutes) - 1) <= now
    }
}

/// Server sessions that nobody uses now. The last one to come back is the first to go out again, so that the others can
/// become stale. A value without a clock.
struct ServerSessionPool: Sendable {
    /// The most recently used at the end.
    private var sessions: [ServerSession] = []

    var count: Int { sessions.count }

    /// A session to use: one that is fresh enough, or a new one.
    mutating func take(now: NIODeadline, timeoutMinutes: Int?) -> ServerSession {
        while let session = sessions.popLast() {
            if !session.isStale(now: now, timeoutMinutes: timeoutMinutes) { return session }
        }
        return ServerSession(now: now)
    }

    /// A session comes back.
    mutating func put(_ session: ServerSession, now: NIODeadline, timeoutMinutes: Int?) {
        if timeoutMinutes != nil,
            let fresh = sessions.firstIndex(where: { !$0.isStale(now: now, timeoutMinutes: timeoutMinutes) })
        {
            if fresh > 0 { sessions.removeFirst(fresh) }
        } else if timeoutMinutes != nil {
            sessions.removeAll(keepingCapacity: true)
        }
        guard !session.isDirty, !session.isStale(now: now, timeoutMinutes: timeoutMinutes) else { return }
        sessions.append(session)
    }

    /// Takes all of them, to be ended on the server.
    mutating func drain() -> [BSONDocument] {
        defer { sessions = [] }
        return sessions.map(\.id)
    }
}

/// The pool of a client, shared by its tasks.
final class ServerSessions: Sendable {
    private let pool = Mutex(ServerSessionPool())

    /// A session for one user at a time. It comes back when the lease is released.
    func lease(now: NIODeadline, timeoutMinutes: Int?) -> ServerSessionLease {
        let session = pool.withLock { $0.take(now: now, timeoutMinutes: timeoutMinutes) }
        return ServerSessionLease(session, of: self, timeoutMinutes: timeoutMinutes)
    }

    fileprivate func putBack(_ session: ServerSession, timeoutMinutes: Int?) {
        pool.withLock { $0.put(session, now: .now(), timeoutMinutes: timeoutMinutes) }
    }

    /// Takes all that are not in use, to be ended on the server.
    func drain() -> [BSONDocument] {
        pool.withLock { $0.drain() }
    }

    /// How many are not in use.
    var count: Int { pool.withLock { $0.count } }
}

/// A server session that is in use: by one operation, by a cursor until it is read, or by a ``ClientSession``.
///
/// Whoever uses it holds it; with the last reference, at the latest, the session goes back to its pool.
final class ServerSessionLease: Sendable {
    /// The `lsid` of commands.
    let id: BSONDocument
    private let session: Mutex<ServerSession>
    private let pool: ServerSessions
    private let timeoutMinutes: Int?
    private let isReturned = Atomic(false)

    fileprivate init(_ session: ServerSession, of pool: ServerSessions, timeoutMinutes: Int?) {
        id = session.id
        self.session = Mutex(session)
        self.pool = pool
        self.timeoutMinutes = timeoutMinutes
    }

    deinit {
        giveBack()
    }

    /// Gives the session back now, for a holder that wants to know its name still.
    func giveBack() {
        guard !isReturned.exchange(true, ordering: .acquiringAndReleasing) else { return }
        pool.putBack(session.withLock { $0 }, timeoutMinutes: timeoutMinutes)
    }

    /// The identifier is about to be sent.
    func used(now: NIODeadline) {
        session.withLock { $0.lastUse = now }
    }

    /// A number for a new transaction or retryable write.
    func nextTransactionNumber() -> Int64 {
        session.withLock { session in
            session.transactionNumber += 1
            return session.transactionNumber
        }
    }

    /// The number given out last.
    var transactionNumber: Int64 {
        session.withLock { $0.transactionNumber }
    }

    /// A command of the session ended with a broken connection.
    func markDirty() {
        session.withLock { $0.isDirty = true }
    }

    var isDirty: Bool {
        session.withLock { $0.isDirty }
    }
}
