// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON

/// Options are sent only when the caller gave them a value.
extension BSONWriter {
    mutating func append(_ key: String, ifPresent value: Bool?) {
        if let value { append(key, value) }
    }

    mutating func append(_ key: String, ifPresent value: Int?) {
        if let value { append(key, Int64(value)) }
    }

    mutating func append(_ key: String, ifPresent value: String?) {
        if let value { append(key, value) }
    }

    mutating func append(_ key: String, ifPresent value: BSONDocument?) {
        if let value { append(key, value) }
    }

    mutating func append(_ key: String, ifPresent value: [BSONDocument]?) {
        if let value { append(key, value) }
    }
}

extension BSONDocument {
    /// A document of the fields that the body writes.
    ///
    /// - Throws: `MongoError` of the kind `bson`.
    static func written(_ body: (inout BSONWriter) -> Void) throws(MongoError) -> BSONDocument {
        var writer = BSONWriter()
        body(&writer)
        do throws(BSONError) {
            return try writer.finishDocument()
        } catch {
            throw MongoError(.bson, "a command cannot be written as BSON: \(error)", underlying: error)
        }
    }
}
