// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import CMongoOpenSSL

/// The authorities that a server's chain may lead to.
enum TrustStore: Sendable {
    /// The authorities of the CA file, and no others.
    case authorities([Certificate], path: String)
    /// The system's roots, which `SSL_CERT_FILE` and `SSL_CERT_DIR` override.
    case system

    /// Loads what the options name.
    ///
    /// - Throws: `TLSError` of the category `configuration`, with the path of the file at fault.
    static func load(_ options: TLSOptions) throws(TLSError) -> TrustStore {
        guard let path = options.caFile else { return .system }
        let file = try CredentialFile(path: path, purpose: .certificateAuthorities)
        return .authorities(try file.certificates(), path: path)
    }

    /// Puts the authorities into OpenSSL's store.
    func install(in context: OpaquePointer) throws(TLSError) {
        ErrorStack.clear()
        switch self {
        case .authorities(let certificates, let path):
            guard let store = SSL_CTX_get_cert_store(context) else {
                throw TLSError.outOfMemory()
            }
            for certificate in certificates where X509_STORE_add_cert(store, certificate.pointer) != 1 {
                throw TLSError(
                    .configuration,
                    .fileDamaged,
                    "the CA file holds a certificate that OpenSSL does not take",
                    location: path,
                    opensslErrors: ErrorStack.drain().texts
                )
            }
        case .system:
            // Answers success even when nothing is there, so the result says little; `emptyHint` looks closer when a
            // chain was refused.
            guard SSL_CTX_set_default_verify_paths(context) == 1 else {
                throw TLSError(
                    .configuration,
                    .systemRootsUnusable,
                    "the system's trusted roots cannot be loaded",
                    opensslErrors: ErrorStack.drain().texts
                )
            }
            ErrorStack.clear()
        }
    }

    /// What to do when no chain can be built, by what is trusted.
    ///
    /// - Parameter context: The context in which the store is installed.
    func hintForUnknownAuthority(in context: OpaquePointer) -> String {
        switch self {
        case .authorities(_, let path):
            return "no authority in \(path) issued the server's certificate: give the CA file of this server as tlsCAFile"
        case .system:
            let loaded = SSL_CTX_get_cert_store(context).map { mongo_sk_X509_OBJECT_num(X509_STORE_get0_objects($0)) }
            let roots = SystemRoots.find(fileCount: Int(loaded ?? 0))
            if roots.count == 0 {
                let remedy =
                    roots.fileIsOverridden || roots.directoryIsOverridden
                    ? "SSL_CERT_FILE or SSL_CERT_DIR points to nothing usable"
                    : "install them (Debian: apt-get install ca-certificates) or give a tlsCAFile"
                return "no trusted roots were found in \(roots.file) or \(roots.directories.joined(separator: ":")): \(remedy)"
            }
            return "the server's authority is not among the system's \(roots.count) roots: "
                + "if it is your own, give its certificate as tlsCAFile"
        }
    }
}
