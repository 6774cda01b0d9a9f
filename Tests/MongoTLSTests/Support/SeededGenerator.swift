// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// Random numbers that are the same in each run (SplitMix64), so that what fails once fails again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    /// Changes, inserts, removes or cuts off a few bytes.
    mutating func mutate(_ bytes: [UInt8]) -> [UInt8] {
        var result = bytes
        for _ in 0..<Int.random(in: 1...3, using: &self) where !result.isEmpty {
            let index = Int.random(in: 0..<result.count, using: &self)
            switch Int.random(in: 0..<8, using: &self) {
            case 0: result.remove(at: index)
            case 1: result.insert(UInt8.random(in: 0...255, using: &self), at: index)
            case 2: result.removeLast(result.count - index)
            case 3: result[index] = [0x00, 0x7F, 0x80, 0xFF].randomElement(using: &self) ?? 0
            case 4: result.insert(contentsOf: result[index...].prefix(16), at: index)
            default: result[index] ^= 1 << UInt8.random(in: 0..<8, using: &self)
            }
        }
        return result
    }
}
