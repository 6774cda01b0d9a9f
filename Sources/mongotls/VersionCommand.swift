// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import MongoNIO

/// `mongotls version`: which OpenSSL, which TLS versions, which trusted roots.
struct VersionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Shows which OpenSSL this program runs with, which TLS versions it speaks, and which roots it trusts."
    )

    @Flag(name: .long, help: "Print one JSON object instead of text.")
    var json = false

    func show() -> ExitStatus {
        let report = VersionReport(OpenSSLLibrary.current())
        if json {
            Console.writeJSON(report)
        } else {
            Console.write(report.text)
        }
        return .success
    }
}

/// What `version` tells. The names are those of the JSON output and do not change.
struct VersionReport: Encodable {
    struct OpenSSL: Encodable {
        var builtAgainst: String
        var running: String
    }

    struct Roots: Encodable {
        /// `SSL_CERT_FILE`, or `default`.
        var fileSource: String
        var file: String
        /// `SSL_CERT_DIR`, or `default`.
        var directorySource: String
        var directories: [String]
        /// Certificates in the file and hashed entries in the directories.
        var found: Int
        var inFile: Int
        var inDirectories: Int
    }

    var mongoNIO: String
    var openssl: OpenSSL
    var protocols: [String]
    var roots: Roots

    init(_ library: OpenSSLLibrary) {
        mongoNIO = MongoNIOVersion.string
        openssl = OpenSSL(builtAgainst: library.builtAgainst, running: library.running)
        protocols = library.protocolVersions.map(\.description)
        roots = Roots(
            fileSource: library.roots.fileIsOverridden ? "SSL_CERT_FILE" : "default",
            file: library.roots.file,
            directorySource: library.roots.directoryIsOverridden ? "SSL_CERT_DIR" : "default",
            directories: library.roots.directories,
            found: library.roots.count,
            inFile: library.roots.fileCount,
            inDirectories: library.roots.directoryCount
        )
    }

    var text: String {
        """
        mongo-nio    \(mongoNIO)
        OpenSSL      \(openssl.running) (built against \(openssl.builtAgainst))
        protocols    \(protocols.joined(separator: ", "))
        roots file   \(roots.file) (\(roots.fileSource)): \(roots.inFile) found
        roots dir    \(roots.directories.joined(separator: ":")) (\(roots.directorySource)): \(roots.inDirectories) found
        """
    }
}
