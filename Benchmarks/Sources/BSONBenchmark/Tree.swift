// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON

/// A document with everything in it built, as the dictionaries of other languages are.
struct Tree: BSONEncodable {
    enum Node {
        case document(Tree)
        case array([Node])
        case value(BSON)
    }

    struct Field {
        let key: String
        let value: Node
    }

    var fields: [Field] = []

    init(_ document: BSONDocument) {
        var reader = BSONReader(document)
        self.init(&reader)
    }

    private init(_ reader: inout BSONReader) {
        fields.reserveCapacity(reader.remainingFieldCount)
        while let type = reader.next() {
            fields.append(Field(key: reader.key, value: Self.node(type, &reader)))
        }
    }

    private static func node(_ type: BSONType, _ reader: inout BSONReader) -> Node {
        switch type {
        case .document:
            guard reader.enter() else { break }
            let tree = Tree(&reader)
            reader.leave()
            return .document(tree)
        case .array:
            guard reader.enter() else { break }
            var nodes: [Node] = []
            nodes.reserveCapacity(reader.remainingFieldCount)
            while let type = reader.next() {
                nodes.append(node(type, &reader))
            }
            reader.leave()
            return .array(nodes)
        default:
            break
        }
        return .value(reader.value ?? .undefined)
    }

    func encode(to encoder: inout BSONFieldEncoder) throws(BSONError) {
        for index in fields.indices {
            switch fields[index].value {
            case .document(let tree): try encoder.encode(tree, forKey: fields[index].key)
            case .array(let nodes): encoder.encode(try nodes.map(Self.value), forKey: fields[index].key)
            case .value(let value): encoder.encode(value, forKey: fields[index].key)
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
