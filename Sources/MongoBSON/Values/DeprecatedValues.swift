// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// A pointer to a document of another collection. BSON keeps the type for old data only; see ``BSONDBRef``.
public struct BSONDBPointer: Sendable, Hashable {
    /// The collection's namespace, `database.collection`.
    public var ref: String
    /// The `_id` of the document.
    public var id: BSONObjectID

    /// A pointer of its parts.
    public init(ref: String, id: BSONObjectID) {
        self.ref = ref
        self.id = id
    }
}

/// A symbol of languages that have them. BSON keeps the type for old data only; use a string.
public struct BSONSymbol: Sendable, Hashable, CustomStringConvertible {
    /// The symbol's name.
    public var stringValue: String

    /// A symbol with this name.
    public init(_ stringValue: String) {
        self.stringValue = stringValue
    }

    /// The symbol's name.
    public var description: String { stringValue }
}
