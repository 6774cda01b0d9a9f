// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/unified-test-format/unified-test-format.md#test

import MongoBSON

/// A span that has ended, with those in it.
struct ObservedSpan: Sendable, CustomStringConvertible {
    var name: String
    var attributes: BSONDocument
    var nested: [ObservedSpan] = []

    var description: String { text(indentation: "  ") }

    private func text(indentation: String) -> String {
        (["\(indentation)\(name) \(attributes)"] + nested.map { $0.text(indentation: indentation + "  ") })
            .joined(separator: "\n")
    }
}

/// Compares the spans that a test expects with those that came.
struct SpanMatcher {
    let values: ValueMatcher

    /// - Parameters:
    ///   - expected: An element of `expectTracingMessages`.
    ///   - observed: The outermost spans of that client, in the order in which they began.
    /// - Throws: `UnifiedTestFailure`.
    func match(_ expected: BSONDocument, _ observed: [ObservedSpan]) throws {
        do {
            try match(
                expected["spans"]?.arrayValue?.compactMap(\.documentValue) ?? [],
                observed,
                ignoringExtra: expected["ignoreExtraSpans"] == .bool(true),
                path: "spans"
            )
        } catch let failure as UnifiedTestFailure {
            throw UnifiedTestFailure("\(failure)\nspans:\n\(observed.map { "\($0)" }.joined(separator: "\n"))")
        }
    }

    /// The expected spans come in order. Others may stand between them only where they are ignored.
    private func match(
        _ expected: [BSONDocument],
        _ observed: [ObservedSpan],
        ignoringExtra: Bool,
        path: String
    ) throws {
        var rest = observed[...]
        for (index, span) in expected.enumerated() {
            let path = "\(path)[\(index)]"
            var reason = UnifiedTestFailure("\(path): there is no other span: \(span)")
            var isFound = false
            while !isFound, let candidate = rest.popFirst() {
                do {
                    try match(span, candidate, ignoringExtra: ignoringExtra, path: path)
                    isFound = true
                } catch let failure as UnifiedTestFailure {
                    reason = failure
                    guard ignoringExtra else { throw failure }
                }
            }
            guard isFound else { throw reason }
        }
        guard ignoringExtra || rest.isEmpty else {
            throw UnifiedTestFailure("\(path): \(rest.count) spans more than expected")
        }
    }

    private func match(
        _ expected: BSONDocument,
        _ observed: ObservedSpan,
        ignoringExtra: Bool,
        path: String
    ) throws {
        guard expected["name"] == .string(observed.name) else {
            throw UnifiedTestFailure("\(path): expected \(expected["name"] ?? .null), got '\(observed.name)'")
        }
        let attributes = expected["attributes"]?.documentValue ?? [:]
        var actual = observed.attributes
        // A session is a document in commands and a text in spans.
        if let session = attributes["db.mongodb.lsid", "$$sessionLsid"]?.stringValue {
            let identifier = try values.entities.sessionIdentifier(session)
            if actual["db.mongodb.lsid"] == Self.text(of: identifier).map(BSON.string) {
                actual["db.mongodb.lsid"] = .document(identifier)
            }
        }
        try values.match(.document(attributes), .document(actual), isRoot: true, path: "\(path).attributes")
        try match(
            expected["nested"]?.arrayValue?.compactMap(\.documentValue) ?? [],
            observed.nested,
            ignoringExtra: ignoringExtra,
            path: "\(path).nested"
        )
    }

    /// As UUIDs are written.
    private static func text(of identifier: BSONDocument) -> String? {
        guard case .binary(let binary)? = identifier["id"] else { return nil }
        let digits = binary.bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
        guard digits.count == 16 else { return nil }
        return [digits[0..<4], digits[4..<6], digits[6..<8], digits[8..<10], digits[10..<16]]
            .map { $0.joined() }.joined(separator: "-")
    }
}
