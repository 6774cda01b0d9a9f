// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoTLS
public import NIOCore
public import NIOPosix

extension MongoClient {
    /// Finds out, step by step, whether and why not a client with this connection string can connect: options, files, DNS,
    /// TCP, TLS versions, certificates, trust, host name, revocation, client certificate, hello, log-in.
    ///
    /// It connects as a client does, and looks at the server over connections of its own that trust nobody and send nothing
    /// but a handshake. It takes no longer than `connectTimeoutMS`, for all hosts together.
    ///
    /// ```swift
    /// let report = await MongoClient.diagnose("mongodb://db.example.com/?tls=true")
    /// for failure in report.failures { print(failure.name, failure.detail, failure.hint ?? "") }
    /// ```
    ///
    /// The program `mongotls diagnose` shows the same.
    ///
    /// - Parameters:
    ///   - connectionString: The connection string.
    ///   - eventLoopGroup: Where connections live; by default the process-wide one.
    /// - Returns: What was found. It holds no secret.
    public static func diagnose(
        _ connectionString: String,
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async -> DiagnosisReport {
        do throws(MongoError) {
            return await diagnose(try MongoClientOptions(connectionString), eventLoopGroup: eventLoopGroup)
        } catch {
            return DiagnosisReport(steps: [DiagnosisStep(.options, error)])
        }
    }

    /// Finds out, step by step, whether and why not a client with these options can connect; see
    /// ``diagnose(_:eventLoopGroup:)-(String,_)``.
    ///
    /// - Parameters:
    ///   - options: The options.
    ///   - eventLoopGroup: Where connections live; by default the process-wide one.
    /// - Returns: What was found. It holds no secret.
    public static func diagnose(
        _ options: MongoClientOptions,
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async -> DiagnosisReport {
        let start = NIODeadline.now()
        var diagnosis = Diagnosis(options, eventLoopGroup, start)
        var report = await diagnosis.run()
        report.duration = .nanoseconds((NIODeadline.now() - start).nanoseconds)
        return report
    }
}

/// Looks at the options and their files, then at all hosts at once.
private struct Diagnosis {
    /// With the hosts, once DNS has told them.
    var options: MongoClientOptions
    let group: any EventLoopGroup
    let deadline: Deadline
    private var report = DiagnosisReport()

    init(_ options: MongoClientOptions, _ group: any EventLoopGroup, _ start: NIODeadline) {
        self.options = options
        self.group = group
        // Without a limit a silent server would keep the report for ever.
        let limit = options.connectTimeout == .zero ? .seconds(10) : options.connectTimeout
        deadline = Deadline(after: limit, now: start)
    }

    mutating func run() async -> DiagnosisReport {
        do throws(MongoError) {
            try options.validate()
            noteOptions()
        } catch {
            report.steps.append(DiagnosisStep(.options, error))
            return report
        }
        let tls: HostDiagnosis.TLSContexts?
        do throws(MongoError) {
            tls = try await readFiles()
        } catch {
            report.steps.append(DiagnosisStep(.files, error))
            return report
        }
        guard await findHosts() else { return report }
        do throws(MongoError) {
            try await examine(hosts: options.hosts, tls)
        } catch {
            report.steps.append(DiagnosisStep(.options, error))
        }
        return report
    }

    private mutating func noteOptions() {
        var weak: [String] = []
        if options.tls == nil { weak.append("the connections are not encrypted") }
        if let tls = options.tls {
            if !tls.verifiesCertificate {
                weak.append("anybody can pass for the server: certificates are not verified")
            } else if !tls.verifiesHostname {
                weak.append("the server's certificate need not list its host")
            }
        }
        let servers = options.srvHost ?? options.hosts.map(\.description).joined(separator: ", ")
        let remarks = options.warnings + weak
        var step = DiagnosisStep(.options, remarks.isEmpty ? .ok : .warned, servers)
        if !remarks.isEmpty { step.detail += ": " + remarks.joined(separator: "; ") }
        if options.tls == nil { step.hint = "add tls=true" }
        report.steps.append(step)
    }

    private mutating func readFiles() async throws(MongoError) -> HostDiagnosis.TLSContexts? {
        guard let options = options.tls else {
            report.steps.append(DiagnosisStep(.files, .skipped, "TLS is off"))
            return nil
        }
        typealias Read = (files: TLSFileReport, contexts: HostDiagnosis.TLSContexts)
        let outcome: Result<Read, TLSError>
        do {
            outcome = try await NIOThreadPool.singleton.runIfActive {
                Result { () throws(TLSError) in
                    let journal = OCSPJournal()
                    let client = try TLSContextProvider(options, journal: journal)
                    let files = try TLSFileReport(client.current)
                    let inspecting = try TLSContext.inspecting(options)
                    let contexts = HostDiagnosis.TLSContexts(
                        client: client,
                        inspecting: inspecting,
                        journal: journal,
                        options: options
                    )
                    return (files, contexts)
                }
            }
        } catch {
            throw MongoError(.cancelled, "the task was cancelled", underlying: error)
        }
        switch outcome {
        case .failure(let error):
            throw MongoError(error)
        case .success(let read):
            var step = DiagnosisStep(.files, .ok, read.files.lines.joined(separator: "; "))
            if read.files.lines.isEmpty { step.detail = "none are named" }
            step.certificates = read.files.certificates
            if !read.files.warnings.isEmpty {
                step.status = .warned
                step.hint = read.files.warnings.joined(separator: "; ")
            }
            report.steps.append(step)
            return read.contexts
        }
    }

    /// - Returns: Whether there are hosts to look at.
    private mutating func findHosts() async -> Bool {
        guard let discovery = SeedlistDiscovery(options) else { return true }
        var seedlist = SeedlistDiagnosis(discovery, deadline: deadline)
        let resolved = await seedlist.run(options)
        report.steps.append(seedlist.step)
        if let resolved { options = resolved }
        return resolved != nil
    }

    private mutating func examine(
        hosts: [ServerAddress],
        _ tls: HostDiagnosis.TLSContexts?
    ) async throws(MongoError) {
        let connector = ChannelConnector(group: group, proxy: options.proxy)
        let handshake = try Handshake(
            metadata: .current(applicationName: options.appName),
            serverAPI: options.serverAPI,
            isLoadBalanced: options.loadBalanced == true
        )
        let authenticator = options.credential.map { Authenticator($0, serverAPI: options.serverAPI) }
        let establish: HostDiagnosis.Establish = { (address, timeout, secured) throws(MongoError) in
            try await ConnectionEstablisher(
                address: address,
                connector: connector,
                tls: tls?.client,
                connectTimeout: timeout,
                handshake: handshake,
                authenticator: authenticator
            ).establish(id: 1, secured: secured)
        }
        let (deadline, logsIn, group) = (deadline, options.credential != nil, group)
        report.hosts = await withTaskGroup(of: (Int, DiagnosisReport.Host).self) { tasks in
            for (index, address) in hosts.enumerated() {
                tasks.addTask {
                    var host = HostDiagnosis(
                        address: address,
                        connector: connector,
                        tls: tls,
                        logsIn: logsIn,
                        eventLoop: group.next(),
                        deadline: deadline,
                        establish: establish
                    )
                    return (index, await host.run())
                }
            }
            var found: [Int: DiagnosisReport.Host] = [:]
            for await (index, host) in tasks { found[index] = host }
            return hosts.indices.compactMap { found[$0] }
        }
    }
}
