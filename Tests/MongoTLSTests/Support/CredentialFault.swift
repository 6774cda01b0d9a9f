// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MongoTLS
import TestSupport
import Testing

/// The options that name a file of certificates, keys or revocation lists.
enum FileOption: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case caFile, certificateKeyFile, privateKeyFile, crlFile

    var testDescription: String { rawValue }

    /// What the file should hold, right and in PEM.
    func content(_ identities: TestIdentities) async throws -> String {
        let path =
            switch self {
            case .caFile: identities.authority.certificateFile
            case .certificateKeyFile: identities.client.certificateKeyFile
            case .privateKeyFile: identities.client.keyFile
            case .crlFile: try await identities.authority.revocationList()
            }
        return try String(contentsOfFile: path, encoding: .utf8)
    }

    /// Options with this path, and with everything else right.
    func options(_ path: String, _ identities: TestIdentities) -> TLSOptions {
        var options = TLSOptions.trusting(identities.authority)
        if self == .privateKeyFile { options.certificateKeyFile = identities.client.chainFile }
        set(path, in: &options)
        return options
    }

    /// Names the file in the options.
    func set(_ path: String, in options: inout TLSOptions) {
        switch self {
        case .caFile: options.caFile = path
        case .certificateKeyFile: options.certificateKeyFile = path
        case .privateKeyFile: options.privateKeyFile = path
        case .crlFile: options.crlFile = path
        }
    }
}

/// What can be wrong with a file, whichever option names it.
struct CredentialFault: Sendable, CustomTestStringConvertible {
    let name: String
    private let code: TLSError.Code
    /// What the message has to say, beside the path.
    private let reason: String
    /// Makes the file and returns its path.
    let make: @Sendable (FileOption, TestIdentities, TemporaryDirectory) async throws -> String

    var testDescription: String { name }

    init(
        _ name: String,
        _ code: TLSError.Code,
        _ reason: String,
        _ make: @escaping @Sendable (FileOption, TestIdentities, TemporaryDirectory) async throws -> String
    ) {
        self.name = name
        self.code = code
        self.reason = reason
        self.make = make
    }

    /// The code that the fault has in the file of this option.
    func code(_ option: FileOption) -> TLSError.Code { expectation(option).code }

    /// What the message has to say in the file of this option, beside the path.
    func reason(_ option: FileOption) -> String { expectation(option).reason }

    /// Revocation lists may be DER, so that DER of another kind is wrong for what it holds.
    private func expectation(_ option: FileOption) -> (code: TLSError.Code, reason: String) {
        switch (option, name) {
        case (.crlFile, "DER"): (.fileWrongContent, "holds a certificate in DER")
        case (.crlFile, "PKCS#12"): (.fileWrongContent, "is PKCS#12 and holds no")
        default: (code, reason)
        }
    }

    static let all: [CredentialFault] = [
        CredentialFault("missing", .fileMissing, "No such file") { _, _, directory in directory.path("nowhere.pem") },
        CredentialFault("below a file", .fileMissing, "Not a directory") { _, identities, _ in
            identities.client.certificateFile + "/ca.pem"
        },
        CredentialFault("a symbolic link to itself", .fileUnreadable, "symbolic links") { _, _, directory in
            let path = directory.path("loop.pem")
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path)
            return path
        },
        CredentialFault("a name that is too long", .fileUnreadable, "File name too long") { _, _, directory in
            directory.path(String(repeating: "x", count: 300))
        },
        CredentialFault("a directory", .fileIsDirectory, "is a directory") { _, _, directory in directory.path },
        CredentialFault("a FIFO that nobody writes to", .fileNotRegular, "not a regular file") { _, _, directory in
            let path = directory.path("fifo")
            guard mkfifo(path, 0o600) == 0 else { throw CocoaError(.fileWriteUnknown) }
            return path
        },
        CredentialFault("a device", .fileNotRegular, "not a regular file") { _, _, _ in "/dev/zero" },
        CredentialFault("empty", .fileEmpty, "is empty") { _, _, directory in try directory.write("", to: "empty.pem")
        },
        CredentialFault("blank", .fileEmpty, "is empty") { _, _, directory in
            try directory.write(" \r\n\t\n", to: "blank.pem")
        },
        CredentialFault("100 MB", .fileTooLarge, "is larger than 32 MiB") { _, _, directory in
            let path = try directory.write("", to: "large.pem")
            guard truncate(path, 100_000_000) == 0 else { throw CocoaError(.fileWriteUnknown) }
            return path
        },
        CredentialFault("garbage", .fileNotPEM, "is not PEM") { _, _, directory in
            try directory.write((0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 1) }, to: "garbage.pem")
        },
        CredentialFault("text", .fileNotPEM, "is not PEM") { _, _, directory in
            try directory.write("certificate: see the wiki\n", to: "text.pem")
        },
        CredentialFault("DER", .fileNotPEM, "is DER, not PEM") { option, identities, directory in
            switch option {
            case .caFile: try identities.authority.certificate.derFile()
            case .certificateKeyFile, .crlFile: try identities.client.derFile()
            case .privateKeyFile: try await identities.client.keyFile(as: .der)
            }
        },
        CredentialFault("PKCS#12", .fileNotPEM, "is PKCS#12, not PEM") { _, identities, _ in
            try await identities.client.pkcs12File(passphrase: "secret")
        },
        CredentialFault("UTF-16", .fileNotPEM, "is UTF-16") { option, identities, directory in
            let text = try await option.content(identities).data(using: .utf16) ?? Data()
            return try directory.write(text, to: "utf16.pem")
        },
        CredentialFault("PEM of the wrong kind", .fileWrongContent, "holds no") { option, identities, directory in
            switch option {
            case .caFile, .certificateKeyFile, .crlFile: identities.client.keyFile
            case .privateKeyFile: identities.client.certificateFile
            }
        },
        CredentialFault("a public key", .fileWrongContent, "but: PUBLIC KEY") { option, identities, directory in
            let path = directory.path("public.pem")
            try await Subprocess.check("openssl", ["pkey", "-in", identities.client.keyFile, "-pubout", "-out", path])
            return path
        },
        CredentialFault("truncated in the middle", .fileDamaged, "cannot be read") { option, identities, directory in
            let content = Array(try await option.content(identities).utf8)
            return try directory.write(content[..<(content.count - content.count / 8)], to: "half.pem")
        },
        CredentialFault("truncated before its last line", .fileDamaged, "cannot be read") {
            option,
            identities,
            directory in
            let lines = try await option.content(identities).split(separator: "\n").dropLast()
            return try directory.write(lines.joined(separator: "\n") + "\n", to: "endless.pem")
        },
        CredentialFault("with a damaged line", .fileDamaged, "cannot be read") { option, identities, directory in
            var lines = try await option.content(identities).split(separator: "\n").map(String.init)
            let last = lines.count - 2
            lines[last] = "!!!!" + lines[last].dropFirst(4)
            return try directory.write(lines.joined(separator: "\n") + "\n", to: "damaged.pem")
        },
    ]
}

/// Runs the body with the file permissions of somebody who is not root, whom no permission stops.
///
/// On Linux these belong to the thread: the thread is made for this and ends with it.
func withoutPrivileges<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread {
            #if os(Linux)
            if geteuid() == 0, let symbol = dlsym(nil, "setfsuid") {
                let setFileSystemUser = unsafeBitCast(symbol, to: (@convention(c) (UInt32) -> Int32).self)
                _ = setFileSystemUser(65_534)
            }
            #endif
            continuation.resume(with: Swift.Result { try body() })
        }
    }
}
