// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Turns documents into `Decodable` values, directly from bytes.
///
/// ```swift
/// struct Cat: Codable { var name: String; var born: Date? }
/// let cat = try BSONDecoder().decode(Cat.self, from: document)
/// ```
///
/// Numbers are taken by value: an `Int` may be stored as a 32- or 64-bit integer, as a `Double` without a fraction or
/// as such a decimal, and a number that does not fit the type asked for is an error, never cut. (A `Float` is rounded
/// from a `Double`, as 0.1 has no exact form in either.) Null and an absent field are both nil to an optional.
/// `Date`, `UUID` and `Data` follow the strategies, ``BSONDecodable`` types decode through that protocol.
///
/// If a document has several fields of one name, which of them is taken is not defined.
///
/// A decoder is a value: it may be used by many tasks at once.
public struct BSONDecoder: Sendable {
    /// What a `Date` is made of; a BSON datetime by default.
    public var dateStrategy: DateStrategy
    /// What a `UUID` is made of; binary of subtype 4 by default.
    public var uuidStrategy: UUIDStrategy
    /// What `Data` is made of; binary by default.
    public var dataStrategy: DataStrategy
    /// Which field a coding key stands for; that of the same name by default.
    public var keyStrategy: KeyStrategy
    /// What types find in their decoder's `userInfo`; nothing by default.
    public var userInfo: [CodingUserInfoKey: any Sendable]

    /// A decoder with these strategies.
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

    /// The value that a document stands for.
    ///
    /// - Throws: A ``BSONError`` with the coding path, and both types where they do not fit;
    ///   ``BSONError/Code-swift.struct/codingFailed`` around what the type's own code threw.
    public func decode<Value: Decodable>(
        _ type: Value.Type = Value.self,
        from document: BSONDocument
    ) throws(BSONError) -> Value {
        if let error = document.encodingError {
            throw error
        }
        let root = CodedElement(type: .document, start: 0, end: document.byteCount)
        let core = DecoderCore(self, document.buffer, root: root)
        do {
            return try core.decode(type, from: root)
        } catch {
            throw BSONError(coding: error)
        }
    }

    /// The value that a BSON value of any type stands for.
    ///
    /// - Throws: As ``decode(_:from:)``.
    public func decodeValue<Value: Decodable>(
        _ type: Value.Type = Value.self,
        from value: BSON
    ) throws(BSONError) -> Value {
        let document = BSONDocument([("", value)])
        if let error = document.encodingError {
            throw error
        }
        guard let element = document.find("") else {
            throw BSONError(.valueNotFound, "there is no value")
        }
        let root = CodedElement(element)
        let core = DecoderCore(self, document.buffer, root: root)
        do {
            return try core.decode(type, from: root)
        } catch {
            throw BSONError(coding: error)
        }
    }
}
