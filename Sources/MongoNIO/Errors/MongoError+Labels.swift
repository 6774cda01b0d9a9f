// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// The error labels that the specifications give a meaning.
struct ErrorLabel: Sendable {
    let rawValue: String

    /// The write may be tried once more.
    static let retryableWriteError = ErrorLabel(rawValue: "RetryableWriteError")
    /// The transaction may be done again from its beginning.
    static let transientTransactionError = ErrorLabel(rawValue: "TransientTransactionError")
    /// The transaction may be committed, or not: committing it again is safe.
    static let unknownTransactionCommitResult = ErrorLabel(rawValue: "UnknownTransactionCommitResult")
    /// Nothing was written.
    static let noWritesPerformed = ErrorLabel(rawValue: "NoWritesPerformed")
    /// The server has more to do than it can.
    static let systemOverloaded = ErrorLabel(rawValue: "SystemOverloadedError")
    /// The command was not executed, whatever it is: it may be tried once more.
    static let retryable = ErrorLabel(rawValue: "RetryableError")
}

extension MongoError {
    func hasLabel(_ label: ErrorLabel) -> Bool {
        labels.contains(label.rawValue)
    }

    mutating func add(_ label: ErrorLabel) {
        labels.insert(label.rawValue)
    }

    /// Whether the server gave up because its time for the command was over: wherever in the reply it says so.
    var isMaxTimeExpired: Bool {
        guard let server else { return false }
        return server.code == 50 || server.writeConcernError?.code == 50
            || server.writeErrors.contains { $0.code == 50 }
    }
}
