// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// JavaScript code.
public struct BSONCode: Sendable, Hashable {
    /// The code.
    public var code: String

    /// The code, as text.
    public init(code: String) {
        self.code = code
    }
}

/// JavaScript code with the values of its variables; deprecated by the server.
public struct BSONCodeWithScope: Sendable, Hashable {
    /// The code.
    public var code: String
    /// The names and values of the variables.
    public var scope: BSONDocument

    /// The code and its variables.
    public init(code: String, scope: BSONDocument) {
        self.code = code
        self.scope = scope
    }
}
