// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/versioned-api/versioned-api.md#serverapi-class

internal import MongoBSON

/// The version of the server's API that a client insists on (the "Stable API"): newer servers then behave as that
/// version promises.
///
/// ```swift
/// options.serverAPI = MongoServerAPI(version: .v1, strict: true)
/// ```
/// It is sent with every command. A command document that names `apiVersion` itself is not to be run with such a client:
/// what the server makes of naming it twice is not defined.
public struct MongoServerAPI: Sendable, Hashable {
    /// A version of the API. New ones may be added.
    public struct Version: Sendable, Hashable, CustomStringConvertible {
        /// What is sent.
        public let description: String

        /// The first version, of MongoDB 5.0.
        public static let v1 = Version(description: "1")
    }

    /// The version.
    public let version: Version
    /// Whether the server refuses commands that are not part of the version. `nil` leaves it to the server: no.
    public let strict: Bool?
    /// Whether the server refuses what is deprecated in the version. `nil` leaves it to the server: no.
    public let deprecationErrors: Bool?

    /// Names a version of the API.
    ///
    /// - Parameters:
    ///   - version: The version.
    ///   - strict: Whether commands that are not part of the version are refused.
    ///   - deprecationErrors: Whether what is deprecated in the version is refused.
    public init(version: Version, strict: Bool? = nil, deprecationErrors: Bool? = nil) {
        self.version = version
        self.strict = strict
        self.deprecationErrors = deprecationErrors
    }

    /// Adds the fields that every command carries.
    func append(to writer: inout BSONWriter) {
        writer.append("apiVersion", version.description)
        if let strict { writer.append("apiStrict", strict) }
        if let deprecationErrors { writer.append("apiDeprecationErrors", deprecationErrors) }
    }
}
