// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import MongoTLS

/// When the end of a certificate or of a revocation list is warned of, as a table.
@Suite("When the end of certificates is warned of")
struct ExpiryPolicyTests {
    private static let day: Int64 = 86_400
    private static let now: Int64 = 1_800_000_000

    private static func item(
        _ identity: String = "a",
        _ kind: ExpiryPolicy.Item.Kind = .clientCertificate,
        endsIn seconds: Int64
    ) -> ExpiryPolicy.Item {
        ExpiryPolicy.Item(kind: kind, name: "CN=\(identity)", identity: identity, end: now + seconds, place: "here")
    }

    /// What is left, and which threshold that passes.
    static let rows: [(left: Int64, threshold: Int64?, daysLeft: Int64)] = [
        (400 * day, nil, 0), (30 * day + 1, nil, 0),
        (30 * day, 30, 30), (29 * day, 30, 29), (7 * day + 1, 30, 7),
        (7 * day, 7, 7), (3 * day, 7, 3), (day + 1, 7, 1),
        (day, 1, 1), (3600, 1, 0), (1, 1, 0),
        (0, 0, 0), (-1, 0, 0), (-400 * day, 0, 0), (Int64.min / 2, 0, 0),
    ]

    @Test("30, 7 and 1 days before the end, and at the end", arguments: rows)
    func table(left: Int64, threshold: Int64?, daysLeft: Int64) {
        var policy = ExpiryPolicy()
        let item = Self.item(endsIn: left)
        policy.setOwn([item])
        let expected = threshold.map { [ExpiryPolicy.Warning(item: item, threshold: $0, daysLeft: daysLeft)] } ?? []
        #expect(policy.due(now: Self.now) == expected)
        // Never twice.
        #expect(policy.due(now: Self.now).isEmpty)
    }

    @Test("Each threshold is warned of once while time passes, and the end too")
    func timePasses() {
        var policy = ExpiryPolicy()
        policy.setOwn([Self.item(endsIn: 60 * Self.day)])
        var told: [Int64] = []
        for hour in 0..<(62 * 24) {
            told += policy.due(now: Self.now + Int64(hour) * 3600).map(\.threshold)
        }
        #expect(told == [30, 7, 1, 0])
    }

    @Test("A threshold that was passed long ago is not caught up on")
    func noCatchingUp() {
        var policy = ExpiryPolicy()
        policy.setOwn([Self.item(endsIn: 3600)])
        #expect(policy.due(now: Self.now).map(\.threshold) == [1])
        // The clock is set back by a month.
        #expect(policy.due(now: Self.now - 29 * Self.day).isEmpty)
    }

    @Test("A certificate that many servers present, or the same server again, is warned of once")
    func once() {
        var policy = ExpiryPolicy()
        for server in 0..<50 {
            let leaf = Self.item("leaf \(server % 2)", .serverCertificate, endsIn: Self.day)
            policy.note([leaf, Self.item("ca", .authority, endsIn: 5)], server: "db\(server)")
        }
        let warnings = policy.due(now: Self.now)
        #expect(warnings.map(\.item.identity).sorted() == ["ca", "leaf 0", "leaf 1"])
    }

    @Test("What was renewed is forgotten, and its successor is warned of in its time")
    func renewed() {
        var policy = ExpiryPolicy()
        policy.note([Self.item("old", .serverCertificate, endsIn: 20 * Self.day)], server: "db")
        #expect(policy.due(now: Self.now).count == 1)
        policy.note([Self.item("new", .serverCertificate, endsIn: 100 * Self.day)], server: "db")
        #expect(policy.due(now: Self.now + 19 * Self.day).isEmpty)
        #expect(policy.due(now: Self.now + 71 * Self.day).map(\.item.identity) == ["new"])
        policy.setOwn([Self.item("client", endsIn: 0)])
        #expect(policy.due(now: Self.now + 71 * Self.day).map(\.item.identity) == ["client"])
        policy.setOwn([])
        #expect(policy.due(now: Self.now + 71 * Self.day).isEmpty)
    }

    @Test("Neither servers nor warnings are remembered without bound")
    func bounded() {
        var policy = ExpiryPolicy()
        for server in 0..<10_000 {
            policy.note([Self.item("\(server)", .serverCertificate, endsIn: Self.day)], server: "db\(server)")
            _ = policy.due(now: Self.now)
        }
        let mirror = Mirror(reflecting: policy)
        let servers = mirror.descendant("servers") as? [String: [ExpiryPolicy.Item]]
        #expect(servers.map(\.count).map { $0 <= 256 } == true)
        let told = mirror.descendant("told").map { Mirror(reflecting: $0).children.count }
        #expect(told.map { $0 <= 5000 } == true)
    }

    @Test("The message says what ends, when, and what to do")
    func message() {
        func message(_ kind: ExpiryPolicy.Item.Kind, _ left: Int64) -> String {
            var policy = ExpiryPolicy()
            policy.setOwn([Self.item("x", kind, endsIn: left)])
            return policy.due(now: Self.now).first?.message ?? ""
        }
        #expect(
            message(.clientCertificate, 6 * Self.day + 5)
                == "the client certificate CN=x expires on 2027-01-21T08:00:05Z, in 6 days: renew it, and replace it in here"
        )
        #expect(message(.serverCertificate, Self.day + 5).contains("the server's certificate CN=x expires"))
        #expect(message(.serverCertificate, Self.day + 5).contains("in 1 day:"))
        #expect(message(.authority, 5).contains("the authority's certificate CN=x expires"))
        #expect(message(.authority, 5).contains("in less than a day:"))
        #expect(message(.revocationList, -5).contains("the revocation list CN=x has expired on 2027-01-15"))
    }
}
