// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoTLS
import NIOCore
import Synchronization

/// Looks at one host, step by step.
///
/// The connection that is made as a client makes it (`ConnectionEstablisher`) decides what has failed; everything else
/// explains it. So the server is looked at first, over a connection that trusts nobody and sends nothing but a handshake,
/// and is asked last which TLS versions it accepts, one connection each. All of it together takes no longer than one
/// attempt to connect may.
struct HostDiagnosis {
    /// What TLS is looked at with.
    struct TLSContexts: Sendable {
        /// The client's own.
        var client: TLSContextProvider
        /// For looking without trusting.
        var inspecting: TLSContext
        /// What came of the client's questions to OCSP responders.
        var journal: OCSPJournal
        var options: TLSOptions
    }

    /// Makes a connection as a client does, within a time; the last parameter is told when TLS has been agreed on.
    typealias Establish =
        @Sendable (ServerAddress, Duration?, @Sendable () -> Void) async throws(MongoError) -> EstablishedConnection

    let address: ServerAddress
    let connector: ChannelConnector
    /// `nil` means plaintext.
    let tls: TLSContexts?
    /// Makes a connection as a client does, within this time.
    let establish: Establish
    let logsIn: Bool
    let eventLoop: any EventLoop
    let deadline: Deadline

    var steps: [DiagnosisStep.Name: DiagnosisStep] = [:]
    /// Why what has no step of its own was not looked at.
    var skipReason = "not reached"

    init(
        address: ServerAddress,
        connector: ChannelConnector,
        tls: TLSContexts?,
        logsIn: Bool,
        eventLoop: any EventLoop,
        deadline: Deadline,
        establish: @escaping Establish
    ) {
        self.address = address
        self.connector = connector
        self.tls = tls
        self.establish = establish
        self.logsIn = logsIn
        self.eventLoop = eventLoop
        self.deadline = deadline
    }

    /// Goes through all steps.
    mutating func run() async -> DiagnosisReport.Host {
        await goThrough()
        let complete = DiagnosisStep.Name.ofHost.map { steps[$0] ?? DiagnosisStep($0, .skipped, skipReason) }
        return DiagnosisReport.Host(address: address, steps: complete)
    }

    private mutating func goThrough() async {
        guard await lookUp() else { return }
        let look = await look(with: tls?.inspecting)
        if let error = look.connectError {
            failToConnect(error)
            return
        }
        note(.tcp, .ok, "connected")
        let attempt = await connect(after: look)
        guard let tls else {
            noteHello(attempt)
            skipReason = "TLS is off"
            return
        }
        let hostIsTLS = attempt.tlsError?.category != .notTLS
        let versions = hostIsTLS ? await probeVersions() : []
        judge(look, versions, attempt, tls)
    }

    mutating func note(
        _ name: DiagnosisStep.Name,
        _ status: DiagnosisStep.Status,
        _ detail: String,
        hint: String? = nil
    ) {
        steps[name] = DiagnosisStep(name, status, detail, hint: hint)
    }

    // MARK: Network

    /// - Returns: Whether there is an address to connect to.
    private mutating func lookUp() async -> Bool {
        guard address.port != nil else {
            note(.dns, .skipped, "a Unix domain socket has no name to look up")
            return true
        }
        guard !address.isIPAddress else {
            note(.dns, .skipped, "an address needs no look-up")
            return true
        }
        guard connector.proxy == nil else {
            note(.dns, .skipped, "the proxy looks the name up")
            return true
        }
        do throws(MongoError) {
            let addresses = try await HostLookup.addresses(of: address.host, deadline: deadline, on: eventLoop)
            note(.dns, .ok, addresses.joined(separator: ", "))
            return true
        } catch {
            steps[.dns] = DiagnosisStep(.dns, error)
            steps[.dns]?.hint = "check the spelling of the host, and the resolver of this machine"
            skipReason = "the host has no address"
            return false
        }
    }

    private mutating func failToConnect(_ error: MongoError) {
        steps[.tcp] = DiagnosisStep(.tcp, error)
        steps[.tcp]?.hint =
            error.proxy != nil
            ? "look at the proxy: proxyHost, proxyPort, proxyUsername, proxyPassword, and what it may connect to"
            : error.code == .timeout
                ? "nothing answers there: check host and port, and firewalls in between"
                : "nothing listens there, or it refuses: check host and port, and that the server runs"
        skipReason = "there is no connection"
    }

    /// The time that is left, for an attempt of its own; `nil` means that it is not limited.
    private var remaining: Duration? {
        deadline.isNever ? nil : .nanoseconds(max(1_000_000, deadline.remaining().nanoseconds))
    }

    /// A connection that was looked at.
    struct Look: Sendable {
        /// Why there is no network connection.
        var connectError: MongoError?
        /// Why the handshake failed.
        var handshakeError: MongoError?
        var inspection: TLSInspection?
    }

    /// Connects, goes through a handshake, takes note of what the server shows, and hangs up.
    private func look(with context: TLSContext?) async -> Look {
        let target: ChannelConnector.Target =
            if let port = address.port { .host(address.host, port: port) } else { .unixSocket(path: address.host) }
        let name = context?.serverName(host: address.host, port: address.port, name: address.certificateName)
        let connection: Connection
        do throws(MongoError) {
            connection = try await connector.connect(to: target, deadline: deadline) { channel in
                let connection: Connection
                if let context {
                    let session = try TLSSession(context, server: name ?? .localhost)
                    connection = Connection(channel: channel, session: session)
                } else {
                    connection = Connection(channel: channel, session: nil)
                }
                try channel.pipeline.syncOperations.addHandler(ConnectionChannelHandler(connection))
                return connection
            }
        } catch {
            return Look(connectError: error)
        }
        defer { connection.close() }
        do throws(MongoError) {
            _ = try await connection.secure(deadline: deadline)
            return Look(inspection: connection.inspection)
        } catch {
            return Look(handshakeError: error, inspection: connection.inspection)
        }
    }

    // MARK: The connection as a client makes it

    /// What came of it.
    enum Attempt: Sendable {
        case connected(ConnectionDescription)
        /// - Parameter secured: Whether TLS had been agreed on by then.
        case failed(MongoError, secured: Bool)

        var isConnected: Bool {
            if case .connected = self { true } else { false }
        }

        var error: MongoError? {
            guard case .failed(let error, _) = self else { return nil }
            return error
        }

        var tlsError: TLSError? { error?.tls }
    }

    private func connect(after look: Look) async -> Attempt {
        // A server that has let the time run out once would do so again.
        if deadline.hasPassed(), let error = look.handshakeError { return .failed(error, secured: false) }
        let isSecured = Atomic(false)
        do throws(MongoError) {
            let connection = try await establish(address, remaining) {
                isSecured.store(true, ordering: .sequentiallyConsistent)
            }
            connection.connection.close()
            return .connected(connection.description)
        } catch {
            return .failed(error, secured: isSecured.load(ordering: .sequentiallyConsistent))
        }
    }

    // MARK: Versions

    /// What came of asking for one version.
    struct Probe: Sendable {
        var version: TLSVersion
        /// `nil` when the installed OpenSSL does not speak the version, or the time was over.
        var isAccepted: Bool?
        var inspection: TLSInspection?
    }

    /// One connection after the other: some servers take one at a time.
    private func probeVersions() async -> [Probe] {
        var probes: [Probe] = []
        for version in [TLSVersion.tls10, .tls11, .tls12, .tls13] {
            guard !deadline.hasPassed(), let context = TLSContext.probing(version) else {
                probes.append(Probe(version: version))
                continue
            }
            let look = await look(with: context)
            let isAccepted: Bool? =
                if look.inspection != nil {
                    true
                } else if look.connectError != nil || look.handshakeError?.code == .timeout {
                    nil
                } else {
                    false
                }
            probes.append(Probe(version: version, isAccepted: isAccepted, inspection: look.inspection))
        }
        return probes
    }
}
