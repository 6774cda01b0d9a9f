// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import MongoTLS

/// What ``MongoClient/diagnose(_:eventLoopGroup:)-(String,_)`` found: step by step, first of the options, then of each
/// host.
///
/// It holds no secret. `description` is text for people; encoded as JSON it has the fields that the article
/// <doc:TroubleshootingTLS> lists, and they do not change.
public struct DiagnosisReport: Sendable {
    /// What was found of one host.
    public struct Host: Sendable {
        /// The host.
        public var address: ServerAddress
        /// What was looked at, in the order in which a connection is made; always the same steps.
        public var steps: [DiagnosisStep]

        /// Whether a client can connect to it.
        public var isOK: Bool { !steps.contains { $0.status == .failed } }
    }

    /// What was looked at before the hosts: options, files, and the look-up of the hosts.
    public var steps: [DiagnosisStep] = []
    /// The hosts, in the order of the options.
    public var hosts: [Host] = []
    /// How long it took.
    public var duration = Duration.zero

    /// Whether nothing has failed.
    public var isOK: Bool { !steps.contains { $0.status == .failed } && hosts.allSatisfy(\.isOK) }

    /// The steps that failed, of all hosts.
    public var failures: [DiagnosisStep] {
        (steps + hosts.flatMap(\.steps)).filter { $0.status == .failed }
    }
}

// MARK: JSON

extension DiagnosisReport: Encodable {
    private enum CodingKeys: String, CodingKey {
        case ok, elapsedMS, steps, hosts
    }

    /// Writes the fields of the report, `ok` and `elapsedMS` included.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(isOK, forKey: .ok)
        try container.encode(duration.wholeMilliseconds, forKey: .elapsedMS)
        try container.encode(steps, forKey: .steps)
        try container.encode(hosts, forKey: .hosts)
    }
}

extension DiagnosisReport.Host: Encodable {
    private enum CodingKeys: String, CodingKey {
        case address, ok, steps
    }

    /// Writes the host's fields.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(address.description, forKey: .address)
        try container.encode(isOK, forKey: .ok)
        try container.encode(steps, forKey: .steps)
    }
}

extension DiagnosisStep: Encodable {
    private enum CodingKeys: String, CodingKey {
        case name, status, detail, hint, category, code, certificates, versions, serviceRecords, textRecords
    }

    private struct Certificate: Encodable {
        var subject: String
        var issuer: String
        var sans: [String]
        var notBefore: String
        var notAfter: String
        var serialNumber: String
        var fingerprint: String
        var key: String
        var signatureAlgorithm: String
    }

    private struct Version: Encodable {
        var version: String
        var accepted: Bool?

        private enum CodingKeys: String, CodingKey {
            case version, accepted
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(version, forKey: .version)
            try container.encode(accepted, forKey: .accepted)
        }
    }

    private struct ListedServer: Encodable {
        var target: String
        var port: Int
        var timeToLiveSeconds: Int64
        var isOfDomain: Bool
    }

    /// Writes the step's fields; what does not apply is `null`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name.rawValue, forKey: .name)
        try container.encode(status.rawValue, forKey: .status)
        try container.encode(detail, forKey: .detail)
        try container.encode(hint, forKey: .hint)
        try container.encode(category, forKey: .category)
        try container.encode(code, forKey: .code)
        if name == .chain || name == .files {
            let list = certificates.map {
                Certificate(
                    subject: $0.subject,
                    issuer: $0.issuer,
                    sans: $0.subjectAlternativeNames,
                    notBefore: CertificateSummary.date($0.notBefore),
                    notAfter: CertificateSummary.date($0.notAfter),
                    serialNumber: $0.serialNumber,
                    fingerprint: $0.fingerprint,
                    key: $0.key,
                    signatureAlgorithm: $0.signatureAlgorithm
                )
            }
            try container.encode(list, forKey: .certificates)
        }
        if name == .versions {
            let list = versions.map { Version(version: $0.version.description, accepted: $0.isAccepted) }
            try container.encode(list, forKey: .versions)
        }
        if name == .srv {
            let list = serviceRecords.map {
                ListedServer(
                    target: $0.target,
                    port: $0.port,
                    timeToLiveSeconds: $0.timeToLive.components.seconds,
                    isOfDomain: $0.isOfDomain
                )
            }
            try container.encode(list, forKey: .serviceRecords)
            try container.encode(textRecords, forKey: .textRecords)
        }
    }
}
