// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoNIO
import Synchronization

/// A replica set of its own for a test: members on free ports of 127.0.0.1, initiated, with a primary.
///
/// Starting three members takes a few seconds. Elections are quick: a primary that is gone is replaced within about two
/// seconds.
public final class ReplicaSet: Sendable {
    /// The user that a set with `requiresAuthentication` is given.
    public static let user = (name: "root", password: "a secret of the tests")

    /// The name of the set.
    public let name: String
    /// How all members were started, but for port and data directory.
    public let configuration: MongodProcess.Configuration
    private let processes: Mutex<[MongodProcess]>

    /// Starts a set and waits until it has a primary: its first member, if that is preferred.
    ///
    /// - Parameters:
    ///   - memberCount: How many members it has.
    ///   - configuration: How each member is started, for example ``secured``. With `requiresAuthentication` the members
    ///     know each other by a key file, and ``user`` may do everything.
    ///   - prefersFirst: Whether the first member becomes the primary, and again whenever it comes back: an election that
    ///     nobody asked for.
    public static func start(
        members memberCount: Int = 3,
        named name: String = "rs0",
        prefersFirst: Bool = true,
        configuration: MongodProcess.Configuration = MongodProcess.Configuration()
    ) async throws -> ReplicaSet {
        var configuration = configuration
        configuration.replicaSet = name
        // Taken together, so that no two are the same; given back just before the servers take them.
        var ports = try (0..<memberCount).map { _ in try FreePort() }
        let numbers = ports.map(\.number)
        ports.removeAll()
        let processes = try await withThrowingTaskGroup(of: (Int, MongodProcess).self) { [configuration] group in
            for (index, port) in numbers.enumerated() {
                group.addTask { (index, try await MongodProcess.start(configuration.with { $0.port = port })) }
            }
            var started: [Int: MongodProcess] = [:]
            for try await (index, process) in group { started[index] = process }
            return started.sorted { $0.key < $1.key }.map(\.value)
        }
        let set = ReplicaSet(name: name, configuration: configuration, processes: processes)
        do {
            try await set.initiate(prefersFirst: prefersFirst)
        } catch {
            await set.stop()
            throw error
        }
        return set
    }

    /// Members that take TLS connections only, and know each other by a key file: clients have to log in as ``user``.
    public static var secured: MongodProcess.Configuration {
        get async throws {
            let identities = try await TestIdentities.shared
            return MongodProcess.Configuration
                .tls(identities.member, clientAuthority: identities.authority.certificateFile)
                .with { $0.requiresAuthentication = true }
        }
    }

    private init(name: String, configuration: MongodProcess.Configuration, processes: [MongodProcess]) {
        self.name = name
        self.configuration = configuration
        self.processes = Mutex(processes)
    }

    // MARK: Reaching it

    /// The members, in the order of the set's configuration. A member that was killed stays in the list.
    public var members: [MongodProcess] { processes.withLock { $0 } }

    /// The connection string of the set, with every option that is needed to reach it.
    ///
    /// - Parameters:
    ///   - options: More options: `retryWrites=false&w=1`.
    ///   - logsIn: Whether the string has the name and the password of ``user``, if the set wants a user.
    public func uri(_ options: String = "", logsIn: Bool = true) async throws -> String {
        let hosts = members.map(\.address).joined(separator: ",")
        return try await uri(hosts, options: ["replicaSet=\(name)", options], logsIn: logsIn)
    }

    /// The connection string of one member, connected to directly.
    public func uri(ofMember index: Int, _ options: String = "", logsIn: Bool = true) async throws -> String {
        try await uri(members[index].address, options: ["directConnection=true", options], logsIn: logsIn)
    }

    private func uri(_ hosts: String, options: [String], logsIn: Bool) async throws -> String {
        var options = options
        var user = ""
        if configuration.tlsMode != .disabled {
            options.append("tls=true")
            if let authority = configuration.clientAuthority { options.append("tlsCAFile=\(authority)") }
            if configuration.requiresClientCertificate {
                let client = try await TestIdentities.shared.client
                options.append("tlsCertificateKeyFile=\(client.certificateKeyFile)")
            }
        }
        if configuration.requiresAuthentication, logsIn {
            user = "\(Self.user.name):\(Self.user.password.replacing(" ", with: "%20"))@"
        }
        return "mongodb://\(user)\(hosts)/?" + options.filter { !$0.isEmpty }.joined(separator: "&")
    }

    /// Asks the members who the primary is, until one of them is.
    ///
    /// - Returns: The primary's place in ``members``.
    public func primary(within timeout: Duration = .seconds(60)) async throws -> Int {
        let end = ContinuousClock.now + timeout
        while ContinuousClock.now < end {
            for index in members.indices {
                let reply = try? await ask(index, ["hello": 1])
                if reply?["isWritablePrimary"]?.boolValue == true { return index }
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Failure.noPrimary(logs: members.map { String($0.log.suffix(2000)) })
    }

    /// Why a set did not come up.
    public enum Failure: Error {
        /// No member became the primary in time.
        case noPrimary(logs: [String])
    }

    // MARK: Trouble

    /// Kills a member without warning. ``restart(_:)`` brings it back.
    public func kill(_ index: Int) async {
        await members[index].kill()
    }

    /// Stops a member orderly. ``restart(_:)`` brings it back.
    public func stop(_ index: Int) async {
        await members[index].stop()
    }

    /// Starts a member that was killed or stopped, where it was and with the data it had.
    public func restart(_ index: Int) async throws {
        let process = try await MongodProcess.start(members[index].configuration)
        processes.withLock { $0[index] = process }
    }

    /// Stops all members.
    public func stop() async {
        await withTaskGroup(of: Void.self) { group in
            for process in members { group.addTask { await process.kill() } }
        }
    }

    // MARK: Beginning

    private func initiate(prefersFirst: Bool) async throws {
        let members = members.enumerated().map { index, process -> BSON in
            // The first one wins the first election, so that a test knows who the primary is.
            [
                "_id": BSON(index), "host": .string(process.address),
                "priority": .double(index == 0 && prefersFirst ? 2 : 1),
            ]
        }
        _ = try await ask(
            0,
            [
                "replSetInitiate": [
                    "_id": .string(name), "members": .array(members),
                    "settings": ["electionTimeoutMillis": 2000, "heartbeatIntervalMillis": 500],
                ]
            ]
        )
        let primary = try await primary()
        guard configuration.requiresAuthentication else { return }
        // The localhost exception: without any user, the first one may be made.
        _ = try await ask(
            primary,
            [
                "createUser": .string(Self.user.name), "pwd": .string(Self.user.password), "roles": ["root"],
                "writeConcern": ["w": "majority"],
            ]
        )
    }

    /// Sends one command to one member, without logging in.
    private func ask(_ index: Int, _ command: BSONDocument) async throws -> BSONDocument {
        let timeouts = "serverSelectionTimeoutMS=2000&connectTimeoutMS=2000&socketTimeoutMS=20000"
        return try await withMongoClient(uri(ofMember: index, timeouts, logsIn: false)) { client in
            try await client.database("admin").runCommand(command)
        }
    }
}
