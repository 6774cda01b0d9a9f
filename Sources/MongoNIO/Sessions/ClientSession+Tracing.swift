// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/open-telemetry/open-telemetry.md#transactions

import Synchronization

extension ClientSession {
    func beginTransactionSpan() {
        guard let tracer = client.executor.tracer else { return }
        let span = tracer.beginTransaction()
        state.withLock { $0.transactionSpan = (span, false) }
    }

    /// Ends the span at the first attempt to end the transaction; others may follow.
    func endTransactionSpan() {
        let span = state.withLock { state -> (any OpenSpan)? in
            guard let last = state.transactionSpan, !last.isEnded else { return nil }
            state.transactionSpan = (last.span, true)
            return last.span
        }
        span?.end()
    }

    /// The span that an operation's belongs to; `nil` outside of a transaction.
    func transactionSpan(_ role: TransactionRole) -> (any OpenSpan)? {
        state.withLock { state in
            role != .member || state.transaction.isActive ? state.transactionSpan?.span : nil
        }
    }
}
