// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import CMongoOpenSSL

/// The authorities that a server's chain may lead to.
struct TrustStore: Sendable {
    /// Those of the options.
    let authorities: [Certificate]
    /// Where they come from: the path of the CA file, or the option that holds them. `nil` when the options have none.
    let location: String?
    /// Whether the system's roots are trusted, which `SSL_CERT_FILE` and `SSL_CERT_DIR` override.
    let includesSystem: Bool

    /// Loads what the options name.
    ///
    /// - Throws: `TLSError` of the category `configuration`, with the path of the file at fault.
    static func load(_ options: TLSOptions) throws(TLSError) -> TrustStore {
        let includesSystem = options.trust == .add
        if let path = options.caFile {
            let file = try CredentialFile(path: path, purpose: .certificateAuthorities)
            return TrustStore(authorities: try file.certificates(), location: path, includesSystem: includesSystem)
        }
        switch options.authorities?.form {
        case .none:
            return TrustStore(authorities: [], location: nil, includesSystem: true)
        case .pem(let bytes):
            let file = try memory(bytes)
            return TrustStore(
                authorities: try file.certificates(),
                location: file.location,
                includesSystem: includesSystem
            )
        case .der(let list):
            guard !list.isEmpty else { throw Self.empty }
            var authorities: [Certificate] = []
            for bytes in list { authorities.append(try memory(bytes).certificateFromDER()) }
            return TrustStore(
                authorities: authorities,
                location: "TLSOptions.authorities",
                includesSystem: includesSystem
            )
        }
    }

    private static var empty: TLSError {
        TLSError(
            .configuration,
            .fileEmpty,
            "the list of authorities is empty",
            hint: "no server could be trusted: leave it nil for the system's roots",
            location: "TLSOptions.authorities"
        )
    }

    private static func memory(_ bytes: [UInt8]) throws(TLSError) -> CredentialFile {
        try CredentialFile(bytes: bytes, property: "authorities", purpose: .certificateAuthorities)
    }

    /// Puts the authorities into OpenSSL's store.
    func install(in context: OpaquePointer) throws(TLSError) {
        ErrorStack.clear()
        defer { ErrorStack.clear() }
        guard let store = SSL_CTX_get_cert_store(context) else { throw TLSError.outOfMemory() }
        for authority in authorities where X509_STORE_add_cert(store, authority.pointer) != 1 {
            throw TLSError(
                .configuration,
                .fileDamaged,
                "the CA file holds a certificate that OpenSSL does not take",
                location: location,
                opensslErrors: ErrorStack.drain().texts
            )
        }
        guard includesSystem else { return }
        // Answers success even when nothing is there, so the result says little; the hint below looks closer.
        guard SSL_CTX_set_default_verify_paths(context) == 1 else {
            throw TLSError(
                .configuration,
                .systemRootsUnusable,
                "the system's trusted roots cannot be loaded",
                opensslErrors: ErrorStack.drain().texts
            )
        }
    }

    /// What to do when no chain can be built, by what is trusted.
    ///
    /// - Parameter context: The context in which the store is installed.
    func hintForUnknownAuthority(in context: OpaquePointer) -> String {
        if let location {
            let also = includesSystem ? " or among the system's roots" : ""
            return "no authority in \(location)\(also) issued the server's certificate: "
                + "give the CA file of this server as tlsCAFile"
        }
        let loaded = SSL_CTX_get_cert_store(context).map { mongo_sk_X509_OBJECT_num(X509_STORE_get0_objects($0)) }
        let roots = SystemRoots.find(fileCount: Int(loaded ?? 0))
        if roots.count == 0 {
            let remedy =
                roots.fileIsOverridden || roots.directoryIsOverridden
                ? "SSL_CERT_FILE or SSL_CERT_DIR points to nothing usable"
                : "install them (Debian: apt-get install ca-certificates) or give a tlsCAFile"
            return
                "no trusted roots were found in \(roots.file) or \(roots.directories.joined(separator: ":")): \(remedy)"
        }
        return "the server's authority is not among the system's \(roots.count) roots: "
            + "if it is your own, give its certificate as tlsCAFile"
    }
}
