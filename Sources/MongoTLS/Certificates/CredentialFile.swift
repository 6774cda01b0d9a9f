// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import CMongoOpenSSL

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The content of a file that an option names, or of an option that holds it in memory; judged before OpenSSL sees it.
///
/// Only regular files of a sensible size are read, so that a FIFO cannot block the client and a wrong path cannot fill
/// the memory.
struct CredentialFile: Sendable {
    /// What an option expects its file to hold. The raw value is how people call it.
    enum Purpose: String, Sendable {
        case certificateAuthorities = "CA file"
        case clientCertificate = "client certificate file"
        case privateKey = "private key file"
        case revocationList = "revocation list file"

        /// The same from memory.
        var inMemory: String {
            switch self {
            case .certificateAuthorities: "list of authorities"
            case .clientCertificate: "client certificate"
            case .privateKey: "private key"
            case .revocationList: "revocation list"
            }
        }
    }

    /// More than the largest bundle of roots by a factor of 60; a revocation list can be large.
    static let maximumSize = 32 << 20

    /// The path of the file; for content from memory the option that holds it.
    let location: String
    let purpose: Purpose
    private let content: Content
    var bytes: [UInt8] { content.bytes }
    /// What to call it in a message.
    let noun: String

    /// The bytes, which may hold a private key: those of a file are wiped when nobody needs them any more. Content from
    /// memory is the user's, in the options.
    private final class Content: Sendable {
        let bytes: [UInt8]
        private let isOurs: Bool

        init(_ bytes: consuming [UInt8], isOurs: Bool) {
            self.bytes = bytes
            self.isOurs = isOurs
        }

        deinit {
            guard isOurs else { return }
            // Nobody else has this array: what was handed out of it were copies. A `let` cannot be changed by its name.
            bytes.withUnsafeBytes { bytes in
                OPENSSL_cleanse(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
            }
        }
    }

    /// Reads the file.
    ///
    /// - Throws: `TLSError` of the category `configuration`, with the path, when the file is missing, cannot be read,
    ///   is not a regular file, is empty or is too large.
    init(path: String, purpose: Purpose) throws(TLSError) {
        self.location = path
        self.purpose = purpose
        self.noun = "the \(purpose.rawValue)"
        // O_NONBLOCK: opening a FIFO that nobody writes to must not wait.
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw Self.unreadable(path, purpose, errno)
        }
        defer { close(descriptor) }

        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw Self.unreadable(path, purpose, errno)
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR:
            throw TLSError(
                .configuration,
                .fileIsDirectory,
                "the \(purpose.rawValue) is a directory",
                hint: "give the path of a file",
                location: path
            )
        default:
            throw TLSError(
                .configuration,
                .fileNotRegular,
                "the \(purpose.rawValue) is not a regular file",
                hint: "give the path of a regular file, not of a pipe, socket or device",
                location: path
            )
        }
        guard status.st_size <= Self.maximumSize else {
            throw TLSError(
                .configuration,
                .fileTooLarge,
                "the \(purpose.rawValue) is larger than \(Self.maximumSize >> 20) MiB",
                location: path
            )
        }
        guard let bytes = Self.readAll(descriptor, expected: Int(status.st_size)) else {
            throw Self.unreadable(path, purpose, errno)
        }
        self.content = Content(bytes, isOurs: true)
        try requireContent()
    }

    /// Takes content from memory.
    ///
    /// - Parameter property: The property of `TLSOptions` that holds it.
    /// - Throws: `TLSError` of the category `configuration` when there is nothing in it.
    init(bytes: [UInt8], property: String, purpose: Purpose) throws(TLSError) {
        self.location = "TLSOptions." + property
        self.purpose = purpose
        self.noun = "the \(purpose.inMemory)"
        let hasMark = bytes.starts(with: Self.byteOrderMark)
        self.content = Content(hasMark ? Array(bytes.dropFirst(Self.byteOrderMark.count)) : bytes, isOurs: false)
        try requireContent()
    }

    private func requireContent() throws(TLSError) {
        guard bytes.contains(where: { $0 != 0x20 && !(0x09...0x0D).contains($0) }) else {
            throw error(.fileEmpty, "is empty")
        }
    }

    /// A byte order mark, which some editors put in front, would hide the first BEGIN line from OpenSSL.
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// The file's bytes, without a byte order mark, or `nil` with `errno` set.
    private static func readAll(_ descriptor: Int32, expected: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        // All at once: growing would leave copies behind.
        bytes.reserveCapacity(expected + 1)
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        defer { SecureBytes.wipe(&chunk) }
        while bytes.count <= maximumSize {
            let count = chunk.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 {
                if bytes.starts(with: byteOrderMark) { bytes.removeFirst(byteOrderMark.count) }
                return bytes
            }
            if count < 0 {
                if errno == EINTR { continue }
                return nil
            }
            bytes.append(contentsOf: chunk[..<count])
        }
        errno = EFBIG
        return nil
    }

    private static func unreadable(_ path: String, _ purpose: Purpose, _ code: Int32) -> TLSError {
        let reason = String(cString: strerror(code))
        return TLSError(
            .configuration,
            code == ENOENT || code == ENOTDIR ? .fileMissing : .fileUnreadable,
            "the \(purpose.rawValue) cannot be read: \(reason)",
            hint: code == EACCES ? "let the user that runs this program read the file" : nil,
            location: path
        )
    }
}

extension CredentialFile {
    /// An error about what the file holds.
    func error(_ code: TLSError.Code, _ message: String, hint: String? = nil, errors: [String] = []) -> TLSError {
        TLSError(.configuration, code, "\(noun) \(message)", hint: hint, location: location, opensslErrors: errors)
    }

    /// The labels of the PEM blocks in the file, in their order: `CERTIFICATE`, `PRIVATE KEY`, …
    ///
    /// A block counts even if it is indented or has a byte order mark in front, as when files are concatenated: OpenSSL
    /// would pass over it, and whoever wrote it would never know.
    var pemLabels: [String] {
        pemLines.compactMap { line in
            let line = line.drop { [0x20, 0x09, 0xEF, 0xBB, 0xBF].contains($0) }
            guard line.starts(with: Self.beginMark) else { return nil }
            return String(decoding: line.dropFirst(Self.beginMark.count).prefix { $0 != 0x2D }, as: UTF8.self)
        }
    }

    /// The bytes from the first PEM block on whose label ends so; `nil` when there is none.
    func pemBlocks(from suffix: String) -> [UInt8]? {
        for line in pemLines where line.starts(with: Self.beginMark) {
            let label = line.dropFirst(Self.beginMark.count).prefix { $0 != 0x2D }
            if label.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) { return Array(bytes[line.startIndex...]) }
        }
        return nil
    }

    private var pemLines: [ArraySlice<UInt8>] {
        bytes.split { $0 == 0x0A || $0 == 0x0D }
    }

    private static let beginMark = Array("-----BEGIN ".utf8)

    /// The error for a file in which the expected PEM blocks are missing, saying what it holds instead.
    func errorForMissing(_ expected: String) -> TLSError {
        let labels = pemLabels
        if !labels.isEmpty {
            let found = Set(labels).sorted().joined(separator: ", ")
            return error(
                .fileWrongContent,
                "holds no \(expected), but: \(found)",
                hint: "a \(expected) in PEM form belongs here"
            )
        }
        if let pair = [[0xFF, 0xFE], [0xFE, 0xFF]].first(where: { bytes.starts(with: $0) }) {
            let order = pair[0] == 0xFF ? "little" : "big"
            return error(.fileNotPEM, "is UTF-16 (\(order) endian), not PEM", hint: "save it as ASCII or UTF-8")
        }
        if DERContent.isPKCS12(bytes) {
            return error(
                .fileNotPEM,
                "is PKCS#12, not PEM",
                hint: "convert it: openssl pkcs12 -in FILE -nodes -out FILE.pem; or give it as identity in TLSOptions"
            )
        }
        if bytes.first == 0x30 {
            let command = purpose == .privateKey ? "pkey" : "x509"
            return error(
                .fileNotPEM,
                "is DER, not PEM",
                hint: "convert it: openssl \(command) -inform der -in FILE -out FILE.pem"
            )
        }
        return error(.fileNotPEM, "is not PEM", hint: "a PEM file has lines that start with -----BEGIN")
    }
}
