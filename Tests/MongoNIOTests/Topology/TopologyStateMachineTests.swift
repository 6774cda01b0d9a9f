// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import MongoTLS
import Testing

@testable import MongoNIO

/// What the specification's own files, which `SpecTests` runs, leave open.
@Suite("The topology's state machine")
struct TopologyStateMachineTests {
    private let a: ServerAddress
    private let b: ServerAddress

    init() throws {
        a = try ServerAddress("a")
        b = try ServerAddress("b")
    }

    private func opened(_ seeds: TopologySeeds) -> TopologyStateMachine {
        var machine = TopologyStateMachine()
        _ = machine.open(seeds)
        return machine
    }

    private func reply(_ address: ServerAddress, _ fields: BSONDocument) -> ServerDescription {
        var reply: BSONDocument = ["ok": 1, "minWireVersion": 0, "maxWireVersion": 21]
        for (key, value) in fields { reply[key] = value }
        return ServerDescription(address: address, hello: HelloReply(reply))
    }

    private func primary(_ address: ServerAddress) -> ServerDescription {
        reply(
            address,
            ["isWritablePrimary": true, "setName": "rs", "hosts": [.string("\(a)"), .string("\(b)")]]
        )
    }

    /// The actions by name, for their order.
    private func names(_ actions: [TopologyStateMachine.Action]) -> [String] {
        actions.map { action in
            switch action {
            case .openServer(let address): "open \(address.host)"
            case .closeServer(let address): "close \(address.host)"
            case .readyPool(let address): "ready \(address.host)"
            case .clearPool(let address, _, let interrupts, _): "clear \(address.host)\(interrupts ? "!" : "")"
            case .requestCheck(let address): "check \(address.host)"
            case .cancelCheck(let address): "cancel \(address.host)"
            case .tell: "tell"
            case .warn: "warn"
            case .publish(_, let failure): failure == nil ? "publish" : "fail"
            }
        }
    }

    @Test("A pool is ready before its server can be selected, and the events are told before")
    func readiness() {
        var machine = opened(TopologySeeds(hosts: [a, b], setName: "rs"))
        #expect(names(machine.apply(primary(a))) == ["ready a", "tell", "tell", "publish"])
    }

    @Test("A primary that is succeeded by another is asked at once what it is now; its pool is left alone")
    func succession() {
        var machine = opened(TopologySeeds(hosts: [a, b], setName: "rs"))
        _ = machine.apply(primary(a))
        let actions = names(machine.apply(primary(b)))
        #expect(actions.last == "check a")
        #expect(!actions.contains("clear a"))
        #expect(machine.description.servers[a]?.type == .unknown)
        #expect(machine.description.primary?.address == b)
    }

    @Test("A failed check clears the pool after the events; a time-out interrupts what is in use, too")
    func failedCheck() {
        var machine = opened(TopologySeeds(hosts: [a], isDirect: true))
        _ = machine.apply(reply(a, [:]))
        let broken = names(machine.checkFailed(a, MongoError(.network, "broken")))
        #expect(broken == ["tell", "tell", "publish", "clear a"])
        let silent = names(machine.checkFailed(a, MongoError(.timeout, "silent")))
        #expect(silent == ["tell", "tell", "publish", "clear a!"])
        // The same again is no news, but who waits looks again.
        #expect(names(machine.checkFailed(a, MongoError(.timeout, "silent"))) == ["publish", "clear a!"])
    }

    @Test("A network error of an operation clears the pool and ends the check; one of an old connection does nothing")
    func operationErrors() {
        var machine = opened(TopologySeeds(hosts: [a], isDirect: true))
        _ = machine.apply(reply(a, [:]))
        let error = MongoError(.network, "broken")
        func handled(_ error: MongoError, _ isCurrent: Bool, _ phase: ErrorPhase) -> [String] {
            var copy = machine
            return names(copy.handle(error, from: a, isCurrent: isCurrent, phase: phase, serviceID: nil))
        }
        #expect(handled(error, false, .operation).isEmpty)
        #expect(handled(error, true, .operation) == ["tell", "tell", "publish", "clear a", "cancel a"])
        #expect(handled(MongoError(.timeout, "slow"), true, .operation).isEmpty)
        // What socketTimeoutMS ends is a time-out by another name.
        let slow = MongoError(.network, "slow", underlying: MongoError(.timeout, "slow"))
        #expect(handled(slow, true, .operation).isEmpty)
        #expect(handled(MongoError(.cancelled, "cancelled"), true, .handshake).isEmpty)
        let overload = MongoError(.network, "refused", labels: ["SystemOverloadedError", "RetryableError"])
        #expect(handled(overload, true, .handshake).isEmpty)
        #expect(handled(MongoError(.command, "log-in refused"), true, .handshake).contains("clear a"))
        #expect(handled(MongoError(.command, "mistake"), true, .operation).isEmpty)
        // Whatever makes it impossible to establish a connection.
        for code in [MongoError.Code.authentication, .incompatibleServer, .invalidResponse, .bson, .tls] {
            #expect(handled(MongoError(code, "no connection"), true, .handshake).contains("clear a"))
        }
        #expect(handled(MongoError(.poolCleared, "cleared"), true, .handshake).isEmpty)
    }

    @Test("Waiting is of no use when every server failed twice in a row for a reason of TLS that lasts")
    func permanentFailure() {
        let expired = MongoError(TLSError(.certificate, .certificateExpired, "certificate verify failed"))
        var machine = opened(TopologySeeds(hosts: [a, b]))
        for address in [a, a, b] { #expect(!names(machine.checkFailed(address, expired)).contains("fail")) }
        #expect(machine.permanentFailure == nil)
        #expect(names(machine.checkFailed(b, expired)).contains("fail"))
        #expect(machine.permanentFailure?.tls?.code == .certificateExpired)
        // Somebody restarted b: it may come back with another certificate.
        _ = machine.checkFailed(b, MongoError(.network, "refused"))
        #expect(machine.permanentFailure == nil)
        _ = machine.checkFailed(b, expired)
        #expect(machine.permanentFailure == nil)
    }

    @Test("Time-outs, resets and responders that are silent are no lasting reasons")
    func passingFailures() {
        let reset = MongoError(TLSError(.network, .resetDuringHandshake, "reset"))
        let undecided = MongoError(TLSError(.revocation, .revocationUndecided, "undecided"))
        let silent = MongoError(.timeout, "silent", tls: TLSError(.timeout, .handshakeTimeout, "silent"))
        for error in [reset, undecided, silent] {
            var machine = opened(TopologySeeds(hosts: [a]))
            _ = machine.checkFailed(a, error)
            _ = machine.checkFailed(a, error)
            #expect(machine.permanentFailure == nil)
        }
    }

    @Test("Behind a load balancer nothing is learned, and errors clear the connections to one service")
    func loadBalanced() {
        var machine = TopologyStateMachine()
        let opening = names(machine.open(TopologySeeds(hosts: [a], isLoadBalanced: true)))
        // It can be selected as soon as it is published.
        #expect(opening.filter { $0 == "ready a" || $0 == "publish" } == ["ready a", "publish"])
        #expect(machine.apply(reply(a, ["msg": "isdbgrid"])).isEmpty)
        let error = MongoError(.network, "broken")
        let service = BSONObjectID()
        let actions = machine.handle(error, from: a, isCurrent: true, phase: .operation, serviceID: service)
        guard case .clearPool(a, _, _, serviceID: service)? = actions.first, actions.count == 1 else {
            Issue.record("\(actions)")
            return
        }
        #expect(machine.handle(error, from: a, isCurrent: true, phase: .handshake, serviceID: nil).isEmpty)
        #expect(machine.description.servers[a]?.type == .loadBalancer)
    }

    @Test("Hosts that DNS names anew come and go in a sharded cluster, and only there")
    func hosts() {
        var machine = opened(TopologySeeds(hosts: [a]))
        _ = machine.apply(reply(a, ["msg": "isdbgrid"]))
        #expect(machine.updateHosts([]).isEmpty)
        #expect(names(machine.updateHosts([b])) == ["tell", "open b", "close a", "tell", "tell", "publish"])
        _ = machine.apply(reply(b, ["msg": "isdbgrid"]))
        #expect(Set(machine.description.servers.keys) == [b])
        var set = opened(TopologySeeds(hosts: [a], setName: "rs"))
        #expect(set.updateHosts([b]).isEmpty)
    }

    @Test("The hello of an operation's connection says nothing of a server that was lost")
    func greeting() {
        var machine = opened(TopologySeeds(hosts: [a], isDirect: true))
        #expect(machine.greeted(reply(a, [:])).isEmpty)
        var known = reply(a, [:])
        known.roundTripTime = .milliseconds(3)
        _ = machine.apply(known)
        #expect(names(machine.greeted(reply(a, [:]))) == ["ready a", "publish"])
        // What was measured is kept.
        #expect(machine.description.servers[a]?.roundTripTime == .milliseconds(3))
    }

    @Test("After the end nothing changes any more")
    func end() {
        var machine = opened(TopologySeeds(hosts: [a, b], setName: "rs"))
        #expect(names(machine.close()) == ["tell", "tell", "tell", "tell", "publish"])
        #expect(machine.apply(primary(a)).isEmpty)
        #expect(machine.checkFailed(a, MongoError(.network, "broken")).isEmpty)
        #expect(machine.close().isEmpty)
    }
}
