// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A directory that exists as long as this object, readable by its owner only.
///
/// It is removed with everything in it when the last reference goes, and at the latest when the test process ends.
public final class TemporaryDirectory: Sendable {
    /// The absolute path, without a slash at the end.
    public let path: String

    /// Makes an empty directory.
    ///
    /// - Parameter name: The first part of the directory's name, to recognize it by.
    public init(named name: String = "files") throws {
        path = try makeUniqueDirectory(in: Sandbox.current.path, prefix: name)
    }

    deinit {
        // Nobody could handle an error here, and what is left goes when the process ends.
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The path of a file in this directory, whether it exists or not.
    public func path(_ name: String) -> String {
        "\(path)/\(name)"
    }

    /// Writes a file that only its owner may read, and returns its path.
    @discardableResult
    public func write(_ contents: some Sequence<UInt8>, to name: String) throws -> String {
        let path = path(name)
        guard
            FileManager.default.createFile(
                atPath: path,
                contents: Data(contents),
                attributes: [.posixPermissions: 0o600]
            )
        else { throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: path]) }
        return path
    }

    /// Writes a text file that only its owner may read, and returns its path.
    @discardableResult
    public func write(_ contents: String, to name: String) throws -> String {
        try write(contents.utf8, to: name)
    }
}
