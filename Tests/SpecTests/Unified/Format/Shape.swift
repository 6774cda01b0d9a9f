// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON

/// What a part of a test file has to look like. Anything else in it is refused, so that no assertion goes unread because
/// its name was misspelled.
indirect enum Shape: Sendable {
    case anything
    case boolean
    /// The one value `true`.
    case yes
    case integer
    case string
    case oneOf([String])
    /// A text that the function accepts, and what it is.
    case text(String, @Sendable (String) -> Bool)
    case array(Shape, atLeast: Int)
    case object(Fields)
    case either([Shape])
    /// A shape that contains itself.
    case later(@Sendable () -> Shape)

    static func array(_ element: Shape) -> Shape { .array(element, atLeast: 0) }

    static func object(
        _ fields: [String: Shape],
        required: [String] = [],
        count: ClosedRange<Int> = 0...Int.max,
        exclusive: [(String, String)] = [],
        others: Fields.Others = .refused
    ) -> Shape {
        .object(Fields(known: fields, required: required, count: count, exclusive: exclusive, others: others))
    }

    /// An object with any fields.
    static let anyObject = object([:], others: .any)
    /// An object without fields.
    static let emptyObject = object([:])

    struct Fields: Sendable {
        enum Others: Sendable {
            case refused
            case any
            case shaped(Shape)
            /// By their names; a name of no known shape is refused.
            case named(@Sendable (String) -> Shape?)
        }

        var known: [String: Shape]
        var required: [String]
        var count: ClosedRange<Int>
        /// Fields that must not stand together.
        var exclusive: [(String, String)]
        var others: Others
    }
}

/// Where a test file is not what it should be.
struct ShapeError: Error, CustomStringConvertible {
    let path: String
    let reason: String

    var description: String { "\(path.isEmpty ? "the file" : path): \(reason)" }
}

extension Shape {
    /// - Throws: `ShapeError` for the first difference.
    func validate(_ value: BSON, path: String = "") throws(ShapeError) {
        switch self {
        case .anything:
            return
        case .boolean:
            try require(value.boolValue != nil, path, "is not a boolean")
        case .yes:
            try require(value == .bool(true), path, "is not true")
        case .integer:
            try require(value.type != .decimal128 && value.toInt64() != nil, path, "is not an integer")
        case .string:
            try require(value.stringValue != nil, path, "is not a string")
        case .oneOf(let names):
            try require(value.stringValue.map(names.contains) ?? false, path, "is none of \(names)")
        case .text(let what, let accepts):
            try require(value.stringValue.map(accepts) ?? false, path, "is not \(what)")
        case .array(let element, let least):
            guard let values = value.arrayValue else { throw ShapeError(path: path, reason: "is not an array") }
            try require(values.count >= least, path, "has fewer than \(least) elements")
            for (index, value) in values.enumerated() { try element.validate(value, path: "\(path)[\(index)]") }
        case .object(let fields):
            guard let document = value.documentValue else {
                throw ShapeError(path: path, reason: "is not an object")
            }
            try fields.validate(document, path: path)
        case .either(let shapes):
            var reasons: [String] = []
            for shape in shapes {
                do throws(ShapeError) {
                    return try shape.validate(value, path: path)
                } catch {
                    reasons.append("\(error)")
                }
            }
            throw ShapeError(path: path, reason: "fits no alternative: \(reasons.joined(separator: "; "))")
        case .later(let shape):
            try shape().validate(value, path: path)
        }
    }

    private func require(_ condition: Bool, _ path: String, _ reason: String) throws(ShapeError) {
        if !condition { throw ShapeError(path: path, reason: reason) }
    }
}

extension Shape.Fields {
    fileprivate func validate(_ document: BSONDocument, path: String) throws(ShapeError) {
        for name in required where !document.hasKey(name) {
            throw ShapeError(path: path, reason: "lacks '\(name)'")
        }
        guard count.contains(document.count) else {
            throw ShapeError(path: path, reason: "has \(document.count) fields")
        }
        for (one, other) in exclusive where document.hasKey(one) && document.hasKey(other) {
            throw ShapeError(path: path, reason: "has both '\(one)' and '\(other)'")
        }
        for (name, value) in document {
            let path = path.isEmpty ? name : "\(path).\(name)"
            guard let shape = known[name] ?? shape(ofOther: name) else {
                throw ShapeError(path: path, reason: "is not a known field")
            }
            try shape.validate(value, path: path)
        }
    }

    private func shape(ofOther name: String) -> Shape? {
        switch others {
        case .refused: nil
        case .any: .anything
        case .shaped(let shape): shape
        case .named(let find): find(name)
        }
    }
}
