// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://www.rfc-editor.org/rfc/rfc6960#appendix-A.1

import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// One question to one responder: connects, posts the request, takes the body of the answer.
///
/// Whatever goes wrong, the consequence is the same: no body; why is for `diagnose`. No redirects, no retries, no proxies.
enum OCSPExchange {
    /// Why there is no body.
    enum Failure: Error, Sendable, Hashable {
        /// The deadline passed.
        case timedOut
        /// The task was cancelled: another responder's answer came first, or nobody waits any more.
        case cancelled
        /// There is no connection to the responder.
        case unreachable(String)
        /// An answer of HTTP other than 200.
        case status(UInt)
        /// Larger than any honest response.
        case tooLarge
        /// The connection ended before the answer did, or what came is not HTTP.
        case broken

        /// For people.
        var reason: String {
            switch self {
            case .timedOut: "no answer in time"
            case .cancelled: "not waited for"
            case .unreachable(let reason): reason
            case .status(let status): "HTTP status \(status)"
            case .tooLarge: "the answer is too large"
            case .broken: "the answer broke off, or is not HTTP"
            }
        }
    }

    typealias Outcome = Result<[UInt8], Failure>

    /// - Parameters:
    ///   - request: The OCSP request in DER.
    ///   - deadline: When to give up, whatever has arrived until then.
    ///   - eventLoop: Where the connection lives.
    /// - Returns: The body, or why there is none.
    static func post(
        _ request: [UInt8],
        to endpoint: OCSPEndpoint,
        deadline: NIODeadline,
        on eventLoop: any EventLoop
    ) async -> Outcome {
        let attempt = OCSPAttempt()
        let timer = eventLoop.scheduleTask(deadline: deadline) { attempt.finish(.failure(.timedOut)) }
        defer { timer.cancel() }
        let bootstrap = ClientBootstrap(group: eventLoop)
            // The attempt's own deadline ends the look-up as well.
            .connectTimeout(max(.milliseconds(1), deadline - .now()))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    // First, so that a channel that comes too late is closed.
                    attempt.add(channel)
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(
                        OCSPClientHandler(endpoint: endpoint, request: request, attempt: attempt)
                    )
                }
            }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard attempt.start(continuation) else { return }
                bootstrap.connect(host: endpoint.host, port: endpoint.port).whenFailure {
                    attempt.finish(.failure(describe($0)))
                }
            }
        } onCancel: {
            attempt.finish(.failure(.cancelled))
        }
    }

    private static func describe(_ error: any Error) -> Failure {
        switch error {
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first { return describe(first.error) }
            return .unreachable("the host \(error.host) cannot be looked up")
        case ChannelError.connectTimeout:
            return .timedOut
        case let error as IOError:
            return .unreachable(String(cString: strerror(error.errnoCode)))
        default:
            return .unreachable("no connection: \(error)")
        }
    }
}

/// The state of an exchange that its task, its channels, its timer and its cancellation share: whoever finishes it first
/// decides.
private final class OCSPAttempt: Sendable {
    private enum State {
        case new
        /// With one channel for each address that is being tried.
        case running(CheckedContinuation<OCSPExchange.Outcome, Never>, [any Channel])
        case finished
    }

    private let state = Mutex(State.new)

    /// - Returns: Whether there is still something to do; if not, the continuation was resumed.
    func start(_ continuation: CheckedContinuation<OCSPExchange.Outcome, Never>) -> Bool {
        let isNew = state.withLock { state in
            guard case .new = state else { return false }
            state = .running(continuation, [])
            return true
        }
        if !isNew { continuation.resume(returning: .failure(.cancelled)) }
        return isNew
    }

    func add(_ channel: any Channel) {
        let isOver = state.withLock { state in
            guard case .running(let continuation, let channels) = state else { return true }
            state = .running(continuation, channels + [channel])
            return false
        }
        if isOver { channel.close(promise: nil) }
    }

    func finish(_ outcome: OCSPExchange.Outcome) {
        let last = state.withLock { state in
            defer { state = .finished }
            return state
        }
        guard case .running(let continuation, let channels) = last else { return }
        for channel in channels { channel.close(promise: nil) }
        continuation.resume(returning: outcome)
    }
}

/// Posts the request when the channel is connected and collects the answer's body, as far as it is a small 200.
private final class OCSPClientHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let endpoint: OCSPEndpoint
    private let request: [UInt8]
    private let attempt: OCSPAttempt
    private var body: [UInt8] = []
    private var isAnswer = false

    init(endpoint: OCSPEndpoint, request: [UInt8], attempt: OCSPAttempt) {
        self.endpoint = endpoint
        self.request = request
        self.attempt = attempt
    }

    func channelActive(context: ChannelHandlerContext) {
        var head = HTTPRequestHead(version: .http1_1, method: .POST, uri: endpoint.target)
        head.headers = [
            "Host": endpoint.authority,
            "Content-Type": "application/ocsp-request",
            "Accept": "application/ocsp-response",
            "Content-Length": String(request.count),
            "Connection": "close",
        ]
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: request)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            let announced = head.headers.first(name: "Content-Length").map { Int($0) ?? .max } ?? 0
            isAnswer = head.status == .ok && announced <= OCSPResponse.maximumSize
            if head.status != .ok {
                attempt.finish(.failure(.status(head.status.code)))
            } else if !isAnswer {
                attempt.finish(.failure(.tooLarge))
            }
        case .body(let part):
            guard isAnswer, body.count + part.readableBytes <= OCSPResponse.maximumSize else {
                isAnswer = false
                attempt.finish(.failure(.tooLarge))
                return
            }
            body.append(contentsOf: part.readableBytesView)
        case .end:
            attempt.finish(isAnswer ? .success(body) : .failure(.broken))
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        attempt.finish(.failure(.broken))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        attempt.finish(.failure(.broken))
    }
}

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif
