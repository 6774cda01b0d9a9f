// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

extension MongodProcess {
    /// The servers that suites share.
    public enum Kind: Sendable, Hashable {
        /// No TLS.
        case plain
        /// TLS only, with the server's certificate of ``TestIdentities``; clients need none.
        case tls
        /// The same, and clients must have a certificate.
        case tlsRequiringClientCertificate
    }

    /// The one server of this kind in this test process, started on first use and stopped when the process ends.
    ///
    /// Share it only among tests that leave the server as it was: each its own database or collection, no server
    /// parameters, no fail points without `appName`.
    public static func shared(_ kind: Kind) async throws -> MongodProcess {
        try await SharedServers.instance.server(kind)
    }

    fileprivate static func start(_ kind: Kind) async throws -> MongodProcess {
        guard kind != .plain else { return try await start() }
        let identities = try await TestIdentities.shared
        return try await start(
            .tls(
                identities.server,
                clientAuthority: identities.authority.certificateFile,
                requiresClientCertificate: kind == .tlsRequiringClientCertificate
            )
        )
    }
}

private actor SharedServers {
    static let instance = SharedServers()
    private var servers: [MongodProcess.Kind: Task<MongodProcess, any Error>] = [:]

    func server(_ kind: MongodProcess.Kind) async throws -> MongodProcess {
        let server = servers[kind] ?? Task { try await MongodProcess.start(kind) }
        servers[kind] = server
        return try await server.value
    }
}
