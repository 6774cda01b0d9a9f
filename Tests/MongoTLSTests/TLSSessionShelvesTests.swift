// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MongoTLS

@Suite("Where sessions lie for later connections")
struct TLSSessionShelvesTests {
    typealias Shelves = TLSSessionShelves<String, Int>

    @Test("A session is given out once, the newest first")
    func once() {
        var shelves = Shelves()
        shelves.put(1, "a:1", end: 100, now: 0)
        shelves.put(2, "a:1", end: 100, now: 0)
        #expect(shelves.take("a:1", now: 50) == 2)
        #expect(shelves.take("a:1", now: 50) == 1)
        #expect(shelves.take("a:1", now: 50) == nil)
    }

    @Test("A session is given out to its own server only")
    func ownServer() {
        var shelves = Shelves()
        shelves.put(1, "a:1", end: 100, now: 0)
        #expect(shelves.take("a:2", now: 0) == nil)
        #expect(shelves.take("b:1", now: 0) == nil)
        #expect(shelves.take("a:1", now: 0) == 1)
    }

    @Test("A session whose time is over is not given out, and one from the past is not taken in")
    func ends() {
        var shelves = Shelves()
        shelves.put(1, "a:1", end: 100, now: 0)
        #expect(shelves.take("a:1", now: 100) == nil)
        shelves.put(2, "a:1", end: 100, now: 100)
        #expect(shelves.take("a:1", now: 99) == nil)
    }

    @Test("There is room for a few sessions of each of many servers, and no more")
    func bounds() {
        var shelves = Shelves()
        for number in 0..<100 { shelves.put(number, "a:1", end: 100, now: 0) }
        for expected in (96..<100).reversed() { #expect(shelves.take("a:1", now: 0) == expected) }
        #expect(shelves.take("a:1", now: 0) == nil)

        for number in 0..<1000 { shelves.put(number, "\(number)", end: 100, now: 0) }
        let kept = (0..<1000).count { shelves.take("\($0)", now: 0) != nil }
        #expect(kept == Shelves.maximumKeys)
    }
}
