// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/unified-test-format/unified-test-format.md#session-operations

import MongoBSON
import Synchronization

@testable import MongoNIO

extension Scene {
    func session(_ name: String, _ session: ClientSession, _ arguments: Arguments) async throws -> OperationResult {
        switch name {
        case "startTransaction":
            let options = try TransactionOptions(test: arguments)
            try arguments.finish()
            willStartTransaction()
            try session.startTransaction(options: options)
        case "commitTransaction":
            let timeout = try arguments.milliseconds("timeoutMS")
            try arguments.finish()
            try await session.commitTransaction(timeout: timeout)
        case "abortTransaction":
            let timeout = try arguments.milliseconds("timeoutMS")
            try arguments.finish()
            try await session.abortTransaction(timeout: timeout)
        case "withTransaction":
            try await withTransaction(session, arguments)
        case "endSession":
            let timeout = try arguments.milliseconds("timeoutMS")
            try arguments.finish()
            await session.endSession(timeout: timeout)
        case "getSnapshotTime":
            try arguments.finish()
            guard let time = session.snapshotTime else { throw UnifiedTestFailure("the session has no snapshot time") }
            return .value(.timestamp(time))
        default:
            throw unknown(name, of: "session")
        }
        return .nothing
    }

    private func withTransaction(_ session: ClientSession, _ arguments: Arguments) async throws {
        let operations = try arguments.required("callback", Arguments.documents)
        let options = try TransactionOptions(test: arguments)
        let timeout = try arguments.milliseconds("timeoutMS")
        try arguments.finish()
        willStartTransaction()
        try await session.withTransaction(options: options, timeout: timeout) { _ in
            for operation in operations {
                try Shape.operation.validate(.document(operation))
                // Expected or not, the transaction has to hear of it.
                if let error = try await self.perform(operation) { throw error }
            }
        }
    }
}

extension TransactionOptions {
    init(test arguments: Arguments) throws {
        self.init(
            readConcern: try arguments.readConcern(),
            writeConcern: try arguments.writeConcern(),
            readPreference: try arguments.readPreference(),
            maxCommitTime: try arguments.milliseconds("maxCommitTimeMS")
        )
    }
}

extension ClientSessionOptions {
    init(test fields: BSONDocument, _ entities: EntityMap) throws {
        let arguments = Arguments(fields, of: "sessionOptions", entities)
        self.init()
        causalConsistency = try arguments.bool("causalConsistency")
        snapshot = try arguments.bool("snapshot") ?? snapshot
        if let name = try arguments.string("snapshotTime") {
            guard let time = try entities.value(name).timestampValue else {
                throw UnifiedTestFailure("the entity '\(name)' is no snapshot time")
            }
            snapshotTime = time
        }
        if let fields = try arguments.document("defaultTransactionOptions") {
            let nested = arguments.nested(fields, "defaultTransactionOptions")
            defaultTransactionOptions = try TransactionOptions(test: nested)
            try nested.finish()
        }
        defaultTimeout = try arguments.milliseconds("defaultTimeoutMS")
        try arguments.finish()
    }
}

/// What tests want to know of a session and applications do not.
struct SessionProbe {
    private let session: ClientSession

    init(_ session: ClientSession) { self.session = session }

    var identifier: BSONDocument { session.sessionID }

    var isDirty: Bool { session.lease().isDirty }

    var isPinned: Bool { session.state.withLock { $0.pinnedServer != nil || $0.pinnedConnection != nil } }

    var pinnedAddress: ServerAddress? { session.state.withLock { $0.pinnedServer?.address } }

    var transactionState: String {
        session.state.withLock { state in
            switch state.transaction.state {
            case .none: "none"
            case .starting: "starting"
            case .inProgress: "in_progress"
            case .committed: "committed"
            case .aborted: "aborted"
            }
        }
    }
}
