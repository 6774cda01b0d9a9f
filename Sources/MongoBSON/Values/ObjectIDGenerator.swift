// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Synchronization

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif
#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Makes object identifiers: one random number per process, and a counter that starts at a random value
/// (<https://github.com/mongodb/specifications/blob/master/source/bson-objectid/objectid.md>).
///
/// A forked child must have another random number than its parent. The process identifier is asked for each
/// identifier (60 ns on Linux); `pthread_atfork` would be cheaper, but its handlers cannot be taken back, which breaks
/// hosts that unload libraries.
struct ObjectIDGenerator: ~Copyable, Sendable {
    static let shared = ObjectIDGenerator()

    private struct Process {
        var id: pid_t
        /// 40 random bits.
        var random: UInt64
    }

    private let process: Mutex<Process>
    private let counter: Atomic<UInt32>

    /// A generator, with the counter's first value for tests.
    init(counter: UInt32 = .random(in: 0...UInt32(0xFF_FFFF))) {
        process = Mutex(Process(id: getpid(), random: Self.randomBits()))
        self.counter = Atomic(counter)
    }

    private static func randomBits() -> UInt64 {
        UInt64.random(in: 0..<(1 << 40))
    }

    /// A new identifier, of this second, or of the given ones for tests.
    borrowing func next(seconds: UInt32 = Self.now(), processID: pid_t = getpid()) -> BSONObjectID {
        let random = process.withLock { process in
            if process.id != processID {
                process = Process(id: processID, random: Self.randomBits())
            }
            return process.random
        }
        // Only 24 of the 32 bits are used, so the counter's own overflow is one of theirs too.
        let count = counter.wrappingAdd(1, ordering: .relaxed).oldValue & 0xFF_FFFF
        return BSONObjectID(
            high: UInt64(seconds) << 32 | random >> 8,
            low: UInt32(truncatingIfNeeded: random & 0xFF) << 24 | count
        )
    }

    /// The seconds since 1970, which wrap in 2106.
    private static func now() -> UInt32 {
        let seconds = Date().timeIntervalSince1970
        return Int64(exactly: seconds.rounded(.down)).map(UInt32.init(truncatingIfNeeded:)) ?? 0
    }
}
