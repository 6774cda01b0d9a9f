// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore

extension BSONDocument: Hashable {
    /// Whether the two have the same bytes: the same names, types and values in the same order.
    public static func == (lhs: BSONDocument, rhs: BSONDocument) -> Bool {
        lhs.storage == rhs.storage && lhs.refusal == rhs.refusal
    }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) {
        withUnsafeBytes { hasher.combine(bytes: $0) }
    }

    /// Whether the two have the same fields, in any order, in all documents inside them too; arrays keep their order.
    ///
    /// Fields whose names repeat are compared in the order they have among themselves.
    public func equalsIgnoringKeyOrder(_ other: BSONDocument) -> Bool {
        Self.equalIgnoringKeyOrder(self, other, depth: 0)
    }

    private static func equalIgnoringKeyOrder(_ lhs: BSONDocument, _ rhs: BSONDocument, depth: Int) -> Bool {
        if lhs == rhs {
            return true
        }
        // Documents built in memory may be deeper than any that were read; there only the bytes are compared.
        guard lhs.refusal == rhs.refusal, lhs.byteCount == rhs.byteCount, depth < maximumDepth else { return false }
        // Sorting is stable in Swift, and finding each name of one in the other takes quadratic time.
        let left = lhs.sorted { $0.key < $1.key }
        let right = rhs.sorted { $0.key < $1.key }
        return left.elementsEqual(right) { left, right in
            left.key == right.key && equalIgnoringKeyOrder(left.value, right.value, depth: depth + 1)
        }
    }

    private static func equalIgnoringKeyOrder(_ lhs: BSON, _ rhs: BSON, depth: Int) -> Bool {
        switch (lhs, rhs) {
        case (.document(let left), .document(let right)):
            equalIgnoringKeyOrder(left, right, depth: depth)
        case (.array(let left), .array(let right)):
            depth < maximumDepth
                && left.elementsEqual(right) { equalIgnoringKeyOrder($0, $1, depth: depth + 1) }
        case (.codeWithScope(let left), .codeWithScope(let right)):
            left.code == right.code && equalIgnoringKeyOrder(left.scope, right.scope, depth: depth)
        case (.double(let left), .double(let right)):
            // As by bytes: a NaN equals itself, and −0 is not 0.
            left.bitPattern == right.bitPattern
        default:
            lhs == rhs
        }
    }
}
