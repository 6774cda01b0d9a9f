// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/change-streams/change-streams.md#resumable-error

/// Decides which errors a change stream survives. Pure.
enum ResumePolicy {
    /// What becomes of a change stream whose next batch did not come.
    enum Verdict: Hashable, Sendable {
        /// It is taken up again at once, on whatever server fits now.
        case resume
        /// The caller's time is over: the caller is told, and the next call takes it up again.
        case resumeLater
        /// It is over.
        case end
    }

    /// MongoDB 4.4, which labels the errors by itself.
    private static let labelWireVersion = 9
    private static let label = "ResumableChangeStreamError"
    private static let cursorNotFound = 43
    /// What older servers answer when another server, or the same a little later, could go on.
    private static let resumableCodes: Set<Int> = [
        6, 7, 63, 89, 91, 133, 150, 189, 234, 262, 9001, 10107, 11600, 11602, 13388, 13435, 13436,
    ]

    /// - Parameter maxWireVersion: That of the server that the batch was asked from.
    static func verdict(on error: MongoError, maxWireVersion: Int) -> Verdict {
        switch error.code {
        case .timeout, .cancelled:
            return .resumeLater
        case .network, .tls, .poolCleared, .serverSelection:
            return .resume
        case .command:
            guard let code = error.server?.code else { return .end }
            if code == cursorNotFound { return .resume }
            let isResumable =
                maxWireVersion >= labelWireVersion ? error.hasLabel(label) : resumableCodes.contains(code)
            return isResumable ? .resume : .end
        default:
            // Nothing of the network or the server: it would fail again.
            return error.hasLabel(label) ? .resume : .end
        }
    }
}
