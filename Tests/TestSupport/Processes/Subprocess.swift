// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// Runs programs to their end, without blocking a thread of Swift's cooperative pool.
public enum Subprocess {
    /// How a program ended and what it wrote.
    public struct Result: Sendable {
        /// The exit code; 128 plus the signal's number when a signal ended the program.
        public let exitCode: Int32
        /// What the program wrote to its standard output; bytes that are not UTF-8 are replaced.
        public let standardOutput: String
        /// What the program wrote to its standard error.
        public let standardError: String
    }

    /// Runs a program with the null device as standard input and waits for its end.
    ///
    /// - Parameters:
    ///   - program: A path, or a name to look up in `PATH`.
    ///   - arguments: The arguments after the program's name.
    ///   - environment: Added to the environment of the tests.
    ///   - timeout: After this time the program and its children are killed and ``SubprocessError/timedOut(command:output:)``
    ///     is thrown.
    /// - Throws: ``SubprocessError``, or `CancellationError` when the task was canceled (the program is killed).
    public static func run(
        _ program: String,
        _ arguments: [String] = [],
        environment: [String: String] = [:],
        timeout: Duration = .seconds(60)
    ) async throws -> Result {
        let canceled = Atomic(false)
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                // A thread of its own, because poll and waitpid block.
                Thread.detachNewThread {
                    continuation.resume(
                        with: Swift.Result {
                            try supervise(program, arguments, environment, timeout) {
                                canceled.load(ordering: .relaxed)
                            }
                        }
                    )
                }
            }
        } onCancel: {
            canceled.store(true, ordering: .relaxed)
        }
    }

    /// Runs a program that has to succeed.
    ///
    /// - Throws: ``SubprocessError/failed(command:exitCode:output:)`` with everything the program wrote when its exit
    ///   code is not 0, and what ``run(_:_:environment:timeout:)`` throws.
    @discardableResult
    public static func check(
        _ program: String,
        _ arguments: [String] = [],
        environment: [String: String] = [:],
        timeout: Duration = .seconds(60)
    ) async throws -> Result {
        let result = try await run(program, arguments, environment: environment, timeout: timeout)
        guard result.exitCode == 0 else {
            throw SubprocessError.failed(
                command: ([program] + arguments).joined(separator: " "),
                exitCode: result.exitCode,
                output: result.standardOutput + result.standardError
            )
        }
        return result
    }

    private static func supervise(
        _ program: String,
        _ arguments: [String],
        _ environment: [String: String],
        _ timeout: Duration,
        isCanceled: () -> Bool
    ) throws -> Result {
        let deadline = ContinuousClock.now + timeout
        let output = try Pipe()
        defer { close(output.readEnd) }
        let errors: Pipe
        do { errors = try Pipe() } catch {
            close(output.writeEnd)
            throw error
        }
        defer { close(errors.readEnd) }
        let child: pid_t
        do {
            defer {
                close(output.writeEnd)
                close(errors.writeEnd)
            }
            child = try Spawn(
                program: program,
                arguments: arguments,
                environment: environment,
                standardOutput: output.writeEnd,
                standardError: errors.writeEnd
            ).start()
        }

        var collected: [Int32: [UInt8]] = [output.readEnd: [], errors.readEnd: []]
        var open: Set<Int32> = [output.readEnd, errors.readEnd]
        var status: Int32?
        while status == nil || !open.isEmpty {
            if isCanceled() || ContinuousClock.now >= deadline {
                kill(-child, SIGKILL)
                if status == nil { status = wait(for: child, options: 0) }
                if isCanceled() { throw CancellationError() }
                throw SubprocessError.timedOut(
                    command: ([program] + arguments).joined(separator: " "),
                    output: [output.readEnd, errors.readEnd].map { text(collected[$0]) }.joined()
                )
            }
            for descriptor in readable(open, milliseconds: open.isEmpty ? 1 : 20) {
                let bytes = readSome(descriptor)
                if bytes.isEmpty {
                    open.remove(descriptor)
                } else {
                    collected[descriptor, default: []] += bytes
                }
            }
            if status == nil { status = wait(for: child, options: WNOHANG) }
        }
        return Result(
            exitCode: exitCode(fromStatus: status ?? 0),
            standardOutput: text(collected[output.readEnd]),
            standardError: text(collected[errors.readEnd])
        )
    }

    private static func text(_ bytes: [UInt8]?) -> String {
        String(decoding: bytes ?? [], as: UTF8.self)
    }

    /// The descriptors among `candidates` that have something to read or have reached their end.
    private static func readable(_ candidates: Set<Int32>, milliseconds: Int32) -> [Int32] {
        var polled = candidates.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        _ = poll(&polled, nfds_t(polled.count), milliseconds)
        return polled.filter { $0.revents != 0 }.map(\.fd)
    }

    /// At most 64 KiB; nothing at the end of the stream.
    private static func readSome(_ descriptor: Int32) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
            count = max(0, read(descriptor, buffer.baseAddress, buffer.count))
        }
    }
}

/// The status of a child that has ended, or `nil` while it runs.
func wait(for child: pid_t, options: Int32) -> Int32? {
    var status: Int32 = 0
    while true {
        let result = waitpid(child, &status, options)
        if result == child { return status }
        if result < 0, errno == EINTR { continue }
        return nil
    }
}
