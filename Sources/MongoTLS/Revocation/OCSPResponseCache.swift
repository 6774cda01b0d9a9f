// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/ocsp-support/ocsp-support.md#suggested-ocsp-caching-behavior

import Synchronization

/// What the connections of one client learned of certificates by OCSP: conclusive answers as long as they are valid, and
/// for a while that the responders of a certificate were asked in vain.
///
/// One for each ``TLSContext``, so that a reload of the trusted authorities starts without memories.
final class OCSPResponseCache: Sendable {
    private let memories = Mutex(OCSPMemories())

    /// What is known of a certificate.
    func recall(_ key: [UInt8], now: Int64, uptime: Duration) -> RevocationPolicy.Memory {
        memories.withLock { $0.recall(key, now: now, uptime: uptime) }
    }

    /// Notes an answer.
    func note(_ answer: OCSPAnswer, for key: [UInt8], now: Int64) {
        memories.withLock { $0.note(answer, for: key, now: now) }
    }

    /// Notes that the responders were asked in vain, and for how long they are to be left alone.
    func noteFruitless(_ key: [UInt8], uptime: Duration, rest: Duration) {
        memories.withLock { $0.noteFruitless(key, uptime: uptime, rest: rest) }
    }
}

/// The cache as a value, without clock and lock. Keys are CertIDs.
struct OCSPMemories: Sendable {
    /// Far more than the servers of any deployment. The bound is for names that lead to ever new certificates.
    static let capacity = 256

    /// How long responders that were asked in vain are left alone at most. Long enough that a pool that fills does not wait
    /// for them again and again, short enough that a revocation becomes known soon after they are back.
    static let restingTime = Duration.seconds(60)

    private(set) var answers: [[UInt8]: OCSPAnswer] = [:]
    private(set) var fruitless: [[UInt8]: Duration] = [:]

    /// What is known of a certificate.
    ///
    /// - Parameters:
    ///   - now: Seconds since 1970: answers are valid by the calendar.
    ///   - uptime: A clock that nobody sets: how long ago something was tried.
    mutating func recall(_ key: [UInt8], now: Int64, uptime: Duration) -> RevocationPolicy.Memory {
        if let answer = answers[key] {
            if Self.isValid(answer, now: now) { return .answer(answer) }
            // One from the future becomes valid; the other kind is of no more use.
            if answer.thisUpdate <= now { answers[key] = nil }
        }
        if let end = fruitless[key] {
            if uptime < end { return .fruitless }
            fruitless[key] = nil
        }
        return .nothing
    }

    /// Keeps an answer if it is conclusive and names the end of its validity. One that is kept already gives way to one
    /// that is valid for longer only.
    mutating func note(_ answer: OCSPAnswer, for key: [UInt8], now: Int64) {
        guard answer.isConclusive, let end = answer.nextUpdate, now < end else { return }
        if let known = answers[key]?.nextUpdate, known >= end { return }
        if answers[key] == nil, answers.count >= Self.capacity {
            answers = answers.filter { Self.isValid($0.value, now: now) }
            if answers.count >= Self.capacity, let oldest = answers.min(by: Self.endsBefore) {
                answers[oldest.key] = nil
            }
        }
        answers[key] = answer
        fruitless[key] = nil
    }

    /// Keeps that the responders of a certificate were asked in vain.
    ///
    /// - Parameter rest: How long they are to be left alone.
    mutating func noteFruitless(_ key: [UInt8], uptime: Duration, rest: Duration = restingTime) {
        if fruitless[key] == nil, fruitless.count >= Self.capacity {
            fruitless = fruitless.filter { uptime < $0.value }
            if fruitless.count >= Self.capacity, let oldest = fruitless.min(by: { $0.value < $1.value }) {
                fruitless[oldest.key] = nil
            }
        }
        fruitless[key] = uptime + rest
    }

    /// Without tolerance at either end, as the specification says.
    private static func isValid(_ answer: OCSPAnswer, now: Int64) -> Bool {
        guard let end = answer.nextUpdate else { return false }
        return answer.thisUpdate <= now && now < end
    }

    private static func endsBefore(
        _ first: (key: [UInt8], value: OCSPAnswer),
        _ second: (key: [UInt8], value: OCSPAnswer)
    ) -> Bool {
        (first.value.nextUpdate ?? 0) < (second.value.nextUpdate ?? 0)
    }
}
