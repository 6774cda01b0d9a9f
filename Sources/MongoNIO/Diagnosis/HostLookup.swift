// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The addresses of a host, as the system's resolver tells them.
enum HostLookup {
    /// - Throws: `MongoError` of the kind `network`, `timeout` or `cancelled`.
    static func addresses(
        of host: String,
        deadline: Deadline,
        on eventLoop: any EventLoop
    ) async throws(MongoError) -> [String] {
        let attempt = LookupAttempt()
        let timer =
            deadline.isNever
            ? nil
            : eventLoop.scheduleTask(deadline: deadline.instant) {
                attempt.finish(.failure(MongoError(.timeout, "the host \(host) could not be looked up in time")))
            }
        defer { timer?.cancel() }
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard attempt.start(continuation) else { return }
                // The resolver blocks and cannot be interrupted: its thread may outlast the attempt.
                NIOThreadPool.singleton.submit { _ in attempt.finish(look(up: host)) }
            }
        } onCancel: {
            attempt.finish(.failure(MongoError(.cancelled, "the task was cancelled")))
        }
        return try result.get()
    }

    private static func look(up host: String) -> Result<[String], MongoError> {
        var hints = addrinfo()
        #if canImport(Glibc)
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
        hints.ai_socktype = SOCK_STREAM
        #endif
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(host, nil, &hints, &list)
        guard status == 0 else {
            let reason = String(cString: gai_strerror(status))
            return .failure(MongoError(.network, "the host \(host) cannot be looked up: \(reason)"))
        }
        defer { freeaddrinfo(list) }
        var addresses: [String] = []
        var next = list
        while let entry = next {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let info = entry.pointee
            if getnameinfo(info.ai_addr, info.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 {
                let bytes = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
                let address = String(decoding: bytes, as: UTF8.self)
                if !addresses.contains(address) { addresses.append(address) }
            }
            next = info.ai_next
        }
        return addresses.isEmpty
            ? .failure(MongoError(.network, "the host \(host) has no address")) : .success(addresses)
    }
}

/// One look-up: whoever finishes it first, success or not, decides.
private final class LookupAttempt: Sendable {
    typealias Outcome = Result<[String], MongoError>

    private enum State {
        case new
        case waiting(CheckedContinuation<Outcome, Never>)
        case finished(Outcome)
    }

    private let state = Mutex(State.new)

    /// - Returns: Whether there is still something to do; if not, the continuation was resumed.
    func start(_ continuation: CheckedContinuation<Outcome, Never>) -> Bool {
        let early = state.withLock { state -> Outcome? in
            if case .finished(let outcome) = state { return outcome }
            state = .waiting(continuation)
            return nil
        }
        if let early { continuation.resume(returning: early) }
        return early == nil
    }

    func finish(_ outcome: Outcome) {
        let waiting = state.withLock { state -> CheckedContinuation<Outcome, Never>? in
            switch state {
            case .new:
                state = .finished(outcome)
                return nil
            case .waiting(let continuation):
                state = .finished(outcome)
                return continuation
            case .finished:
                return nil
            }
        }
        waiting?.resume(returning: outcome)
    }
}
