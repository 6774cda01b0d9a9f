// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

internal import CMongoResolver
package import NIOCore
import NIOPosix
import Synchronization

/// The C library's resolver: the system's name servers, its timeouts and its TCP fallback. It blocks, so it runs on a
/// thread that may be kept busy; whoever asked is released by the deadline and by cancellation, while the thread ends a
/// look-up by itself, no more than seconds later.
package struct SystemResolver: DNSResolver {
    /// An IPv4 address and a port to ask instead of the system's name servers.
    package struct NameServer: Sendable {
        let address: String
        let port: UInt16

        package init(address: String, port: UInt16) {
            self.address = address
            self.port = port
        }
    }

    private let nameServer: NameServer?

    package init(nameServer: NameServer? = nil) {
        self.nameServer = nameServer
    }

    package func serviceRecords(of name: String, deadline: NIODeadline) async throws(MongoError) -> [SRVRecord] {
        try await lookUp(name, Deadline(instant: deadline)) { query throws(MongoError) in
            try query.answers(mongo_ns_t_srv()) { answer in
                let target = withUnsafePointer(to: answer) { String(cString: mongo_answer_target($0)) }
                return SRVRecord(
                    target: target.hasSuffix(".") ? String(target.dropLast()) : target,
                    port: Int(answer.port),
                    timeToLive: answer.ttl
                )
            }
        }
    }

    package func textRecords(of name: String, deadline: NIODeadline) async throws(MongoError) -> [String] {
        try await lookUp(name, Deadline(instant: deadline)) { query throws(MongoError) in
            try query.answers(mongo_ns_t_txt()) { answer in
                var rest = UnsafeBufferPointer(start: answer.data, count: Int(answer.length))[...]
                var text: [UInt8] = []
                while let length = rest.popFirst() {
                    guard rest.count >= Int(length) else { return nil }
                    text += rest.prefix(Int(length))
                    rest = rest.dropFirst(Int(length))
                }
                return String(validating: text, as: UTF8.self)
            }
        }
    }

    private func lookUp<Record: Sendable>(
        _ name: String,
        _ deadline: Deadline,
        _ body: @escaping @Sendable (Query) throws(MongoError) -> [Record]
    ) async throws(MongoError) -> [Record] {
        let query = Query(name: name, nameServer: nameServer, deadline: deadline)
        return try await Expiring.run(until: deadline, "the DNS look-up of \(name.quotable)") { finish in
            NIOThreadPool.singleton.submit { state in
                guard case .active = state else {
                    finish(.failure(MongoError(.clientClosed, "the program is ending")))
                    return
                }
                do throws(MongoError) {
                    finish(.success(try body(query)))
                } catch {
                    finish(.failure(error))
                }
            }
        }
    }
}

/// One question, asked on the thread that runs it.
private struct Query: Sendable {
    let name: String
    let nameServer: SystemResolver.NameServer?
    let deadline: Deadline

    func answers<Record>(
        _ type: CInt,
        _ body: (mongo_answer) -> Record?
    ) throws(MongoError) -> [Record] {
        var reply = [UInt8](repeating: 0, count: 65_535)
        var reason: CInt = 0
        // Two attempts, as resolvers do, within what is left.
        let left = deadline.isNever ? 10 : deadline.remaining().nanoseconds / 1_000_000_000
        let length = mongo_resolver_query(
            name,
            type,
            nameServer?.address,
            nameServer?.port ?? 0,
            CInt(clamping: max(1, min(5, left / 2))),
            2,
            &reply,
            CInt(reply.count),
            &reason
        )
        guard length >= 0 else {
            switch reason {
            case HOST_NOT_FOUND, NO_DATA: return []
            case TRY_AGAIN: throw failure("no name server answered")
            default: throw failure("the name servers answered with an error")
            }
        }
        return try reply.withUnsafeBufferPointer { buffer throws(MongoError) in
            guard let base = buffer.baseAddress else { return [] }
            let count = mongo_answer_count(base, length)
            guard count >= 0 else { throw failure("the answer is malformed") }
            var records: [Record] = []
            for index in 0..<count {
                var answer = mongo_answer()
                guard mongo_answer_at(base, length, index, &answer) == 1 else {
                    throw failure("the answer is malformed")
                }
                // Aliases stand among the answers.
                guard answer.type == type else { continue }
                guard let record = body(answer) else { throw failure("the answer is malformed") }
                records.append(record)
            }
            return records
        }
    }

    private func failure(_ reason: String) -> MongoError {
        MongoError(.network, "the DNS look-up of \(name.quotable) failed: \(reason)")
    }
}

/// A wait for something that cannot be stopped: it ends with the deadline or with the task's cancellation, whatever
/// comes first.
enum Expiring {
    typealias Outcome<Output: Sendable> = Result<Output, MongoError>

    static func run<Output: Sendable>(
        until deadline: Deadline,
        _ what: String,
        _ start: (@escaping @Sendable (Outcome<Output>) -> Void) -> Void
    ) async throws(MongoError) -> Output {
        let wait = Wait<Output>()
        let timer =
            deadline.isNever
            ? nil
            : MultiThreadedEventLoopGroup.singleton.any().scheduleTask(deadline: deadline.instant) {
                wait.finish(.failure(MongoError(.timeout, "\(what) took too long")))
            }
        defer { timer?.cancel() }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                wait.begin(continuation)
                start { wait.finish($0) }
            }
        } onCancel: {
            wait.finish(.failure(MongoError(.cancelled, "the task was cancelled")))
        }
        return try outcome.get()
    }

    /// Whoever finishes first decides.
    private final class Wait<Output: Sendable>: Sendable {
        private enum State {
            case idle
            case waiting(CheckedContinuation<Outcome<Output>, Never>)
            case over(Outcome<Output>)
        }

        private let state = Mutex(State.idle)

        func begin(_ continuation: CheckedContinuation<Outcome<Output>, Never>) {
            let early = state.withLock { state -> Outcome<Output>? in
                if case .over(let outcome) = state { return outcome }
                state = .waiting(continuation)
                return nil
            }
            if let early { continuation.resume(returning: early) }
        }

        func finish(_ outcome: Outcome<Output>) {
            let continuation = state.withLock { state -> CheckedContinuation<Outcome<Output>, Never>? in
                switch state {
                case .idle:
                    state = .over(outcome)
                    return nil
                case .waiting(let continuation):
                    state = .over(outcome)
                    return continuation
                case .over:
                    return nil
                }
            }
            continuation?.resume(returning: outcome)
        }
    }
}
