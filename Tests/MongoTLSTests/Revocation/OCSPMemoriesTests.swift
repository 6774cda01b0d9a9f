// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MongoTLS

@Suite("The memory of OCSP answers")
struct OCSPMemoriesTests {
    private static let key: [UInt8] = [1]

    private static func answer(_ status: OCSPAnswer.Status = .good, from: Int64 = 100, to: Int64? = 200) -> OCSPAnswer {
        OCSPAnswer(status: status, thisUpdate: from, nextUpdate: to)
    }

    @Test("An answer is valid from thisUpdate on, up to and excluding nextUpdate")
    func validity() {
        for (now, isValid) in [(99, false), (100, true), (199, true), (200, false)] as [(Int64, Bool)] {
            var memories = OCSPMemories()
            memories.note(Self.answer(), for: Self.key, now: 150)
            let expected = isValid ? RevocationPolicy.Memory.answer(Self.answer()) : .nothing
            #expect(memories.recall(Self.key, now: now, uptime: .zero) == expected)
        }
    }

    @Test("Good and revoked answers are kept; unknown ones, endless ones and those that have ended are not")
    func kept() {
        for (answer, isKept) in [
            (Self.answer(.good), true), (Self.answer(.revoked(at: 1)), true), (Self.answer(.unknown), false),
            (Self.answer(to: nil), false), (Self.answer(to: 150), false),
        ] {
            var memories = OCSPMemories()
            memories.note(answer, for: Self.key, now: 150)
            #expect(memories.answers[Self.key] == (isKept ? answer : nil))
        }
    }

    @Test("A later nextUpdate replaces, an earlier or equal one does not")
    func replacement() {
        var memories = OCSPMemories()
        memories.note(Self.answer(.revoked(at: 1)), for: Self.key, now: 150)
        memories.note(Self.answer(.good, to: 199), for: Self.key, now: 150)
        memories.note(Self.answer(.good, to: 200), for: Self.key, now: 150)
        #expect(memories.answers[Self.key] == Self.answer(.revoked(at: 1)))
        memories.note(Self.answer(.good, to: 201), for: Self.key, now: 150)
        #expect(memories.answers[Self.key] == Self.answer(.good, to: 201))
    }

    @Test("Answers are kept by certificate")
    func keys() {
        var memories = OCSPMemories()
        memories.note(Self.answer(), for: [1], now: 150)
        #expect(memories.recall([2], now: 150, uptime: .zero) == .nothing)
    }

    @Test("A fruitless round is remembered for a minute, and forgotten when an answer comes")
    func fruitless() {
        var memories = OCSPMemories()
        memories.noteFruitless(Self.key, uptime: .seconds(10))
        #expect(memories.recall(Self.key, now: 150, uptime: .seconds(10)) == .fruitless)
        #expect(memories.recall(Self.key, now: 150, uptime: .seconds(69)) == .fruitless)
        #expect(memories.recall([2], now: 150, uptime: .seconds(10)) == .nothing)
        #expect(memories.recall(Self.key, now: 150, uptime: .seconds(70)) == .nothing)
        #expect(memories.fruitless.isEmpty)

        memories.noteFruitless(Self.key, uptime: .seconds(10), rest: .seconds(2))
        #expect(memories.recall(Self.key, now: 150, uptime: .seconds(11)) == .fruitless)
        #expect(memories.recall(Self.key, now: 150, uptime: .seconds(12)) == .nothing)

        memories.noteFruitless(Self.key, uptime: .seconds(10))
        memories.note(Self.answer(), for: Self.key, now: 150)
        #expect(memories.recall(Self.key, now: 150, uptime: .seconds(11)) == .answer(Self.answer()))
        #expect(memories.fruitless.isEmpty)
    }

    @Test("The memory has a bound: what ends first goes first")
    func bound() {
        var memories = OCSPMemories()
        let capacity = OCSPMemories.capacity
        for number in 0..<(capacity + 10) {
            let key = withUnsafeBytes(of: number) { Array($0) }
            memories.note(Self.answer(to: 1_000 + Int64(number)), for: key, now: 150)
            memories.noteFruitless(key + [0], uptime: .seconds(number))
        }
        #expect(memories.answers.count == capacity)
        #expect(memories.fruitless.count <= capacity)
        #expect(memories.answers.values.compactMap(\.nextUpdate).min() == 1_010)
        // Those that have ended make room before any that has not.
        memories.note(Self.answer(from: 1_200, to: 5_000), for: [7], now: 1_200)
        #expect(memories.answers.count == capacity + 10 - 200)
        #expect(memories.answers[[7]] != nil)
    }
}
