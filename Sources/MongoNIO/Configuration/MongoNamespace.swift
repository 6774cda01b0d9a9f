// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// A collection's full name: its database and its own name.
public struct MongoNamespace: Sendable, Hashable, CustomStringConvertible {
    /// The database's name.
    public let database: String
    /// The collection's name, which may contain dots.
    public let collection: String

    /// Makes a namespace of its parts.
    public init(database: String, collection: String) {
        self.database = database
        self.collection = collection
    }

    /// Makes a namespace of its full name, as servers send it: the first dot ends the database's name.
    ///
    /// - Returns: `nil` when a part is missing.
    public init?(_ fullName: String) {
        guard let dot = fullName.firstIndex(of: ".") else { return nil }
        let collection = fullName[fullName.index(after: dot)...]
        guard dot > fullName.startIndex, !collection.isEmpty else { return nil }
        self.init(database: String(fullName[..<dot]), collection: String(collection))
    }

    /// The full name, for example `home.kittens`.
    public var description: String { "\(database).\(collection)" }
}
