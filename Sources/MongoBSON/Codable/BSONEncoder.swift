// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Turns `Encodable` values into documents, directly into bytes.
///
/// ```swift
/// struct Cat: Codable { var name: String; var born: Date? }
/// let document = try BSONEncoder().encode(Cat(name: "Roscoe", born: nil))     // {"name": "Roscoe"}
/// ```
///
/// Integers of up to 32 bits (`UInt32` excepted) become 32-bit integers and all others 64-bit ones, whatever their
/// value; unsigned ones above 2⁶³ − 1 are an error. An optional that is nil is left out, as synthesized code does.
/// `Date`, `UUID` and `Data` follow the strategies; the BSON types are written as themselves, and types that are
/// ``BSONEncodable`` through that protocol.
///
/// An encoder is a value: it may be used by many tasks at once.
public struct BSONEncoder: Sendable {
    /// What becomes of a `Date`; a BSON datetime by default.
    public var dateStrategy: DateStrategy
    /// What becomes of a `UUID`; binary of subtype 4 by default.
    public var uuidStrategy: UUIDStrategy
    /// What becomes of `Data`; binary by default.
    public var dataStrategy: DataStrategy
    /// What becomes of the names of coding keys; they stay as they are by default.
    public var keyStrategy: KeyStrategy
    /// What types find in their encoder's `userInfo`; nothing by default.
    public var userInfo: [CodingUserInfoKey: any Sendable]

    /// An encoder with these strategies.
    public init(
        dateStrategy: DateStrategy = .datetime,
        uuidStrategy: UUIDStrategy = .binary,
        dataStrategy: DataStrategy = .binary,
        keyStrategy: KeyStrategy = .useDefaultKeys,
        userInfo: [CodingUserInfoKey: any Sendable] = [:]
    ) {
        self.dateStrategy = dateStrategy
        self.uuidStrategy = uuidStrategy
        self.dataStrategy = dataStrategy
        self.keyStrategy = keyStrategy
        self.userInfo = userInfo
    }

    /// The document that a value encodes itself as.
    ///
    /// - Throws: A ``BSONError`` with the coding path; ``BSONError/Code-swift.struct/unsupportedType`` when the value
    ///   is not one with fields, ``BSONError/Code-swift.struct/codingFailed`` around what its own code threw.
    public func encode<Value: Encodable>(_ value: Value) throws(BSONError) -> BSONDocument {
        let core = EncoderCore(self)
        do {
            try core.encode(value, at: .root)
            return BSONDocument(trusted: try core.finish())
        } catch {
            throw BSONError(coding: error)
        }
    }

    /// The documents that values encode themselves as, one by one.
    ///
    /// - Throws: As ``encode(_:)``, with the index of the value in the path.
    public func encode<Value: Encodable>(all values: some Sequence<Value>) throws(BSONError) -> [BSONDocument] {
        var documents: [BSONDocument] = []
        for (index, value) in values.enumerated() {
            do throws(BSONError) {
                documents.append(try encode(value))
            } catch {
                var error = error
                error.path.insert(String(index), at: 0)
                throw error
            }
        }
        return documents
    }

    /// The BSON value, of whatever type, that a value encodes itself as.
    ///
    /// - Throws: As ``encode(_:)``.
    public func encodeValue<Value: Encodable>(_ value: Value) throws(BSONError) -> BSON {
        let document = try encode(["": value])
        guard let value = document[""] else {
            throw BSONError(.unsupportedType, "the value encoded nothing")
        }
        return value
    }
}
