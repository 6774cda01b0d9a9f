// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The one directory under which a test process keeps everything that must not outlive it.
///
/// A test process ends in many ways: it returns, it crashes on a trap, somebody presses Ctrl-C, a CI runner kills it.
/// Cleaning up in `deinit` or `atexit` covers the first of them only, so the cleaning is done by somebody else: a small
/// shell process whose standard input is a pipe that only the test process holds open. However the test process ends,
/// the kernel closes the pipe, the shell reads end-of-file, kills the children that are still listed under `children`
/// and removes the directory.
final class Sandbox: Sendable {
    /// The sandbox of this process, made on first use.
    static var current: Sandbox {
        get throws { try shared.get() }
    }

    private static let shared = Result { try Sandbox() }

    let path: String
    private let children: String
    /// Never closed by this process: its closing is the signal.
    private let lifeline: Int32

    private static let watchdog = """
        cat >/dev/null
        for child in "$1"/children/*; do
            [ -e "$child" ] && kill -KILL "${child##*/}" 2>/dev/null
        done
        rm -rf -- "$1"
        """

    private init() throws {
        path = try makeUniqueDirectory(in: FileManager.default.temporaryDirectory.path, prefix: "mongo-nio-test")
        children = path + "/children"
        try FileManager.default.createDirectory(atPath: children, withIntermediateDirectories: false)
        let pipe = try Pipe()
        lifeline = pipe.writeEnd
        defer { close(pipe.readEnd) }
        // The watchdog is nobody's to wait for: it lives longer than this process.
        _ = try Spawn(
            program: "/bin/sh",
            arguments: ["-c", Self.watchdog, "mongo-nio-test-watchdog", path],
            standardInput: pipe.readEnd
        ).start()
    }

    /// Lists a child that has to be killed when this process ends. Cheap and synchronous, so that the time in which a
    /// child runs without being listed is a matter of microseconds.
    func adopt(_ child: pid_t) throws {
        guard FileManager.default.createFile(atPath: "\(children)/\(child)", contents: nil) else {
            throw SubprocessError.system(call: "creat", errno: errno)
        }
    }

    /// Takes a child off the list once it has ended.
    func release(_ child: pid_t) {
        unlink("\(children)/\(child)")
    }
}

/// Makes a directory with a name nobody else has, readable by its owner only.
func makeUniqueDirectory(in parent: String, prefix: String) throws -> String {
    var template = Array("\(parent.hasSuffix("/") ? String(parent.dropLast()) : parent)/\(prefix).XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SubprocessError.system(call: "mkdtemp", errno: errno) }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
