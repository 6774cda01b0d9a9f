// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoTLS
import NIOCore
import NIOPosix
import Synchronization

/// Opens the network connection to a server: looks the name up, tries its addresses (Happy Eyeballs) and gives back the
/// first that answers. Or has a SOCKS5 proxy do so.
///
/// NIO's own attempts know no cancellation: here the task that waits is released at once when it is cancelled or the
/// deadline passes, and what the attempt still brings is closed.
struct ChannelConnector: Sendable {
    let group: any EventLoopGroup
    /// Through what hosts are reached; `nil`: directly. Names are then looked up by the proxy, not here.
    var proxy: ProxyOptions?

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
        let route = try Route(to: target, via: proxy)
        let attempt = Attempt<Output>(proxy: route.proxy)
        let loop = group.next()
        let bootstrap = ClientBootstrap(group: loop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            // The attempt's own deadline, below, ends the look-up as well.
            .connectTimeout(deadline.isNever ? .hours(24) : deadline.remaining() + .seconds(1))
        let initializer: @Sendable (any Channel) -> EventLoopFuture<Void> = { channel in
            channel.eventLoop.makeCompletedFuture {
                let opened = try route.prepare(channel)
                try attempt.add(channel, setUp(channel), opened)
            }
        }
        let configured = bootstrap.channelInitializer(initializer)
        let timer =
            deadline.isNever
            ? nil
            : loop.scheduleTask(deadline: deadline.instant) {
                attempt.finish(.failure(route.timeout))
            }
        defer { timer?.cancel() }

        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                attempt.start(continuation)
                let future =
                    switch route.endpoint {
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

extension ChannelConnector {
    /// How a target is reached.
    fileprivate struct Route: Sendable {
        /// What is connected to: the target itself, or the proxy.
        let endpoint: Target
        /// `nil`: the target is reached directly.
        let proxy: ProxyOptions?
        private let machine: SOCKSStateMachine?

        init(to target: Target, via proxy: ProxyOptions?) throws(MongoError) {
            guard let proxy, case .host(let host, let port) = target else {
                endpoint = target
                self.proxy = nil
                machine = nil
                return
            }
            endpoint = .host(proxy.host, port: proxy.port)
            self.proxy = proxy
            do throws(ProxyError) {
                machine = try SOCKSStateMachine(host: host, port: port, credentials: proxy.credentials)
            } catch {
                throw MongoError(error, of: proxy)
            }
        }

        /// Has the channel talk to the proxy first.
        ///
        /// - Returns: When the channel is one to the target; `nil`: as soon as it is connected.
        func prepare(_ channel: any Channel) throws -> EventLoopFuture<Void>? {
            guard let machine else { return nil }
            let opened = channel.eventLoop.makePromise(of: Void.self)
            do {
                try channel.pipeline.syncOperations.addHandler(ProxyHandler(machine, opened: opened))
            } catch {
                opened.fail(error)
                throw error
            }
            return opened.futureResult
        }

        var timeout: MongoError {
            guard let proxy else { return MongoError(.timeout, "the server could not be reached in time") }
            return MongoError(ProxyError(.timeout, "did not connect to the server in time"), of: proxy)
        }
    }
}

extension MongoError {
    fileprivate init(_ error: ProxyError, of proxy: ProxyOptions) {
        self.init(
            error.code == .timeout ? .timeout : error.code == .invalidAddress ? .invalidArgument : .network,
            "the SOCKS5 proxy \(proxy.host):\(proxy.port) \(error.message)",
            underlying: error
        )
    }
}

/// One attempt to connect: whoever finishes it first, success or not, decides.
private final class Attempt<Output: Sendable>: Sendable {
    typealias Outcome = Result<Output, MongoError>

    private struct State {
        var continuation: CheckedContinuation<Outcome, Never>?
        var outcome: Outcome?
        /// What was set up so far, one for each address that is being tried.
        var candidates: [Candidate] = []
    }

    private struct Candidate {
        var channel: any Channel
        var output: Output
        /// When it may be used; `nil`: as soon as it is connected.
        var opened: EventLoopFuture<Void>?
    }

    private let state = Mutex(State())
    private let proxy: ProxyOptions?

    init(proxy: ProxyOptions?) {
        self.proxy = proxy
    }

    func start(_ continuation: CheckedContinuation<Outcome, Never>) {
        let early = state.withLock { state -> Outcome? in
            if state.outcome == nil { state.continuation = continuation }
            return state.outcome
        }
        if let early { continuation.resume(returning: early) }
    }

    func add(_ channel: any Channel, _ output: Output, _ opened: EventLoopFuture<Void>?) {
        let isOver = state.withLock { state in
            state.candidates.append(Candidate(channel: channel, output: output, opened: opened))
            return state.outcome != nil
        }
        if isOver { channel.close(promise: nil) }
    }

    func connected(_ result: Result<any Channel, any Error>) {
        switch result {
        case .success(let channel):
            let candidate = state.withLock { $0.candidates.first { $0.channel === channel } }
            guard let candidate else {
                channel.close(promise: nil)
                return
            }
            guard let opened = candidate.opened else {
                use(candidate)
                return
            }
            opened.whenComplete { result in
                switch result {
                case .success: self.use(candidate)
                case .failure(let error): self.finish(.failure(self.describe(error)))
                }
            }
        case .failure(let error):
            finish(.failure(describe(error)))
        }
    }

    private func use(_ candidate: Candidate) {
        if !finish(.success(candidate.output)) { candidate.channel.close(promise: nil) }
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

    private func describe(_ error: any Error) -> MongoError {
        guard let proxy else { return Self.describe(error) }
        if let error = error as? ProxyError { return MongoError(error, of: proxy) }
        let failure = Self.describe(error)
        // Our own set-up has failed: nothing of it is the proxy's doing.
        if failure.tls != nil { return failure }
        let code: ProxyError.Code = failure.code == .timeout ? .timeout : .unreachable
        return MongoError(ProxyError(code, "cannot be reached: \(failure.message)"), of: proxy)
    }

    private static func describe(_ error: any Error) -> MongoError {
        switch error {
        case let error as MongoError:
            return error
        case let error as TLSError:
            return MongoError(error)
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
