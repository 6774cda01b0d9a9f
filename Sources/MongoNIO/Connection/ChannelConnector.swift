// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Synchronization

/// Opens the network connection to a server: looks the name up, tries its addresses (Happy Eyeballs) and gives back the
/// first that answers.
///
/// NIO's own attempts know no cancellation: here the task that waits is released at once when it is cancelled or the
/// deadline passes, and what the attempt still brings is closed.
struct ChannelConnector: Sendable {
    let group: any EventLoopGroup

    /// Where to.
    enum Target: Hashable, Sendable {
        case host(String, port: Int)
        case unixSocket(path: String)
    }

    /// Connects, and has the channel set up on its loop before the first byte is read.
    ///
    /// - Throws: `MongoError` of the kind `network`, `timeout` or `cancelled`.
    func connect<Output: Sendable>(
        to target: Target,
        deadline: Deadline,
        setUp: @escaping @Sendable (any Channel) throws -> Output
    ) async throws(MongoError) -> Output {
        let attempt = Attempt<Output>()
        let loop = group.next()
        let bootstrap = ClientBootstrap(group: loop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            // The attempt's own deadline, below, ends the look-up as well.
            .connectTimeout(deadline.isNever ? .hours(24) : deadline.remaining() + .seconds(1))
        let initializer: @Sendable (any Channel) -> EventLoopFuture<Void> = { channel in
            channel.eventLoop.makeCompletedFuture { try attempt.add(channel, setUp(channel)) }
        }
        let configured = bootstrap.channelInitializer(initializer)
        let timer =
            deadline.isNever
            ? nil
            : loop.scheduleTask(deadline: deadline.instant) {
                attempt.finish(.failure(MongoError(.timeout, "the server could not be reached in time")))
            }
        defer { timer?.cancel() }

        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                attempt.start(continuation)
                let future =
                    switch target {
                    case .host(let host, let port): configured.connect(host: host, port: port)
                    case .unixSocket(let path): configured.connect(unixDomainSocketPath: path)
                    }
                future.whenComplete { attempt.connected($0) }
                if Task.isCancelled { attempt.finish(.failure(Self.cancelled)) }
            }
        } onCancel: {
            attempt.finish(.failure(Self.cancelled))
        }
        return try result.get()
    }

    private static var cancelled: MongoError {
        MongoError(.cancelled, "the task was cancelled")
    }
}

/// One attempt to connect: whoever finishes it first, success or not, decides.
private final class Attempt<Output: Sendable>: Sendable {
    typealias Outcome = Result<Output, MongoError>

    private struct State {
        var continuation: CheckedContinuation<Outcome, Never>?
        var outcome: Outcome?
        /// What was set up so far, one for each address that is being tried.
        var candidates: [(channel: any Channel, output: Output)] = []
    }

    private let state = Mutex(State())

    func start(_ continuation: CheckedContinuation<Outcome, Never>) {
        let early = state.withLock { state -> Outcome? in
            if state.outcome == nil { state.continuation = continuation }
            return state.outcome
        }
        if let early { continuation.resume(returning: early) }
    }

    func add(_ channel: any Channel, _ output: Output) {
        let isOver = state.withLock { state in
            state.candidates.append((channel, output))
            return state.outcome != nil
        }
        if isOver { channel.close(promise: nil) }
    }

    func connected(_ result: Result<any Channel, any Error>) {
        switch result {
        case .success(let channel):
            let output = state.withLock { $0.candidates.first { $0.channel === channel }?.output }
            guard let output else {
                channel.close(promise: nil)
                return
            }
            if !finish(.success(output)) { channel.close(promise: nil) }
        case .failure(let error):
            finish(.failure(Self.describe(error)))
        }
    }

    @discardableResult
    func finish(_ outcome: Outcome) -> Bool {
        var abandoned: [any Channel] = []
        var continuation: CheckedContinuation<Outcome, Never>?
        let isFirst = state.withLock { state in
            guard state.outcome == nil else { return false }
            state.outcome = outcome
            continuation = state.continuation
            state.continuation = nil
            if case .failure = outcome { abandoned = state.candidates.map(\.channel) }
            state.candidates = []
            return true
        }
        for channel in abandoned { channel.close(promise: nil) }
        continuation?.resume(returning: outcome)
        return isFirst
    }

    private static func describe(_ error: any Error) -> MongoError {
        switch error {
        case let error as MongoError:
            return error
        case let error as NIOConnectionError:
            if let failure = error.connectionErrors.first {
                return describe(failure.error)
            }
            let reason = (error.dnsAError ?? error.dnsAAAAError).map { "\($0)" } ?? "no address was found"
            return MongoError(
                .network,
                "the host \(error.host) cannot be looked up: \(reason)",
                underlying: error
            )
        case let error as ChannelError:
            if case .connectTimeout = error {
                return MongoError(.timeout, "the server could not be reached in time", underlying: error)
            }
            return MongoError(.network, "cannot connect: \(error)", underlying: error)
        case let error as IOError:
            let reason = String(cString: strerror(error.errnoCode))
            return MongoError(.network, "cannot connect: \(reason)", underlying: error)
        default:
            return MongoError(.network, "cannot connect: \(error)", underlying: error)
        }
    }
}

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif
