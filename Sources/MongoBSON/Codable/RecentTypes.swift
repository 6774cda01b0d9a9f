// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// The last four types that a question was answered for, compared by identity.
struct RecentTypes {
    private var first: ObjectIdentifier?
    private var second: ObjectIdentifier?
    private var third: ObjectIdentifier?
    private var fourth: ObjectIdentifier?

    @inline(__always)
    func contains(_ type: Any.Type) -> Bool {
        let id = ObjectIdentifier(type)
        return first == id || second == id || third == id || fourth == id
    }

    @inline(__always)
    mutating func insert(_ type: Any.Type) {
        (first, second, third, fourth) = (ObjectIdentifier(type), first, second, third)
    }
}
