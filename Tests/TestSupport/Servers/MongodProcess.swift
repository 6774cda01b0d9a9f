// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A `mongod` of its own for a test: an empty database on a free port of 127.0.0.1.
///
/// Starting one takes about a second, so suites that do not change the server's state share one: ``shared(_:)``.
public final class MongodProcess: Sendable {
    /// How a server is started.
    public struct Configuration: Sendable {
        /// Which connections the server takes (`--tlsMode`).
        public enum TLSMode: String, Sendable {
            case disabled
            case allowTLS
            case preferTLS
            case requireTLS
        }

        /// Which connections the server takes.
        public var tlsMode = TLSMode.disabled
        /// The server's certificate, its intermediates and key (`--tlsCertificateKeyFile`).
        public var certificate: IssuedCertificate?
        /// The PEM file with the authority of the clients (`--tlsCAFile`).
        public var clientAuthority: String?
        /// Whether clients without a certificate are refused.
        public var requiresClientCertificate = false
        /// The name of the replica set that the server waits to be initiated into (`--replSet`).
        public var replicaSet: String?
        /// Whether clients have to log in (`--auth`, and a `--keyFile` with a replica set). The first user is made
        /// through the localhost exception.
        public var requiresAuthentication = false
        /// Further server parameters (`--setParameter`).
        public var parameters: [String: String] = [:]
        /// Further arguments.
        public var arguments: [String] = []
        /// The port, for a server that comes back where it was; 0 lets the kernel choose.
        public var port = 0
        /// The directory of the data, for a server that comes back with what it had; `nil` starts empty.
        public var dataDirectory: TemporaryDirectory?

        /// A server without TLS and without log-in.
        public init() {}

        /// A server that takes TLS connections only and shows this certificate.
        public static func tls(
            _ certificate: IssuedCertificate,
            clientAuthority: String,
            requiresClientCertificate: Bool = false
        ) -> Configuration {
            var configuration = Configuration()
            configuration.tlsMode = .requireTLS
            configuration.certificate = certificate
            configuration.clientAuthority = clientAuthority
            configuration.requiresClientCertificate = requiresClientCertificate
            return configuration
        }

        /// The same configuration with some of its properties changed.
        public func with(_ change: (inout Configuration) -> Void) -> Configuration {
            var copy = self
            change(&copy)
            return copy
        }
    }

    /// The port.
    public let port: Int
    /// How the server was started, with the port and the directory it got: pass it to ``start(_:)`` after ``stop()`` to
    /// have the same server again.
    public let configuration: Configuration
    private let process: ChildProcess
    private let directory: TemporaryDirectory

    /// `127.0.0.1` and the port.
    public var address: String { "127.0.0.1:\(port)" }

    /// The process identifier.
    public var processIdentifier: Int32 { process.processIdentifier }

    /// The server's log so far: one JSON object per line.
    public var log: String { process.log }

    /// Starts a server and waits until it accepts connections.
    ///
    /// - Throws: ``ChildProcess/Failure`` with the end of the server's log, or ``SubprocessError``.
    public static func start(_ configuration: Configuration = Configuration()) async throws -> MongodProcess {
        let program = try await MongodProgram.path
        var configuration = configuration
        let directory = try TemporaryDirectory(named: "mongod")
        let data = try configuration.dataDirectory ?? TemporaryDirectory(named: "mongod-data")
        configuration.dataDirectory = data
        let process = try ChildProcess(
            program,
            try arguments(for: configuration, data: data, directory: directory),
            logFile: directory.path("log")
        )
        // The log, not a connection, tells that the server listens: on a port that somebody else has, connecting would
        // succeed as well. With port 0 the log is also where the number stands.
        let port = try await process.waitForLog("\"Waiting for connections\"") { log in
            log.split(separator: "\n").first { $0.contains(#""id":23016,"#) }
                .flatMap { try? JSONDecoder().decode(ListeningEntry.self, from: Data($0.utf8)).attr.port }
        }
        configuration.port = port
        return MongodProcess(port: port, configuration: configuration, process: process, directory: directory)
    }

    private struct ListeningEntry: Decodable {
        struct Attributes: Decodable {
            let port: Int
        }

        let attr: Attributes
    }

    private init(port: Int, configuration: Configuration, process: ChildProcess, directory: TemporaryDirectory) {
        self.port = port
        self.configuration = configuration
        self.process = process
        self.directory = directory
    }

    /// Stops the server (SIGTERM, after ten seconds SIGKILL) and waits for its end. Dropping the last reference kills it.
    public func stop() async {
        await process.stop()
    }

    /// Kills the server without warning, as a power cut would.
    public func kill() async {
        process.send(signal: SIGKILL)
        await process.stop()
    }

    /// Freezes the server: the kernel still accepts connections, nobody answers. ``resume()`` thaws it.
    public func suspend() {
        process.send(signal: SIGSTOP)
    }

    /// Ends what ``suspend()`` began.
    public func resume() {
        process.send(signal: SIGCONT)
    }

    private static func arguments(
        for configuration: Configuration,
        data: TemporaryDirectory,
        directory: TemporaryDirectory
    ) throws -> [String] {
        var arguments = [
            "--port", String(configuration.port), "--bind_ip", "127.0.0.1", "--nounixsocket", "--dbpath", data.path,
            "--wiredTigerCacheSizeGB", "0.25",
        ]
        var parameters = ["enableTestCommands": "1", "diagnosticDataCollectionEnabled": "false"]
        if configuration.tlsMode != .disabled {
            arguments += ["--tlsMode", configuration.tlsMode.rawValue]
            if let certificate = configuration.certificate {
                arguments += ["--tlsCertificateKeyFile", certificate.certificateKeyFile]
            }
            if let clientAuthority = configuration.clientAuthority { arguments += ["--tlsCAFile", clientAuthority] }
            if !configuration.requiresClientCertificate { arguments += ["--tlsAllowConnectionsWithoutCertificates"] }
        }
        if let replicaSet = configuration.replicaSet {
            arguments += ["--replSet", replicaSet, "--oplogSize", "64"]
        }
        if configuration.requiresAuthentication {
            arguments += ["--auth"]
            if configuration.replicaSet != nil {
                arguments += ["--keyFile", try directory.write(keyFileContents, to: "keyfile")]
            }
        }
        parameters.merge(configuration.parameters) { $1 }
        for (name, value) in parameters.sorted(by: { $0.key < $1.key }) {
            arguments += ["--setParameter", "\(name)=\(value)"]
        }
        return arguments + configuration.arguments
    }

    /// The same for all servers of a test process, so that they can form one replica set.
    private static let keyFileContents = (0..<64).map { _ in String(UInt8.random(in: 0...15), radix: 16) }.joined()
}
