// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON

/// A document with everything in it built, as the dictionaries of other languages are.
struct Tree: BSONEncodable {
    indirect enum Node {
        case document(Tree)
        case array([Node])
        case value(BSON)
    }

    struct Field {
        let key: String
        let value: Node
    }

    var fields: [Field]

    init(_ document: BSONDocument) {
        fields = []
        for (key, value) in document {
            fields.append(Field(key: key, value: Self.node(value)))
        }
    }

    private static func node(_ value: BSON) -> Node {
        switch value {
        case .document(let document): .document(Tree(document))
        case .array(let values): .array(values.map { node($0) })
        default: .value(value)
        }
    }

    func encode(to encoder: inout BSONFieldEncoder) throws(BSONError) {
        for field in fields {
            let key = field.key
            switch field.value {
            case .document(let tree): try encoder.encode(tree, forKey: key)
            case .array(let nodes): encoder.encode(try nodes.map(Self.value), forKey: key)
            case .value(let value): encoder.encode(value, forKey: key)
            }
        }
    }

    private static func value(_ node: Node) throws(BSONError) -> BSON {
        switch node {
        case .document(let tree): .document(try BSONDocument(encoding: tree))
        case .array(let nodes): .array(try nodes.map(value))
        case .value(let value): value
        }
    }
}

/// The deep document: a binary tree with text in its leaves.
final class DirectDeep: BSONEncodable, BSONDecodable {
    let left: DirectDeep?
    let right: DirectDeep?
    let leftValue: String?
    let rightValue: String?

    init(from fields: inout BSONFieldDecoder) throws(BSONError) {
        right = try fields.decodeIfPresent(DirectDeep.self, forKey: "right")
        rightValue = right == nil ? try fields.decodeIfPresent(String.self, forKey: "rightValue") : nil
        left = try fields.decodeIfPresent(DirectDeep.self, forKey: "left")
        leftValue = left == nil ? try fields.decodeIfPresent(String.self, forKey: "leftValue") : nil
    }

    func encode(to fields: inout BSONFieldEncoder) throws(BSONError) {
        try fields.encodeIfPresent(right, forKey: "right")
        fields.encodeIfPresent(rightValue, forKey: "rightValue")
        try fields.encodeIfPresent(left, forKey: "left")
        fields.encodeIfPresent(leftValue, forKey: "leftValue")
    }
}

/// The deep document for synthesized code.
final class Deep: Codable {
    let left: Deep?
    let right: Deep?
    let leftValue: String?
    let rightValue: String?
}
