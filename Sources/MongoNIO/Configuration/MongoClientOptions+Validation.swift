// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

// The rules that a connection string is held to hold for options that a program sets, too. There a bad value is always
// an error: a program, unlike a connection string, is not shared with other drivers.

internal import MongoTLS

extension MongoClientOptions {
    /// The service name in SRV queries unless told otherwise.
    public static let defaultServiceName = "mongodb"

    /// Judges the options, each and together. The client does so when it is made; nothing is sent.
    ///
    /// - Throws: ``MongoError/Code/invalidArgument`` for a value or a combination that makes no sense,
    ///   ``MongoError/Code/tls`` when that concerns TLS, ``MongoError/Code/unsupported`` for what this driver cannot do
    ///   yet.
    public func validate() throws(MongoError) {
        if let srvHost {
            guard try ServerAddress(host: srvHost).kind == .hostname else {
                throw invalid("srvHost is not a host name")
            }
        } else {
            guard !hosts.isEmpty else { throw invalid("there is no host") }
        }
        guard srvMaxHosts >= 0 else { throw invalid("srvMaxHosts must not be negative") }
        guard Self.isValidServiceName(srvServiceName) else { throw invalid("srvServiceName is not a service name") }
        try TopologyRules(
            hostCount: hosts.count,
            isSRV: srvHost != nil,
            directConnection: directConnection,
            loadBalanced: loadBalanced,
            replicaSet: replicaSet,
            srvMaxHosts: srvMaxHosts,
            namesSRVOption: srvMaxHosts != 0 || srvServiceName != Self.defaultServiceName
        ).validate()
        guard replicaSet?.isEmpty != true else { throw invalid("replicaSet is empty") }
        try validateProxy()
        if let appName, !Self.isValidAppName(appName) { throw invalid("appName must have 1 to 128 bytes") }
        try validateTimes()
        try validatePool()
        guard maxAdaptiveRetries >= 0 else { throw invalid("maxAdaptiveRetries must not be negative") }
        guard (-1...9).contains(zlibCompressionLevel) else {
            throw invalid("zlibCompressionLevel must be between -1 and 9")
        }
        try validateTLS()
        try validateCredential()
    }

    private func validateTimes() throws(MongoError) {
        let times: [(String, Duration?, least: Duration)] = [
            ("timeout", timeout, .zero),
            ("connectTimeout", connectTimeout, .zero),
            ("socketTimeout", socketTimeout, .zero),
            ("serverSelectionTimeout", serverSelectionTimeout, .zero),
            ("waitQueueTimeout", waitQueueTimeout, .zero),
            ("maxIdleTime", maxIdleTime, .zero),
            ("localThreshold", localThreshold, .zero),
            ("heartbeatFrequency", heartbeatFrequency, .milliseconds(500)),
        ]
        // The longest time that fits 32 bits of milliseconds, as in a connection string: it cannot overflow a clock.
        let most = Duration.milliseconds(Int32.max)
        for (name, time, least) in times {
            guard let time else { continue }
            guard least <= time, time <= most else { throw invalid("\(name) must be between \(least) and \(most)") }
        }
    }

    private func validateProxy() throws(MongoError) {
        guard let proxy else { return }
        try proxy.validate()
        guard !hosts.contains(where: { $0.kind == .unixSocket }) else {
            throw invalid("a proxy does not reach a Unix domain socket")
        }
    }

    private func validatePool() throws(MongoError) {
        guard maxPoolSize >= 0 else { throw invalid("maxPoolSize must not be negative") }
        guard minPoolSize >= 0 else { throw invalid("minPoolSize must not be negative") }
        guard maxPoolSize == 0 || minPoolSize <= maxPoolSize else {
            throw invalid("minPoolSize must not exceed maxPoolSize")
        }
        guard maxConnecting >= 1 else { throw invalid("maxConnecting must be at least 1") }
    }

    private func validateTLS() throws(MongoError) {
        do throws(TLSError) {
            try tls?.validate()
        } catch {
            throw MongoError(error)
        }
    }

    private func validateCredential() throws(MongoError) {
        guard let credential else { return }
        try credential.validate()
        switch credential.mechanism {
        case .mongodbX509?:
            guard let tls else {
                throw tlsError(
                    .tlsDisabled,
                    "MONGODB-X509 needs TLS",
                    hint: "Set tls: the client certificate is part of the TLS handshake"
                )
            }
            guard tls.namesIdentity else {
                throw tlsError(
                    .missingCertificate,
                    "MONGODB-X509 needs a client certificate",
                    hint: "Name its file in tlsCertificateKeyFile, or set identity in the TLS options"
                )
            }
        case .gssapi?, .mongodbAWS?, .mongodbOIDC?:
            throw MongoError(
                .unsupported,
                "authMechanism \(credential.mechanism?.rawValue ?? "") is not supported yet"
            )
        default:
            break
        }
    }

    private func invalid(_ reason: String) -> MongoError {
        MongoError(.invalidArgument, "invalid options: \(reason)")
    }

    private func tlsError(_ code: TLSError.Code, _ message: String, hint: String) -> MongoError {
        let error = TLSError(.configuration, code, message, hint: hint)
        return MongoError(.tls, "invalid options: \(message). \(hint)", tls: error)
    }

    /// https://github.com/mongodb/specifications/blob/master/source/mongodb-handshake/handshake.md#limitations
    static func isValidAppName(_ name: String) -> Bool {
        (1...128).contains(name.utf8.count)
    }

    /// RFC 6335, section 5.1, but up to 62 characters, so that the label `_name` fits the 63 of DNS:
    /// https://github.com/mongodb/specifications/blob/master/source/initial-dns-seedlist-discovery/initial-dns-seedlist-discovery.md#srvservicename
    static func isValidServiceName(_ name: String) -> Bool {
        let hyphen = UInt8(ascii: "-")
        let bytes = Array(name.lowercasedASCII().utf8)
        guard (1...62).contains(bytes.count), bytes.first != hyphen, bytes.last != hyphen else { return false }
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        return bytes.contains(where: { letters.contains($0) })
            && bytes.allSatisfy { letters.contains($0) || digits.contains($0) || $0 == hyphen }
            && !zip(bytes, bytes.dropFirst()).contains { $0 == hyphen && $1 == hyphen }
    }
}
