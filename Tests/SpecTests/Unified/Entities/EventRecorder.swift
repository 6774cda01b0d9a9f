// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import MongoNIO
import Synchronization

/// Keeps what a client tells of itself, as far as the test wants to know it.
final class EventRecorder: Sendable {
    struct Interests: Sendable {
        /// Names of events.
        var events: Set<String> = []
        var ignoredCommands: Set<String> = []
        var wantsSensitiveCommands = false
    }

    /// How long an event may take to be told after what it is about: pools and topologies tell of things in order, so that
    /// an operation may return while somebody else is about to tell of it.
    static let tellingTime = Duration.seconds(2)

    private struct State {
        var isListening = true
        var events: [ObservedEvent] = []
        var messages: [ObservedLogMessage] = []
        var checkedOut = 0
        /// Ready connections of each server.
        var ready: [ServerAddress: Int] = [:]
    }

    private let interests: Interests
    private let state = Mutex(State())

    init(_ interests: Interests) {
        self.interests = interests
    }

    // MARK: Hearing

    func hear(_ event: MongoEvent) {
        let observed = ObservedEvent(event)
        state.withLock { state in
            switch event.connectionChange {
            case .checkedOut: state.checkedOut += 1
            case .checkedIn: state.checkedOut -= 1
            case .ready(let address): state.ready[address, default: 0] += 1
            case .closed(let address): state.ready[address, default: 0] -= 1
            case nil: break
            }
            guard state.isListening, let observed, wants(observed) else { return }
            state.events.append(observed)
        }
    }

    func hear(_ message: ObservedLogMessage) {
        state.withLock { if $0.isListening { $0.messages.append(message) } }
    }

    private func wants(_ event: ObservedEvent) -> Bool {
        guard interests.events.contains(event.name) else { return false }
        guard event.kind == .command else { return true }
        let command = event.fields["commandName"]?.stringValue ?? ""
        return command != "configureFailPoint" && !interests.ignoredCommands.contains(command)
            && (interests.wantsSensitiveCommands || !event.isSensitive)
    }

    /// Forgets what came so far: it belongs to the preparation.
    func forget() {
        state.withLock { state in
            state.events = []
            state.messages = []
        }
    }

    /// Hears nothing more.
    func stop() {
        state.withLock { $0.isListening = false }
    }

    // MARK: Telling

    var events: [ObservedEvent] { state.withLock { $0.events } }

    var messages: [ObservedLogMessage] { state.withLock { $0.messages } }

    var checkedOutCount: Int { state.withLock { $0.checkedOut } }

    func readyCount(_ address: ServerAddress) -> Int { state.withLock { $0.ready[address] ?? 0 } }
}

/// What an event says about the number of connections.
enum ConnectionChange {
    case checkedOut
    case checkedIn
    case ready(ServerAddress)
    case closed(ServerAddress)
}
