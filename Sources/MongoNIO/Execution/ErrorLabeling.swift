// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// Adds the labels that the driver owes an error, because no server could. Pure.
///
/// - SeeAlso: [Error labels](https://github.com/mongodb/specifications/blob/master/source/transactions/transactions.md#error-labels),
///   [RetryableWriteError labels](https://github.com/mongodb/specifications/blob/master/source/retryable-writes/retryable-writes.md#retryablewriteerror-labels)
struct ErrorLabeling: Sendable {
    /// Which part of a transaction failed; `nil` outside of one.
    var role: TransactionRole?
    /// Whether the operation is a write that is retried.
    var isRetryableWrite: Bool

    /// The first wire version of servers that say by themselves what is retryable: MongoDB 4.4.
    private static let labelingWireVersion = 9

    /// - Parameters:
    ///   - wireVersion: The server's; `nil` when there was no connection.
    ///   - isMongos: Whether the server was a mongos, whose write concern errors mean nothing for retries.
    func labeled(
        _ error: MongoError,
        at stage: RetryPolicy.Stage,
        wireVersion: Int?,
        isMongos: Bool
    ) -> MongoError {
        var error = error
        let isGivenUp = error.code == .cancelled || error.code == .clientClosed
        // Nothing was sent, and another attempt would find the same.
        if isGivenUp, stage != .exchange { return error }
        // A connection whose reply did not come in time is as good as a broken one.
        let isBroken = error.isConnectionFailure || (stage == .exchange && error.code == .timeout)
        if isRetryableWrite {
            if isBroken || isRetryable(error, wireVersion: wireVersion, isMongos: isMongos) {
                error.add(.retryableWriteError)
            }
        }
        switch role {
        case .member:
            if isBroken || stage == .selection { error.add(.transientTransactionError) }
        case .commit:
            if isBroken || isGivenUp || stage == .selection || stage == .checkOut || isUnknownCommit(error) {
                error.add(.unknownTransactionCommitResult)
            }
        case .abort, nil:
            break
        }
        return error
    }

    private func isRetryable(_ error: MongoError, wireVersion: Int?, isMongos: Bool) -> Bool {
        guard let wireVersion, wireVersion < Self.labelingWireVersion, let server = error.server else { return false }
        if error.code == .command, MongoError.retryableCodes.contains(server.code) { return true }
        guard !isMongos, let concernError = server.writeConcernError else { return false }
        return MongoError.retryableCodes.contains(concernError.code)
    }

    private func isUnknownCommit(_ error: MongoError) -> Bool {
        if error.hasLabel(.retryableWriteError) || error.isMaxTimeExpired { return true }
        // 79, 100: the write concern makes no sense, and would not the next time.
        guard let concernError = error.server?.writeConcernError else { return false }
        return concernError.code != 79 && concernError.code != 100
    }
}
