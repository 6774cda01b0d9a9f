// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-monitoring.md#monitor-thread

import MongoBSON
import NIOCore
import Synchronization

/// Watches one server: asks it what it is, again and again, or has it tell when something changes, and reports that.
///
/// It is owned by its `Server`. What runs is one task that waits most of the time, and a second one, while the server tells
/// by itself, that measures how long answers take. ``stop()`` ends and awaits both.
final class ServerMonitor: Sendable {
    /// How a server is watched.
    struct Settings: Sendable {
        /// How often the server is asked, or has to say that nothing is new.
        var heartbeatFrequency: Duration = .seconds(10)
        /// Whether the server is to tell changes by itself, if it can.
        var streams = true

        /// However often somebody wants to know, a server is not asked more often than that.
        static let minHeartbeatFrequency = Duration.milliseconds(500)
    }

    private struct State: ~Copyable {
        var isStopped = false
        var run: Task<Void, Never>?
        var measuring: Task<Void, Never>?
        /// The check that is being made.
        var check: Task<CheckOutcome, Never>?
        /// Whether the check, or what is left of the last one, is of no more use.
        var isCancelled = false
        var connection: MonitorConnection?
        var lastConnectionID = 0
        var times = RoundTripTimes()
    }

    /// What came of a check.
    private enum CheckOutcome: Sendable {
        case answered(HelloReply)
        case failed(MongoError)
        /// An error of the pool made the check useless, or the monitor was stopped.
        case cancelled
    }

    let address: ServerAddress
    private let settings: Settings
    private let establisher: ConnectionEstablisher
    private let reports: TopologyReports
    private let topologyID: BSONObjectID
    private let pause: MonitorPause
    private let state = Mutex(State())

    init(
        _ establisher: ConnectionEstablisher,
        _ settings: Settings,
        topologyID: BSONObjectID,
        reports: TopologyReports,
        eventLoop: any EventLoop
    ) {
        address = establisher.address
        self.settings = settings
        self.establisher = establisher
        self.reports = reports
        self.topologyID = topologyID
        pause = MonitorPause(eventLoop)
    }

    // MARK: Orders

    /// Begins to watch. To be called once.
    func start() {
        state.withLock { state in
            guard !state.isStopped, state.run == nil else { return }
            state.run = Task { await self.run() }
        }
    }

    /// Somebody needs to know what the server is, sooner than the next check is due.
    func requestCheck() {
        pause.end()
    }

    /// The server was found to be unreachable: whoever waits for its answer waits in vain.
    func cancelCheck() {
        let (check, connection) = state.withLock { state -> (Task<CheckOutcome, Never>?, MonitorConnection?) in
            if let check = state.check {
                state.isCancelled = true
                return (check, nil)
            }
            defer { state.connection = nil }
            return (nil, state.connection)
        }
        check?.cancel()
        connection?.close(Self.cancellation)
    }

    /// Ends watching, and waits for the end.
    func stop() async {
        let tasks = state.withLock { state in
            state.isStopped = true
            state.check?.cancel()
            return [state.run, state.measuring].compactMap { $0 }
        }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }

    private static var cancellation: MongoError {
        MongoError(.cancelled, "the check of the server was cancelled")
    }

    // MARK: Watching

    private func run() async {
        var isKnown = false
        while !Task.isCancelled {
            var goesOn = false
            switch await checkCancellably() {
            case .answered(let hello):
                reports.checkSucceeded(describe(hello))
                isKnown = hello.serverType != .unknown
                if settings.streams, hello.topologyVersion != nil {
                    startMeasuring()
                    goesOn = true
                }
            case .failed(let error):
                reports.checkFailed(address, error)
                // What was there a moment ago may have restarted.
                goesOn = isKnown && error.code != .command
                isKnown = false
            case .cancelled:
                isKnown = false
            }
            if !goesOn {
                await pause.wait(
                    atLeast: ServerMonitor.Settings.minHeartbeatFrequency,
                    atMost: settings.heartbeatFrequency
                )
            }
        }
        // Stopped during a pause.
        let connection = state.withLock { state in
            defer { state.connection = nil }
            return state.connection
        }
        connection?.close(Self.cancellation)
    }

    private func describe(_ hello: HelloReply) -> ServerDescription {
        var description = ServerDescription(address: address, hello: hello)
        let times = state.withLock { $0.times }
        description.roundTripTime = times.average
        description.minRoundTripTime = times.average == nil ? nil : times.minimum
        return description
    }

    /// A check in a task of its own, which ``cancelCheck()`` can end without ending the monitor.
    private func checkCancellably() async -> CheckOutcome {
        let task = state.withLock { state -> Task<CheckOutcome, Never>? in
            guard !state.isStopped else { return nil }
            state.isCancelled = false
            let task = Task { await self.check() }
            state.check = task
            return task
        }
        guard let task else { return .cancelled }
        let outcome = await task.value
        let (isCancelled, abandoned) = state.withLock { state -> (Bool, MonitorConnection?) in
            state.check = nil
            guard state.isCancelled || state.isStopped else { return (false, nil) }
            defer { state.connection = nil }
            return (true, state.connection)
        }
        abandoned?.close(Self.cancellation)
        return isCancelled ? .cancelled : outcome
    }

    private func check() async -> CheckOutcome {
        var connection = state.withLock { $0.connection }
        if connection?.isOpen != true { connection = nil }
        let news = connection.flatMap(awaitedNews)
        var heartbeat = Heartbeat(
            address: address,
            topologyID: topologyID,
            driverConnectionID: connection?.id ?? nextConnectionID(),
            serverConnectionID: connection?.serverID,
            isAwaited: news != nil
        )
        reports.tell(heartbeat.started)
        do throws(MongoError) {
            var current: MonitorConnection
            if let connection {
                current = connection
                if let news { try await current.awaitNews(news) } else { try await current.ask() }
            } else {
                current = try await MonitorConnection(id: heartbeat.driverConnectionID, establisher)
            }
            let hello = current.hello
            state.withLock { state in
                state.connection = current
                if let time = hello.roundTripTime { state.times.add(time) }
            }
            if let time = hello.roundTripTime { reports.measured(time, to: address) }
            heartbeat.serverConnectionID = current.serverID
            reports.tell(heartbeat.succeeded(hello, connection == nil ? current.tls : nil))
            return .answered(hello)
        } catch {
            state.withLock { state in
                state.connection = nil
                state.times.reset()
            }
            reports.tell(heartbeat.failed(error))
            return .failed(error)
        }
    }

    /// What the server can be asked to wait for; `nil` when it has to be asked again.
    private func awaitedNews(_ connection: MonitorConnection) -> AwaitedNews? {
        guard settings.streams, let version = connection.hello.topologyVersion else { return nil }
        return AwaitedNews(since: version, limit: settings.heartbeatFrequency)
    }

    private func nextConnectionID() -> Int {
        state.withLock { state in
            state.lastConnectionID += 1
            return state.lastConnectionID
        }
    }

    // MARK: Measuring

    /// While the server answers when it likes, its answers tell nothing about the way to it: another connection has to.
    private func startMeasuring() {
        state.withLock { state in
            guard !state.isStopped, state.measuring == nil else { return }
            state.measuring = Task { await self.measure() }
        }
    }

    private func measure() async {
        var connection: MonitorConnection?
        while !Task.isCancelled {
            do throws(MongoError) {
                if var current = connection {
                    try await current.ask()
                    connection = current
                } else {
                    connection = try await MonitorConnection(id: nextConnectionID(), establisher)
                }
                if let time = connection?.hello.roundTripTime {
                    // A server that was lost meanwhile has no time.
                    state.withLock { if $0.times.average != nil { $0.times.add(time) } }
                    reports.measured(time, to: address)
                }
            } catch {
                // Whether the server is there is the business of the checks.
                connection = nil
            }
            do {
                try await Task.sleep(for: settings.heartbeatFrequency)
            } catch {
                break
            }
        }
        connection?.close(Self.cancellation)
    }
}
