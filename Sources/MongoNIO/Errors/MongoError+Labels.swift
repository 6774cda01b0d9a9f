// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

extension MongoError {
    /// A label that servers or the driver put on an error, to say what may be done about it.
    ///
    /// - SeeAlso: [Error labels](https://github.com/mongodb/specifications/blob/master/source/transactions/transactions.md#error-labels)
    public struct Label: RawRepresentable, Hashable, Sendable {
        /// What the label says.
        public let rawValue: String

        /// A label that is not listed here.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The write may be tried once more; the driver has done so already unless that was switched off.
        public static let retryableWriteError = Label(rawValue: "RetryableWriteError")
        /// The transaction may be done again from its beginning.
        public static let transientTransactionError = Label(rawValue: "TransientTransactionError")
        /// The transaction may be committed, or not: committing it again is safe.
        public static let unknownTransactionCommitResult = Label(rawValue: "UnknownTransactionCommitResult")
        /// Nothing was written.
        public static let noWritesPerformed = Label(rawValue: "NoWritesPerformed")
        /// The server has more to do than it can.
        public static let systemOverloaded = Label(rawValue: "SystemOverloadedError")
        /// The command was not executed, whatever it is: it may be tried once more.
        public static let retryable = Label(rawValue: "RetryableError")
    }

    /// Whether the error has the label. Better than the one that takes a text: no typing errors.
    public func hasLabel(_ label: Label) -> Bool {
        labels.contains(label.rawValue)
    }

    mutating func add(_ label: Label) {
        labels.insert(label.rawValue)
    }

    /// Whether the server gave up because its time for the command was over: wherever in the reply it says so.
    var isMaxTimeExpired: Bool {
        guard let server else { return false }
        return server.code == 50 || server.writeConcernError?.code == 50
            || server.writeErrors.contains { $0.code == 50 }
    }
}
