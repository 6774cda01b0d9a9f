// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/unified-test-format/unified-test-format.md#version-string

/// A version of the test format or of a server: up to three numbers, those that are missing count as zero.
struct VersionNumber: Comparable, Hashable, CustomStringConvertible {
    let components: [Int]

    /// - Returns: `nil` when the text is not one to three numbers with periods between them.
    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { part in
            part.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(part) : nil
        }
        guard (1...3).contains(parts.count), numbers.count == parts.count else { return nil }
        self.init(numbers)
    }

    init(_ numbers: [Int]) {
        components = (0..<3).map { $0 < numbers.count ? numbers[$0] : 0 }
    }

    static func < (lhs: VersionNumber, rhs: VersionNumber) -> Bool {
        lhs.components.lexicographicallyPrecedes(rhs.components)
    }

    /// The numbers, without a third one that is zero.
    var description: String {
        (components[2] == 0 ? components.prefix(2) : components[...]).map(String.init).joined(separator: ".")
    }
}

extension VersionNumber {
    /// The newest version of the format that this runner understands.
    static let newestFormat = VersionNumber([1, 28])

    /// Whether a file of this version can be run: the same major version, and nothing newer than is understood.
    var isUnderstoodFormat: Bool {
        components[0] == Self.newestFormat.components[0] && self <= Self.newestFormat
    }
}
