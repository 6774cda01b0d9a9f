// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// What the files of the TLS options look like from the outside: whether they may have changed can be told without
/// reading them.
///
/// Links are followed, so an exchanged link (how Kubernetes renews a mounted secret) is a change, too.
struct FileFingerprints: Sendable, Hashable {
    private enum Mark: Sendable, Hashable {
        case file(device: UInt64, inode: UInt64, size: Int64, modified: Time, changed: Time)
        /// `errno`, when it cannot be looked at.
        case unreadable(Int32)
    }

    private struct Time: Sendable, Hashable {
        var seconds: Int64
        var nanoseconds: Int64

        init(_ time: timespec) {
            seconds = Int64(time.tv_sec)
            nanoseconds = Int64(time.tv_nsec)
        }
    }

    private let marks: [Mark]

    /// Looks at the files. Not for an event loop: a network file system may take its time.
    init(_ paths: [String]) {
        marks = paths.map { path in
            var status = stat()
            guard stat(path, &status) == 0 else { return .unreadable(errno) }
            #if canImport(Darwin)
            let (modified, changed) = (status.st_mtimespec, status.st_ctimespec)
            #else
            let (modified, changed) = (status.st_mtim, status.st_ctim)
            #endif
            return .file(
                device: UInt64(truncatingIfNeeded: status.st_dev),
                inode: UInt64(truncatingIfNeeded: status.st_ino),
                size: Int64(status.st_size),
                modified: Time(modified),
                changed: Time(changed)
            )
        }
    }
}

extension TLSOptions {
    /// The files that the options name.
    var files: [String] {
        [caFile, certificateKeyFile, privateKeyFile, crlFile].compactMap { $0 }
    }
}
