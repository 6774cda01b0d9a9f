// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoBSON
import MongoNIO
import TestSupport

/// A deployment that cases run on, one at a time, with the internal client that prepares and inspects it.
///
/// The internal client uses `runCommand` only, so that what is tested does not prepare its own test.
final class Deployment: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        /// A replica set of one member: what most cases run on.
        case replicaSet
        case standalone
        /// A replica set of one member whose users have to log in.
        case authenticated
        /// For cases in which the primary changes.
        case threeMembers
        /// A replica set of one member that passes for two `mongos` behind a load balancer.
        case loadBalanced
        /// The same with users who have to log in.
        case loadBalancedAuthenticated
        /// A replica set of one member that passes for two `mongos`.
        case sharded

        /// Whether servers pass for what they are not: see `MongosRelay`.
        var isMock: Bool { self == .sharded || isLoadBalanced }

        var isLoadBalanced: Bool { self == .loadBalanced || self == .loadBalancedAuthenticated }

        var requiresAuthentication: Bool { self == .authenticated || self == .loadBalancedAuthenticated }

        /// As requirements call it.
        var topology: String {
            switch self {
            case .replicaSet, .authenticated, .threeMembers: "replicaset"
            case .standalone: "single"
            case .loadBalanced, .loadBalancedAuthenticated: "load-balanced"
            case .sharded: "sharded"
            }
        }
    }

    let kind: Kind
    let facts: DeploymentFacts
    /// Where the clients of tests connect to.
    private let uri: String
    /// The same with one `mongos` only, or one behind the load balancer.
    private let singleURI: String
    /// Each member of a set of several.
    private let memberURIs: [String]
    private let admin: MongoClient
    /// Kept, because releasing a server stops it.
    private let servers: [any Sendable]

    /// The connection string for a client of a test.
    ///
    /// - Parameter usesMultipleMongoses: The field `useMultipleMongoses` of its definition.
    func uri(usesMultipleMongoses: Bool?) -> String { usesMultipleMongoses == false ? singleURI : uri }

    static func start(_ kind: Kind) async throws -> Deployment {
        var configuration = MongodProcess.Configuration()
        configuration.parameters = ["acceptApiVersion2": "1", "transactionLifetimeLimitSeconds": "60"]
        configuration.requiresAuthentication = kind.requiresAuthentication
        guard kind != .standalone else {
            let server = try await MongodProcess.start(configuration)
            return try await Deployment(kind, "mongodb://\(server.address)/?", servers: [server])
        }
        let set = try await ReplicaSet.start(
            members: kind == .threeMembers ? 3 : 1,
            // A primary that has stepped down must not come back in the middle of the next case.
            prefersFirst: kind != .threeMembers,
            configuration: configuration
        )
        guard kind.isMock else {
            var members: [String] = []
            for index in set.members.indices where kind == .threeMembers {
                members.append(try await set.uri(ofMember: index))
            }
            return try await Deployment(kind, set.uri(), memberURIs: members, servers: [set])
        }

        let port = set.members[0].port
        let faces: [MongosRelay.Face] =
            kind == .sharded ? [.mongos, .mongos] : [.loadBalancer(services: 1), .loadBalancer(services: 2)]
        let single = try await MongosRelay.start(to: port, as: faces[0])
        let other = try await MongosRelay.start(to: port, as: faces[1])
        func uri(_ hosts: String...) async throws -> String {
            let direct = try await set.uri(ofMember: 0)
            return direct.replacing(set.members[0].address, with: hosts.joined(separator: ","))
                .replacing("directConnection=true", with: kind == .sharded ? "" : "loadBalanced=true")
        }
        return try await Deployment(
            kind,
            kind == .sharded ? uri(single.address, other.address) : uri(other.address),
            singleURI: uri(single.address),
            adminURI: set.uri(),
            servers: [set, single, other]
        )
    }

    private init(
        _ kind: Kind,
        _ uri: String,
        singleURI: String? = nil,
        adminURI: String? = nil,
        memberURIs: [String] = [],
        servers: [any Sendable]
    ) async throws {
        self.kind = kind
        self.memberURIs = memberURIs
        self.uri = uri
        self.singleURI = singleURI ?? uri
        self.servers = servers
        // With one server directly, so that fail points which hit the monitoring of the tests' clients hit nothing here.
        let direct = kind == .threeMembers ? [:] : ["directConnection": true] as BSONDocument
        var options = try MongoClientOptions(try TestConnectionString(adminURI ?? uri, direct).text)
        options.heartbeatFrequency = .milliseconds(500)
        options.appName = "internal client of the unified tests"
        admin = try MongoClient(options)
        let database = admin.database("admin")
        let version = try await database.runCommand(["buildInfo": 1])["versionArray"]?.arrayValue ?? []
        facts = DeploymentFacts(
            version: VersionNumber(version.prefix(3).compactMap { $0.toInt() }),
            topology: kind.topology,
            requiresAuthentication: kind.requiresAuthentication,
            parameters: try await database.runCommand(["getParameter": "*"])
        )
    }

    // MARK: Preparing

    /// - Parameter data: A `collectionData`.
    func prepare(_ data: BSONDocument) async throws {
        let name = data["collectionName"]?.stringValue ?? ""
        let database = admin.database(data["databaseName"]?.stringValue ?? "")
        let majority: BSON = kind == .standalone ? ["w": 1] : ["w": "majority"]
        for name in [name, "enxcol_.\(name).esc", "enxcol_.\(name).ecoc"] {
            _ = try await ignoring([26], for: database, ["drop": .string(name), "writeConcern": majority])
        }
        let documents = data["documents"]?.arrayValue ?? []
        let createOptions = data["createOptions"]?.documentValue
        if documents.isEmpty || createOptions != nil {
            var command: BSONDocument = ["create": .string(name), "writeConcern": majority]
            for (option, value) in createOptions ?? [:] { command[option] = value }
            try await database.runCommand(command)
        }
        guard !documents.isEmpty else { return }
        let reply = try await database.runCommand([
            "insert": .string(name), "documents": .array(documents), "writeConcern": majority,
        ])
        guard !reply.hasKey("writeErrors") else { throw UnifiedTestFailure("initialData: \(reply)") }
    }

    func dropDatabase(_ name: String) async throws {
        try await admin.database(name).runCommand(["dropDatabase": 1])
    }

    /// Ends all transactions that tests have left open.
    func killAllSessions() async throws {
        // Interrupted by itself, or not authorized: see "Terminating Open Transactions".
        _ = try await ignoring([11601, 13], for: admin.database("admin"), ["killAllSessions": []])
    }

    func disableFailPoint(_ name: String) async throws {
        let command: BSONDocument = ["configureFailPoint": .string(name), "mode": "off"]
        guard !memberURIs.isEmpty else {
            try await admin.database("admin").runCommand(command)
            return
        }
        // The primary of now may be another than the one that it was set on.
        for uri in memberURIs {
            try await withMongoClient(uri) { try await $0.database("admin").runCommand(command) }
        }
    }

    /// `$clusterTime`, as the server has it now.
    func clusterTime() async throws -> BSONDocument? {
        try await admin.database("admin").runCommand(["ping": 1])["$clusterTime"]?.documentValue
    }

    // MARK: Inspecting

    /// - Parameter data: A `collectionData` of an outcome.
    func expect(_ data: BSONDocument) async throws {
        let name = data["collectionName"]?.stringValue ?? ""
        let expected = data["documents"]?.arrayValue?.compactMap(\.documentValue) ?? []
        let actual = try await all(
            of: data["databaseName"]?.stringValue ?? "",
            [
                "find": .string(name), "sort": ["_id": 1], "readConcern": ["level": "local"],
                "batchSize": 10_000,
            ]
        )
        let isEqual = expected.count == actual.count && zip(expected, actual).allSatisfy(Self.areEqual)
        guard isEqual else {
            throw UnifiedTestFailure("outcome: expected \(expected) in \(name), found \(actual)")
        }
    }

    /// The same fields and values, in any order. Numbers of tests have no types, so that they are compared by value.
    private static func areEqual(_ expected: BSONDocument, _ actual: BSONDocument) -> Bool {
        (try? ValueMatcher(entities: EntityMap()).match(expected, actual, isRoot: false, path: "")) != nil
    }

    func collectionNames(_ database: String) async throws -> [String] {
        try await all(of: database, ["listCollections": 1, "nameOnly": true, "cursor": ["batchSize": 10_000]])
            .compactMap { $0["name"]?.stringValue }
    }

    func indexNames(_ database: String, _ collection: String) async throws -> [String] {
        do {
            return try await all(of: database, ["listIndexes": .string(collection), "cursor": ["batchSize": 10_000]])
                .compactMap { $0["name"]?.stringValue }
        } catch let error as MongoError where error.server?.code == 26 {
            // Without a collection there is no index.
            return []
        }
    }

    private func all(of database: String, _ command: BSONDocument) async throws -> [BSONDocument] {
        let reply = try await admin.database(database).runCommand(command)
        guard reply["cursor", "id"]?.toInt() == 0 else { throw UnifiedTestFailure("more than one batch: \(reply)") }
        return reply["cursor", "firstBatch"]?.arrayValue?.compactMap(\.documentValue) ?? []
    }

    private func ignoring(
        _ codes: [Int],
        for database: MongoDatabase,
        _ command: BSONDocument
    ) async throws -> BSONDocument? {
        do throws(MongoError) {
            return try await database.runCommand(command)
        } catch {
            guard codes.contains(error.server?.code ?? 0) else { throw error }
            return nil
        }
    }
}
