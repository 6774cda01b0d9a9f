// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// https://github.com/mongodb/specifications/blob/master/source/server-discovery-and-monitoring/server-discovery-and-monitoring.md#updating-the-topologydescription

import MongoBSON
import Testing

@testable import MongoNIO

/// The specification's rules one by one, whether or not a file of its own touches them.
@Suite("The rules of server discovery")
struct TopologyRuleTests {
    private let a: ServerAddress
    private let b: ServerAddress
    private let c: ServerAddress

    init() throws {
        a = try ServerAddress("a")
        b = try ServerAddress("b")
        c = try ServerAddress("c")
    }

    private func opened(
        _ hosts: [ServerAddress],
        setName: String? = nil,
        isDirect: Bool = false
    ) -> TopologyStateMachine {
        var machine = TopologyStateMachine()
        _ = machine.open(TopologySeeds(hosts: hosts, setName: setName, isDirect: isDirect))
        return machine
    }

    private func reply(_ address: ServerAddress, _ fields: BSONDocument) -> ServerDescription {
        var reply: BSONDocument = ["ok": 1, "minWireVersion": 0, "maxWireVersion": 21]
        for (key, value) in fields { reply[key] = value }
        return ServerDescription(address: address, hello: HelloReply(reply))
    }

    private func member(_ address: ServerAddress, _ role: String, _ fields: BSONDocument = [:]) -> ServerDescription {
        var reply: BSONDocument = ["setName": "rs", "hosts": [.string("\(a)"), .string("\(b)")]]
        if !role.isEmpty { reply[role] = true }
        for (key, value) in fields { reply[key] = value }
        return self.reply(address, reply)
    }

    private func primary(_ address: ServerAddress, _ fields: BSONDocument = [:]) -> ServerDescription {
        member(address, "isWritablePrimary", fields)
    }

    private func events(_ actions: [TopologyStateMachine.Action]) -> [TopologyEvent] {
        actions.compactMap { action in
            guard case .tell(let event) = action else { return nil }
            return event
        }
    }

    private func types(_ machine: TopologyStateMachine) -> [String: ServerDescription.ServerType] {
        Dictionary(uniqueKeysWithValues: machine.description.servers.map { ($0.key.host, $0.value.type) })
    }

    // MARK: Who belongs to the deployment

    @Test("A server that its own answer takes out of the deployment is described before it leaves")
    func leavingByOwnAnswer() {
        var machine = opened([a, b], setName: "rs")
        let told = events(machine.apply(reply(a, [:])))
        guard told.count == 3, case .serverDescriptionChanged(let change) = told[0],
            case .serverClosed(let closed) = told[1], case .descriptionChanged(let topology) = told[2]
        else {
            Issue.record("\(told)")
            return
        }
        #expect(change.previousDescription.type == .unknown && change.newDescription.type == .standalone)
        #expect(change.address == a && closed.address == a)
        #expect(topology.newDescription.servers.keys.map(\.host) == ["b"])
    }

    @Test("A server on its own is the deployment only where it was the only seed")
    func standalone() {
        var alone = opened([a])
        _ = alone.apply(reply(a, [:]))
        #expect(alone.description.type == .single)
        // It remains so, whatever the server becomes, and whatever it calls itself.
        _ = alone.apply(primary(a, ["me": "b:27017"]))
        #expect(alone.description.type == .single)
        #expect(types(alone) == ["a": .rsPrimary])

        var several = opened([a, b])
        _ = several.apply(reply(a, [:]))
        #expect(several.description.type == .unknown)
        #expect(types(several) == ["b": .unknown])
    }

    @Test("In a sharded cluster only routers and the unknown stay")
    func sharded() {
        let strangers: [BSONDocument] = [
            [:], ["isreplicaset": true], ["setName": "rs", "secondary": true],
            ["setName": "rs", "isWritablePrimary": true],
        ]
        for stranger in strangers {
            var machine = opened([a, b])
            _ = machine.apply(reply(a, ["msg": "isdbgrid"]))
            _ = machine.apply(reply(b, stranger))
            #expect(machine.description.type == .sharded)
            #expect(types(machine) == ["a": .mongos])
        }
        var machine = opened([a, b])
        _ = machine.apply(reply(a, ["msg": "isdbgrid"]))
        _ = machine.checkFailed(a, MongoError(.network, "broken"))
        #expect(types(machine) == ["a": .unknown, "b": .unknown])
        #expect(machine.description.type == .sharded)
    }

    @Test("A member that is to become one is kept, and decides nothing")
    func ghost() {
        var unknown = opened([a])
        _ = unknown.apply(reply(a, ["isreplicaset": true]))
        #expect(unknown.description.type == .unknown)
        #expect(types(unknown) == ["a": .rsGhost])
        var set = opened([a, b], setName: "rs")
        _ = set.apply(primary(a))
        _ = set.apply(reply(a, ["isreplicaset": true]))
        #expect(set.description.type == .replicaSetNoPrimary)
        #expect(types(set) == ["a": .rsGhost, "b": .unknown])
    }

    @Test("A primary that becomes something else leaves, and the set has none")
    func formerPrimary() {
        for other in [reply(a, [:]), reply(a, ["msg": "isdbgrid"]), primary(a, ["setName": "other"])] {
            var machine = opened([a, b], setName: "rs")
            _ = machine.apply(primary(a))
            _ = machine.apply(other)
            #expect(machine.description.type == .replicaSetNoPrimary)
            #expect(types(machine) == ["b": .unknown])
        }
    }

    @Test("A member that the set knows by another address leaves; those that it names come")
    func otherAddress() {
        for role in ["secondary", "arbiterOnly", "hidden", ""] {
            var machine = opened([c])
            _ = machine.apply(member(c, role, ["me": "a:27017"]))
            #expect(machine.description.type == .replicaSetNoPrimary)
            #expect(types(machine) == ["a": .unknown, "b": .unknown])
        }
        // While there is a primary it alone names the members.
        var machine = opened([a], setName: "rs")
        _ = machine.apply(primary(a))
        _ = machine.apply(member(b, "secondary", ["me": "c:27017", "hosts": ["c:27017"]]))
        #expect(types(machine) == ["a": .rsPrimary])
    }

    @Test("The primary's members are the members: hosts, passives and arbiters")
    func members() {
        var machine = opened([c])
        _ = machine.apply(primary(c, ["hosts": ["a:27017"], "passives": ["C:27017"], "arbiters": ["b"]]))
        #expect(types(machine) == ["a": .unknown, "b": .unknown, "c": .rsPrimary])
        // One that does not name itself is gone with its own answer.
        _ = machine.apply(primary(c, ["hosts": ["a:27017"]]))
        #expect(types(machine) == ["a": .unknown])
        #expect(machine.description.type == .replicaSetNoPrimary)
    }

    @Test("A direct connection to a member of another set, or of none, leads nowhere")
    func directWithWrongName() {
        for other in [reply(a, [:]), primary(a, ["setName": "other"]), reply(a, ["isreplicaset": true])] {
            var machine = opened([a], setName: "rs", isDirect: true)
            let actions = machine.apply(other)
            #expect(types(machine) == ["a": .unknown])
            #expect(machine.description.servers[a]?.error != nil)
            #expect(!actions.contains { if case .readyPool = $0 { true } else { false } })
        }
    }

    // MARK: Elections

    private func id(_ number: UInt8?) -> BSON {
        guard let number else { return .null }
        let bytes = [UInt8](repeating: 0, count: 11) + [number]
        return .objectID((try? BSONObjectID(bytes: bytes)) ?? BSONObjectID())
    }

    /// Missing is something, too.
    typealias Claim = (election: UInt8?, version: Int?)

    /// What is known of the election, what a second primary says of its own, and whether that one is believed.
    struct Election: Sendable, CustomTestStringConvertible {
        var wireVersion: Int
        var seen: Claim
        var said: Claim
        var isAccepted: Bool
        /// What is known afterwards.
        var known: Claim

        var testDescription: String { "wire version \(wireVersion), \(seen) and then \(said)" }

        private typealias Row = (Int, Claim, Claim, Bool, Claim)

        private static let rows: [Row] = [
            // MongoDB 6.0 and later: the election first, and what is missing is less than anything.
            (17, (nil, nil), (nil, nil), true, (nil, nil)),
            (17, (nil, nil), (nil, 1), true, (nil, 1)),
            (17, (nil, 1), (nil, nil), false, (nil, 1)),
            (17, (nil, 2), (nil, 1), false, (nil, 2)),
            (17, (nil, 5), (1, nil), true, (1, nil)),
            (17, (1, 5), (nil, 6), false, (1, 5)),
            (17, (1, 5), (2, 1), true, (2, 1)),
            (17, (2, 1), (1, 9), false, (2, 1)),
            (17, (2, 1), (2, nil), false, (2, 1)),
            (17, (2, 1), (2, 1), true, (2, 1)),
            (17, (2, 1), (2, 2), true, (2, 2)),
            (17, (2, 2), (2, 1), false, (2, 2)),
            // Before: the version first, and what is missing is not compared.
            (16, (nil, nil), (nil, nil), true, (nil, nil)),
            (16, (1, 1), (nil, nil), true, (1, 1)),
            (16, (1, 5), (nil, 2), true, (1, 5)),
            (16, (1, 5), (nil, 6), true, (1, 6)),
            (16, (1, 5), (2, nil), true, (1, 5)),
            (16, (nil, 5), (1, 2), true, (1, 5)),
            (16, (1, 5), (2, 4), false, (1, 5)),
            (16, (2, 5), (1, 6), true, (1, 6)),
            (16, (2, 5), (1, 5), false, (2, 5)),
            (16, (2, 5), (2, 5), true, (2, 5)),
            (16, (2, 5), (3, 5), true, (3, 5)),
        ]

        static let all = rows.map { Election(wireVersion: $0.0, seen: $0.1, said: $0.2, isAccepted: $0.3, known: $0.4) }
    }

    @Test("Of two primaries the one of the later election counts", arguments: Election.all)
    func election(_ test: Election) {
        func said(_ address: ServerAddress, _ claim: Claim) -> ServerDescription {
            let version = claim.version.map { BSON($0) } ?? .null
            return primary(
                address,
                ["electionId": id(claim.election), "setVersion": version, "maxWireVersion": BSON(test.wireVersion)]
            )
        }
        var machine = opened([a, b], setName: "rs")
        _ = machine.apply(said(a, test.seen))
        _ = machine.apply(said(b, test.said))
        let (winner, loser) = test.isAccepted ? (b, a) : (a, b)
        #expect(machine.description.servers[winner]?.type == .rsPrimary)
        #expect(machine.description.servers[loser]?.type == .unknown)
        let reason =
            test.isAccepted
            ? "primary marked stale due to discovery of newer primary"
            : "primary marked stale due to electionId/setVersion mismatch"
        #expect(machine.description.servers[loser]?.error?.message.contains(reason) == true)
        #expect(machine.description.maxElectionID == id(test.known.election).objectIDValue)
        #expect(machine.description.maxSetVersion == test.known.version)
    }

    // MARK: How new something is

    private func version(_ process: UInt8, _ counter: Int64) -> BSON {
        .document(["processId": id(process), "counter": .int64(counter)])
    }

    @Test("An answer counts unless what is known is certainly newer; an error counts only if it is newer itself")
    func topologyVersion() throws {
        let cases: [(BSON, answer: Bool, error: Bool)] = [
            (version(1, 4), false, false), (version(1, 5), true, false), (version(1, 6), true, true),
            (version(2, 1), true, true), (.null, true, true),
        ]
        for (version, answer, error) in cases {
            var machine = opened([a], isDirect: true)
            _ = machine.apply(reply(a, ["topologyVersion": self.version(1, 5)]))
            #expect(machine.apply(reply(a, ["topologyVersion": version])).isEmpty == !answer)

            machine = opened([a], isDirect: true)
            _ = machine.apply(reply(a, ["topologyVersion": self.version(1, 5)]))
            let refusal = MongoError(
                .command,
                "refused",
                server: .init(code: 10107, codeName: nil, message: "not primary", reply: ["topologyVersion": version])
            )
            let actions = machine.handle(refusal, from: a, isCurrent: true, phase: .operation, serviceID: nil)
            #expect(actions.isEmpty == !error)
            #expect(machine.description.servers[a]?.type == (error ? .unknown : .standalone))
            guard error else { continue }
            // What is known of the version is remembered, so that an older answer does not count.
            let known = machine.description.servers[a]?.topologyVersion
            #expect(known == version.documentValue.flatMap(TopologyVersion.init))
        }
    }

    // MARK: Errors of operations

    private func refusal(_ code: Int, _ words: String = "") -> MongoError.ServerReply {
        MongoError.ServerReply(code: code, codeName: nil, message: words)
    }

    /// `nil`: nothing is done; else whether the pool is cleared.
    private func clears(_ server: MongoError.ServerReply, _ phase: ErrorPhase = .operation) -> Bool? {
        var machine = opened([a], isDirect: true)
        _ = machine.apply(reply(a, [:]))
        let error = MongoError(.command, "refused", server: server)
        let actions = machine.handle(error, from: a, isCurrent: true, phase: phase, serviceID: nil)
        guard !actions.isEmpty else { return nil }
        #expect(machine.description.servers[a]?.type == .unknown)
        #expect(machine.description.servers[a]?.error?.server?.code == server.code)
        let clears = actions.contains { if case .clearPool = $0 { true } else { false } }
        let checks = actions.contains { if case .requestCheck = $0 { true } else { false } }
        #expect(checks == (phase == .operation))
        return clears
    }

    @Test("What a server is going through is told by its code, and by its words only where there is no code")
    func stateChanges() {
        for code in [11600, 91] { #expect(clears(refusal(code)) == true) }
        for code in [11602, 13436, 189, 10107, 13435, 10058] {
            #expect(clears(refusal(code)) == false)
        }
        #expect(clears(refusal(123, "not master")) == nil)
        for words in ["it is not master", "not master or secondary; cannot read", "node is recovering"] {
            #expect(clears(refusal(0, words)) == false)
        }
        #expect(clears(refusal(0, "not primary")) == nil)
    }

    @Test("The concern about a write counts like the refusal of a command, the writes' own errors do not")
    func writeConcernErrors() {
        var reply = refusal(0)
        reply.writeConcernError = .init(code: 91, message: "")
        #expect(clears(reply) == true)
        reply.writeConcernError = .init(code: 0, message: "node is recovering")
        #expect(clears(reply) == false)
        reply.writeConcernError = .init(code: 64, message: "not master")
        #expect(clears(reply) == nil)
    }

    @Test("Whatever a server refuses while a connection is made clears the pool")
    func refusedConnections() {
        #expect(clears(refusal(18, "wrong password"), .handshake) == true)
    }

    // MARK: The deployment as a whole

    @Test("Sessions live as long as on the member that bears data and forgets first")
    func sessionTimeout() {
        var machine = opened([a], setName: "rs")
        #expect(machine.description.logicalSessionTimeoutMinutes == nil)
        _ = machine.apply(primary(a, ["logicalSessionTimeoutMinutes": 30, "arbiters": ["c"]]))
        _ = machine.apply(member(b, "secondary", ["logicalSessionTimeoutMinutes": 20]))
        _ = machine.apply(member(c, "arbiterOnly"))
        #expect(machine.description.logicalSessionTimeoutMinutes == 20)
        _ = machine.apply(member(b, "secondary"))
        #expect(machine.description.logicalSessionTimeoutMinutes == nil)
        _ = machine.checkFailed(b, MongoError(.network, "broken"))
        #expect(machine.description.logicalSessionTimeoutMinutes == 30)
    }

    @Test("Servers that are too old or too new are told of in the specification's words, as long as they are known")
    func compatibility() {
        var machine = opened([a, b])
        _ = machine.apply(reply(a, ["msg": "isdbgrid", "maxWireVersion": 7]))
        #expect(
            machine.description.compatibilityError
                == "Server at a:27017 reports wire version 7, but this version of mongo-nio requires at least 8 (MongoDB 4.2)."
        )
        _ = machine.checkFailed(a, MongoError(.network, "broken"))
        #expect(machine.description.isCompatible)
        _ = machine.apply(reply(b, ["msg": "isdbgrid", "minWireVersion": 999, "maxWireVersion": 1000]))
        #expect(
            machine.description.compatibilityError
                == "Server at b:27017 requires wire version 999, but this version of mongo-nio only supports up to "
                + "\(HelloReply.newestWireVersion)."
        )
    }

    @Test("How long a server takes to answer is forgotten when it is lost, not when it becomes something else")
    func roundTripTimes() {
        var known = primary(a)
        known.roundTripTime = .milliseconds(3)
        known.minRoundTripTime = .milliseconds(2)
        var machine = opened([a, b], setName: "rs")
        _ = machine.apply(known)
        _ = machine.apply(member(a, "secondary"))
        #expect(machine.description.servers[a]?.roundTripTime == .milliseconds(3))
        #expect(machine.description.servers[a]?.minRoundTripTime == .milliseconds(2))
        _ = machine.checkFailed(a, MongoError(.network, "broken"))
        #expect(machine.description.servers[a]?.roundTripTime == nil)
        #expect(machine.description.servers[a]?.minRoundTripTime == nil)
    }
}
