// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

/// Decides when the files of the TLS options are to be read anew, and when somebody has to be told that they cannot be
/// used.
///
/// A value without I/O: `TLSContextProvider` keeps it under its lock, tells it what the files look like each time it has
/// looked, and carries out the ``Step`` it answers. What is in use is exchanged only by a load that succeeded.
struct ReloadPolicy: Sendable {
    enum Step: Sendable, Hashable {
        case nothing
        /// Read the files, then tell the policy what came of it.
        case load
        /// The files cannot be used, and that lasts: tell it once.
        case warn(TLSError)
    }

    private struct Failure: Sendable {
        var files: FileFingerprints
        var error: TLSError
        var isTold = false
    }

    /// What the files looked like just before those in use were read. Files that change while they are read have
    /// changed since then, so they are read again.
    private var loaded: FileFingerprints
    /// The last attempt, when it failed.
    private var failure: Failure?

    init(loaded: FileFingerprints) {
        self.loaded = loaded
    }

    /// The files were looked at.
    mutating func step(_ files: FileFingerprints) -> Step {
        if files == loaded {
            // Nothing changed, or it was put back.
            failure = nil
            return .nothing
        }
        guard let failure, failure.files == files else { return .load }
        // A change is often several, the certificate and then its key: what lies between them is worth no warning. Only
        // what looks the same the next time is meant to be so.
        guard failure.isTold else {
            self.failure?.isTold = true
            return .warn(failure.error)
        }
        // What does not lie in the files may be over without their changing.
        return Self.isTransient(failure.error) ? .load : .nothing
    }

    private static func isTransient(_ error: TLSError) -> Bool {
        switch error.code {
        case .passphraseUnavailable, .fileUnreadable, .libraryFailure: true
        default: false
        }
    }

    /// The files were read and are in use now.
    mutating func loaded(_ files: FileFingerprints) {
        loaded = files
        failure = nil
    }

    /// The files were read and cannot be used; the earlier ones stay in use.
    mutating func failed(_ files: FileFingerprints, _ error: TLSError) {
        let isTold = failure.map { $0.isTold && $0.files == files && $0.error.code == error.code } ?? false
        failure = Failure(files: files, error: error, isTold: isTold)
    }
}
