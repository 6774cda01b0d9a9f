// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

extension MongoError {
    /// What the server answered when it refused.
    public struct ServerReply: Sendable {
        /// The server's numeric error code, for example 11000 for a duplicate key.
        public var code: Int
        /// The server's name for the code, for example `DuplicateKey`; `nil` when it sent none.
        public var codeName: String?
    }
}
