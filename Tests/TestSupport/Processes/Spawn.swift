// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What can go wrong between asking for a process and having its result.
public enum SubprocessError: Error, CustomStringConvertible {
    /// A system call failed.
    case system(call: String, errno: Int32)
    /// The program could not be started.
    case notStarted(program: String, errno: Int32)
    /// The program did not end in time and was killed; what it had written until then.
    case timedOut(command: String, output: String)
    /// The program ended with an exit code other than 0 where success was asked for.
    case failed(command: String, exitCode: Int32, output: String)

    /// What failed and why, with what the program had to say.
    public var description: String {
        switch self {
        case .system(let call, let errno):
            "\(call): \(String(cString: strerror(errno)))"
        case .notStarted(let program, let errno):
            "cannot start \(program): \(String(cString: strerror(errno)))"
        case .timedOut(let command, let output):
            "timed out: \(command)\n\(output)"
        case .failed(let command, let exitCode, let output):
            "exit code \(exitCode): \(command)\n\(output)"
        }
    }
}

/// `posix_spawn` with the settings every child of the tests gets.
///
/// Foundation's `Process` is not used because it cannot start a session, and the session is what keeps the terminal's
/// signals and prompts away from the children.
struct Spawn {
    var program: String
    var arguments: [String] = []
    /// Added to (and overriding) the environment of this process.
    var environment: [String: String] = [:]
    /// `nil` is the null device.
    var standardInput: Int32?
    var standardOutput: Int32?
    var standardError: Int32?

    /// Starts the program, which is looked up in `PATH` when its name has no slash.
    func start() throws(SubprocessError) -> pid_t {
        #if canImport(Darwin)
        var actions: posix_spawn_file_actions_t?
        var attributes: posix_spawnattr_t?
        #else
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        for (target, source) in [(0, standardInput), (1, standardOutput), (2, standardError)] as [(Int32, Int32?)] {
            if let source {
                posix_spawn_file_actions_adddup2(&actions, source, target)
            } else {
                posix_spawn_file_actions_addopen(&actions, target, "/dev/null", O_RDWR, 0)
            }
        }
        // A session of its own: no signals from the terminal (the watchdog must survive Ctrl-C), no terminal to prompt
        // on (a passphrase prompt becomes an error at once), and one process group to signal the child's children by.
        #if canImport(Darwin)
        let session = Int32(POSIX_SPAWN_SETSID) | Int32(POSIX_SPAWN_CLOEXEC_DEFAULT)
        #else
        // POSIX_SPAWN_SETSID, which glibc and musl declare for _GNU_SOURCE only.
        let session: Int32 = 0x80
        #endif
        let flags = session | Int32(POSIX_SPAWN_SETSIGDEF) | Int32(POSIX_SPAWN_SETSIGMASK)
        // SwiftNIO ignores SIGPIPE in this process, and an ignored signal stays ignored in a child.
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigaddset(&signals, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(truncatingIfNeeded: flags))

        let merged = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let argumentPointers = ([program] + arguments).map { strdup($0) } + [nil]
        let environmentPointers = merged.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (argumentPointers + environmentPointers).forEach { free($0) } }

        var child: pid_t = 0
        let result = posix_spawnp(&child, program, &actions, &attributes, argumentPointers, environmentPointers)
        guard result == 0 else { throw .notStarted(program: program, errno: result) }
        return child
    }
}

/// A pipe whose ends no child inherits by accident.
///
/// It is a pair of sockets, because those can be made close-on-exec in the same step; with `pipe` a child that another
/// thread starts in between would keep the writing end open, and the reader would never see the end.
struct Pipe {
    let readEnd: Int32
    let writeEnd: Int32

    init() throws(SubprocessError) {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, streamSocketType, 0, &ends) == 0 else {
            throw .system(call: "socketpair", errno: errno)
        }
        readEnd = ends[0]
        writeEnd = ends[1]
    }
}

/// The type of a stream socket that children do not inherit. (On Darwin, `posix_spawn` is told so.)
var streamSocketType: Int32 {
    #if canImport(Darwin)
    SOCK_STREAM
    #else
    Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    #endif
}

/// The exit code as a shell reports it: a child that a signal ended has 128 plus the signal's number.
func exitCode(fromStatus status: Int32) -> Int32 {
    let signal = status & 0x7f
    return signal == 0 ? (status >> 8) & 0xff : 128 + signal
}
