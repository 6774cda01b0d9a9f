// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

#if Metrics
import CoreMetrics
import MongoBSON
import Synchronization
import Testing

@testable import MongoNIO

/// Remembers what is counted and measured, by name and dimensions.
final class RecordedMetrics: MetricsFactory {
    private struct State {
        var values: [String: [Int64]] = [:]
        var made: [String: Int] = [:]
    }

    final class Instrument: CounterHandler, MeterHandler, TimerHandler, RecorderHandler, FloatingPointCounterHandler {
        private let note: @Sendable (Int64) -> Void

        init(_ note: @escaping @Sendable (Int64) -> Void) {
            self.note = note
        }

        func increment(by amount: Int64) { note(amount) }
        func increment(by amount: Double) { note(Int64(amount)) }
        func decrement(by amount: Double) { note(-Int64(amount)) }
        func reset() {}
        func set(_ value: Int64) { note(value) }
        func set(_ value: Double) { note(Int64(value)) }
        func recordNanoseconds(_ duration: Int64) { note(duration) }
        func record(_ value: Int64) { note(value) }
        func record(_ value: Double) { note(Int64(value)) }
    }

    private let state = Mutex(State())

    /// What was recorded of `name{dimension=value,…}`, without the dimensions that all have, in order.
    func values(_ key: String) -> [Int64] { state.withLock { $0.values[key] ?? [] } }
    var keys: [String] { state.withLock { $0.made.keys.sorted() } }
    /// How often the same instrument was made.
    var mostMade: Int { state.withLock { $0.made.values.max() ?? 0 } }

    private func instrument(_ label: String, _ dimensions: [(String, String)]) -> Instrument {
        let common = ["db.system.name", "server.address", "server.port", "db.client.connection.pool.name"]
        let own = dimensions.filter { !common.contains($0.0) }.map { "\($0.0)=\($0.1)" }
        let key = own.isEmpty ? label : "\(label){\(own.joined(separator: ","))}"
        state.withLock { $0.made[key, default: 0] += 1 }
        return Instrument { value in self.state.withLock { $0.values[key, default: []].append(value) } }
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        instrument(label, dimensions)
    }
    func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
        instrument(label, dimensions)
    }
    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        instrument(label, dimensions)
    }
    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        instrument(label, dimensions)
    }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        instrument(label, dimensions)
    }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    func destroyMeter(_ handler: any MeterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}

@Suite("Metrics")
struct ClientMetricsTests {
    private let recorded = RecordedMetrics()

    private func metrics() throws -> ClientMetrics {
        var options = MongoClientOptions()
        options.metricsFactory = recorded
        return try #require(ClientMetrics(options))
    }

    private let address = ServerAddress.localhost

    @Test("There are none unless somebody wants them, and then only commands and connections are of interest")
    func off() throws {
        #expect(ClientMetrics(MongoClientOptions()) == nil)
        #expect(Observer(handler: nil).isActive == false)
        let observer = Observer(handler: nil, metrics: try metrics())
        #expect(observer.isActive(.command) && observer.isActive(.connection) && !observer.isActive(.topology))
        #expect(!observer.isRead(.command))
    }

    @Test("A command's duration is known by its name, that of a failure also by its kind")
    func commands() throws {
        let metrics = try metrics()
        let info = CommandInfo(
            commandName: "find",
            databaseName: "db",
            requestID: 1,
            operationID: 1,
            address: address,
            driverConnectionID: 1
        )
        metrics.record(.command(.started(CommandStartedEvent(info: info, command: [:]))))
        for milliseconds in [3, 5] {
            metrics.record(
                .command(
                    .succeeded(CommandSucceededEvent(info: info, duration: .milliseconds(milliseconds), reply: [:]))
                )
            )
        }
        let failure = MongoError(.network, "broken")
        metrics.record(
            .command(.failed(CommandFailedEvent(info: info, duration: .milliseconds(7), failure: failure)))
        )
        #expect(recorded.values("db.client.operation.duration{db.operation.name=find}") == [3_000_000, 5_000_000])
        #expect(
            recorded.values("db.client.operation.duration{db.operation.name=find,error.type=network}") == [7_000_000]
        )
        #expect(recorded.keys.count == 2)
        #expect(recorded.mostMade == 1)
    }

    @Test("The numbers of connections follow them from the making to the end")
    func connections() throws {
        let metrics = try metrics()
        func tell(_ event: ConnectionPoolEvent) { metrics.record(.pool(event)) }
        func last(_ key: String) -> Int64? { recorded.values(key).last }
        let idle = "db.client.connection.count{db.client.connection.state=idle}"
        let used = "db.client.connection.count{db.client.connection.state=used}"
        let waiting = "db.client.connection.pending_requests"

        tell(.connectionCheckOutStarted(.init(address: address)))
        #expect(last(waiting) == 1)
        tell(.connectionCreated(.init(address: address, driverConnectionID: 1)))
        tell(.connectionReady(.init(address: address, driverConnectionID: 1, duration: .milliseconds(4))))
        tell(.connectionCheckedOut(.init(address: address, driverConnectionID: 1, duration: .milliseconds(5))))
        #expect((last(idle), last(used), last(waiting)) == (0, 1, 0))
        tell(.connectionCheckedIn(.init(address: address, driverConnectionID: 1)))
        #expect((last(idle), last(used)) == (1, 0))
        // One that could not be made was never there.
        tell(.connectionCreated(.init(address: address, driverConnectionID: 2)))
        tell(.connectionClosed(.init(address: address, driverConnectionID: 2, reason: .error)))
        #expect((last(idle), last(used)) == (1, 0))
        tell(.connectionClosed(.init(address: address, driverConnectionID: 1, reason: .idle)))
        #expect((last(idle), last(used)) == (0, 0))

        tell(.connectionCheckOutStarted(.init(address: address)))
        tell(
            .connectionCheckOutFailed(
                .init(address: address, reason: .timeout, error: MongoError(.timeout, "late"), duration: .seconds(1))
            )
        )
        #expect(last(waiting) == 0)
        #expect(recorded.values("db.client.connection.timeouts") == [1])
        #expect(recorded.values("db.client.connection.wait_time") == [5_000_000])
        #expect(recorded.values("db.client.connection.create_time") == [4_000_000])
    }

    @Test("A real pool ends with every number at zero")
    func pool() async throws {
        let metrics = try metrics()
        let server = FakeServer()
        let pool = server.pool(hearing: { metrics.record(.pool($0)) })
        pool.ready()
        do {
            let first = try await pool.checkOut(deadline: .never)
            let second = try await pool.checkOut(deadline: .never)
            #expect(recorded.values("db.client.connection.count{db.client.connection.state=used}").max() == 2)
            #expect(first.id != second.id)
        }
        await pool.close(MongoError(.clientClosed, "closed"))
        for state in ["idle", "used"] {
            #expect(recorded.values("db.client.connection.count{db.client.connection.state=\(state)}").last == 0)
        }
    }
}
#endif
