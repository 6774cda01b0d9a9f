// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoNIO

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// What `ping` found out.
struct PingFacts {
    var address: ServerAddress?
    var tls: TLSConnectionInfo?
    var serverVersion: String?
    var error: MongoError?
}

/// What `ping` tells. The names are those of the JSON output and do not change; what does not apply is `null`.
struct PingReport: Encodable {
    struct Server: Encodable {
        var address: String
        var version: String?
    }

    struct TLS: Encodable {
        struct Peer: Encodable {
            var subject: String
            var issuer: String
            var sans: [String]
            var notAfter: String
        }

        struct Revocation: Encodable {
            var source: String
            var verdict: String
        }

        var version: String
        var cipher: String
        var resumed: Bool
        var peer: Peer?
        var revocation: Revocation
    }

    struct Failure: Encodable {
        var category: String
        var code: String
        var message: String
        var hint: String?
    }

    var ok: Bool
    var server: Server?
    var tls: TLS?
    var error: Failure?
    var elapsedMS: Double

    private enum CodingKeys: String, CodingKey {
        case ok, server, tls, error, elapsedMS
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(ok, forKey: .ok)
        try container.encode(server, forKey: .server)
        try container.encode(tls, forKey: .tls)
        try container.encode(error, forKey: .error)
        try container.encode(elapsedMS, forKey: .elapsedMS)
    }
}

extension PingReport {
    init(_ facts: PingFacts, elapsed: Duration) {
        ok = facts.error == nil
        server = facts.address.map { Server(address: $0.description, version: facts.serverVersion?.quotable) }
        tls = facts.tls.map(TLS.init)
        error = facts.error.map(Failure.init)
        let (seconds, attoseconds) = elapsed.components
        elapsedMS = Double(seconds * 1000) + (Double(attoseconds / 1_000_000_000_000) / 1000)
    }

    /// A few lines for people.
    var text: String {
        var lines: [String] = []
        if let server {
            lines.append("server      \(server.address)" + (server.version.map { ", MongoDB \($0)" } ?? ""))
        }
        if let tls {
            lines.append("tls         \(tls.version), \(tls.cipher)" + (tls.resumed ? ", resumed" : ""))
            if let peer = tls.peer {
                lines.append("peer        \(peer.subject)")
                lines.append("issued by   \(peer.issuer)")
                lines.append("names       \(peer.sans.isEmpty ? "none" : peer.sans.joined(separator: ", "))")
                lines.append("valid until \(peer.notAfter)")
            }
            lines.append("revocation  \(tls.revocation.verdict) (source: \(tls.revocation.source))")
        } else if server != nil {
            lines.append("tls         none: this connection is not encrypted")
        }
        if let error {
            lines.append("failed      \(error.category) (\(error.code))")
            lines.append("because     \(error.message)")
            if let hint = error.hint { lines.append("hint        \(hint)") }
        }
        lines.append("\(ok ? "ok" : "not ok")\(ok ? "          " : "      ")after \(elapsedMS) ms")
        return lines.joined(separator: "\n")
    }
}

extension PingReport.TLS {
    init(_ info: TLSConnectionInfo) {
        version = info.version.description
        cipher = info.cipher
        resumed = info.resumed
        revocation = Revocation(source: info.revocation.source, verdict: info.revocation.verdict)
        peer = info.peer.map {
            Peer(
                subject: $0.subject,
                issuer: $0.issuer,
                sans: $0.subjectAlternativeNames,
                notAfter: Date(timeIntervalSince1970: Double($0.notAfter)).formatted(.iso8601)
            )
        }
    }
}

extension PingReport.Failure {
    init(_ error: MongoError) {
        // Why no server fits is what the server's own error says.
        let error = error.code == .serverSelection ? error.underlying as? MongoError ?? error : error
        if let tls = error.tls {
            category = tls.category.rawValue
            code = tls.code.rawValue
            message = tls.message + (tls.location.map { " [\($0)]" } ?? "")
            hint = tls.hint
            return
        }
        switch error.code {
        case .network: category = "network"
        case .timeout: category = "timeout"
        case .invalidArgument, .unsupported: category = "configuration"
        default: category = "server"
        }
        code = error.server?.codeName ?? error.code.rawValue
        // The words of a server, or of a library that quotes one.
        message = error.message.harmless
        hint = nil
    }
}
