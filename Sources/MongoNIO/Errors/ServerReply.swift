// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

public import MongoBSON

extension MongoError {
    /// What the server answered when it refused.
    public struct ServerReply: Sendable {
        /// The server's numeric error code, for example 11000 for a duplicate key; 0 when it sent none.
        public var code: Int
        /// The server's name for the code, for example `DuplicateKey`; `nil` when it sent none.
        public var codeName: String?
        /// The server's own words. They can quote values of a document: ``MongoError/description`` leaves them out.
        public var message: String
        /// The writes that were refused, by their place in what was asked for.
        public var writeErrors: [WriteError]
        /// What went wrong with the write concern, after the writes themselves were done.
        public var writeConcernError: WriteConcernError?
        /// The server.
        public var address: ServerAddress?
        /// The whole reply, for fields that have no property here.
        public var reply: BSONDocument?

        package init(
            code: Int,
            codeName: String?,
            message: String,
            writeErrors: [WriteError] = [],
            writeConcernError: WriteConcernError? = nil,
            address: ServerAddress? = nil,
            reply: BSONDocument? = nil
        ) {
            self.code = code
            self.codeName = codeName
            self.message = message
            self.writeErrors = writeErrors
            self.writeConcernError = writeConcernError
            self.address = address
            self.reply = reply
        }
    }

    /// One write that the server refused.
    public struct WriteError: Sendable {
        /// Which of the writes that were asked for, from 0.
        public var index: Int
        /// The server's numeric error code, for example 11000 for a duplicate key.
        public var code: Int
        /// The server's own words. They can quote values of a document.
        public var message: String
        /// More about the refusal, for example why a validator failed.
        public var errInfo: BSONDocument?
    }

    /// A write concern that was not met.
    public struct WriteConcernError: Sendable {
        /// The server's numeric error code.
        public var code: Int
        /// The server's name for the code; `nil` when it sent none.
        public var codeName: String?
        /// The server's own words.
        public var message: String
        /// More about it.
        public var errInfo: BSONDocument?
    }
}
