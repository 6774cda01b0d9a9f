// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// Offsets, the last one on top. An array would check on each step whether it is shared.
///
/// The owner calls ``deallocate()`` at its end. (A type that does so itself crashes the compiler, Swift 6.3.1, where its
/// owner is inlined into other modules.)
@usableFromInline
struct OffsetStack {
    /// `capacity` offsets, of which the first `count` are initialized; no memory at all before the first one.
    @usableFromInline var memory: UnsafeMutablePointer<Int>?
    @usableFromInline var count = 0
    @usableFromInline var capacity = 0

    init() {}

    func deallocate() {
        memory?.deallocate()
    }

    @inlinable @inline(__always)
    mutating func push(_ offset: Int) {
        if count == capacity {
            grow()
        }
        // There is memory, and `count` is less than its capacity, after grow() at the latest.
        memory?[count] = offset
        count &+= 1
    }

    @inlinable @inline(__always)
    mutating func pop() -> Int? {
        guard count > 0 else { return nil }
        count &-= 1
        return memory?[count]
    }

    @usableFromInline
    mutating func grow() {
        let larger = UnsafeMutablePointer<Int>.allocate(capacity: max(16, 2 * capacity))
        if let memory {
            larger.update(from: memory, count: count)
            memory.deallocate()
        }
        memory = larger
        capacity = max(16, 2 * capacity)
    }
}
