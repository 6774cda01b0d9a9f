// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// A program that runs beside the tests, such as a server: started, watched, stopped.
///
/// It never outlives the test process, however that ends: see `Sandbox`.
public final class ChildProcess: Sendable {
    private enum State {
        case running
        case ended(exitCode: Int32)
    }

    /// The process identifier, for signals that ``stop(grace:)`` does not send.
    public let processIdentifier: Int32
    /// The file that receives standard output and standard error.
    public let logFile: String
    private let sandbox: Sandbox
    private let heldInput: Int32?
    private let state = Mutex(State.running)

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - program: A path, or a name to look up in `PATH`.
    ///   - arguments: The arguments after the program's name.
    ///   - environment: Added to the environment of the tests.
    ///   - logFile: The file for everything the program writes; it is truncated first.
    ///   - keepsInputOpen: Whether standard input is a pipe that stays open until the process is stopped, for programs
    ///     that end at the end of their input. Otherwise it is the null device.
    /// - Throws: ``SubprocessError``.
    public init(
        _ program: String,
        _ arguments: [String],
        environment: [String: String] = [:],
        logFile: String,
        keepsInputOpen: Bool = false
    ) throws {
        sandbox = try Sandbox.current
        let log = open(logFile, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o600)
        guard log >= 0 else { throw SubprocessError.system(call: "open \(logFile)", errno: errno) }
        defer { close(log) }
        let input = keepsInputOpen ? try Pipe() : nil
        heldInput = input?.writeEnd
        self.logFile = logFile
        defer {
            if let input { close(input.readEnd) }
        }
        processIdentifier = try Spawn(
            program: program,
            arguments: arguments,
            environment: environment,
            standardInput: input?.readEnd,
            standardOutput: log,
            standardError: log
        ).start()
        try sandbox.adopt(processIdentifier)
    }

    deinit {
        if let heldInput { close(heldInput) }
        guard case .running = state.withLock({ $0 }) else { return }
        let (child, sandbox) = (processIdentifier, sandbox)
        kill(-child, SIGKILL)
        // Reaped elsewhere, because a deinitializer must not wait.
        Thread.detachNewThread {
            _ = wait(for: child, options: 0)
            sandbox.release(child)
        }
    }

    /// The exit code once the program has ended (128 plus the signal's number when a signal ended it), else `nil`.
    public var exitCode: Int32? {
        state.withLock { state in
            if case .ended(let code) = state { return code }
            guard let status = wait(for: processIdentifier, options: WNOHANG) else { return nil }
            let code = TestSupport.exitCode(fromStatus: status)
            state = .ended(exitCode: code)
            sandbox.release(processIdentifier)
            return code
        }
    }

    /// Everything the program has written so far.
    public var log: String {
        String(decoding: FileManager.default.contents(atPath: logFile) ?? Data(), as: UTF8.self)
    }

    /// Sends a signal, unless the program has ended already.
    public func send(signal: Int32) {
        state.withLock { state in
            // Under the lock, so that nobody reaps the child and frees its identifier between the test and the signal.
            if case .running = state { kill(processIdentifier, signal) }
        }
    }

    /// Asks the program to end (SIGTERM), kills it when it has not done so after `grace`, and waits for its end.
    ///
    /// - Returns: The exit code.
    @discardableResult
    public func stop(grace: Duration = .seconds(10)) async -> Int32 {
        send(signal: SIGTERM)
        // A program that a test has suspended would not see the request.
        send(signal: SIGCONT)
        let deadline = ContinuousClock.now + grace
        while true {
            if let exitCode { return exitCode }
            if ContinuousClock.now >= deadline { send(signal: SIGKILL) }
            // A canceled task still has to wait for the end, or the port and the files stay in use.
            await Task { try? await Task.sleep(for: .milliseconds(10)) }.value
        }
    }
}

extension ChildProcess {
    /// A program ended, or said nothing useful for too long, before it was ready.
    public struct Failure: Error, CustomStringConvertible {
        /// What happened, with the end of the program's log.
        public let description: String
    }

    /// Waits until the log shows that the program is ready.
    ///
    /// - Parameters:
    ///   - event: What is waited for, for the error.
    ///   - timeout: The longest time to wait.
    ///   - find: Gets the whole log and answers a value once the log holds what is waited for.
    /// - Throws: ``Failure`` when the program ends or the time is up before.
    public func waitForLog<Value>(
        _ event: String,
        timeout: Duration = .seconds(60),
        find: (String) -> Value?
    ) async throws -> Value {
        let deadline = ContinuousClock.now + timeout
        while true {
            // Asked first: a program that writes and ends at once may be in between.
            let exitCode = exitCode
            if let value = find(log) { return value }
            let tail = { self.log.split(separator: "\n").suffix(20).joined(separator: "\n") }
            if let exitCode {
                throw Failure(description: "waiting for \(event): ended with exit code \(exitCode)\n\(tail())")
            }
            if ContinuousClock.now >= deadline {
                throw Failure(description: "waiting for \(event): nothing after \(timeout)\n\(tail())")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}
