// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import CMongoOpenSSL

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// The OpenSSL that this program runs with: the answer to "which TLS do I get?".
public struct OpenSSLLibrary: Sendable, Hashable {
    /// The version whose headers the program was built against, for example `OpenSSL 3.0.19 27 Jan 2026`.
    public let builtAgainst: String
    /// The version that is loaded.
    public let running: String
    /// The protocol versions that the library speaks under the system's policy, oldest first.
    public let protocolVersions: [TLSVersion]
    /// Where trusted roots are looked for.
    public let roots: SystemRoots

    /// Asks the library that is loaded now, and looks for the system's roots.
    ///
    /// Reads files: not for an event loop.
    public static func current() -> OpenSSLLibrary {
        initialize()
        return OpenSSLLibrary(
            builtAgainst: String(cString: mongo_OPENSSL_VERSION_TEXT()),
            running: String(cString: OpenSSL_version(OPENSSL_VERSION)),
            protocolVersions: [.tls10, .tls11, .tls12, .tls13].filter(canSpeak),
            roots: SystemRoots.find()
        )
    }

    /// Makes OpenSSL ready, once per process. Without its `atexit` handler: an exiting program may still have threads
    /// with open connections.
    static func initialize() {
        _ = initialized
    }

    private static let initialized: Bool = mongo_OPENSSL_init_ssl() == 1

    /// Whether the library has the version and the system's policy lets it through.
    private static func canSpeak(_ version: TLSVersion) -> Bool {
        ErrorStack.clear()
        defer { ErrorStack.clear() }
        guard let context = SSL_CTX_new(TLS_client_method()) else { return false }
        defer { SSL_CTX_free(context) }
        // Before TLS 1.2 handshakes are signed with MD5 and SHA-1, which OpenSSL 3 allows at security level 0 only.
        guard version >= .tls12 || SSL_CTX_get_security_level(context) == 0 else { return false }
        guard mongo_SSL_CTX_set_min_proto_version(context, Int32(version.wireValue)) == 1,
            mongo_SSL_CTX_set_max_proto_version(context, Int32(version.wireValue)) == 1,
            let ssl = SSL_new(context)
        else { return false }
        defer { SSL_free(ssl) }
        // The first flight is where OpenSSL notices that nothing is left to offer. It goes to a scratch BIO.
        guard let input = BIO_new(BIO_s_mem()) else { return false }
        guard let output = BIO_new(BIO_s_mem()) else {
            BIO_free(input)
            return false
        }
        SSL_set_bio(ssl, input, output)
        SSL_set_connect_state(ssl)
        let status = SSL_do_handshake(ssl)
        return SSL_get_error(ssl, status) == SSL_ERROR_WANT_READ
    }
}

/// Where OpenSSL looks for trusted roots, and what is there.
public struct SystemRoots: Sendable, Hashable {
    /// The bundle file: the value of `SSL_CERT_FILE`, else OpenSSL's default.
    public let file: String
    /// Whether `SSL_CERT_FILE` named the file.
    public let fileIsOverridden: Bool
    /// How many certificates the file holds; 0 when it cannot be read.
    public let fileCount: Int
    /// The folders of hashed certificates: the value of `SSL_CERT_DIR`, else OpenSSL's default.
    public let directories: [String]
    /// Whether `SSL_CERT_DIR` named the folders.
    public let directoryIsOverridden: Bool
    /// How many hashed entries the folders hold.
    public let directoryCount: Int

    /// How many roots were found in all. A root that is in the file and in a folder counts twice.
    public var count: Int { fileCount + directoryCount }

    /// Looks at the environment, the file and the folders. Reads files: not for an event loop.
    public static func find() -> SystemRoots {
        find(fileCount: nil)
    }

    /// - Parameter fileCount: How many certificates the file holds, when somebody loaded it already.
    static func find(fileCount: Int?) -> SystemRoots {
        OpenSSLLibrary.initialize()
        let environment = ProcessInfo.processInfo.environment
        let fileVariable = String(cString: X509_get_default_cert_file_env())
        let directoryVariable = String(cString: X509_get_default_cert_dir_env())
        let file = environment[fileVariable] ?? String(cString: X509_get_default_cert_file())
        let directory = environment[directoryVariable] ?? String(cString: X509_get_default_cert_dir())
        let directories = directory.split(separator: ":").map(String.init)
        return SystemRoots(
            file: file,
            fileIsOverridden: environment[fileVariable] != nil,
            fileCount: fileCount ?? certificates(in: file),
            directories: directories,
            directoryIsOverridden: environment[directoryVariable] != nil,
            directoryCount: directories.reduce(0) { $0 + hashedEntries(in: $1) }
        )
    }

    private static func certificates(in file: String) -> Int {
        ErrorStack.clear()
        defer { ErrorStack.clear() }
        guard let store = X509_STORE_new() else { return 0 }
        defer { X509_STORE_free(store) }
        guard X509_STORE_load_file(store, file) == 1 else { return 0 }
        return Int(mongo_sk_X509_OBJECT_num(X509_STORE_get0_objects(store)))
    }

    /// Counts the entries that OpenSSL can find by a subject's hash: `xxxxxxxx.N`.
    private static func hashedEntries(in directory: String) -> Int {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: directory) else { return 0 }
        return names.count { name in
            let parts = name.split(separator: ".", omittingEmptySubsequences: false)
            return parts.count == 2 && parts[0].count == 8 && parts[0].allSatisfy(\.isHexDigit)
                && !parts[1].isEmpty && parts[1].allSatisfy(\.isNumber)
        }
    }
}
