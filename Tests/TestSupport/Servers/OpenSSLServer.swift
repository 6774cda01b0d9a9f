// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// `openssl s_server` on a free port of 127.0.0.1: a TLS server with any version, cipher, certificate and staple.
///
/// It speaks TLS and nothing else; what a client sends is printed to its log. For a server that answers commands take
/// ``MongodProcess``.
public final class OpenSSLServer: Sendable {
    /// The port.
    public let port: Int
    private let process: ChildProcess
    private let directory: TemporaryDirectory
    /// Held so that the certificate's files stay.
    private let certificate: IssuedCertificate?

    /// `127.0.0.1` and the port.
    public var address: String { "127.0.0.1:\(port)" }

    /// What `s_server` has printed: handshakes, alerts and what the clients sent.
    public var log: String { process.log }

    /// Starts a server.
    ///
    /// - Parameters:
    ///   - certificate: The server's certificate, sent with its intermediates; `nil` when `options` bring it, or to
    ///     run without any.
    ///   - staple: The OCSP response in DER to staple, right or wrong.
    ///   - clientAuthority: The PEM file of the authority whose clients are let in. Others are refused.
    ///   - options: Further options of `openssl s_server`, such as `-tls1_2` or `-cipher`.
    public static func start(
        _ certificate: IssuedCertificate?,
        staple: [UInt8]? = nil,
        clientAuthority: String? = nil,
        options: [String] = []
    ) async throws -> OpenSSLServer {
        let directory = try TemporaryDirectory(named: "s_server")
        var arguments = ["s_server", "-accept", "127.0.0.1:0"]
        if let certificate {
            arguments += ["-cert", certificate.certificateFile, "-key", certificate.keyFile]
            if !certificate.intermediateFiles.isEmpty { arguments += ["-cert_chain", certificate.chainFile] }
        } else if !options.contains("-cert") {
            arguments += ["-nocert"]
        }
        if let staple { arguments += ["-status_file", try directory.write(staple, to: "staple.der")] }
        if let clientAuthority {
            arguments += ["-Verify", "5", "-verify_return_error", "-CAfile", clientAuthority]
        }
        let process = try ChildProcess(
            "openssl",
            arguments + options,
            logFile: directory.path("log"),
            // At the end of its input s_server says goodbye.
            keepsInputOpen: true
        )
        let port = try await process.waitForLog("its port") { log in
            // "ACCEPT 127.0.0.1:40327"
            log.split(separator: "\n").first { $0.hasPrefix("ACCEPT ") }?.split(separator: ":").last
                .flatMap { Int($0.trimmingCharacters(in: .whitespaces)) }
        }
        return OpenSSLServer(port: port, process: process, directory: directory, certificate: certificate)
    }

    private init(port: Int, process: ChildProcess, directory: TemporaryDirectory, certificate: IssuedCertificate?) {
        self.port = port
        self.process = process
        self.directory = directory
        self.certificate = certificate
    }

    /// Stops the server; dropping the last reference does too, without waiting for the end.
    public func stop() async {
        await process.stop(grace: .seconds(2))
    }
}
