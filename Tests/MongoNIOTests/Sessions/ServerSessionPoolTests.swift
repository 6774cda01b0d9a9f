// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing

@testable import MongoNIO

@Suite("The pool of server sessions")
struct ServerSessionPoolTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000_000)

    @Test("The session that came back last goes out first")
    func lastInFirstOut() {
        var pool = ServerSessionPool()
        let first = pool.take(now: start, timeoutMinutes: 30)
        let second = pool.take(now: start, timeoutMinutes: 30)
        #expect(first.id != second.id)
        pool.put(first, now: start, timeoutMinutes: 30)
        pool.put(second, now: start, timeoutMinutes: 30)
        let taken10 = pool.take(now: start, timeoutMinutes: 30).id
        #expect(taken10 == second.id)
        let taken11 = pool.take(now: start, timeoutMinutes: 30).id
        #expect(taken11 == first.id)
    }

    @Test("A session that the server forgets within a minute does not go out")
    func staleOut() {
        var pool = ServerSessionPool()
        let session = pool.take(now: start, timeoutMinutes: 30)
        pool.put(session, now: start, timeoutMinutes: 30)
        let taken12 = pool.take(now: start + .minutes(28), timeoutMinutes: 30).id
        #expect(taken12 == session.id)
        pool.put(session, now: start, timeoutMinutes: 30)
        let taken13 = pool.take(now: start + .minutes(29), timeoutMinutes: 30).id
        #expect(taken13 != session.id)
        #expect(pool.count == 0)
    }

    @Test("Stale sessions leave when another comes back, and do not come back themselves")
    func staleIn() {
        var pool = ServerSessionPool()
        let old = pool.take(now: start, timeoutMinutes: 30)
        var young = pool.take(now: start, timeoutMinutes: 30)
        pool.put(old, now: start, timeoutMinutes: 30)
        young.lastUse = start + .minutes(20)
        pool.put(young, now: start + .minutes(40), timeoutMinutes: 30)
        let left = pool.drain()
        #expect(left == [young.id])
        pool.put(old, now: start + .minutes(40), timeoutMinutes: 30)
        #expect(pool.count == 0)
    }

    @Test("A session whose connection broke does not come back")
    func dirty() {
        var pool = ServerSessionPool()
        var session = pool.take(now: start, timeoutMinutes: 30)
        session.isDirty = true
        pool.put(session, now: start, timeoutMinutes: 30)
        #expect(pool.count == 0)
    }

    @Test("Behind a load balancer no session becomes stale")
    func loadBalanced() {
        var pool = ServerSessionPool()
        let session = pool.take(now: start, timeoutMinutes: nil)
        pool.put(session, now: start + .hours(100), timeoutMinutes: nil)
        let taken14 = pool.take(now: start + .hours(200), timeoutMinutes: nil).id
        #expect(taken14 == session.id)
    }

    @Test("A session keeps its number of transactions when it goes to another user")
    func numbers() {
        let sessions = ServerSessions()
        let first = sessions.lease(now: .now(), timeoutMinutes: 30)
        #expect(first.nextTransactionNumber() == 1)
        first.giveBack()
        let second = sessions.lease(now: .now(), timeoutMinutes: 30)
        #expect(second.id == first.id)
        #expect(second.nextTransactionNumber() == 2)
        // The first holder is done with it: nothing comes back twice.
        first.giveBack()
        #expect(sessions.count == 0)
    }

    @Test("A session's name is a random UUID of version 4")
    func name() throws {
        let id = ServerSessionPool().taken().id
        guard case .binary(let binary)? = id["id"] else {
            Issue.record("the id is no binary value")
            return
        }
        #expect(binary.subtype == .uuid)
        #expect(binary.bytes.count == 16)
        #expect(binary.bytes[6] >> 4 == 4)
        #expect(binary.bytes[8] >> 6 == 2)
    }
}

extension ServerSessionPool {
    fileprivate func taken() -> ServerSession {
        var copy = self
        return copy.take(now: .now(), timeoutMinutes: 30)
    }
}

@Suite("The clock of a cluster")
struct ClusterClockTests {
    private func time(_ seconds: UInt32, _ increment: UInt32 = 0) -> BSONDocument {
        ["clusterTime": .timestamp(BSONTimestamp(timestamp: seconds, increment: increment)), "signature": ["keyId": 1]]
    }

    @Test("The clock goes forward only, and keeps the signature")
    func forward() {
        let clock = ClusterClock()
        #expect(clock.now == nil)
        clock.advance(to: time(5))
        clock.advance(to: time(4, 9))
        #expect(clock.now?.document == time(5))
        clock.advance(to: time(5, 1))
        #expect(clock.now?.document == time(5, 1))
    }

    @Test("What is no cluster time changes nothing")
    func garbage() {
        let clock = ClusterClock()
        clock.advance(to: ["clusterTime": "noon"])
        clock.advance(to: [:])
        #expect(clock.now == nil)
    }

    @Test("Of two clocks the later one counts")
    func latest() {
        let early = ClusterTime(time(1))
        let late = ClusterTime(time(2))
        #expect(ClusterTime.latest(early, late)?.timestamp == late?.timestamp)
        #expect(ClusterTime.latest(late, early)?.timestamp == late?.timestamp)
        #expect(ClusterTime.latest(nil, early)?.timestamp == early?.timestamp)
        #expect(ClusterTime.latest(nil, nil) == nil)
    }
}
