// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

extension BSONEncoder {
    /// What becomes of a `Date`.
    public enum DateStrategy: Sendable {
        /// A BSON datetime, in milliseconds. The default, and what the server can compare and index as a date.
        case datetime
        /// A 64-bit integer of milliseconds since 1970-01-01T00:00:00Z.
        case millisecondsSince1970
        /// A floating point number of seconds since 1970-01-01T00:00:00Z.
        case secondsSince1970
        /// A string such as `2026-11-23T21:39:07Z`.
        case iso8601
        /// What `Date` does by itself: a floating point number of seconds since 2001.
        case deferredToDate
        /// What the closure answers.
        case custom(@Sendable (Date) throws -> BSON)
    }

    /// What becomes of a `UUID`.
    public enum UUIDStrategy: Sendable {
        /// Binary of subtype 4. The default.
        case binary
        /// Binary of subtype 3, in a byte order that old data has.
        case legacy(BSONBinary.UUIDRepresentation)
        /// What `UUID` does by itself: a string.
        case deferredToUUID
    }

    /// What becomes of `Data`.
    public enum DataStrategy: Sendable {
        /// Binary of subtype 0. The default.
        case binary
        /// A string of Base 64.
        case base64
        /// What `Data` does by itself: an array of numbers.
        case deferredToData
        /// What the closure answers.
        case custom(@Sendable (Data) throws -> BSON)
    }

    /// What becomes of the names of a type's coding keys. The keys of dictionaries are left alone.
    public enum KeyStrategy: Sendable {
        /// They are the field names. The default.
        case useDefaultKeys
        /// `firstName` becomes `first_name`, `myURLPath` becomes `my_url_path`.
        case convertToSnakeCase
        /// What the closure answers for the names that lead to a field, its own the last.
        case custom(@Sendable ([String]) -> String)
    }
}

extension BSONDecoder {
    /// What a `Date` is made of.
    public enum DateStrategy: Sendable {
        /// A BSON datetime. The default. One so far away that a `Date` is not exact to the millisecond, more than about
        /// 140,000 years, is refused: ``BSONDateTime`` takes all.
        case datetime
        /// A number of milliseconds since 1970-01-01T00:00:00Z.
        case millisecondsSince1970
        /// A number of seconds since 1970-01-01T00:00:00Z.
        case secondsSince1970
        /// A string such as `2026-11-23T21:39:07Z`.
        case iso8601
        /// What `Date` expects by itself: a floating point number of seconds since 2001.
        case deferredToDate
        /// Whatever the closure makes of the value.
        case custom(@Sendable (BSON) throws -> Date)
    }

    /// What a `UUID` is made of.
    public enum UUIDStrategy: Sendable {
        /// Binary of subtype 4. The default.
        case binary
        /// Binary of subtype 3, in a byte order that old data has.
        case legacy(BSONBinary.UUIDRepresentation)
        /// What `UUID` expects by itself: a string.
        case deferredToUUID
    }

    /// What `Data` is made of.
    public enum DataStrategy: Sendable {
        /// Binary, of any subtype. The default.
        case binary
        /// A string of Base 64.
        case base64
        /// What `Data` expects by itself: an array of numbers.
        case deferredToData
        /// Whatever the closure makes of the value.
        case custom(@Sendable (BSON) throws -> Data)
    }

    /// Which field a type's coding key stands for. The keys of dictionaries are left alone.
    public enum KeyStrategy: Sendable {
        /// The one with its name. The default.
        case useDefaultKeys
        /// The one whose name in camel case is its name: `first_name` for `firstName`.
        case convertFromSnakeCase
        /// The one of whose path of names the closure answers its name.
        case custom(@Sendable ([String]) -> String)
    }
}

/// Names in camel case and in snake case.
enum SnakeCase {
    /// `firstName` to `first_name`, `myURLPath` to `my_url_path`.
    static func encode(_ name: String) -> String {
        let characters = Array(name.unicodeScalars)
        var result = String.UnicodeScalarView()
        for (index, character) in characters.enumerated() {
            guard character.properties.isUppercase else {
                result.append(character)
                continue
            }
            let previous = index > 0 ? characters[index - 1] : nil
            let next = index + 1 < characters.count ? characters[index + 1] : nil
            if let previous, previous != "_",
                !previous.properties.isUppercase || next.map(\.properties.isLowercase) == true
            {
                result.append("_")
            }
            result.append(contentsOf: character.properties.lowercaseMapping.unicodeScalars)
        }
        return String(result)
    }

    /// `first_name` to `firstName`; underscores at the ends stay.
    static func decode(_ name: String) -> String {
        let leading = name.prefix { $0 == "_" }
        guard leading.count < name.count else { return name }
        let trailing = name.reversed().prefix { $0 == "_" }.count
        let words = name.dropFirst(leading.count).dropLast(trailing).split(separator: "_")
        guard words.count > 1, let first = words.first else { return name }
        let rest = words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst().lowercased() }
        return leading + first.lowercased() + rest.joined() + String(repeating: "_", count: trailing)
    }
}
