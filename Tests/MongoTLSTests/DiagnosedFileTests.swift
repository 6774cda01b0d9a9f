// mongo-nio: the MongoDB driver for Swift
// SPDX-License-Identifier: Apache-2.0

import Foundation
import MongoNIO
import MongoTLS
import TestSupport
import Testing

/// Every cell of the files' matrix, as `diagnose` tells of it.
@Suite("diagnose names every bad file")
struct DiagnosedFileTests {
    /// What is told of options with one thing wrong, after nothing was connected to.
    private func failure(
        _ tls: TLSOptions,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> (step: DiagnosisStep, report: DiagnosisReport) {
        var options = MongoClientOptions()
        options.tls = tls
        let report = await MongoClient.diagnose(options)
        #expect(report.hosts.isEmpty, sourceLocation: sourceLocation)
        #expect(report.failures.count == 1, "\(report)", sourceLocation: sourceLocation)
        let step = try #require(report.failures.first, "\(report)", sourceLocation: sourceLocation)
        #expect(step.name == .files, sourceLocation: sourceLocation)
        #expect(step.category == "configuration", sourceLocation: sourceLocation)
        return (step, report)
    }

    @Test("The step 'files' has the code and the path", arguments: FileOption.allCases, CredentialFault.all)
    func named(option: FileOption, fault: CredentialFault) async throws {
        let identities = try await TestIdentities.shared
        let directory = try TemporaryDirectory()
        let path = try await fault.make(option, identities, directory)
        let (step, report) = try await failure(option.options(path, identities))
        #expect(step.code == fault.code(option).rawValue, "\(report)")
        #expect(step.detail.contains(path))
        #expect(step.detail.contains(fault.reason(option)), "\(report)")
    }

    @Test("A file that the user may not read is named, with what to do", arguments: FileOption.allCases)
    func unreadable(option: FileOption) async throws {
        let identities = try await TestIdentities.shared
        let directory = try TemporaryDirectory()
        let path = try directory.write(try await option.content(identities), to: "secret.pem")
        #expect(chmod(path, 0) == 0)
        // The directories of the tests are their owner's alone, so what everybody may read lies beside them.
        let publicFile = NSTemporaryDirectory() + "/mongo-nio-\(UUID().uuidString).pem"
        try Data(identities.client.pem.utf8).write(to: URL(fileURLWithPath: publicFile))
        defer { try? FileManager.default.removeItem(atPath: publicFile) }
        #expect(chmod(path, 0) == 0 && chmod(publicFile, 0o644) == 0)
        let options = TLSOptions().with {
            if option == .privateKeyFile { $0.certificateKeyFile = publicFile }
            option.set(path, in: &$0)
        }
        // What the step is made of: the threads of `diagnose` are root's here, whom no permission stops.
        let error = try await withoutPrivileges { () -> TLSError? in
            do throws(TLSError) {
                _ = try TLSFileReport(TLSContext(options))
                return nil
            } catch {
                return error
            }
        }
        #expect(error?.code == .fileUnreadable)
        #expect(error?.location == path)
        #expect(error?.hint?.contains("read the file") == true)
    }

    @Test("Line ends of Windows and a byte order mark are no fault", arguments: FileOption.allCases)
    func harmless(option: FileOption) async throws {
        let identities = try await TestIdentities.shared
        let directory = try TemporaryDirectory()
        let port = try FreePort()
        for (name, change) in CredentialFileTests.harmless {
            let path = try directory.write(change(try await option.content(identities)), to: "changed.pem")
            var options = try MongoClientOptions("mongodb://\(port.address)/")
            options.tls = option.options(path, identities)
            let report = await MongoClient.diagnose(options)
            // The list of the tests ends soon, which is a warning.
            let status = try #require(report.steps.first { $0.name == .files }?.status)
            #expect(status == .ok || option == .crlFile && status == .warned, "\(name): \(report)")
            // It went on to the host, where nothing listens.
            #expect(report.failures.map(\.name) == [.tcp], "\(name): \(report)")
        }
    }

    // MARK: Passphrases, and what does not match

    @Test(
        "A passphrase that is missing, wrong or too long is told from a damaged file, and is not told",
        arguments: [KeyEncoding.encryptedPBES2, .encryptedPBES1, .encryptedTraditional]
    )
    func passphrases(encoding: KeyEncoding) async throws {
        let identities = try await TestIdentities.shared
        let client = identities.client
        let together = try await client.certificateKeyFile(as: encoding, passphrase: "hunter2")
        let key = try await client.keyFile(as: encoding, passphrase: "hunter2")
        let passphrases: [(String?, TLSError.Code)] = [
            (nil, .passphraseMissing), ("hunter3", .passphraseWrong), ("", .passphraseWrong),
            (String(repeating: "hunter2", count: 5_000 / 7 + 1), .passphraseTooLong),
        ]
        for (passphrase, code) in passphrases {
            for isSeparate in [false, true] {
                let options = TLSOptions.trusting(identities.authority).with {
                    $0.certificateKeyFile = isSeparate ? client.certificateFile : together
                    $0.privateKeyFile = isSeparate ? key : nil
                    $0.certificateKeyFilePassword = passphrase
                }
                let (step, report) = try await failure(options)
                #expect(step.code == code.rawValue, "\(passphrase?.prefix(8) ?? "nil"): \(report)")
                #expect(step.detail.contains(isSeparate ? key : together))
                #expect(!report.description.contains("hunter"))
            }
        }
    }

    @Test("A key that belongs to another certificate is named, in one file and in two")
    func mismatch() async throws {
        let identities = try await TestIdentities.shared
        let (client, server) = (identities.client, identities.server)
        let directory = try TemporaryDirectory()
        let both = try directory.write(
            try String(contentsOfFile: client.certificateFile, encoding: .utf8)
                + String(contentsOfFile: server.keyFile, encoding: .utf8),
            to: "both.pem"
        )
        for (certificate, key) in [(client.certificateFile, server.keyFile), (both, nil)] {
            let options = TLSOptions.trusting(identities.authority).with {
                $0.certificateKeyFile = certificate
                $0.privateKeyFile = key
            }
            let (step, report) = try await failure(options)
            #expect(step.code == TLSError.Code.keyMismatch.rawValue, "\(report)")
            #expect(step.detail.contains(key ?? both))
        }
    }

    // MARK: From memory

    /// An archive in memory that cannot be used, and what is said of it.
    struct Archive: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let code: TLSError.Code
        let passphrase: String?
        let make: @Sendable (IssuedCertificate, [UInt8]) async throws -> [UInt8]

        init(
            _ name: String,
            _ code: TLSError.Code,
            _ passphrase: String? = "hunter2",
            _ make: @escaping @Sendable (IssuedCertificate, [UInt8]) async throws -> [UInt8] = { $1 }
        ) {
            testDescription = name
            self.code = code
            self.passphrase = passphrase
            self.make = make
        }
    }

    static let archives: [Archive] = [
        Archive("empty", .fileEmpty) { _, _ in [] },
        Archive("garbage", .fileDamaged) { _, _ in (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 1) } },
        Archive("truncated", .fileDamaged) { Array($1.dropLast(20)) },
        Archive("PEM", .fileWrongContent) { client, _ in Array(try client.pem.utf8) },
        Archive("a certificate in DER", .fileDamaged) { client, _ in try client.der },
        Archive("without a passphrase", .passphraseMissing, nil),
        Archive("with the wrong passphrase", .passphraseWrong, "hunter3"),
        Archive("with a passphrase of 5,000 bytes", .passphraseWrong, String(repeating: "h", count: 5_000)),
    ]

    @Test("So it is with PKCS#12 from memory", arguments: archives)
    func pkcs12(archive: Archive) async throws {
        let identities = try await TestIdentities.shared
        let file = try await identities.client.pkcs12File(passphrase: "hunter2")
        let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
        let bytes = try await archive.make(identities.client, whole)
        let options = TLSOptions.trusting(identities.authority).with {
            $0.identity = .pkcs12(bytes)
            $0.certificateKeyFilePassword = archive.passphrase
        }
        let (step, report) = try await failure(options)
        #expect(step.code == archive.code.rawValue, "\(report)")
        #expect(step.detail.contains("TLSOptions.identity"))
        #expect(!report.description.contains("hunter"))
    }

    @Test("So it is with revocation lists from memory, and with one in DER that is cut or has something behind it")
    func lists() async throws {
        let identities = try await TestIdentities.shared
        let path = try await identities.authority.revocationList()
        let pem = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        let derPath = try identities.authority.derFile(ofRevocationList: path)
        let der = [UInt8](try Data(contentsOf: URL(fileURLWithPath: derPath)))
        let rows: [(TLSRevocationLists, TLSError.Code)] = [
            (.pem([]), .fileEmpty), (.der([]), .fileEmpty), (.pem([0x30, 0]), .fileNotPEM),
            (.pem(pem.dropLast(50)), .fileDamaged), (.pem(Array(try identities.client.pem.utf8)), .fileWrongContent),
            (.der([pem]), .fileDamaged), (.der([der.dropLast(9)]), .fileDamaged), (.der([der + [0]]), .fileDamaged),
            (.der([try identities.client.der]), .fileWrongContent),
        ]
        for (lists, code) in rows {
            let options = TLSOptions.trusting(identities.authority).with { $0.revocationLists = lists }
            let (step, report) = try await failure(options)
            #expect(step.code == code.rawValue, "\(report)")
            #expect(step.detail.contains("TLSOptions.revocationLists"))
        }
        let directory = try TemporaryDirectory()
        for bytes in [Array(der.dropLast(9)), der + [0]] {
            let path = try directory.write(bytes, to: "list.der")
            let (step, report) = try await failure(FileOption.crlFile.options(path, identities))
            #expect(step.code == TLSError.Code.fileDamaged.rawValue, "\(report)")
            #expect(step.detail.contains(path))
        }
    }
}
